"""An experiment: what to do with a target so that a bug shows in the trace.

Each is built to show one kind of fault and leaves a right target enclosed. They take the target as it
is, without the guards of a check: the arrays that they pass and keep are part of the experiment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from adamcheck import regimes
from adamcheck.adam import Hyperparameters
from adamcheck.numbers.floats import format_of
from adamcheck.targets.base import Target
from adamcheck.traces.trace import Trace

ORDINARY = "updates-are-enclosed-with-dyadic-hyperparameters"
"""The check that tries what most experiments try."""

DYADIC = Hyperparameters(lr=2.0**-6, beta1=7 / 8, beta2=1 - 2.0**-7, eps=2.0**-10)
DECAYING = DYADIC.replace(lr=0.5, weight_decay=0.5)


@dataclass(frozen=True)
class Experiment:
    """A way to use a target; `use` it in a dtype, and what it did is returned.

    dtype: the only one in which it makes sense, if there is one.
    asked_by: the check that tries on random examples what this tries once.
    long: whether it takes so long that only a target that breaks this check is worth the time.
    """

    name: str
    says: str
    use: Callable[[Target, np.dtype[Any]], Trace]
    dtype: str = ""
    asked_by: str = ORDINARY
    long: bool = False

    def run(self, target: Target, dtype: str = "float64") -> Trace:
        """What a target did, in the dtype of the experiment or else in this one."""
        return self.use(target, format_of(self.dtype or dtype).dtype)


def free(steps: int, *shape: int, scale: float = 1.0, seed: int = 0) -> np.ndarray:
    """Gradients of random sign and magnitude in [scale / 2, 2 scale]."""
    return scale * regimes.free(np.random.default_rng(seed), steps, *shape)


def follow(run: Any, start: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """The parameters before the first step and after each, copied."""
    return np.stack([start, *(np.array(run.step(np.array(g))) for g in gradients)])


def along(
    name: str,
    says: str,
    hyper: Hyperparameters,
    gradients: Any,
    start: float = 0.0,
    dtype: str = "",
    asked_by: str = ORDINARY,
    long: bool = False,
) -> Experiment:
    """The plain experiment: these gradients, from parameters that are all `start`."""

    def use(target: Target, dtype: np.dtype[Any]) -> Trace:
        g = np.asarray(gradients).astype(dtype)
        first = np.full_like(g[0], start)
        return Trace(hyper, g, follow(target.start(first.copy(), hyper), first, g))

    return Experiment(name, says, use, dtype, asked_by, long)
