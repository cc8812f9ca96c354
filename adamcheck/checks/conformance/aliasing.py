"""Aliasing: the target does not change arrays of the caller, and does not depend on them later."""

from __future__ import annotations

import numpy as np

from adamcheck.checks.assertions import Broken, assert_bitwise
from adamcheck.checks.check import Notes, Section
from adamcheck.checks.conformance.register import check
from adamcheck.checks.strategies import trajectories
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.numbers.floats import Format

_BY_DESIGN = "(if this is intended, set `in_place = True`)"


def _away_from_zero(format: Format) -> object:
    return trajectories(format, at_zero=False)


@check(Section.STATE, ("shared_arrays",), trajectory=_away_from_zero)
def arguments_are_left_alone(subject: Subject, trajectory: Trajectory) -> None:
    """A step does not change its gradient, and does not use the array after it returns."""
    if subject.target.capabilities.weight_decay:  # some libraries add the decay to the gradient in place
        trajectory = trajectory.replace(hyper=trajectory.hyper.replace(weight_decay=0.5))
    alone = subject.run(trajectory)
    run = subject.start(trajectory.parameters, trajectory.hyper)
    given, after = np.empty_like(trajectory.parameters), [trajectory.parameters]
    for gradient in trajectory.gradients:
        given[...] = gradient
        after.append(run.step_on(given))
        if not np.array_equal(given, gradient, equal_nan=True):
            raise Broken(f"a step changed its gradient from {gradient.tolist()} to {given.tolist()}")
    assert_bitwise(after, alone.parameters, "with every gradient in the same array", alone)


@check(Section.STATE, ("shared_arrays",), trajectory=_away_from_zero)
def the_first_parameters_are_left_alone(subject: Subject, trajectory: Trajectory) -> None:
    """A run does not change its initial parameters, and does not use the array after it has started."""
    alone = subject.run(trajectory)
    given = trajectory.parameters.copy()
    run, after = subject.start_on(given, trajectory.hyper), [trajectory.parameters]
    expected = trajectory.parameters
    for step, gradient in enumerate(trajectory.gradients, start=1):
        after.append(run.step(gradient))
        if not np.array_equal(given, expected):
            raise Broken(
                f"step {step} changed the parameters given at the start to {given.tolist()} {_BY_DESIGN}",
                alone,
            )
        given[...] = 0
        expected = np.zeros_like(given)
    assert_bitwise(after, alone.parameters, "with the array of the initial parameters reused", alone)


@check(Section.STATE, ("shared_arrays",), trajectory=trajectories)
def what_a_step_returned_stays_as_it_was(subject: Subject, notes: Notes, trajectory: Trajectory) -> None:
    """Later steps do not change the parameters that a step returned."""
    alone = subject.run(trajectory)
    run = subject.start(trajectory.parameters, trajectory.hyper)
    held = [run.step_and_hold(gradient) for gradient in trajectory.gradients]
    for step, (then, answer) in enumerate(held, start=1):
        returned, now = run.look_again(answer)
        if returned != subject.format.dtype:
            notes.say(f"steps return {returned} for {subject.format.name}")
        now = now.astype(then.dtype)
        if not np.array_equal(now, then, equal_nan=True):
            raise Broken(
                f"the parameters returned by step {step} were {then.tolist()}, "
                f"after step {len(held)} they are {now.tolist()} {_BY_DESIGN}",
                alone,
            )
