"""Experiments with what a run does between steps: other rates, checkpoints, other runs beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.targets.base import Run, Target
from adamcheck.traces.trace import Trace
from adamcheck.zoo.bugs.experiment import DYADIC, Experiment, along, follow, free

_RUNS = "updates-are-enclosed-in-runs-of-every-kind"
_LR_CHANGES = "a-learning-rate-can-change"
_OPERATIONS = "operations-come-in-any-order"
_SNAPSHOT = "a-saved-run-is-a-snapshot"


lr_zero = along("lr zero", "lr = 0", DYADIC.replace(lr=0.0), free(8, 4), asked_by=_RUNS)
lr_negative = along("negative lr", "lr = -1/64", DYADIC.replace(lr=-(2.0**-6)), free(8, 4), asked_by=_RUNS)
without_eps = along(
    "without eps", "eps = 0, gradients near 1e-8", DYADIC.replace(eps=0.0), 1e-8 * free(8, 4), asked_by=_RUNS
)


def _prepared(
    name: str, says: str, lr: float, prepare: Callable[[Run], None], asked_by: str, at: int = 0
) -> Experiment:
    """A run that starts at some lr, and that something is done to after `at` steps without a gradient."""

    def use(target: Target, dtype: np.dtype[Any]) -> Trace:
        gradients, start = free(12, 6).astype(dtype), np.zeros(6, dtype)
        gradients[:at] = 0
        run = target.start(start.copy(), DYADIC.replace(lr=lr))
        before = follow(run, start, gradients[:at])
        prepare(run)
        after = follow(run, before[-1], gradients[at:])
        return Trace(DYADIC, gradients, np.concatenate([before, after[1:]]))

    return Experiment(name, says, use, asked_by=asked_by)


def _changing(*rates: float) -> Callable[[Run], None]:
    def change(run: Run) -> None:
        for lr in rates:
            run.change_lr(lr)

    return change


lr_changed_first = _prepared(
    "lr changed first", "lr is changed before the first step", 2.0**-3, _changing(DYADIC.lr), _LR_CHANGES
)
lr_changed_twice = _prepared(
    "lr changed twice",
    "lr is changed twice before the first step",
    2.0**-3,
    _changing(2.0**-2, DYADIC.lr),
    _OPERATIONS,
)
lr_zero_first = _prepared(
    "lr zero first", "lr = 0 in the first steps, which have no gradient", 0.0, _changing(DYADIC.lr), _RUNS, 4
)


def _lr_raised(hyper: Hyperparameters, scale: float) -> Callable[[Target, np.dtype[Any]], Trace]:
    """A rate that rises by 2^6 after six steps; the updates before are shown as if it had been so before."""

    def use(target: Target, dtype: np.dtype[Any]) -> Trace:
        gradients, start = free(12, 6, scale=scale).astype(dtype), np.zeros(6, dtype)
        run = target.start(start.copy(), hyper.replace(lr=hyper.lr * 2.0**-6))
        before = follow(run, start, gradients[:6])
        run.change_lr(hyper.lr)
        after = follow(run, before[-1], gradients[6:])
        shown = before * dtype.type(2.0**6)
        later = [shown[-1] + (row - before[-1]) for row in after[1:]]
        return Trace(hyper, gradients, np.stack([*shown, *later]))

    return use


lr_raised = Experiment("lr raised", "lr rises between steps", _lr_raised(DYADIC, 1.0), asked_by=_LR_CHANGES)
lr_raised_near_eps = Experiment(
    "lr raised near eps",
    "lr rises between steps, with gradients near eps",
    _lr_raised(DYADIC.replace(eps=2.0**-20), 2.0**-20),
    asked_by=_LR_CHANGES,
)


def _halfway(
    between: Callable[[Run], None], lr: float = DYADIC.lr
) -> Callable[[Target, np.dtype[Any]], Trace]:
    """Something is done to a run after half of its steps; with another lr at first, before all of them."""

    def use(target: Target, dtype: np.dtype[Any]) -> Trace:
        gradients, start = free(12, 6).astype(dtype), np.zeros(6, dtype)
        run = target.start(start.copy(), DYADIC.replace(lr=lr))
        if lr != DYADIC.lr:
            run.change_lr(DYADIC.lr)
        before = follow(run, start, gradients[:6])
        between(run)
        after = follow(run, before[-1], gradients[6:])
        return Trace(DYADIC, gradients, np.concatenate([before, after[1:]]))

    return use


lr_set_again = Experiment(
    "lr set again", "lr is set to what it is", _halfway(_changing(DYADIC.lr)), asked_by=_LR_CHANGES
)
saved_midway = Experiment(
    "saved midway",
    "saved after half of the steps, and continued",
    _halfway(lambda run: run.save()),
    asked_by=_SNAPSHOT,
)
saved_at_another_lr = Experiment(
    "saved at another lr",
    "saved after lr was changed, and continued",
    _halfway(lambda run: run.save(), 2.0**-3),
    asked_by=_OPERATIONS,
)


def _lr_of_another_changed(target: Target, dtype: np.dtype[Any]) -> Trace:
    gradients, start = free(12, 6).astype(dtype), np.zeros(6, dtype)
    run, other = (target.start(start.copy(), DYADIC) for _ in range(2))
    other.change_lr(2.0**-3)
    return Trace(DYADIC, gradients, follow(run, start, gradients))


lr_of_another_changed = Experiment(
    "lr of another changed", "another run changes its lr", _lr_of_another_changed, asked_by=_OPERATIONS
)


def _beside_older(target: Target, dtype: np.dtype[Any]) -> Trace:
    gradients, start = free(12, 6).astype(dtype), np.zeros(6, dtype)
    other = target.start(start.copy(), DYADIC.replace(lr=2.0**-3))
    trace = Trace(DYADIC, gradients, follow(target.start(start.copy(), DYADIC), start, gradients))
    other.step(gradients[0])
    return trace


beside_older = Experiment(
    "beside an older run",
    "another run was started before, with another lr",
    _beside_older,
    asked_by=_OPERATIONS,
)


def _resumed_beside(target: Target, dtype: np.dtype[Any]) -> Trace:
    gradients, start = free(20, 6).astype(dtype), np.zeros(6, dtype)
    first = target.start(start.copy(), DYADIC)
    before = follow(first, start, gradients[:10])
    second = target.start(before[-1].copy(), DYADIC)
    second.load(first.save())
    rows = []
    for gradient in gradients[10:]:
        first.step(-2 * gradient)
        rows.append(np.array(second.step(gradient.copy())))
    return Trace(DYADIC, gradients, np.concatenate([before, rows]))


resumed_beside = Experiment(
    "resumed beside",
    "loaded into a new run, while the saved one goes on",
    _resumed_beside,
    asked_by=_SNAPSHOT,
)


def _copied(target: Target, dtype: np.dtype[Any]) -> Trace:
    gradients, start = free(12, 6).astype(dtype), np.zeros(6, dtype)
    run = target.start(start.copy(), DYADIC)
    rows = list(follow(run, start, gradients[:6]))
    other = run.copied() if target.capabilities.copies else run
    for gradient in gradients[6:]:
        if other is not run:
            run.step(-2 * gradient)
        rows.append(np.array(other.step(gradient.copy())))
    return Trace(DYADIC, gradients, np.stack(rows))


copied = Experiment(
    "copied",
    "copied after half of the steps, while the first run goes on",
    _copied,
    asked_by="updates-are-enclosed-in-lives-of-every-kind",
)
