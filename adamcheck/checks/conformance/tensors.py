"""Several tensors in one optimizer: each is updated as if it were alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from adamcheck.adam import Adam
from adamcheck.checks.assertions import Broken
from adamcheck.checks.check import Notes, Section
from adamcheck.checks.conformance.baseline import assert_enclosed_as, same_bits
from adamcheck.checks.conformance.register import check
from adamcheck.checks.strategies import short_trajectories
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory

_SHAPES = st.sampled_from([[(3,), (3,)], [(3,), (2, 2), (3,), (9,)]])
"""Few, because some targets compile the step again for each shape."""


@check(Section.STATE, ("tensors",), cost=2, trajectory=short_trajectories, shapes=_SHAPES)
def tensors_are_independent(
    subject: Subject,
    notes: Notes,
    trajectory: Trajectory,
    shapes: list[tuple[int, ...]],
    definition: type[Adam] = Adam,
) -> None:
    """Each of several tensors, of equal or different shapes, is updated as if it were alone."""
    present = np.ones((len(shapes), len(trajectory.gradients)), bool)
    _assert_each_alone(subject, notes, _parts(trajectory, shapes), present, definition)


@check(
    Section.STATE,
    ("tensors", "missing_gradients"),
    cost=2,
    trajectory=short_trajectories,
    shapes=_SHAPES,
    late=st.integers(0, 7),
    missing=st.sets(st.integers(0, 7), max_size=3),
)
def tensors_without_a_gradient_are_left_alone(
    subject: Subject,
    notes: Notes,
    trajectory: Trajectory,
    shapes: list[tuple[int, ...]],
    late: int,
    missing: set[int],
    definition: type[Adam] = Adam,
) -> None:
    """A tensor without a gradient in some steps is updated as if those steps did not exist for it."""
    steps = len(trajectory.gradients)
    present = np.ones((len(shapes), steps), bool)
    present[0, : min(late, steps - 1)] = False
    present[-1, [step for step in missing if step < steps - 1]] = False
    _assert_each_alone(subject, notes, _parts(trajectory, shapes), present, definition)


def _parts(trajectory: Trajectory, shapes: list[tuple[int, ...]]) -> list[Trajectory]:
    """One trajectory per tensor: the given one with its coordinates rolled, every second one negated."""
    parts = []
    for index, shape in enumerate(shapes):
        rolled = np.roll(trajectory.gradients, index, axis=1) * trajectory.gradients.dtype.type((-1) ** index)
        parts.append(trajectory.replace(gradients=rolled).filling(shape))
    return parts


def _assert_each_alone(
    subject: Subject, notes: Notes, parts: list[Trajectory], present: np.ndarray, definition: type[Adam]
) -> None:
    """Assert that each tensor is updated as if it were alone.

    Args:
        subject: The target.
        notes: The notes of the check.
        parts: One trajectory per tensor.
        present: Whether a tensor has a gradient in a step, shape (tensors, steps).
        definition: The definition that encloses updates whose bits differ.
    """
    run = subject.start_tensors([part.parameters for part in parts], parts[0].hyper)
    after = [[part.parameters] for part in parts]
    for step in range(present.shape[1]):
        given = [p.gradients[step] if here[step] else None for p, here in zip(parts, present, strict=True)]
        for rows, now, gradient in zip(after, run.step(given), given, strict=True):
            if gradient is not None:
                rows.append(now)
            elif not np.array_equal(now, rows[-1], equal_nan=True):
                raise Broken(f"step {step + 1} changed a tensor without a gradient to {now.tolist()}")
    for part, rows, here in zip(parts, after, present, strict=True):
        alone = subject.run(part.replace(gradients=part.gradients[here]))
        if not same_bits(rows, alone.parameters):
            assert_enclosed_as(alone, replace(alone, parameters=np.stack(rows)), definition)
            notes.say("different bits beside other tensors, but enclosed")


EVERY = (tensors_are_independent, tensors_without_a_gradient_are_left_alone)
"""The checks of what several tensors do to each other."""
