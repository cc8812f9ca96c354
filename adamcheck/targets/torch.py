"""Any `torch.optim.Optimizer` as a target."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from adamcheck.adam import Hyperparameters
from adamcheck.targets.base import Capabilities, NotOffered, Run, Target
from adamcheck.targets.options import check_call

_DTYPES = {
    "float64": torch.float64,
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}


def recognises(thing: Any) -> bool:
    """Whether `thing` is a class of optimizers."""
    return inspect.isclass(thing) and issubclass(thing, torch.optim.Optimizer)


def adapt(thing: Any, name: str, options: Mapping[str, Any]) -> Target:
    """The optimizer class `thing` as a target; `options` go to its constructor."""
    return TorchTarget(thing, name, options)


def to_tensor(array: np.ndarray) -> torch.Tensor:
    """A tensor of the array's dtype, on memory of its own."""
    if array.dtype.name == "bfloat16":
        return torch.from_numpy(array.astype(np.float32)).to(torch.bfloat16)
    return torch.from_numpy(np.array(array))


def to_array(tensor: torch.Tensor) -> np.ndarray:
    """The array of the tensor's dtype, a copy."""
    tensor = tensor.detach().cpu()
    if tensor.dtype == torch.bfloat16:
        return np.asarray(tensor.float().numpy()).astype("bfloat16")
    return np.array(tensor.numpy())


class _TorchRun(Run):
    def __init__(self, optimizer: Any, parameter: torch.Tensor) -> None:
        self._optimizer = optimizer
        self._parameter = parameter

    def step(self, gradient: np.ndarray) -> np.ndarray:
        self._parameter.grad = to_tensor(gradient)
        try:
            self._optimizer.step()
        except RuntimeError as error:
            if "not implemented for" in str(error):
                raise NotOffered(str(error).splitlines()[0]) from error
            raise
        return to_array(self._parameter)

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        state = self._optimizer.state[self._parameter]
        return to_array(state["exp_avg"]), to_array(state["exp_avg_sq"])

    def save(self) -> Any:
        return copy.deepcopy(self._optimizer.state_dict())

    def load(self, saved: Any) -> None:
        self._optimizer.load_state_dict(saved)


class TorchTarget(Target):
    """An optimizer class; hyperparameters are passed as `lr`, `betas`, `eps` and `weight_decay`."""

    library = "torch"
    version = torch.__version__

    def __init__(self, make: type[torch.optim.Optimizer], name: str, options: Mapping[str, Any] = {}) -> None:
        self.name = name
        self._make = make
        self._options = dict(options)
        self._accepts = inspect.signature(make).parameters
        betas = ("beta1", "beta2") if "beta1" in self._accepts else ("betas",)
        check_call(make, name, ("lr", *betas, "eps"), options)
        self.capabilities = Capabilities(
            moments=issubclass(make, torch.optim.Adam),
            checkpoint=True,
            weight_decay="weight_decay" in self._accepts and "weight_decay" not in options,
        )

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        parameter = to_tensor(parameters).requires_grad_()
        keywords: dict[str, Any] = {"lr": hyper.lr, "eps": hyper.eps}
        if "beta1" in self._accepts:
            keywords |= {"beta1": hyper.beta1, "beta2": hyper.beta2}
        else:
            keywords["betas"] = (hyper.beta1, hyper.beta2)
        if self.capabilities.weight_decay:
            keywords["weight_decay"] = hyper.weight_decay
        return _TorchRun(self._make([parameter], **keywords, **self._options), parameter)
