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
from adamcheck.targets.base import Capabilities, NotOffered, Run, Target, TargetError, TensorsRun
from adamcheck.targets.options import check_call
from adamcheck.targets.start import Arrays, Start

_Started = tuple[Callable[..., Any], dict[str, float], Any, Any]
"""A compiled step, its hyperparameters, the first parameters and state."""

_OPTIMIZERS: Mapping[Callable[..., Any], str] = {
    optax.adamw: "adamw",
    optax.amsgrad: "amsgrad",
    optax.nadam: "nadam",
    optax.nadamw: "nadam+adamw",
    optax.radam: "radam",
    optax.adamax: "adamax",
    optax.adamaxw: "adamax+adamw",
    optax.adabelief: "adabelief",
}
"""What Optax's functions say that they are, by their names."""


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
    check_call(thing, name, ("learning_rate", "b1", "b2", "eps"), options, first=())
    try:
        made = thing(learning_rate=1e-3, b1=0.9, b2=0.999, eps=1e-8, **options)
    except Exception as error:
        raise TargetError(f"{name} cannot be made with the options {dict(options)}: {said(error)}") from None
    if not isinstance(made, optax.GradientTransformation):
        raise TargetError(f"{name} returned {type(made).__name__}, expected an optax.GradientTransformation")
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


class OptaxTarget(Target):
    """A factory of gradient transformations, run under `jax.jit` in 64-bit mode.

    The hyperparameters are arguments of the compiled step, so that it is compiled once a shape and
    dtype and not once for each of the thousands of hyperparameters that random testing draws.
    """

    library = "optax"
    version = optax.__version__

    def __init__(self, make: Callable[..., Any], name: str, options: Mapping[str, Any] = {}) -> None:
        self.name = name
        self._make = make
        self._options = dict(options)
        accepts = set(inspect.signature(make).parameters) - set(options)
        self.declares = _OPTIMIZERS.get(make, "")
        self._renamed = {"lr": "learning_rate", "beta1": "b1", "beta2": "b2", "eps": "eps"}
        if "weight_decay" in accepts:
            self._renamed["weight_decay"] = "weight_decay"
        with enable_x64(True):
            state = make(learning_rate=1e-3, b1=0.9, b2=0.999, eps=1e-8, **self._options).init(np.zeros(1))
        self.capabilities = Capabilities(
            moments=any(hasattr(s, "mu") for s in jax.tree.leaves(state, is_leaf=lambda x: hasattr(x, "mu"))),
            checkpoint=True,
            weight_decay="weight_decay" in accepts,
            changing_lr=True,
            counter=any(map(_counts, jax.tree.leaves(state, is_leaf=_counts))),
            tensors=True,
            complex=make in (optax.adam, optax.adamw),  # of the others nobody says what they make of it
            subnormals=False,  # XLA flushes them to 0
        )
        self._step = jax.jit(self._compiled)

    def _compiled(self, hyper: dict[str, Any], gradient: Any, state: Any, parameters: Any) -> tuple[Any, Any]:
        updates, state = self._make(**hyper, **self._options).update(gradient, state, parameters)
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
        named = self._named(hyper)
        with enable_x64(True):
            first = jax.tree.map(jax.numpy.array, parameters)
            state = self._make(**named, **self._options).init(first)
        return self._step, named, first, state

    def _named(self, hyper: Hyperparameters) -> dict[str, float]:
        return {theirs: float(getattr(hyper, ours)) for ours, theirs in self._renamed.items()}
