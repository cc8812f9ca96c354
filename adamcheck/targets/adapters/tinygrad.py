"""tinygrad's optimizers as targets: functions and classes made from `params, lr, b1, b2, eps`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from subprocess import CalledProcessError
from typing import Any

import numpy as np
from tinygrad import Context, Tensor, TinyJit, dtypes
from tinygrad.nn.optim import Optimizer
from tinygrad.nn.state import get_state_dict, load_state_dict

from adamcheck.adam import Hyperparameters
from adamcheck.targets.adapters.library import Exchange, LibraryTarget, Says
from adamcheck.targets.base import Capabilities, NotOffered, Run, Target, TargetError
from adamcheck.targets.convention import HyperNames

_NAMES: HyperNames = {"lr": "lr", "b1": "beta1", "b2": "beta2", "eps": "eps"}

_SAYS = {"AdamW": Says(decay="adamw")}


def recognises(thing: Any) -> bool:
    """Whether `thing` is a class of tinygrad's optimizers, or a function that makes one (as
    `tinygrad.nn.optim.Adam` does)."""
    if inspect.isclass(thing):
        return issubclass(thing, Optimizer)
    try:
        named = {"lr", "b1", "b2"} <= set(inspect.signature(thing).parameters)
        return named and isinstance(thing([_trained(Tensor([0.0]))]), Optimizer)
    except Exception:
        return False


def _trained(tensor: Tensor) -> Tensor:
    """A tensor that an optimizer takes: newer versions of tinygrad train what is marked as a parameter."""
    return tensor.is_param_() if hasattr(tensor, "is_param_") else tensor


def adapt(thing: Any, name: str, options: Mapping[str, Any]) -> Target:
    """The class or function `thing` as a target; `options` go to it."""
    return TinygradTarget(thing, name, options)


@contextmanager
def _compiling(dtype: str) -> Iterator[None]:
    """A context in which tinygrad calls a C compiler; raises `NotOffered` where that has no bfloat16."""
    try:
        yield
    except CalledProcessError as error:
        if dtype != "bfloat16":
            raise
        raise NotOffered("the compiler that tinygrad calls has no bfloat16 on this machine") from error


_TENSORS = Exchange(
    make=lambda array, name: Tensor(array, dtype=getattr(dtypes, name)).realize(),
    read=lambda tensor: tensor.numpy(),
    bfloat16=dtypes.bfloat16,
    widen=lambda tensor: tensor.float(),
)


def _cloned(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.clone().realize() for name, tensor in state.items()}


class _TinygradRun(Run):
    """A run under `TinyJit`, as people train: the kernels of the second step are replayed from then on."""

    def __init__(self, optimizer: Any, parameter: Tensor) -> None:
        self._optimizer = optimizer
        self._parameter = parameter
        self._step = TinyJit(self._take)

    def _take(self, gradient: Tensor) -> None:
        self._parameter.grad = gradient
        self._optimizer.step()

    def step(self, gradient: np.ndarray) -> np.ndarray:
        with _compiling(gradient.dtype.name), Context(TRAINING=1):
            self._step(_TENSORS.to_tensor(gradient))
            return _TENSORS.to_array(self._parameter)

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        shape = self._parameter.shape
        return (
            _TENSORS.to_array(self._optimizer.m[0]).reshape(shape),
            _TENSORS.to_array(self._optimizer.v[0]).reshape(shape),
        )

    def save(self) -> Any:
        return _cloned(get_state_dict(self._optimizer))

    def load(self, saved: Any) -> None:
        load_state_dict(self._optimizer, _cloned(saved), verbose=False)  # it shares what it is given
        self._step = TinyJit(self._take)  # what was replayed knew the state before


class TinygradTarget(LibraryTarget):
    """A function or class of optimizers, on tinygrad's default device.

    The moments are float32 whatever the parameters are, unless the environment variable OPTIM_DTYPE says
    otherwise; the learning rate and the powers of the decay rates are float32 always.
    """

    library = "tinygrad"
    version = version("tinygrad")

    names = _NAMES
    first = ("params",)
    package = "tinygrad"
    says = _SAYS

    def __init__(self, make: Callable[..., Any], name: str, options: Mapping[str, Any] = {}) -> None:
        super().__init__(make, name, options)
        try:
            made = make([_trained(Tensor([0.0]))], **self.options)
        except Exception as error:
            raise TargetError(f"{name} cannot be made with the options {dict(options)}: {error}") from None
        self.capabilities = Capabilities(
            moments=hasattr(made, "m") and hasattr(made, "v"), checkpoint=True, weight_decay=self.decays
        )

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        with _compiling(parameters.dtype.name):
            parameter = _trained(_TENSORS.to_tensor(parameters))
        return _TinygradRun(self.make([parameter], **self.keywords(hyper)), parameter)
