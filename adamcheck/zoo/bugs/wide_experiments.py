"""Experiments in the corners: long runs, far magnitudes, zero and constant stretches, hyperparameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from adamcheck import regimes
from adamcheck.adam import Hyperparameters
from adamcheck.targets.base import Target
from adamcheck.traces.trace import Trace
from adamcheck.zoo.bugs.experiment import DECAYING, DYADIC, Experiment, along, follow, free

_DECIMAL = "updates-are-enclosed-with-decimal-hyperparameters"
_RUNS = "updates-are-enclosed-in-runs-of-every-kind"

_T = np.arange(24)

slow_beta2 = along(
    "slow beta2", "beta2 = 1 - 2**-12", DYADIC.replace(beta2=1 - 2.0**-12), free(12, 4), asked_by=_DECIMAL
)
slow_beta1 = along("slow beta1", "beta1 = 1 - 2**-5", DYADIC.replace(beta1=1 - 2.0**-5), free(12, 4))
longer = along(
    "longer", "2100 steps", DYADIC.replace(beta2=1 - 2.0**-10), free(2100, 1), asked_by=_RUNS, long=True
)

huge_gradients = along("huge gradients", "gradients near 1e6", DYADIC, free(12, 4, scale=2.0**20))
mixed_gradients = along(
    "mixed gradients",
    "gradients near 4096 in every third step, near 1 in the others",
    DYADIC,
    free(12, 4) * np.where(np.arange(12) % 3 == 1, 2.0**12, 1.0)[:, None],
)
tiny_gradients = along(
    "tiny gradients", "gradients near 1e-12, far below eps", Hyperparameters(), free(12, 4, scale=2.0**-40)
)
tiny_eps = along(
    "tiny eps",
    "gradients near eps = 2**-30",
    DYADIC.replace(eps=2.0**-30),
    free(12, 4, scale=2.0**-30),
    asked_by=_RUNS,
)
late_spike = along(
    "late spike",
    "small gradients, then a large one",
    DYADIC.replace(beta1=0.5),
    np.stack([64 * regimes.spike(24, 16, 2.0**-6), -96 * regimes.spike(24, 20, 2.0**-6)], axis=1),
)

zero_run = along(
    "zero run",
    "20 zero gradients after the first few, then some again",
    DYADIC,
    free(32, 3) * ((np.arange(32) < 6) | (np.arange(32) >= 26))[:, None],
    asked_by=_RUNS,
)
short_zero_run = along(
    "short zero run",
    "5 zero gradients after the first few, then some again",
    DYADIC,
    free(16, 3) * ((np.arange(16) < 6) | (np.arange(16) >= 11))[:, None],
)
late_start = along(
    "late start",
    "3 steps without any gradient before the first",
    DYADIC,
    free(12, 3) * (np.arange(12) >= 3)[:, None],
    asked_by="updates-are-enclosed-where-no-coordinate-has-a-gradient",
)
constant = along("constant", "the same gradient in every step", DYADIC, 1.5 * np.ones((24, 1)))
constant_stretch = along(
    "constant stretch",
    "gradients that repeat for 12 steps between others",
    DYADIC,
    np.where(((_T >= 6) & (_T < 18))[:, None], 1.25, free(24, 2)),
    asked_by=_RUNS,
)
zero_rows = along(
    "zero rows",
    "a matrix of which whole rows have no gradient in some steps",
    DYADIC,
    free(12, 3, 2) * (np.add.outer(np.arange(12), np.arange(3)) % 3 != 2)[..., None],
    asked_by="updates-are-enclosed-in-arrays-of-any-shape",
)

without_beta1 = along("without beta1", "beta1 = 0", DYADIC.replace(beta1=0.0), free(12, 6), asked_by=_RUNS)
equal_betas = along("equal betas", "beta1 = beta2 = 3/4", DYADIC.replace(beta1=0.75, beta2=0.75), free(12, 6))
beta1_above_beta2 = along(
    "beta1 above beta2", "beta1 = 7/8, beta2 = 1/2", DYADIC.replace(beta2=0.5), free(12, 6)
)
large_eps = along("large eps", "eps = 4", DYADIC.replace(eps=4.0), free(12, 6), asked_by=_RUNS)
tiny_lr = along("tiny lr", "lr = 2**-30", DYADIC.replace(lr=2.0**-30), free(12, 6), asked_by=_RUNS)
large_lr = along("large lr", "lr = 4", DYADIC.replace(lr=4.0), free(12, 6), asked_by=_RUNS)
undecayed = along(
    "undecayed", "no weight decay, from parameters 2", DECAYING.replace(weight_decay=0.0), free(12, 6), 2.0
)
float32_near_eps = along(
    "float32 near eps",
    "float32 gradients near eps",
    DYADIC.replace(eps=2.0**-12),
    free(12, 4, scale=2.0**-12),
    dtype="float32",
)
float32_tiny_eps = along(
    "float32 tiny eps",
    "float32 gradients near eps = 2**-27",
    DYADIC.replace(eps=2.0**-27),
    free(12, 4, scale=2.0**-27),
    dtype="float32",
)
in_bfloat16 = along(
    "bfloat16",
    "random gradients near 1 in bfloat16",
    DYADIC.replace(beta2=0.75),
    free(12, 8),
    dtype="bfloat16",
)


def _mixed_dtypes(target: Target, dtype: np.dtype[Any]) -> Trace:
    gradients, start = free(8, 4).astype(np.float32), np.zeros(4, dtype)
    return Trace(DYADIC, gradients, follow(target.start(start.copy(), DYADIC), start, gradients))


mixed_dtypes = Experiment(
    "mixed dtypes",
    "float32 gradients of float64 parameters",
    _mixed_dtypes,
    dtype="float64",
    asked_by="updates-are-enclosed-in-arrays-of-every-kind",
)
