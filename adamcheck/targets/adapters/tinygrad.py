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
from adamcheck.targets.base import Capabilities, NotOffered, Run, Target, TargetError
from adamcheck.targets.options import check_call

_DTYPES = {
    "float64": dtypes.float64,
    "float32": dtypes.float32,
    "float16": dtypes.float16,
    "bfloat16": dtypes.bfloat16,
}

_NAMES = {"lr": "lr", "beta1": "b1", "beta2": "b2", "eps": "eps"}


def recognises(thing: Any) -> bool:
    """Whether `thing` is a class of tinygrad's optimizers, or a function that makes one (as
    `tinygrad.nn.optim.Adam` does)."""
    if inspect.isclass(thing):
        return issubclass(thing, Optimizer)
    try:
        named = {"lr", "b1", "b2"} <= set(inspect.signature(thing).parameters)
        return named and isinstance(thing([Tensor([0.0])]), Optimizer)
    except Exception:
        return False


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


def _to_tensor(array: np.ndarray) -> Tensor:
    name = array.dtype.name
    return Tensor(array.astype("float32") if name == "bfloat16" else array, dtype=_DTYPES[name]).realize()


def _to_array(tensor: Tensor) -> np.ndarray:
    if tensor.dtype == dtypes.bfloat16:
        return np.asarray(tensor.float().numpy()).astype("bfloat16")
    return np.array(tensor.numpy())


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
            self._step(_to_tensor(gradient))
            return _to_array(self._parameter)

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        shape = self._parameter.shape
        return (
            _to_array(self._optimizer.m[0]).reshape(shape),
            _to_array(self._optimizer.v[0]).reshape(shape),
        )

    def save(self) -> Any:
        return {name: tensor.clone().realize() for name, tensor in get_state_dict(self._optimizer).items()}

    def load(self, saved: Any) -> None:
        load_state_dict(self._optimizer, saved, verbose=False)
        self._step = TinyJit(self._take)  # what was replayed knew the state before


class TinygradTarget(Target):
    """A function or class of optimizers, on tinygrad's default device.

    The moments are float32 whatever the parameters are, unless the environment variable OPTIM_DTYPE says
    otherwise; the learning rate and the powers of the decay rates are float32 always.
    """

    library = "tinygrad"
    version = version("tinygrad")

    def __init__(self, make: Callable[..., Any], name: str, options: Mapping[str, Any] = {}) -> None:
        check_call(make, name, tuple(_NAMES.values()), options, first=("params",))
        self.name = name
        self._make = make
        self._options = dict(options)
        decay = "weight_decay" in inspect.signature(make).parameters and "weight_decay" not in options
        try:
            made = make([Tensor([0.0])], **self._options)
        except Exception as error:
            raise TargetError(f"{name} cannot be made with the options {dict(options)}: {error}") from None
        self.capabilities = Capabilities(
            moments=hasattr(made, "m") and hasattr(made, "v"), checkpoint=True, weight_decay=decay
        )

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        keywords = {theirs: float(getattr(hyper, ours)) for ours, theirs in _NAMES.items()}
        if self.capabilities.weight_decay:
            keywords["weight_decay"] = float(hyper.weight_decay)
        with _compiling(parameters.dtype.name):
            parameter = _to_tensor(parameters)
        return _TinygradRun(self._make([parameter], **keywords, **self._options), parameter)
