"""thinc's optimizers as targets: called with a key, the weights and a gradient."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
from thinc.optimizers import Optimizer

from adamcheck.adam import Hyperparameters
from adamcheck.targets.adapters.library import LibraryTarget, Says
from adamcheck.targets.arrays import own
from adamcheck.targets.base import Capabilities, NotOffered, Run, Target
from adamcheck.targets.convention import HyperNames

_NAMES: HyperNames = {
    "learn_rate": "lr",
    "beta1": "beta1",
    "beta2": "beta2",
    "eps": "eps",
    "L2": "weight_decay",
}

_RADAM = {"use_radam": "radam"}

_DECOUPLING = "L2_is_weight_decay"  # as it is unless told otherwise

_SAYS = {
    "Adam": Says("adam", "adamw", decoupling=_DECOUPLING),
    "RAdam": Says("radam", "adamw", decoupling=_DECOUPLING),
    "Optimizer": Says("adam", "adamw", _RADAM, _DECOUPLING),
}

_KEY = (0, "W")


def recognises(thing: Any) -> bool:
    """Whether `thing` is a class of thinc's optimizers, or a function that makes one (as
    `thinc.api.Adam` does)."""
    if inspect.isclass(thing):
        return issubclass(thing, Optimizer)
    try:
        named = "learn_rate" in inspect.signature(thing).parameters
        return named and isinstance(thing(learn_rate=0.5), Optimizer)
    except Exception:
        return False


def adapt(thing: Any, name: str, options: Mapping[str, Any]) -> Target:
    """The class or function `thing` as a target; `options` go to it."""
    return ThincTarget(thing, name, options)


class _ThincRun(Run):
    def __init__(self, optimizer: Any, weights: np.ndarray) -> None:
        self._optimizer = optimizer
        self._weights = weights

    def step(self, gradient: np.ndarray) -> np.ndarray:
        self._weights, _ = self._optimizer(_KEY, self._weights, gradient)
        self._optimizer.step_schedules()
        return self._weights.copy()

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        shape = self._weights.shape
        return self._optimizer.mom1[_KEY].reshape(shape), self._optimizer.mom2[_KEY].reshape(shape)


class ThincTarget(LibraryTarget):
    """A function or class of optimizers, float32 only: its kernels take nothing else.

    It clips gradients to a norm of 1 unless the option `grad_clip` is 0, and it has no means to save
    what it remembers.
    """

    library = "thinc"
    version = version("thinc")

    names = _NAMES
    package = "thinc"
    says = _SAYS
    capabilities = Capabilities(dtypes=("float32",), moments=True, weight_decay=True)

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        if not hyper.beta2:
            raise NotOffered("beta2 = 0: thinc takes it for plain gradient descent")
        if not hyper.beta1:
            raise NotOffered("beta1 = 0: thinc raises NotImplementedError")
        return _ThincRun(self.make(**self.keywords(hyper)), own(parameters))
