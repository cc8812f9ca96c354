"""State: runs are repeatable and independent, the learning rate can change, step counts do not overflow."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.checks.assertions import Broken, NotJudged, assert_accepted, assert_bitwise
from adamcheck.checks.check import Section
from adamcheck.checks.conformance.baseline import assert_formula
from adamcheck.checks.conformance.register import check
from adamcheck.checks.strategies import (
    dyadic_hyperparameters,
    hyperparameters,
    short_trajectories,
    trajectories,
)
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.judge import Judge
from adamcheck.numbers.floats import Format

REPEATED = "the-same-run-twice-is-bitwise-the-same"
"""The name of the check of repeatability; if it fails, counterexamples cannot be repeated."""


@check(Section.STATE, trajectory=trajectories)
def the_same_run_twice_is_bitwise_the_same(subject: Subject, trajectory: Trajectory) -> None:
    """The same run, repeated, gives the same bits."""
    first, second = subject.run(trajectory), subject.run(trajectory)
    assert_bitwise(second.parameters, first.parameters, "the second run", first)


@check(Section.STATE, ("instances",), trajectory=trajectories, other=hyperparameters)
def two_instances_are_independent(subject: Subject, trajectory: Trajectory, other: Hyperparameters) -> None:
    """Two instances with different hyperparameters that step in turn do not affect each other."""
    turned = trajectory.replace(hyper=other, gradients=-trajectory.gradients)
    alone = subject.run(trajectory)
    pair = [subject.start(each.parameters, each.hyper) for each in (trajectory, turned)]
    beside = [[trajectory.parameters], [trajectory.parameters]]
    for gradient in trajectory.gradients:
        beside[1].append(pair[1].step(-gradient))
        beside[0].append(pair[0].step(gradient))
    assert_bitwise(beside[0], alone.parameters, "beside another instance", alone)
    alone = subject.run(turned)
    assert_bitwise(beside[1], alone.parameters, "beside an older instance", alone)


@check(Section.STATE, ("moments",), trajectory=trajectories)
def moments_are_readable(subject: Subject, trajectory: Trajectory) -> None:
    """The moments m and v have the shape of the parameters, v >= 0, and reading them changes nothing."""
    alone = subject.run(trajectory)
    run = subject.start(trajectory.parameters, trajectory.hyper)
    after = [trajectory.parameters]
    for gradient in trajectory.gradients:
        after.append(run.step(gradient))
        m, v = run.moments()
        if np.shape(m) != gradient.shape or np.shape(v) != gradient.shape:
            raise Broken(f"m has shape {np.shape(m)}, v {np.shape(v)}, expected {gradient.shape}")
        if (np.asarray(v) < 0).any():
            raise Broken("v has a negative coordinate")
    assert_bitwise(after, alone.parameters, "with moments read after each step", alone)


@check(
    Section.STATE,
    ("changing_lr",),
    cost=2,
    trajectory=short_trajectories,
    at=st.integers(0, 7),
    k=st.integers(-9, 9),
)
def a_learning_rate_can_change(
    subject: Subject, trajectory: Trajectory, at: int, k: int, definition: type[Adam] = Adam
) -> None:
    """Every update is enclosed if lr changes at some step: m and v do not depend on lr."""
    assert_formula(subject, trajectory, definition)
    at = min(at, len(trajectory.gradients) - 1)
    changed = trajectory.hyper.replace(lr=trajectory.hyper.lr * 2.0**k)
    run = subject.start(trajectory.parameters, trajectory.hyper)
    judge = Judge(trajectory.hyper, trajectory.parameters, definition, subject.format)
    for step, gradient in enumerate(trajectory.gradients):
        if step == at:
            run.change_lr(changed.lr)
            judge.change(changed)
        judge.step(gradient, run.step(gradient))
    assert_accepted(judge.judgement(), f"lr = {changed.lr} from step {at + 1} on")


def _counted(format: Format) -> st.SearchStrategy[Trajectory]:
    return short_trajectories(format, hyper=dyadic_hyperparameters(format))


@check(
    Section.STATE,
    ("counter",),
    cost=2,
    trajectory=_counted,
    before=st.sampled_from([255, 256, 2047, 65535, 2**24]),
)
def step_counts_have_no_end(
    subject: Subject, trajectory: Trajectory, before: int, definition: type[Adam] = Adam
) -> None:
    """Every update is enclosed after as many steps as a counter of 8, 11, 16 or 24 bits holds."""
    hyper = trajectory.hyper
    if definition.running_product or not _forgets_zeros(definition, hyper):
        raise NotJudged
    assert_formula(subject, trajectory, definition)
    run = subject.start(trajectory.parameters, hyper)
    run.count(before)
    judge = Judge(hyper, trajectory.parameters, definition, subject.format, steps_before=before)
    for gradient in trajectory.gradients:
        judge.step(gradient, run.step(gradient))
    assert_accepted(judge.judgement(), f"after {before} steps with zero gradients")


def _forgets_zeros(definition: type[Adam], hyper: Hyperparameters) -> bool:
    """Whether steps with zero gradients change only the step count."""
    zero = np.zeros(1)
    (state, _), *_ = definition(hyper).run(zero, [zero])
    return not any(np.any(x) for x in state.remembered.values())
