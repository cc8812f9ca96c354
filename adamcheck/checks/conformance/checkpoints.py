"""Checkpoints: a run that is saved and loaded continues as the uninterrupted run does."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from adamcheck.adam import Hyperparameters
from adamcheck.checks.assertions import NotJudged, assert_bitwise
from adamcheck.checks.check import Notes, Section
from adamcheck.checks.conformance.baseline import assert_continued, same_bits
from adamcheck.checks.conformance.register import check
from adamcheck.checks.strategies import hyperparameters, trajectories
from adamcheck.checks.subject import GuardedRun, Subject
from adamcheck.checks.trajectory import Trajectory

_AT = st.integers(1, 31)
"""The number of steps before a run is saved, limited by the length of the run."""


def _until(subject: Subject, trajectory: Trajectory, at: int) -> tuple[GuardedRun, np.ndarray]:
    """A run after `at` steps, and its parameters."""
    run, parameters = subject.start(trajectory.parameters, trajectory.hyper), trajectory.parameters
    for gradient in trajectory.gradients[:at]:
        parameters = run.step(gradient)
    return run, parameters


def _rest(run: GuardedRun, trajectory: Trajectory, at: int) -> list[np.ndarray]:
    return [run.step(gradient) for gradient in trajectory.gradients[at:]]


RESUMED = "a-resumed-run-continues-bitwise"
"""The name of the check that a checkpoint loses no state."""


@check(Section.STATE, ("checkpoint",), trajectory=trajectories, at=_AT)
def a_resumed_run_continues_bitwise(subject: Subject, notes: Notes, trajectory: Trajectory, at: int) -> None:
    """A run that is saved, loaded into a new instance and continued has the bits of the uninterrupted run."""
    whole = subject.run(trajectory)
    at = min(at, len(trajectory.gradients) - 1)
    before, parameters = _until(subject, trajectory, at)
    saved = before.save()  # only now: a target without instances has one run at a time
    due = np.asarray(whole.parameters)
    cold = _rest(subject.start(parameters, trajectory.hyper), trajectory, at)
    if same_bits(cold, due[at + 1 :]):
        raise NotJudged  # the state makes no difference in this example
    after = subject.start(parameters, trajectory.hyper)
    after.load(saved)
    resumed = _rest(after, trajectory, at)
    anew = ", bitwise as a run without the saved state" if same_bits(resumed, cold) else ""
    what = f"resumed after step {at}{anew}"
    assert_continued(subject, [*due[: at + 1], *resumed], whole, what, notes)


@check(Section.STATE, ("checkpoint", "instances"), trajectory=trajectories, at=_AT)
def a_saved_run_is_a_snapshot(subject: Subject, notes: Notes, trajectory: Trajectory, at: int) -> None:
    """Further steps change no checkpoint: neither steps of the saved run nor of one that loaded it."""
    whole = subject.run(trajectory)
    at = min(at, len(trajectory.gradients) - 1)
    before, parameters = _until(subject, trajectory, at)
    saved = before.save()
    once, again = (subject.start(parameters, trajectory.hyper) for _ in range(2))
    once.load(saved)
    due = [*np.asarray(whole.parameters)[: at + 1], *_rest(once, trajectory, at)]
    went_on = [*due[: at + 1], *_rest(before, trajectory, at)]
    assert_bitwise(went_on, whole.parameters, f"saved after step {at} and continued", whole)
    again.load(saved)
    resumed = [*due[: at + 1], *_rest(again, trajectory, at)]
    assert_bitwise(resumed, due, f"the checkpoint of step {at}, loaded again after further steps", whole)


@check(
    Section.STATE,
    ("checkpoint", "checkpointed_hyperparameters"),
    trajectory=trajectories,
    at=_AT,
    other=hyperparameters,
)
def a_checkpoint_carries_the_hyperparameters(
    subject: Subject, notes: Notes, trajectory: Trajectory, at: int, other: Hyperparameters
) -> None:
    """A run loaded into an instance with other hyperparameters has the bits of the uninterrupted run."""
    whole = subject.run(trajectory)
    at = min(at, len(trajectory.gradients) - 1)
    before, parameters = _until(subject, trajectory, at)
    saved = before.save()
    after = subject.start(parameters, other)
    after.load(saved)
    due = np.asarray(whole.parameters)
    resumed = [*due[: at + 1], *_rest(after, trajectory, at)]
    what = f"resumed after step {at} in an instance with {other}"
    assert_continued(subject, resumed, whole, what, notes)
