"""The optimizers of `torch.distributed` as targets: sharded over processes, or functional."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch.distributed.optim import ZeroRedundancyOptimizer
from torch.distributed.optim.functional_adam import _FunctionalAdam
from torch.distributed.optim.functional_adamw import _FunctionalAdamW

from adamcheck.adam import Hyperparameters
from adamcheck.targets.base import Capabilities, Run, Target
from adamcheck.targets.options import check_call
from adamcheck.targets.torch import TorchRun, moments_in, to_array, to_tensor


def recognises(thing: Any) -> bool:
    """Whether `thing` is the class of sharded optimizers, a functional Adam, or a subclass."""
    kinds = (ZeroRedundancyOptimizer, _FunctionalAdam, _FunctionalAdamW)
    return inspect.isclass(thing) and issubclass(thing, kinds)


def adapt(thing: Any, name: str, options: Mapping[str, Any]) -> Target:
    """The class `thing` as a target; `options` go to its constructor."""
    if issubclass(thing, ZeroRedundancyOptimizer):
        return ShardedTarget(thing, name, options)
    return FunctionalTarget(thing, name, options)


def _keywords(hyper: Hyperparameters) -> dict[str, Any]:
    return {
        "lr": hyper.lr,
        "betas": (hyper.beta1, hyper.beta2),
        "eps": hyper.eps,
        "weight_decay": hyper.weight_decay,
    }


class _ShardedRun(TorchRun):
    """The state is with the process that owns the parameter, and is collected to be saved."""

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        return moments_in(self._optimizer.optim.state[self._parameter])

    def save(self) -> Any:
        self._optimizer.consolidate_state_dict()
        return super().save()


class ShardedTarget(Target):
    """`ZeroRedundancyOptimizer` around `torch.optim.Adam`, or the option `optimizer_class`.

    Joins the process group there is, and makes one of this process alone where there is none.
    """

    library = "torch"
    version = torch.__version__

    def __init__(
        self, make: type[ZeroRedundancyOptimizer], name: str, options: Mapping[str, Any] = {}
    ) -> None:
        self.name = name
        self._make = make
        self._options = {"optimizer_class": torch.optim.Adam, **options}
        check_call(make, name, ("lr", "betas", "eps", "weight_decay"), self._options)
        self.capabilities = Capabilities(moments=True, checkpoint=True, weight_decay=True)
        if not dist.is_initialized():
            dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        parameter = to_tensor(parameters).requires_grad_()
        return _ShardedRun(self._make([parameter], **_keywords(hyper), **self._options), parameter)


class _FunctionalRun(Run):
    def __init__(self, optimizer: Any, parameter: torch.Tensor) -> None:
        self._optimizer = optimizer
        self._parameter = parameter

    def step(self, gradient: np.ndarray) -> np.ndarray:
        self._optimizer.step([to_tensor(gradient)])
        return to_array(self._parameter)

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        return moments_in(self._optimizer.state[self._parameter])


class FunctionalTarget(Target):
    """A functional Adam: gradients are arguments of its step, and it has no means to save its state."""

    library = "torch"
    version = torch.__version__

    def __init__(self, make: type, name: str, options: Mapping[str, Any] = {}) -> None:
        self.name = name
        self._make = make
        self._options = dict(options)
        check_call(make, name, ("lr", "betas", "eps", "weight_decay"), options)
        self.capabilities = Capabilities(moments=True, weight_decay=True)

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        parameter = to_tensor(parameters)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # each construction warns of TorchScript
            optimizer = self._make([parameter], **_keywords(hyper), **self._options)
        return _FunctionalRun(optimizer, parameter)
