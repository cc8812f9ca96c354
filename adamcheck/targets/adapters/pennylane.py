"""PennyLane's Adam as a target: applied to its own kind of arrays, which know that they are trained."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
import pennylane

from adamcheck.adam import Hyperparameters
from adamcheck.targets.adapters.library import LibraryTarget
from adamcheck.targets.base import Capabilities, Run, Target
from adamcheck.targets.convention import HyperNames

_NAMES: HyperNames = {"stepsize": "lr", "beta1": "beta1", "beta2": "beta2", "eps": "eps"}


def recognises(thing: Any) -> bool:
    """Whether `thing` is PennyLane's Adam or a subclass."""
    return inspect.isclass(thing) and issubclass(thing, pennylane.AdamOptimizer)


def adapt(thing: Any, name: str, options: Mapping[str, Any]) -> Target:
    """The optimizer class `thing` as a target; `options` go to its constructor."""
    return PennylaneTarget(thing, name, options)


class _PennylaneRun(Run):
    def __init__(self, optimizer: Any, parameters: np.ndarray) -> None:
        self._optimizer = optimizer
        # An array that does not ask for a gradient is returned as it is, while the step counts.
        self._parameters = pennylane.numpy.array(parameters, requires_grad=True)

    def step(self, gradient: np.ndarray) -> np.ndarray:
        (self._parameters,) = self._optimizer.apply_grad((gradient,), (self._parameters,))
        return np.array(self._parameters)

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        return np.array(self._optimizer.fm[0]), np.array(self._optimizer.sm[0])


class PennylaneTarget(LibraryTarget):
    """An optimizer class without means to save what it remembers.

    Returns float64 whatever it is given: its step size is a float64 of numpy.
    """

    library = "pennylane"
    version = pennylane.__version__
    names = _NAMES

    def __init__(self, make: type, name: str, options: Mapping[str, Any] = {}) -> None:
        super().__init__(make, name, options)
        self.capabilities = Capabilities(
            dtypes=("float64", "float32"), moments=True, weight_decay=self.decays
        )

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        return _PennylaneRun(self.make(**self.keywords(hyper)), parameters)
