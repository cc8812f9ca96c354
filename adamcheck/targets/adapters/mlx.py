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
from adamcheck.targets.base import Capabilities, NotOffered, Run, Target
from adamcheck.targets.options import check_call

_DTYPES = {
    "float64": mx.float64,
    "float32": mx.float32,
    "float16": mx.float16,
    "bfloat16": mx.bfloat16,
}


def recognises(thing: Any) -> bool:
    """Whether `thing` is a class of MLX optimizers."""
    return inspect.isclass(thing) and issubclass(thing, Optimizer)


def adapt(thing: Any, name: str, options: Mapping[str, Any]) -> Target:
    """The optimizer class `thing` as a target; `options` go to its constructor."""
    return MlxTarget(thing, name, options)


def _to_mlx(array: np.ndarray) -> Any:
    name = array.dtype.name
    return mx.array(array.astype("float32") if name == "bfloat16" else array, dtype=_DTYPES[name])


def _to_array(array: Any) -> np.ndarray:
    if array.dtype == mx.bfloat16:
        return np.array(array.astype(mx.float32)).astype("bfloat16")
    return np.array(array)


class _MlxRun(Run):
    def __init__(self, optimizer: Any, parameters: Any) -> None:
        self._optimizer = optimizer
        self._parameters = parameters

    def step(self, gradient: np.ndarray) -> np.ndarray:
        with mx.stream(mx.cpu):
            parameters = {"theta": self._parameters}
            self._parameters = self._optimizer.apply_gradients({"theta": _to_mlx(gradient)}, parameters)[
                "theta"
            ]
            return _to_array(self._parameters)

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        state = self._optimizer.state["theta"]
        if not {"m", "v"} <= set(state):
            raise NotOffered("moments")
        return _to_array(state["m"]), _to_array(state["v"])

    def save(self) -> Any:
        return tree_map(mx.array, self._optimizer.state)

    def load(self, saved: Any) -> None:
        self._optimizer.state = tree_map(mx.array, saved)


class MlxTarget(Target):
    """An optimizer class, on the CPU: only there MLX has float64."""

    library = "mlx"
    version = version("mlx")

    def __init__(self, make: type, name: str, options: Mapping[str, Any] = {}) -> None:
        check_call(make, name, ("learning_rate", "betas", "eps"), options, first=())
        self.name = name
        self._make = make
        self._options = dict(options)
        decay = "weight_decay" in inspect.signature(make).parameters and "weight_decay" not in options
        self.capabilities = Capabilities(moments=True, checkpoint=True, weight_decay=decay)

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        betas = [float(hyper.beta1), float(hyper.beta2)]
        keywords: dict[str, Any] = {"learning_rate": float(hyper.lr), "betas": betas, "eps": float(hyper.eps)}
        if self.capabilities.weight_decay:
            keywords["weight_decay"] = float(hyper.weight_decay)
        return _MlxRun(self._make(**keywords, **self._options), _to_mlx(parameters))
