"""Every update is enclosed in arrays of any shape, layout and size, and beside numbers that are none."""

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

# Few, for what compiles its step anew for each.
_SHAPES = [(7,), (1,), (9,), (17,), (130,), (3, 5), (5, 1), (2, 3, 4)]
_SIZES = [1100, 4097]

_SHOWN = 1000
"""Coordinates that are judged although they are copies of others, where they are no exact ones."""


@check(Section.FORMULA, trajectory=trajectories, shape=st.sampled_from(_SHAPES))
def updates_are_enclosed_in_arrays_of_any_shape(
    subject: Subject,
    notes: Notes,
    trajectory: Trajectory,
    shape: tuple[int, ...],
    definition: type[Adam] = Adam,
) -> None:
    """In arrays of one element to many, in one axis or more, every update is that of a vector or enclosed."""
    if not subject.target.capabilities.matrices:
        shape = (int(np.prod(shape)),)
    _assert_enclosed_everywhere(subject, trajectory, shape, notes, definition)


@check(Section.STATE, cost=2, trajectory=short_trajectories, size=st.sampled_from(_SIZES))
def updates_are_enclosed_in_large_arrays(
    subject: Subject, notes: Notes, trajectory: Trajectory, size: int, definition: type[Adam] = Adam
) -> None:
    """In arrays of thousands of elements every update, also the last, is that of a few or enclosed."""
    _assert_enclosed_everywhere(subject, trajectory, (size,), notes, definition)


@check(Section.STATE, ("shared_arrays",), cost=250, trajectory=short_trajectories)
def updates_are_enclosed_in_ten_million_coordinates(
    subject: Subject, notes: Notes, trajectory: Trajectory, definition: type[Adam] = Adam
) -> None:
    """In arrays as large as a layer of a model every update is that of a few elements or enclosed."""
    _assert_enclosed_everywhere(subject, trajectory.first(3), (10**7 + 1,), notes, definition)


def _assert_enclosed_everywhere(
    subject: Subject, trajectory: Trajectory, shape: tuple[int, ...], notes: Notes, definition: type[Adam]
) -> None:
    """The coordinates of `trajectory`, again and again, are updated as in a small array wherever they stand.

    What is bitwise the same there needs no judging.
    """
    trace = subject.run(trajectory.filling(shape))
    plain = subject.run(trajectory)
    other = _differing(np.asarray(trace.parameters), np.asarray(plain.parameters))
    if other.size:
        assert_enclosed_as(plain, trace, definition, other[:_SHOWN].tolist())
        notes.say("other bits in some places of an array than in others, enclosed all the same")


def _differing(parameters: np.ndarray, plain: np.ndarray) -> np.ndarray:
    """The flat coordinates whose bits, in some step, are not those of their namesakes in the plain run."""
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
    """Every update of a parameter of shape () is that of a vector of one element or enclosed."""
    plain = subject.run(trajectory)
    trace = _if_taken(subject, trajectory.filling(()), "arrays of shape ()")
    if not same_bits(trace.parameters, np.asarray(plain.parameters).reshape(-1)):
        assert_enclosed_as(plain, trace, definition)


@check(Section.STATE, cost=5, shape=st.sampled_from([(0,), (0, 3), (3, 0)]), trajectory=short_trajectories)
def arrays_without_elements_are_stepped(
    subject: Subject, trajectory: Trajectory, shape: tuple[int, ...]
) -> None:
    """A parameter without elements keeps its shape through every step."""
    _if_taken(subject, trajectory.filling(shape), f"arrays of shape {shape}")


def _if_taken(subject: Subject, trajectory: Trajectory, what: str) -> Trace:
    """The trace of a trajectory that a target may refuse."""
    try:
        return subject.run(trajectory)
    except TargetDied:
        raise  # that is no way to refuse
    except TargetCrash as refusal:
        raise NotOffered(f"{what}: {refusal}") from refusal


def _every_second(array: np.ndarray) -> np.ndarray:
    return np.repeat(array, 2, axis=-1)[..., ::2]


def _a_block(array: np.ndarray) -> np.ndarray:
    return np.pad(array, ((0, 0), (1, 1)))[:, 1:-1]


COLUMN_MAJOR = Layout("column-major", "np.asfortranarray({})", np.asfortranarray)

PARTS = (
    Layout("every second number of an array", "np.repeat({}, 2, axis=-1)[..., ::2]", _every_second),
    Layout("a block of a matrix", "np.pad({}, ((0, 0), (1, 1)))[:, 1:-1]", _a_block),
)


def _several(format: Format) -> st.SearchStrategy[Trajectory]:
    return short_trajectories(format, coordinates=(5, 5))


@check(Section.STATE, ("shared_arrays", "matrices"), cost=3, trajectory=_several)
def updates_are_enclosed_in_column_major_arrays(
    subject: Subject, notes: Notes, trajectory: Trajectory, definition: type[Adam] = Adam
) -> None:
    """Where arrays lie in memory column by column every update is that of other arrays or enclosed."""
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
    """Where arrays are views of larger ones, with gaps, every update is that of other arrays or enclosed."""
    _assert_enclosed_laid_out(subject, notes, trajectory, layout, definition)


def _assert_enclosed_laid_out(
    subject: Subject, notes: Notes, trajectory: Trajectory, layout: Layout, definition: type[Adam]
) -> None:
    matrix = trajectory.filling((3, 4))
    plain, trace = subject.run(matrix), subject.run(matrix, layout)
    if not same_bits(trace.parameters, plain.parameters):
        assert_enclosed_as(plain, trace, definition)
        notes.say(f"other bits in arrays that are {layout.name}, enclosed all the same")


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
    """NaN or infinity in one coordinate leaves the others as they were, and NaN is not taken for a number."""
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
