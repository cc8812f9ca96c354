"""scikit-learn's Adam, the solver behind its neural networks, as a target."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
import sklearn
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer

from adamcheck.adam import Hyperparameters
from adamcheck.targets.adapters.library import LibraryTarget
from adamcheck.targets.arrays import own
from adamcheck.targets.base import Capabilities, Run, Target
from adamcheck.targets.convention import HyperNames

_NAMES: HyperNames = {
    "learning_rate_init": "lr",
    "beta_1": "beta1",
    "beta_2": "beta2",
    "epsilon": "eps",
}


def recognises(thing: Any) -> bool:
    """Whether `thing` is scikit-learn's optimizer class or a subclass."""
    return inspect.isclass(thing) and issubclass(thing, AdamOptimizer)


def adapt(thing: Any, name: str, options: Mapping[str, Any]) -> Target:
    """The optimizer class `thing` as a target; `options` go to its constructor."""
    return SklearnTarget(thing, name, options)


class _SklearnRun(Run):
    def __init__(self, optimizer: Any, parameters: np.ndarray) -> None:
        self._optimizer = optimizer
        self._parameters = parameters

    def step(self, gradient: np.ndarray) -> np.ndarray:
        self._optimizer.update_params([self._parameters], [gradient])
        return self._parameters.copy()

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        return self._optimizer.ms[0], self._optimizer.vs[0]


class SklearnTarget(LibraryTarget):
    """Updates the arrays it is given in place, hence gets its own; half precision is left to numpy."""

    library = "scikit-learn"
    version = sklearn.__version__

    names = _NAMES
    first = ("parameters",)

    def __init__(self, make: type[AdamOptimizer], name: str, options: Mapping[str, Any] = {}) -> None:
        super().__init__(make, name, options)
        self.capabilities = Capabilities(
            dtypes=("float64", "float32"), moments=True, weight_decay=self.decays
        )

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        parameters = own(parameters)
        return _SklearnRun(self.make([parameters], **self.keywords(hyper)), parameters)
