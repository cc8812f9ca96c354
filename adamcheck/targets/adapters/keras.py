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
from adamcheck.targets.adapters.library import Exchange, LibraryTarget, Says
from adamcheck.targets.base import Capabilities, NotOffered, Run, Target, TargetError
from adamcheck.targets.convention import HyperNames

_NAMES: HyperNames = {
    "learning_rate": "lr",
    "beta_1": "beta1",
    "beta_2": "beta2",
    "epsilon": "eps",
}

_AMSGRAD = {"amsgrad": "amsgrad"}

_SAYS = {
    "Adam": Says("adam", "adamw", _AMSGRAD),
    "AdamW": Says(decay="adamw", switches=_AMSGRAD),
    "Nadam": Says("nadam", "adamw"),
    "Adamax": Says("adamax", "adamw"),
}


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


_TENSORS = Exchange(
    make=lambda array, name: keras.ops.convert_to_tensor(array, dtype=name),
    read=keras.ops.convert_to_numpy,
    bfloat16="bfloat16",
    widen=lambda tensor: keras.ops.cast(tensor, "float32"),
)


class _KerasRun(Run):
    def __init__(self, optimizer: Any, variable: Any, dtype: np.dtype[Any]) -> None:
        self._optimizer = optimizer
        self._variable = variable
        self._dtype = dtype

    def step(self, gradient: np.ndarray) -> np.ndarray:
        with _working_in(self._dtype.name):
            self._optimizer.apply([_TENSORS.to_tensor(gradient)], [self._variable])
            return _TENSORS.to_array(self._variable)

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        try:
            pair = self._optimizer._momentums[0], self._optimizer._velocities[0]
        except AttributeError:
            raise NotOffered("moments") from None
        return _TENSORS.to_array(pair[0]), _TENSORS.to_array(pair[1])

    def save(self) -> Any:
        store: dict[str, Any] = {}
        self._optimizer.save_own_variables(store)
        return store

    def load(self, saved: Any) -> None:
        with _working_in(self._dtype.name):
            self._optimizer.load_own_variables(saved)


class KerasTarget(LibraryTarget):
    """An optimizer class; each run has one variable of the working dtype, which is also `floatx`."""

    library = "keras"
    version = f"{keras.__version__} on {keras.config.backend()}"

    names = _NAMES
    package = "keras"
    says = _SAYS

    def __init__(self, make: type, name: str, options: Mapping[str, Any] = {}) -> None:
        super().__init__(make, name, options)
        self.capabilities = Capabilities(
            moments=True,
            checkpoint=True,
            weight_decay=self.decays,
            subnormals=keras.config.backend() not in ("jax", "tensorflow"),
        )

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        with _working_in(parameters.dtype.name):
            variable = keras.Variable(_TENSORS.to_tensor(parameters), dtype=parameters.dtype.name)
            optimizer = self.make(**self.keywords(hyper))
            optimizer.build([variable])
        return _KerasRun(optimizer, variable, parameters.dtype)
