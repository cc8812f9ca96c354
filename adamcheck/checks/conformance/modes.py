"""Modes: maximization and complex parameters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from adamcheck.adam import Adam
from adamcheck.checks.assertions import assert_bitwise
from adamcheck.checks.check import Notes, Section
from adamcheck.checks.conformance.baseline import assert_enclosed_as, same_bits
from adamcheck.checks.conformance.register import check
from adamcheck.checks.strategies import trajectories
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.judge import Ruling, judge
from adamcheck.numbers.floats import Format
from adamcheck.variants.operations import of_modulus


def _away_from_zero(format: Format) -> object:
    return trajectories(format, at_zero=False)


def _near_one(format: Format) -> object:
    """Numbers whose squares stay well within the format, since a complex quotient may square them."""
    return trajectories(format, reach=4)


@check(Section.STATE, ("maximize",), trajectory=_away_from_zero)
def maximizing_is_minimizing_the_negative(subject: Subject, trajectory: Trajectory) -> None:
    """Maximizing with g is bitwise the same as minimizing with -g; weight decay acts alike in both."""
    if subject.target.capabilities.weight_decay:
        trajectory = trajectory.replace(hyper=trajectory.hyper.replace(weight_decay=0.5))
    down = subject.run(trajectory.replace(gradients=-trajectory.gradients))
    run = subject.start_maximizing(trajectory.parameters, trajectory.hyper)
    up = [trajectory.parameters, *run.steps(list(trajectory.gradients))]
    assert_bitwise(up, down.parameters, "maximizing with g, compared with minimizing with -g", down)


@check(Section.STATE, ("complex",), trajectory=_near_one)
def complex_parameters_are_pairs_of_real_ones(
    subject: Subject, notes: Notes, trajectory: Trajectory, definition: type[Adam] = Adam
) -> None:
    """A complex parameter is updated as two real ones, or with v averaging |g|^2 for both parts."""
    pairs = trajectory.filling((trajectory.parameters.size, 2))
    # The imaginary parts are the real ones of the step before, with the opposite sign.
    imaginary = -np.roll(trajectory.gradients, 1, axis=0)
    pairs = pairs.replace(gradients=np.stack([trajectory.gradients, imaginary], axis=-1))
    plain = subject.run(pairs)
    run = subject.start_complex(pairs.parameters, pairs.hyper)
    after = run.steps(list(pairs.gradients))
    trace = replace(plain, parameters=np.stack([pairs.parameters, *after]))
    if same_bits(trace.parameters, plain.parameters):
        return
    of_moduli = of_modulus(definition)
    if of_moduli and judge(trace, of_moduli).outcome == Ruling.ENCLOSED:
        notes.say("v averages |g|^2 of complex gradients, for both parts")
        return
    assert_enclosed_as(plain, trace, definition)
    notes.say("different bits for complex parameters than for pairs of real ones, but enclosed")
