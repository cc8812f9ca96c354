"""autograd's Adam as a target: a function that runs a whole optimization through callbacks."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
from autograd.misc.optimizers import adam

from adamcheck.adam import Hyperparameters
from adamcheck.targets.arrays import own
from adamcheck.targets.base import Capabilities, Run, Target
from adamcheck.targets.options import check_call

_CHOSEN = ("step_size", "b1", "b2", "eps", "num_iters")


def recognises(thing: Any) -> bool:
    """Whether `thing` is that function."""
    return thing is adam


def adapt(thing: Any, name: str, options: Mapping[str, Any]) -> Target:
    """The function `thing` as a target; `options` go to each call."""
    return AutogradTarget(name, options)


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


class AutogradTarget(Target):
    """Returns float64 whatever it is given: float32 gradients are computed with in double."""

    library = "autograd"
    version = version("autograd")

    def __init__(self, name: str, options: Mapping[str, Any] = {}) -> None:
        self.name = name
        self._options = dict(options)
        check_call(adam, name, _CHOSEN, options, first=("grad", "x0"))
        self.capabilities = Capabilities(dtypes=("float64", "float32"))

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        keywords = {"step_size": hyper.lr, "b1": hyper.beta1, "b2": hyper.beta2, "eps": hyper.eps}
        return _AutogradRun(parameters, {**keywords, **self._options})
