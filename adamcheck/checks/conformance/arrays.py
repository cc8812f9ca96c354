"""Arrays: every update is enclosed in arrays of any shape, layout and size, and beside NaN and infinity."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from adamcheck.adam import Adam
from adamcheck.checks.assertions import Broken, NotJudged
from adamcheck.checks.calls import Layout
from adamcheck.checks.check import Notes, Section
from adamcheck.checks.conformance.baseline import assert_enclosed_as, same_bits
from adamcheck.checks.conformance.register import check
from adamcheck.checks.strategies import short_trajectories, trajectories
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.numbers.floats import Format
from adamcheck.targets.base import NotOffered, TargetCrash, TargetDied
from adamcheck.traces.trace import Trace

# Few, because some targets compile the step again for each shape.
_SHAPES = [(7,), (1,), (9,), (17,), (130,), (3, 5), (5, 1), (2, 3, 4)]
_SIZES = [1100, 4097]

_SHOWN = 1000
"""The largest number of coordinates judged among those that are copies of others but differ in some bit."""


@check(Section.FORMULA, trajectory=trajectories, shape=st.sampled_from(_SHAPES))
def updates_are_enclosed_in_arrays_of_any_shape(
    subject: Subject,
    notes: Notes,
    trajectory: Trajectory,
    shape: tuple[int, ...],
    definition: type[Adam] = Adam,
) -> None:
    """In arrays of any shape, every update is bitwise that of a short vector, or enclosed."""
    if not subject.target.capabilities.matrices:
        shape = (int(np.prod(shape)),)
    _assert_enclosed_everywhere(subject, trajectory, shape, notes, definition)


@check(Section.STATE, cost=2, trajectory=short_trajectories, size=st.sampled_from(_SIZES))
def updates_are_enclosed_in_large_arrays(
    subject: Subject, notes: Notes, trajectory: Trajectory, size: int, definition: type[Adam] = Adam
) -> None:
    """In arrays of thousands of elements, every update is bitwise that of a short vector, or enclosed."""
    _assert_enclosed_everywhere(subject, trajectory, (size,), notes, definition)


@check(Section.STATE, ("shared_arrays",), cost=250, trajectory=short_trajectories)
def updates_are_enclosed_in_ten_million_coordinates(
    subject: Subject, notes: Notes, trajectory: Trajectory, definition: type[Adam] = Adam
) -> None:
    """In arrays as large as a model layer, every update is bitwise that of a short vector, or enclosed."""
    _assert_enclosed_everywhere(subject, trajectory.first(3), (10**7 + 1,), notes, definition)


def _assert_enclosed_everywhere(
    subject: Subject, trajectory: Trajectory, shape: tuple[int, ...], notes: Notes, definition: type[Adam]
) -> None:
    """Assert that repeated coordinates are updated as in a small array, bitwise or else enclosed."""
    trace = subject.run(trajectory.filling(shape))
    plain = subject.run(trajectory)
    other = _differing(np.asarray(trace.parameters), np.asarray(plain.parameters))
    if other.size:
        assert_enclosed_as(plain, trace, definition, other[:_SHOWN].tolist())
        notes.say("different bits at different places of an array, but enclosed")


def _differing(parameters: np.ndarray, plain: np.ndarray) -> np.ndarray:
    """The flat coordinates whose bits differ, in some step, from those of the plain run."""
    rows = parameters.reshape(len(parameters), -1)
    found = np.zeros(rows.shape[1], bool)
    for row, short in zip(rows, plain, strict=True):  # a row at a time: the array may be large
        due = np.resize(short, row.shape)
        found |= (row != due) & ~(np.isnan(row) & np.isnan(due))
    return np.flatnonzero(found)


def _one_coordinate(format: Format) -> st.SearchStrategy[Trajectory]:
    return trajectories(format, coordinates=(1, 1), at_zero=False)


@check(Section.STATE, cost=5, trajectory=_one_coordinate)
def updates_are_enclosed_in_arrays_without_axes(
    subject: Subject, trajectory: Trajectory, definition: type[Adam] = Adam
) -> None:
    """Every update of a parameter of shape () is bitwise that of a vector of one element, or enclosed."""
    plain = subject.run(trajectory)
    trace = _if_taken(subject, trajectory.filling(()), "arrays of shape ()")
    if not same_bits(trace.parameters, np.asarray(plain.parameters).reshape(-1)):
        assert_enclosed_as(plain, trace, definition)


@check(Section.STATE, cost=5, shape=st.sampled_from([(0,), (0, 3), (3, 0)]), trajectory=short_trajectories)
def arrays_without_elements_are_stepped(
    subject: Subject, trajectory: Trajectory, shape: tuple[int, ...]
) -> None:
    """A parameter without elements keeps its shape through every step."""
    if not subject.target.capabilities.matrices:
        shape = (0,)
    _if_taken(subject, trajectory.filling(shape), f"arrays of shape {shape}")


def _if_taken(subject: Subject, trajectory: Trajectory, what: str) -> Trace:
    """The trace of a trajectory that a target may refuse. Raises `NotOffered` if it does."""
    try:
        return subject.run(trajectory)
    except TargetDied:
        raise  # a dead process is not a refusal
    except TargetCrash as refusal:
        raise NotOffered(f"{what}: {refusal}") from refusal


def _every_second(array: np.ndarray) -> np.ndarray:
    return np.repeat(array, 2, axis=-1)[..., ::2]


def _a_block(array: np.ndarray) -> np.ndarray:
    return np.pad(array, ((0, 0), (1, 1)))[:, 1:-1]


COLUMN_MAJOR = Layout("column-major", "np.asfortranarray({})", np.asfortranarray)

PARTS = (
    Layout("every second element of an array", "np.repeat({}, 2, axis=-1)[..., ::2]", _every_second),
    Layout("a block of a matrix", "np.pad({}, ((0, 0), (1, 1)))[:, 1:-1]", _a_block),
)


def _several(format: Format) -> st.SearchStrategy[Trajectory]:
    return short_trajectories(format, coordinates=(5, 5))


@check(Section.STATE, ("shared_arrays", "matrices"), cost=3, trajectory=_several)
def updates_are_enclosed_in_column_major_arrays(
    subject: Subject, notes: Notes, trajectory: Trajectory, definition: type[Adam] = Adam
) -> None:
    """In column-major arrays, every update is bitwise that of row-major arrays, or enclosed."""
    _assert_enclosed_laid_out(subject, notes, trajectory, COLUMN_MAJOR, definition)


@check(
    Section.STATE, ("shared_arrays", "matrices"), cost=3, trajectory=_several, layout=st.sampled_from(PARTS)
)
def updates_are_enclosed_in_parts_of_arrays(
    subject: Subject,
    notes: Notes,
    trajectory: Trajectory,
    layout: Layout,
    definition: type[Adam] = Adam,
) -> None:
    """In strided views of larger arrays, every update is bitwise that of contiguous arrays, or enclosed."""
    _assert_enclosed_laid_out(subject, notes, trajectory, layout, definition)


def _assert_enclosed_laid_out(
    subject: Subject, notes: Notes, trajectory: Trajectory, layout: Layout, definition: type[Adam]
) -> None:
    matrix = trajectory.filling((3, 4))
    plain, trace = subject.run(matrix), subject.run(matrix, layout)
    if not same_bits(trace.parameters, plain.parameters):
        assert_enclosed_as(plain, trace, definition)
        notes.say(f"different bits in arrays that are {layout.name}, but enclosed")


def _beside_another(format: Format) -> st.SearchStrategy[Trajectory]:
    return short_trajectories(format, coordinates=(2, 3))


@check(
    Section.STATE,
    cost=2,
    trajectory=_beside_another,
    at=st.integers(0, 7),
    bad=st.sampled_from([np.nan, np.inf, -np.inf]),
)
def a_gradient_that_is_no_number_stays_in_its_coordinate(
    subject: Subject, trajectory: Trajectory, at: int, bad: float, definition: type[Adam] = Adam
) -> None:
    """NaN or infinity in one coordinate does not change the others, and NaN gives NaN in its own."""
    if not definition.coordinatewise:
        raise NotJudged
    at = min(at, len(trajectory.gradients) - 1)
    gradients = trajectory.gradients.copy()
    gradients[at, -1] = bad
    plain = subject.run(trajectory)
    trace = _if_taken(subject, trajectory.replace(gradients=gradients), f"a gradient of {bad}")
    after = np.asarray(trace.parameters)
    if not same_bits(after[:, :-1], np.asarray(plain.parameters)[:, :-1]):
        assert_enclosed_as(plain, trace, definition, list(range(gradients.shape[1] - 1)))
    poisoned = after[at + 1 :, -1].astype(np.float64)
    if np.isnan(bad) and not np.isnan(poisoned).all():
        raise Broken(f"a gradient of NaN in step {at + 1} gives the parameter {poisoned[0]!r}", trace)
