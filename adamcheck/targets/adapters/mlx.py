"""Any `mlx.optimizers.Optimizer` made from `learning_rate, betas, eps` as a target."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import mlx.core as mx
import numpy as np
from mlx.optimizers import Optimizer
from mlx.utils import tree_map

from adamcheck.adam import Hyperparameters
from adamcheck.targets.adapters.library import Exchange, LibraryTarget, Says
from adamcheck.targets.base import Capabilities, NotOffered, Run, Target
from adamcheck.targets.convention import HyperNames

_NAMES: HyperNames = {"learning_rate": "lr", "betas": ("beta1", "beta2"), "eps": "eps"}

_SAYS = {"AdamW": Says(decay="adamw"), "Adamax": Says("adamax")}


def recognises(thing: Any) -> bool:
    """Whether `thing` is a class of MLX optimizers."""
    return inspect.isclass(thing) and issubclass(thing, Optimizer)


def adapt(thing: Any, name: str, options: Mapping[str, Any]) -> Target:
    """The optimizer class `thing` as a target; `options` go to its constructor."""
    return MlxTarget(thing, name, options)


_ARRAYS = Exchange(
    make=lambda array, name: mx.array(array, dtype=getattr(mx, name)),
    read=np.array,
    bfloat16=mx.bfloat16,
    widen=lambda array: array.astype(mx.float32),
)


class _MlxRun(Run):
    def __init__(self, optimizer: Any, parameters: Any) -> None:
        self._optimizer = optimizer
        self._parameters = parameters

    def step(self, gradient: np.ndarray) -> np.ndarray:
        with mx.stream(mx.cpu):
            parameters = {"theta": self._parameters}
            self._parameters = self._optimizer.apply_gradients(
                {"theta": _ARRAYS.to_tensor(gradient)}, parameters
            )["theta"]
            return _ARRAYS.to_array(self._parameters)

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        state = self._optimizer.state["theta"]
        if not {"m", "v"} <= set(state):
            raise NotOffered("moments")
        return _ARRAYS.to_array(state["m"]), _ARRAYS.to_array(state["v"])

    def save(self) -> Any:
        return tree_map(mx.array, self._optimizer.state)

    def load(self, saved: Any) -> None:
        self._optimizer.state = tree_map(mx.array, saved)


class MlxTarget(LibraryTarget):
    """An optimizer class, on the CPU: only there MLX has float64."""

    library = "mlx"
    version = version("mlx")

    names = _NAMES
    package = "mlx"
    says = _SAYS

    def __init__(self, make: type, name: str, options: Mapping[str, Any] = {}) -> None:
        super().__init__(make, name, options)
        self.capabilities = Capabilities(moments=True, checkpoint=True, weight_decay=self.decays)

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        keywords = self.keywords(hyper)
        keywords["betas"] = list(keywords["betas"])  # the type that MLX documents
        return _MlxRun(self.make(**keywords), _ARRAYS.to_tensor(parameters))
