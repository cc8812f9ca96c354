"""The experiments that expose the known bugs, but for those of long runs, large arrays and corners."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from adamcheck import regimes
from adamcheck.adam import Hyperparameters
from adamcheck.targets.base import Target
from adamcheck.targets.start import Start
from adamcheck.traces.trace import Trace
from adamcheck.zoo.bugs.experiment import DECAYING, DYADIC, Experiment, along, follow, free


def _columns(*columns: Any) -> np.ndarray:
    return np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1)


_T = np.arange(12)
_NEAR = 2.0 ** np.array([-6, -3, -1, 0, 1, 3])
_SPIKE = 8 * regimes.spike(12, 0, 2.0**-6) * np.where(_T % 3 == 0, 1.0, -0.5)

ordinary = along("ordinary", "random gradients near 1", DYADIC, free(12, 6))
defaults = along(
    "defaults",
    "random gradients near 1, default betas and eps",
    Hyperparameters(),
    free(12, 6),
    asked_by="updates-are-enclosed-with-default-hyperparameters",
)
near_eps = along(
    "near eps",
    "gradients from 2**-6 eps to 8 eps",
    DYADIC.replace(eps=2.0**-20),
    free(12, 6) * _NEAR * 2.0**-20,
)
default_near_eps = along(
    "defaults near eps",
    "gradients near eps = 1e-8",
    Hyperparameters(),
    free(12, 6, scale=1e-8),
    asked_by="updates-are-enclosed-with-default-hyperparameters",
)
large_gradients = along("large gradients", "random gradients near 4", DYADIC, free(12, 6, scale=4.0))
small_gradients = along(
    "small gradients",
    "gradients near 1e-7",
    Hyperparameters(),
    free(12, 6, scale=1e-7),
    asked_by="updates-are-enclosed-with-decimal-hyperparameters",
)
zeros = along(
    "zeros",
    "gradients that are 0 always, from the start, in the end, and now and then",
    DYADIC,
    free(12, 5) * _columns(0 * _T, _T >= 5, _T < 5, _T % 3 == 0, 0 * _T + 1),
)
zero_steps = along(
    "zero steps",
    "steps in which every gradient is 0",
    DYADIC,
    free(12, 3) * (_T % 4 != 2)[:, None],
    asked_by="updates-are-enclosed-where-no-coordinate-has-a-gradient",
)
spike = along(
    "spike", "a large gradient, then small ones", DYADIC, _columns(_SPIKE, -2 * _SPIKE, 0.5 * _SPIKE)
)
long = along(
    "long",
    "300 steps",
    DYADIC.replace(beta2=1 - 2.0**-10),
    free(300, 2),
    asked_by="updates-are-enclosed-in-long-runs",
)
decaying = along(
    "decaying",
    "weight decay, from parameters 2",
    DECAYING,
    free(12, 6),
    start=2.0,
    asked_by="weight-decay-is-coupled-or-decoupled",
)
decaying_matrix = along(
    "decaying matrix",
    "weight decay of a matrix, from parameters 2",
    DECAYING,
    free(8, 4, 3),
    start=2.0,
    asked_by="weight-decay-is-coupled-or-decoupled",
)
decaying_slowly = along(
    "decaying slowly",
    "a weight decay too small for a coarse dtype",
    DYADIC.replace(weight_decay=2.0**-4),
    free(12, 6),
    start=2.0,
    dtype="float32",
    asked_by="weight-decay-is-coupled-or-decoupled",
)
away_from_zero = along(
    "away from zero",
    "parameters that start at 2",
    DYADIC,
    free(12, 6),
    start=2.0,
    asked_by="updates-are-enclosed-away-from-zero",
)
other_betas = along(
    "other betas", "beta1 = 1/2, beta2 = 3/4", DYADIC.replace(beta1=0.5, beta2=0.75), free(12, 6)
)
without_beta2 = along("without beta2", "beta2 = 0", DYADIC.replace(beta2=0.0), free(12, 6))
half = along("float16", "random gradients near 1 in float16", DYADIC, free(12, 4), dtype="float16")
subnormal = along(
    "subnormal",
    "float32 gradients whose squares are subnormal",
    DYADIC.replace(eps=2.0**-80),
    free(12, 4, scale=2.0**-66),
    dtype="float32",
    asked_by="updates-are-enclosed-where-squares-are-subnormal",
)


def _not_a_number(target: Target, dtype: np.dtype[Any]) -> Trace:
    gradients, start = free(8, 3).astype(dtype), np.zeros(3, dtype)
    gradients[3, 1] = np.nan
    return Trace(DYADIC, gradients, follow(target.start(start.copy(), DYADIC), start, gradients))


not_a_number = Experiment(
    "not a number",
    "one gradient is NaN",
    _not_a_number,
    asked_by="a-gradient-that-is-no-number-stays-in-its-coordinate",
)


_Use = Callable[[Target, "np.dtype[Any]"], Trace]


def _resuming(due: np.ndarray, further: int = 0) -> _Use:
    """Saved after half of the gradients and loaded, once the run took some `further` steps."""

    def use(target: Target, dtype: np.dtype[Any]) -> Trace:
        gradients = due.astype(dtype)
        start, at = np.zeros_like(gradients[0]), len(gradients) // 2
        first = target.start(start.copy(), DYADIC)
        before = follow(first, start, gradients[:at])
        saved = first.save()
        follow(first, before[-1], gradients[:further])
        second = target.start(before[-1].copy(), DYADIC)
        second.load(saved)
        after = follow(second, before[-1], gradients[at:])
        return Trace(DYADIC, gradients, np.concatenate([before, after[1:]]))

    return use


resumed = Experiment(
    "resumed",
    "saved after 10 steps and loaded into a new run",
    _resuming(free(20, 6)),
    asked_by="a-resumed-run-continues-bitwise",
)
resumed_spike = Experiment(
    "resumed spike",
    "a large gradient before the run is saved and loaded",
    _resuming(_columns(_SPIKE, -_SPIKE)),
    asked_by="a-resumed-run-continues-bitwise",
)
resumed_zero = Experiment(
    "resumed before a zero step",
    "saved and loaded before a step in which every gradient is 0",
    _resuming(free(12, 3) * (_T != 6)[:, None]),
    asked_by="operations-come-in-any-order",
)
saved_earlier = Experiment(
    "saved earlier",
    "loaded after the run that was saved went on",
    _resuming(free(20, 6), further=5),
    asked_by="a-saved-run-is-a-snapshot",
)


def _resumed_at_another_lr(target: Target, dtype: np.dtype[Any]) -> Trace:
    gradients, start = free(20, 6).astype(dtype), np.zeros(6, dtype)
    first = target.start(start.copy(), DYADIC)
    before = follow(first, start, gradients[:10])
    second = target.start(before[-1].copy(), DYADIC.replace(lr=2.0**-3))
    second.load(first.save())
    second.change_lr(DYADIC.lr)
    after = follow(second, before[-1], gradients[10:])
    return Trace(DYADIC, gradients, np.concatenate([before, after[1:]]))


resumed_at_another_lr = Experiment(
    "resumed at another lr",
    "loaded into a run with another lr, which is then changed",
    _resumed_at_another_lr,
    asked_by="operations-come-in-any-order",
)


def _beside_another(target: Target, dtype: np.dtype[Any]) -> Trace:
    gradients, start = free(12, 6).astype(dtype), np.zeros(6, dtype)
    run = target.start(start.copy(), DYADIC)
    other = target.start(start.copy(), DYADIC.replace(lr=2.0**-3))
    rows = [start]
    for g in gradients:
        other.step(-2 * g)
        rows.append(np.array(run.step(g.copy())))
    return Trace(DYADIC, gradients, np.stack(rows))


beside_another = Experiment(
    "beside another",
    "two runs of the same shape step in turn",
    _beside_another,
    asked_by="two-instances-are-independent",
)


def _maximizing(target: Target, dtype: np.dtype[Any]) -> Trace:
    gradients, start = free(12, 6).astype(dtype), np.full(6, 2.0, dtype)
    rows = follow(target.begin(Start(start.copy(), DECAYING, maximize=True)), start, gradients)
    return Trace(DECAYING, -gradients, rows)


maximizing = Experiment(
    "maximizing",
    "steps up the gradient, from parameters 2",
    _maximizing,
    asked_by="maximizing-is-minimizing-the-negative",
)


def _complex(target: Target, dtype: np.dtype[Any]) -> Trace:
    gradients, start = free(12, 3, 2).astype(dtype), np.zeros((3, 2), dtype)
    run = target.begin(Start(start.copy(), DYADIC, complex=True))
    return Trace(DYADIC, gradients, follow(run, start, gradients))


complex_parameters = Experiment(
    "complex",
    "three complex parameters, as pairs of parts",
    _complex,
    asked_by="complex-parameters-are-pairs-of-real-ones",
)


def _reused_buffer(target: Target, dtype: np.dtype[Any]) -> Trace:
    gradients, start = free(12, 6).astype(dtype), np.zeros(6, dtype)
    run, buffer, rows = target.start(start.copy(), DYADIC), np.empty_like(start), [start]
    for g in gradients:
        buffer[:] = g
        rows.append(np.array(run.step(buffer)))
    return Trace(DYADIC, gradients, np.stack(rows))


reused_buffer = Experiment(
    "reused buffer",
    "every gradient comes in the same array",
    _reused_buffer,
    asked_by="arguments-are-left-alone",
)


def _same_gradient(target: Target, dtype: np.dtype[Any]) -> Trace:
    gradient, start = free(1, 6)[0].astype(dtype), np.full(6, 2.0, dtype)
    run, given = target.start(start.copy(), DECAYING), gradient.copy()
    rows = [start, *(np.array(run.step(given)) for _ in range(6))]
    return Trace(DECAYING, np.tile(gradient, (6, 1)), np.stack(rows))


same_gradient = Experiment(
    "same gradient", "one gradient array, never refilled", _same_gradient, asked_by="arguments-are-left-alone"
)


def _kept_results(target: Target, dtype: np.dtype[Any]) -> Trace:
    gradients, start = free(12, 6).astype(dtype), np.zeros(6, dtype)
    run = target.start(start.copy(), DYADIC)
    return Trace(DYADIC, gradients, np.stack([start, *[run.step(g.copy()) for g in gradients]]))


kept_results = Experiment(
    "kept results",
    "the results of all steps, read at the end",
    _kept_results,
    asked_by="what-a-step-returned-stays-as-it-was",
)


def _kept_start(target: Target, dtype: np.dtype[Any]) -> Trace:
    gradients, start = free(12, 6).astype(dtype), np.full(6, 2.0, dtype)
    run = target.start(start, DYADIC)
    rows = [np.array(run.step(np.array(g))) for g in gradients]
    return Trace(DYADIC, gradients, np.stack([start, *rows]))


kept_start = Experiment(
    "kept start",
    "the initial parameters, read at the end",
    _kept_start,
    asked_by="the-first-parameters-are-left-alone",
)
