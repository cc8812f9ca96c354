"""Any optimizer of `jax.example_libraries.optimizers` made from `step_size, b1, b2, eps` as a target."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import jax
import numpy as np
from jax.example_libraries.optimizers import Optimizer

from adamcheck.adam import Hyperparameters
from adamcheck.targets.adapters.library import LibraryTarget, Says
from adamcheck.targets.base import Capabilities, Run, Target
from adamcheck.targets.convention import HyperNames

enable_x64: Any = (
    jax.enable_x64 if hasattr(jax, "enable_x64") else import_module("jax.experimental").enable_x64
)
"""A context in which JAX has 64-bit numbers; outside of it a program keeps what it has set."""

_NAMES: HyperNames = {"step_size": "lr", "b1": "beta1", "b2": "beta2", "eps": "eps"}

_SAYS = {"adamax": Says("adamax")}


def recognises(thing: Any) -> bool:
    """Whether `thing` is a function that makes a triple `Optimizer(init, update, get_params)`."""
    if not callable(thing) or inspect.isclass(thing):
        return False
    try:
        parameters = inspect.signature(thing).parameters.values()
        required = {p.name for p in parameters if p.default is p.empty}
        named = {"step_size", "b1", "b2"} <= {p.name for p in parameters} and required <= set(_NAMES)
        return named and isinstance(thing(**dict.fromkeys(required, 0.5)), Optimizer)
    except Exception:
        return False


def adapt(thing: Any, name: str, options: Mapping[str, Any]) -> Target:
    """The function `thing` as a target; `options` go to it."""
    return JaxExampleTarget(thing, name, options)


class _JaxExampleRun(Run):
    def __init__(self, step: Callable[..., Any], hyper: dict[str, float], state: Any) -> None:
        self._step = step
        self._hyper = hyper
        self._state = state
        self._count = 0

    def step(self, gradient: np.ndarray) -> np.ndarray:
        with enable_x64(True):
            parameters, self._state = self._step(
                self._hyper, self._count, jax.numpy.asarray(gradient), self._state
            )
            self._count += 1
            return np.array(parameters)

    def change_lr(self, lr: float) -> None:
        self._hyper = {**self._hyper, "step_size": lr}

    def count(self, steps: int) -> None:
        self._count = steps

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        _, m, v = self._state.packed_state[0]
        return np.array(m), np.array(v)

    def save(self) -> Any:
        return self._count, self._state

    def load(self, saved: Any) -> None:
        self._count, self._state = saved


class JaxExampleTarget(LibraryTarget):
    """A maker of triples, run under `jax.jit` in 64-bit mode.

    The hyperparameters are arguments of the compiled step, so that it is compiled once a shape and dtype.
    The triple keeps no count of the steps: the number of each step, from 0, is given to `update`.
    """

    library = "jax"
    version = jax.__version__
    names = _NAMES
    package = "jax.example_libraries"
    says = _SAYS

    def __init__(self, make: Callable[..., Any], name: str, options: Mapping[str, Any] = {}) -> None:
        super().__init__(make, name, options)
        self._step = jax.jit(self._compiled)
        with enable_x64(True):
            pieces = make(**dict.fromkeys(_NAMES, 0.5), **options).init_fn(np.zeros(1))
        self.capabilities = Capabilities(
            moments=len(pieces.packed_state[0]) == 3,
            checkpoint=True,
            weight_decay=self.decays,
            changing_lr=True,
            counter=True,
            subnormals=False,  # XLA flushes them to 0
        )

    def _compiled(self, hyper: dict[str, Any], count: Any, gradient: Any, state: Any) -> tuple[Any, Any]:
        _, update, get_params = self.make(**hyper, **self.options)
        state = update(count, gradient, state)
        return get_params(state), state

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        named = self.hyperparameters(hyper)
        with enable_x64(True):
            state = self.make(**named, **self.options).init_fn(jax.numpy.array(parameters))
        return _JaxExampleRun(self._step, named, state)
