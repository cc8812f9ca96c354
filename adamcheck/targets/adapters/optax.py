"""Any Optax transformation that is made from `learning_rate, b1, b2, eps` as a target."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np
import optax

from adamcheck.adam import Hyperparameters
from adamcheck.support.text import said
from adamcheck.targets.adapters.jax_example import enable_x64
from adamcheck.targets.adapters.library import LibraryTarget, Says
from adamcheck.targets.base import Capabilities, NotOffered, Run, Target, TargetError, TensorsRun
from adamcheck.targets.convention import HyperNames
from adamcheck.targets.start import Arrays, Start

_Started = tuple[Callable[..., Any], dict[str, float], Any, Any]
"""A compiled step, its hyperparameters, the first parameters and state."""

_NAMES: HyperNames = {"learning_rate": "lr", "b1": "beta1", "b2": "beta2", "eps": "eps"}

_NESTEROV = {"nesterov": "nadam"}

_SAYS = {  # nadam and nadamw are adam and adamw with nesterov=True
    "adam": Says(switches=_NESTEROV),
    "adamw": Says(decay="adamw", switches=_NESTEROV),
    "amsgrad": Says("amsgrad"),
    "radam": Says("radam"),
    "adamax": Says("adamax"),
    "adamaxw": Says("adamax", "adamw"),
    "adabelief": Says("adabelief"),
}


def recognises(thing: Any) -> bool:
    """Whether `thing` is a function with Optax's names for the hyperparameters of Adam."""
    if not callable(thing) or inspect.isclass(thing):
        return False
    try:
        return {"learning_rate", "b1", "b2"} <= set(inspect.signature(thing).parameters)
    except (ValueError, TypeError):
        return False


def adapt(thing: Any, name: str, options: Mapping[str, Any]) -> Target:
    """The transformation factory `thing` as a target; `options` go to it."""
    return OptaxTarget(thing, name, options)


def adam_eps_inside_root(
    learning_rate: Any, b1: Any = 0.9, b2: Any = 0.999, eps: Any = 1e-8
) -> optax.GradientTransformation:
    """Optax's Adam with eps where `eps_root` has it: under the root, as differentiating through it needs."""
    return optax.adam(learning_rate, b1, b2, eps=0.0, eps_root=eps)


def _counts(part: Any) -> bool:
    """Whether a part of a state has a step counter."""
    return isinstance(getattr(part, "count", None), jax.Array)


class _Stepped:
    """A compiled step with what it goes on from."""

    def __init__(
        self, step: Callable[..., Any], hyper: dict[str, float], parameters: Any, state: Any
    ) -> None:
        self._step = step
        self._hyper = hyper
        self._parameters = parameters
        self._state = state


class _OptaxRun(_Stepped, Run):
    def step(self, gradient: np.ndarray) -> np.ndarray:
        with enable_x64(True):
            self._parameters, self._state = self._step(
                self._hyper, jax.numpy.asarray(gradient), self._state, self._parameters
            )
            return np.array(self._parameters)

    def change_lr(self, lr: float) -> None:
        self._hyper = {**self._hyper, "learning_rate": lr}

    def count(self, steps: int) -> None:
        def counted(part: Any) -> Any:
            return part._replace(count=jax.numpy.full_like(part.count, steps)) if _counts(part) else part

        with enable_x64(True):
            self._state = jax.tree.map(counted, self._state, is_leaf=_counts)

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        for part in jax.tree.leaves(self._state, is_leaf=lambda x: hasattr(x, "mu")):
            if hasattr(part, "mu"):
                return np.array(part.mu), np.array(part.nu)
        raise LookupError("no state with mu and nu")

    def save(self) -> Any:
        return self._state

    def load(self, saved: Any) -> None:
        self._state = saved


class _ComplexRun(_OptaxRun):
    """A run with complex parameters; arrays are of pairs of parts."""

    def step(self, gradient: np.ndarray) -> np.ndarray:
        numbers = super().step(_complex(gradient))
        return np.stack([numbers.real, numbers.imag], axis=-1)


def _complex(pairs: np.ndarray) -> np.ndarray:
    if pairs.dtype not in (np.float32, np.float64):
        raise NotOffered(f"complex numbers of {pairs.dtype}")
    numbers: np.ndarray = np.ascontiguousarray(pairs).view(np.result_type(pairs.dtype, np.complex64))
    return numbers[..., 0]


class _OptaxTensorsRun(_Stepped, TensorsRun):
    """A list of arrays is a tree of parameters as any other."""

    def step(self, gradients: Sequence[np.ndarray | None]) -> Sequence[np.ndarray]:
        if any(gradient is None for gradient in gradients):
            raise NotOffered("missing_gradients")
        with enable_x64(True):
            given = [jax.numpy.asarray(gradient) for gradient in gradients]
            self._parameters, self._state = self._step(self._hyper, given, self._state, self._parameters)
            return [np.array(each) for each in self._parameters]


class OptaxTarget(LibraryTarget):
    """A factory of gradient transformations, run under `jax.jit` in 64-bit mode.

    The hyperparameters are arguments of the compiled step, so that it is compiled once a shape and
    dtype and not once for each of the thousands of hyperparameters that random testing draws.
    """

    library = "optax"
    version = optax.__version__
    names = _NAMES
    package = "optax"
    says = _SAYS

    def __init__(self, make: Callable[..., Any], name: str, options: Mapping[str, Any] = {}) -> None:
        super().__init__(make, name, options)
        with enable_x64(True):
            state = self._transformation().init(np.zeros(1))
        self.capabilities = Capabilities(
            moments=any(hasattr(s, "mu") for s in jax.tree.leaves(state, is_leaf=lambda x: hasattr(x, "mu"))),
            checkpoint=True,
            weight_decay=self.decays,
            changing_lr=True,
            counter=any(map(_counts, jax.tree.leaves(state, is_leaf=_counts))),
            tensors=True,
            complex=make in (optax.adam, optax.adamw),  # of the others nobody says what they make of it
            subnormals=False,  # XLA flushes them to 0
        )
        self._step = jax.jit(self._compiled)

    def _transformation(self) -> optax.GradientTransformation:
        """A transformation with hyperparameters that nothing refuses. Raises `TargetError`."""
        try:
            made = self.make(**self.keywords(Hyperparameters()))
        except Exception as error:
            told = f"cannot be made with the options {self.options}: {said(error)}"
            raise TargetError(f"{self.name} {told}") from None
        if isinstance(made, optax.GradientTransformation):
            return made
        kind = type(made).__name__
        raise TargetError(f"{self.name} returned {kind}, expected an optax.GradientTransformation")

    def _compiled(self, hyper: dict[str, Any], gradient: Any, state: Any, parameters: Any) -> tuple[Any, Any]:
        updates, state = self.make(**hyper, **self.options).update(gradient, state, parameters)
        return optax.apply_updates(parameters, updates), state

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        return _OptaxRun(*self._started(parameters, hyper))

    def begin(self, start: Start) -> Run | TensorsRun:
        if start.together and not start.maximize:
            return _OptaxTensorsRun(*self._started(start.tensors, start.hyper))
        if start.complex and not start.maximize:
            return _ComplexRun(*self._started(_complex(start.array), start.hyper))
        return super().begin(start)

    def _started(self, parameters: Arrays, hyper: Hyperparameters) -> _Started:
        """What a run goes on from."""
        named = self.hyperparameters(hyper)
        with enable_x64(True):
            first = jax.tree.map(jax.numpy.array, parameters)
            state = self.make(**self.keywords(hyper)).init(first)
        return self._step, named, first, state
