"""What every implementation of Adam must do, whatever it is used for: formula and state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from inspect import signature
from typing import Any

import numpy as np
from hypothesis import strategies as st

from adamcheck.adam import Adam, AdamL2, AdamW, Hyperparameters
from adamcheck.assertions import Broken, assert_bitwise, assert_enclosed
from adamcheck.checks import Check, Notes
from adamcheck.judge import COARSE, ENCLOSED, judge
from adamcheck.numbers.floats import Format
from adamcheck.strategies import (
    decimal_hyperparameters,
    dyadic_hyperparameters,
    trajectories,
)
from adamcheck.trajectory import Subject, Trajectory

CHECKS: list[Check] = []


def _check(section: str, needs: tuple[str, ...] = (), **drawn: Any) -> Callable[[Any], Any]:
    def register(function: Callable[..., None]) -> Callable[..., None]:
        name = function.__name__.replace("_", "-")
        statement = (function.__doc__ or "").splitlines()[0]
        CHECKS.append(Check(name, statement, function, drawn, section, needs))
        return function

    return register


def _dyadic(format: Format) -> Any:
    return trajectories(format, hyper=dyadic_hyperparameters(format))


def _decimal(format: Format) -> Any:
    return trajectories(format, hyper=decimal_hyperparameters(format))


def _defaults(format: Format) -> Any:
    return trajectories(format, hyper=st.just(Hyperparameters()))


def decaying(format: Format) -> Any:
    """Trajectories with weight decay, from parameters away from 0."""
    hyper = dyadic_hyperparameters(format)
    decays = st.sampled_from([0.5, 0.125, 2.0**-7])
    both = st.tuples(hyper, decays).map(lambda x: x[0].replace(weight_decay=x[1]))
    return trajectories(format, hyper=both, at_zero=False)


@_check("formula", trajectory=_dyadic)
def updates_are_enclosed_with_dyadic_hyperparameters(
    subject: Subject, trajectory: Trajectory, definition: type[Adam] = Adam
) -> None:
    """Every update is enclosed where no hyperparameter is rounded: only the formula can be wrong."""
    assert_enclosed(subject.run(trajectory), definition)


@_check("formula", trajectory=_decimal)
def updates_are_enclosed_with_decimal_hyperparameters(
    subject: Subject, trajectory: Trajectory, definition: type[Adam] = Adam
) -> None:
    """Every update is enclosed for the hyperparameters that people use."""
    assert_enclosed(subject.run(trajectory), definition)


@_check("formula", trajectory=_defaults)
def updates_are_enclosed_with_default_hyperparameters(
    subject: Subject, trajectory: Trajectory, definition: type[Adam] = Adam
) -> None:
    """Every update is enclosed for lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8."""
    assert_enclosed(subject.run(trajectory), definition)


@_check("formula", trajectory=lambda format: trajectories(format, at_zero=False))
def updates_are_enclosed_away_from_zero(
    subject: Subject, trajectory: Trajectory, definition: type[Adam] = Adam
) -> None:
    """Every update is enclosed where the parameters start away from 0."""
    assert_enclosed(subject.run(trajectory), definition)


@_check("formula", trajectory=trajectories, shape=st.sampled_from([(7,), (17,), (3, 5), (2, 33), (130,)]))
def updates_are_enclosed_in_arrays_of_any_shape(
    subject: Subject, trajectory: Trajectory, shape: tuple[int, ...], definition: type[Adam] = Adam
) -> None:
    """Every update is enclosed in arrays that are longer than a vector of the processor, or no vectors."""
    assert_enclosed(subject.run(trajectory.filling(shape)), definition)


REPEATED = "the-same-run-twice-is-bitwise-the-same"
"""The check without which no counterexample can be repeated."""


def enclosure_checks(definition: type[Adam]) -> tuple[Check, ...]:
    """The checks that every update is enclosed, for another definition than the textbook's."""
    return tuple(
        replace(check, function=partial(check.function, definition=definition))
        for check in CHECKS
        if "definition" in signature(check.function).parameters
    )


def decay_of(subject: Subject) -> type[Adam] | None:
    """How the target decays: `AdamW`, `AdamL2`, or None where a probe fits neither."""
    one = np.ones(1, dtype=subject.format.dtype)
    hyper = Hyperparameters(lr=0.5, beta1=0.5, beta2=0.75, eps=0.25, weight_decay=0.5)
    trace = subject.run(Trajectory(hyper, one, np.outer([1, -0.5, 2], one).astype(one.dtype)))
    fits = [kind for kind in (AdamW, AdamL2) if judge(trace, kind).outcome in (ENCLOSED, COARSE)]
    return fits[0] if fits else None


@_check("formula", ("weight_decay",), trajectory=decaying)
def weight_decay_is_coupled_or_decoupled(subject: Subject, notes: Notes, trajectory: Trajectory) -> None:
    """With weight decay, every update is enclosed by AdamW, or every one by Adam with an L2 gradient."""
    kind = decay_of(subject)
    if kind is not None:
        notes.say(kind.title)
    assert_enclosed(subject.run(trajectory), kind or AdamW)


@_check("state", ("moments",), trajectory=trajectories)
def moments_are_readable(subject: Subject, trajectory: Trajectory) -> None:
    """The moments m and v have the shape of the parameters, and v is nowhere negative."""
    run = subject.start(trajectory.parameters, trajectory.hyper)
    for gradient in trajectory.gradients:
        run.step(gradient)
        m, v = run.moments()
        if np.shape(m) != gradient.shape or np.shape(v) != gradient.shape:
            raise Broken(f"m has shape {np.shape(m)}, v {np.shape(v)}, expected {gradient.shape}")
        if (np.asarray(v) < 0).any():
            raise Broken("v has a negative coordinate")


@_check("state", trajectory=trajectories)
def the_same_run_twice_is_bitwise_the_same(subject: Subject, trajectory: Trajectory) -> None:
    """The same run twice gives the same bits."""
    first, second = subject.run(trajectory), subject.run(trajectory)
    assert_bitwise(second.parameters, first.parameters, "the second run", first)


@_check("state", trajectory=trajectories)
def two_instances_are_independent(subject: Subject, trajectory: Trajectory) -> None:
    """Two instances that step in turn do not disturb each other."""
    alone = subject.run(trajectory)
    one = subject.start(trajectory.parameters, trajectory.hyper)
    other = subject.start(trajectory.parameters, trajectory.hyper)
    after = [trajectory.parameters]
    for gradient in trajectory.gradients:
        other.step(-gradient)
        after.append(one.step(gradient))
    assert_bitwise(after, alone.parameters, "beside another instance", alone)


@_check("state", trajectory=lambda format: trajectories(format, at_zero=False))
def arguments_are_left_alone(subject: Subject, trajectory: Trajectory) -> None:
    """A step does not change its gradient, and does not mind what becomes of the array later."""
    alone = subject.run(trajectory)
    run = subject.start(trajectory.parameters, trajectory.hyper)
    given, after = np.empty_like(trajectory.parameters), [trajectory.parameters]
    for gradient in trajectory.gradients:
        given[...] = gradient
        after.append(run.step_on(given))
        if not np.array_equal(given, gradient, equal_nan=True):
            raise Broken(f"a step changed its gradient from {gradient.tolist()} to {given.tolist()}")
    assert_bitwise(after, alone.parameters, "with every gradient in the same array", alone)


@_check("state", ("checkpoint",), trajectory=trajectories, at=st.integers(0, 31))
def a_resumed_run_continues_bitwise(subject: Subject, trajectory: Trajectory, at: int) -> None:
    """Saved, loaded into a new instance and continued, a run gives the bits of the unbroken one."""
    whole = subject.run(trajectory)
    at = min(at, len(trajectory.gradients) - 1)
    before = subject.start(trajectory.parameters, trajectory.hyper)
    parameters = trajectory.parameters
    for gradient in trajectory.gradients[:at]:
        parameters = before.step(gradient)
    after = subject.start(parameters, trajectory.hyper)
    after.load(before.save())
    unbroken = np.asarray(whole.parameters)
    resumed = [after.step(gradient) for gradient in trajectory.gradients[at:]]
    assert_bitwise([*unbroken[: at + 1], *resumed], unbroken, f"resumed after step {at}", whole)


def probe(subject: Subject) -> None:
    """Whether the target can be tested at all: three steps that no dtype rounds away.

    Raises `Broken` where it runs but cannot be Adam, `TargetCrash` or `NotOffered` where it does not run.
    """
    parameters = np.array([1.0, -2.0], dtype=subject.format.dtype)
    run = subject.start(parameters, Hyperparameters(lr=0.25, beta1=0.5, beta2=0.75, eps=2.0**-4))
    before = parameters
    for values in ([1.0, -0.5], [0.75, -2.0], [1.5, -1.0]):
        after = run.step(np.array(values, dtype=subject.format.dtype))
        if np.isnan(after.astype(np.float64)).any():
            raise Broken("a step with ordinary gradients gives NaN")
        if np.array_equal(after, before):
            raise Broken("a step with ordinary gradients leaves the parameters unchanged")
        before = after
