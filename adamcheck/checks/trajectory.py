"""Trajectories: the hyperparameters, initial parameters and gradients that a check gives a target."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.numbers import ema
from adamcheck.numbers.floats import Format, format_of


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The input of a run.

    Args:
        hyper: The hyperparameters.
        parameters: The initial parameters, shape (n,), in the dtype of the run; `filling` makes other shapes.
        gradients: One gradient per step, shape (T, n), in the dtype of the run.
    """

    hyper: Hyperparameters
    parameters: np.ndarray
    gradients: np.ndarray

    @property
    def format(self) -> Format:
        return format_of(self.gradients.dtype)

    def replace(self, **changes: Any) -> Trajectory:
        """A copy with some fields changed."""
        return replace(self, **changes)

    def scaled(self, c: float, *, eps_too: bool = False) -> Trajectory:
        """A copy with every gradient multiplied by c, and with `eps_too` eps as well."""
        hyper = self.hyper.replace(eps=c * self.hyper.eps) if eps_too else self.hyper
        with np.errstate(over="ignore", under="ignore"):
            return self.replace(hyper=hyper, gradients=self._cast(self.gradients * self._cast(c)))

    def transformed(self, signs: Any, order: Any) -> Trajectory:
        """A copy with coordinates reordered and multiplied by +-1: a signed permutation."""
        signs = self._cast(signs)
        return self.replace(
            parameters=self.parameters[order] * signs, gradients=self.gradients[:, order] * signs
        )

    def filling(self, shape: tuple[int, ...]) -> Trajectory:
        """A copy with the coordinates repeated until they fill arrays of this shape."""
        return self.replace(
            parameters=np.resize(self.parameters, shape),
            gradients=np.stack([np.resize(row, shape) for row in self.gradients]),
        )

    def first(self, steps: int) -> Trajectory:
        """A copy with the first `steps` steps only."""
        return self.replace(gradients=self.gradients[:steps])

    def in_range(self) -> bool:
        """Whether no intermediate result of a step under- or overflows, in any order of evaluation.

        Exact zeros are allowed.
        """
        h, low, high = self.hyper, self.format.normal, self.format.huge
        g = self.gradients.astype(np.float64)
        m = v = np.zeros(g.shape[1:])
        shrink = min(1.0, h.lr) * min(1.0, h.eps or 1.0)
        for t, row in enumerate(g, start=1):
            m, v = ema(m, row, h.beta1), ema(v, row * row, h.beta2)
            grown = np.maximum(np.abs(m) / (1 - h.beta1**t), v / (1 - h.beta2**t))
            pieces = np.concatenate([np.abs(row) * (1 - h.beta1), row * row * (1 - h.beta2), np.abs(m), v])
            pieces = pieces[np.concatenate([row, row, m, v]) != 0]
            if np.any(pieces * shrink < 4 * low) or np.any(grown > high / 4):
                return False
        return True

    def _cast(self, x: Any) -> Any:
        return np.asarray(x).astype(self.gradients.dtype)

    def __repr__(self) -> str:
        rows = "; ".join(" ".join(f"{x:g}" for x in np.ravel(row)) for row in self.gradients.astype(float))
        return f"Trajectory({self.hyper}, {self.format.name} gradients [{rows}])"
