"""Any `paddle.optimizer.Optimizer` made from `learning_rate, beta1, beta2, epsilon` as a target."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import paddle
from paddle.base.unique_name import UniqueNameGenerator, guard

from adamcheck.adam import Hyperparameters
from adamcheck.targets.adapters.library import Exchange, LibraryTarget, Says
from adamcheck.targets.base import Capabilities, NotOffered, Run, Target
from adamcheck.targets.convention import HyperNames

_NAMES: HyperNames = {
    "learning_rate": "lr",
    "beta1": "beta1",
    "beta2": "beta2",
    "epsilon": "eps",
}

_AMSGRAD = {"amsgrad": "amsgrad"}

_SAYS = {
    "Adam": Says("adam", "adam-l2", _AMSGRAD),
    "AdamW": Says(decay="adamw", switches=_AMSGRAD),
    "NAdam": Says("nadam", "adam-l2", own=("momentum_decay",)),
    "RAdam": Says("radam", "adam-l2"),
    "Adamax": Says("adamax", "adam-l2"),
}

_PARAMETER = "theta"


def recognises(thing: Any) -> bool:
    """Whether `thing` is a class of Paddle's optimizers."""
    return inspect.isclass(thing) and issubclass(thing, paddle.optimizer.Optimizer)


def adapt(thing: Any, name: str, options: Mapping[str, Any]) -> Target:
    """The optimizer class `thing` as a target; `options` go to its constructor."""
    return PaddleTarget(thing, name, options)


_TENSORS = Exchange(
    make=lambda array, name: paddle.to_tensor(array, dtype=name),
    read=lambda tensor: tensor.numpy(),
    bfloat16=paddle.bfloat16,
    widen=lambda tensor: tensor.astype("float32"),
)


def _lacks_kernel(error: RuntimeError) -> bool:
    """Whether Paddle has no kernel for a dtype on a device.

    It raises a bare `RuntimeError` for that as for everything else: only its text tells them apart.
    """
    return "is not registered" in str(error)


class _PaddleRun(Run):
    """Paddle saves the moments by names that it numbers through the process. Here each run numbers its
    own, as a process that resumes the run of another one does."""

    def __init__(self, make: Callable[..., Any], parameter: Any, keywords: Mapping[str, Any]) -> None:
        self._names = UniqueNameGenerator()
        self._parameter = parameter
        with guard(self._names):
            self._optimizer = make(parameters=[parameter], **keywords)

    def step(self, gradient: np.ndarray) -> np.ndarray:
        self._parameter.grad = _TENSORS.to_tensor(gradient)
        try:
            with guard(self._names):
                self._optimizer.step()
        except RuntimeError as error:
            if not _lacks_kernel(error):
                raise
            raise NotOffered(f"Paddle has no Adam in {self._parameter.dtype} on this device") from error
        return _TENSORS.to_array(self._parameter)

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        state = self._optimizer.state_dict()
        names = [f"{_PARAMETER}_moment{i}_0" for i in (1, 2)]
        if not set(names) <= set(state):
            raise NotOffered("moments")
        m, v = (_TENSORS.to_array(state[name]) for name in names)
        return m, v

    def save(self) -> Any:
        return {k: v.clone() if hasattr(v, "clone") else v for k, v in self._optimizer.state_dict().items()}

    def load(self, saved: Any) -> None:
        self._optimizer.set_state_dict(saved)


class PaddleTarget(LibraryTarget):
    """An optimizer class, on Paddle's default device; on a CPU it has float64 and float32 only."""

    library = "paddle"
    version = paddle.__version__

    names = _NAMES
    chosen = ("parameters",)
    package = "paddle"
    says = _SAYS

    def __init__(self, make: type, name: str, options: Mapping[str, Any] = {}) -> None:
        super().__init__(make, name, options)
        self.capabilities = Capabilities(moments=True, checkpoint=True, weight_decay=self.decays)

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        parameter = _TENSORS.to_tensor(parameters)
        parameter.name, parameter.stop_gradient = _PARAMETER, False
        return _PaddleRun(self.make, parameter, self.keywords(hyper))
