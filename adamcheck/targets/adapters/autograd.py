"""autograd's Adam as a target: a function that runs a whole optimization through callbacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
from autograd.misc.optimizers import adam

from adamcheck.adam import Hyperparameters
from adamcheck.targets.adapters.library import LibraryTarget
from adamcheck.targets.arrays import own
from adamcheck.targets.base import Capabilities, Run, Target
from adamcheck.targets.convention import HyperNames

_NAMES: HyperNames = {"step_size": "lr", "b1": "beta1", "b2": "beta2", "eps": "eps"}


def recognises(thing: Any) -> bool:
    """Whether `thing` is that function."""
    return thing is adam


def adapt(thing: Any, name: str, options: Mapping[str, Any]) -> Target:
    """The function `thing` as a target; `options` go to each call."""
    return AutogradTarget(thing, name, options)


class _AutogradRun(Run):
    """Each step replays the run from its start: the function keeps no state between calls."""

    def __init__(self, parameters: np.ndarray, keywords: dict[str, Any]) -> None:
        self._first = own(parameters)
        self._keywords = keywords
        self._gradients: list[np.ndarray] = []

    def step(self, gradient: np.ndarray) -> np.ndarray:
        self._gradients.append(np.array(gradient))
        parameters: np.ndarray = adam(
            lambda _, i: self._gradients[i],
            self._first,
            num_iters=len(self._gradients),
            **self._keywords,
        )
        return parameters


class AutogradTarget(LibraryTarget):
    """Returns float64 whatever it is given: float32 gradients are computed with in double."""

    library = "autograd"
    version = version("autograd")
    names = _NAMES
    first = ("grad", "x0")
    chosen = ("num_iters",)

    def __init__(self, make: Callable[..., Any], name: str, options: Mapping[str, Any] = {}) -> None:
        super().__init__(make, name, options)
        self.capabilities = Capabilities(dtypes=("float64", "float32"), weight_decay=self.decays)

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        return _AutogradRun(parameters, self.keywords(hyper))
