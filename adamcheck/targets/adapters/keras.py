"""Any `keras.optimizers.Optimizer` as a target, on whichever backend Keras was loaded with.

The backend is chosen by the environment variable KERAS_BACKEND before Keras is imported; a process has one.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import keras
import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.targets.base import Capabilities, NotOffered, Run, Target, TargetError
from adamcheck.targets.options import check_call

_NAMES = {"lr": "learning_rate", "beta1": "beta_1", "beta2": "beta_2", "eps": "epsilon"}


_OPTIMIZERS = {"Adam": "adam", "AdamW": "", "Nadam": "nadam", "Adamax": "adamax"}
"""What Keras' classes say that they are; all of them decouple their weight decay."""


def _declared(make: type, options: Mapping[str, Any]) -> str:
    if make.__name__ not in _OPTIMIZERS:
        return ""
    names = [_OPTIMIZERS[make.__name__], "amsgrad" if options.get("amsgrad") else "", "adamw"]
    return "+".join(filter(None, names))


def recognises(thing: Any) -> bool:
    """Whether `thing` is a class of Keras optimizers."""
    return inspect.isclass(thing) and issubclass(thing, keras.optimizers.Optimizer)


def adapt(thing: Any, name: str, options: Mapping[str, Any]) -> Target:
    """The optimizer class `thing` as a target; `options` go to its constructor.

    Raises `TargetError` where KERAS_BACKEND asks for another backend than the one that is loaded.
    """
    loaded, wanted = keras.config.backend(), os.environ.get("KERAS_BACKEND")
    if wanted not in (None, "", loaded):
        raise TargetError(
            f"{name} needs the Keras backend {wanted}, but {loaded} is loaded: use a process of its own"
        )
    return KerasTarget(thing, name, options)


@contextmanager
def _working_in(dtype: str) -> Iterator[None]:
    """A context in which Keras makes tensors of this dtype, as its users set it: `set_floatx`.

    On JAX, 64-bit numbers must be enabled besides.
    """
    before = keras.config.floatx()
    keras.config.set_floatx(dtype)
    try:
        with _wide_jax():
            yield
    finally:
        keras.config.set_floatx(before)


def _wide_jax() -> Any:
    if keras.config.backend() != "jax":
        return nullcontext()
    from adamcheck.targets.adapters.jax_example import enable_x64

    return enable_x64(True)


class _KerasRun(Run):
    def __init__(self, optimizer: Any, variable: Any, dtype: np.dtype[Any]) -> None:
        self._optimizer = optimizer
        self._variable = variable
        self._dtype = dtype

    def step(self, gradient: np.ndarray) -> np.ndarray:
        with _working_in(self._dtype.name):
            self._optimizer.apply([_to_tensor(gradient)], [self._variable])
            return self._read(self._variable)

    def _read(self, variable: Any) -> np.ndarray:
        array = np.array(keras.ops.convert_to_numpy(variable))
        # numpy knows no bfloat16: some backends hand it out as float32.
        return array.astype(self._dtype) if self._dtype.name == "bfloat16" else array

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        try:
            pair = self._optimizer._momentums[0], self._optimizer._velocities[0]
        except AttributeError:
            raise NotOffered("moments") from None
        return self._read(pair[0]), self._read(pair[1])

    def save(self) -> Any:
        store: dict[str, Any] = {}
        self._optimizer.save_own_variables(store)
        return store

    def load(self, saved: Any) -> None:
        with _working_in(self._dtype.name):
            self._optimizer.load_own_variables(saved)


def _to_tensor(array: np.ndarray) -> Any:
    name = array.dtype.name
    return keras.ops.convert_to_tensor(array.astype("float32") if name == "bfloat16" else array, dtype=name)


class KerasTarget(Target):
    """An optimizer class; each run has one variable of the working dtype, which is also `floatx`."""

    library = "keras"
    version = f"{keras.__version__} on {keras.config.backend()}"

    def __init__(self, make: type, name: str, options: Mapping[str, Any] = {}) -> None:
        check_call(make, name, tuple(_NAMES.values()), options, first=())
        self.name = name
        self._make = make
        self._options = dict(options)
        decay = "weight_decay" in inspect.signature(make).parameters and "weight_decay" not in options
        self.declares = _declared(make, options)
        self.capabilities = Capabilities(
            moments=True,
            checkpoint=True,
            weight_decay=decay,
            subnormals=keras.config.backend() not in ("jax", "tensorflow"),
        )

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        keywords = {theirs: float(getattr(hyper, ours)) for ours, theirs in _NAMES.items()}
        if self.capabilities.weight_decay:
            keywords["weight_decay"] = float(hyper.weight_decay)
        with _working_in(parameters.dtype.name):
            variable = keras.Variable(_to_tensor(parameters), dtype=parameters.dtype.name)
            optimizer = self._make(**keywords, **self._options)
            optimizer.build([variable])
        return _KerasRun(optimizer, variable, parameters.dtype)
