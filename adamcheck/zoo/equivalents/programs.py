"""Correct programs with loops, buffers and arrays of their own, as code in the wild has them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.targets.base import Capabilities, Run, Target
from adamcheck.zoo.equivalents.registry import add


class Program(Run):
    """The textbook step on arrays of its own. `kernel` updates `theta`, `m` and `v`; `t` is the step.

    Scalars are Python floats, products of which with an array are rounded to the dtype of the run, but for
    bfloat16, where they are float32 until they are stored.
    """

    def __init__(self, parameters: np.ndarray, hyper: Hyperparameters) -> None:
        self.hyper = hyper
        self.theta = np.array(parameters, order="C")
        self.m, self.v = np.zeros_like(self.theta), np.zeros_like(self.theta)
        self.t = 0

    def step(self, gradient: np.ndarray) -> Any:
        self.t += 1
        with np.errstate(all="ignore"):
            self.kernel(np.array(gradient, dtype=self.theta.dtype, order="C"))
        return self.theta.copy()

    @abstractmethod
    def kernel(self, g: np.ndarray) -> None:
        """Update `theta`, `m` and `v` in place."""

    @property
    def size(self) -> float:
        """lr / (1 - beta1^t)."""
        return float(self.hyper.lr / (1 - self.hyper.beta1**self.t))

    @property
    def root(self) -> float:
        """sqrt(1 - beta2^t)."""
        return float((1 - self.hyper.beta2**self.t) ** 0.5)

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        return self.m, self.v

    def save(self) -> Any:
        return self.t, self.m.copy(), self.v.copy()

    def load(self, saved: Any) -> None:
        self.t = saved[0]
        self.m[...], self.v[...] = saved[1], saved[2]

    def change_lr(self, lr: float) -> None:
        self.hyper = self.hyper.replace(lr=lr)


class ProgramTarget(Target):
    """A target whose runs are of one of these classes."""

    library = "adamcheck"
    capabilities = Capabilities(moments=True, checkpoint=True, changing_lr=True)

    def __init__(self, name: str, run: Callable[[np.ndarray, Hyperparameters], Run]) -> None:
        from adamcheck import __version__

        self.name, self.version = name, __version__
        self._run = run

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        return self._run(parameters, hyper)


_Made = TypeVar("_Made", bound=type[Program])


def program(name: str) -> Callable[[_Made], _Made]:
    """Register a program that evaluates the textbook step in its own way."""

    def register(run: _Made) -> _Made:
        add(run, name, "adam", lambda: ProgramTarget(name, run))
        return run

    return register
