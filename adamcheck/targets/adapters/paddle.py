"""Any `paddle.optimizer.Optimizer` made from `learning_rate, beta1, beta2, epsilon` as a target."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import paddle
from paddle.base.unique_name import UniqueNameGenerator, guard

from adamcheck.adam import Hyperparameters
from adamcheck.targets.base import Capabilities, NotOffered, Run, Target
from adamcheck.targets.options import check_call

_NAMES = {"lr": "learning_rate", "beta1": "beta1", "beta2": "beta2", "eps": "epsilon"}

_PARAMETER = "theta"


def recognises(thing: Any) -> bool:
    """Whether `thing` is a class of Paddle's optimizers."""
    return inspect.isclass(thing) and issubclass(thing, paddle.optimizer.Optimizer)


def adapt(thing: Any, name: str, options: Mapping[str, Any]) -> Target:
    """The optimizer class `thing` as a target; `options` go to its constructor."""
    return PaddleTarget(thing, name, options)


def _to_tensor(array: np.ndarray) -> Any:
    name = array.dtype.name
    return paddle.to_tensor(array.astype("float32") if name == "bfloat16" else array, dtype=name)


def _to_array(tensor: Any) -> np.ndarray:
    if tensor.dtype == paddle.bfloat16:
        return np.asarray(tensor.astype("float32").numpy()).astype("bfloat16")
    return np.array(tensor.numpy())


class _PaddleRun(Run):
    """Paddle saves the moments by names that it numbers through the process. Here each run numbers its
    own, as a process that resumes the run of another one does."""

    def __init__(self, make: Callable[..., Any], parameter: Any, keywords: Mapping[str, Any]) -> None:
        self._names = UniqueNameGenerator()
        self._parameter = parameter
        with guard(self._names):
            self._optimizer = make(parameters=[parameter], **keywords)

    def step(self, gradient: np.ndarray) -> np.ndarray:
        self._parameter.grad = _to_tensor(gradient)
        try:
            with guard(self._names):
                self._optimizer.step()
        except RuntimeError as error:
            if "is not registered" in str(error):
                raise NotOffered(f"Paddle has no Adam in {self._parameter.dtype} on this device") from error
            raise
        return _to_array(self._parameter)

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        state = self._optimizer.state_dict()
        names = [f"{_PARAMETER}_moment{i}_0" for i in (1, 2)]
        if not set(names) <= set(state):
            raise NotOffered("moments")
        m, v = (_to_array(state[name]) for name in names)
        return m, v

    def save(self) -> Any:
        return {k: v.clone() if hasattr(v, "clone") else v for k, v in self._optimizer.state_dict().items()}

    def load(self, saved: Any) -> None:
        self._optimizer.set_state_dict(saved)


class PaddleTarget(Target):
    """An optimizer class, on Paddle's default device; on a CPU it has float64 and float32 only."""

    library = "paddle"
    version = paddle.__version__

    def __init__(self, make: type, name: str, options: Mapping[str, Any] = {}) -> None:
        check_call(make, name, (*_NAMES.values(), "parameters"), options, first=())
        self.name = name
        self._make = make
        self._options = dict(options)
        decay = "weight_decay" in inspect.signature(make).parameters and "weight_decay" not in options
        self.capabilities = Capabilities(moments=True, checkpoint=True, weight_decay=decay)

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        keywords = {theirs: float(getattr(hyper, ours)) for ours, theirs in _NAMES.items()}
        if self.capabilities.weight_decay:
            keywords["weight_decay"] = float(hyper.weight_decay)
        parameter = _to_tensor(parameters)
        parameter.name, parameter.stop_gradient = _PARAMETER, False
        return _PaddleRun(self._make, parameter, {**keywords, **self._options})
