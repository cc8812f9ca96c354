"""Quantities for derivations, and the definition that runs on them.

A derivation is written once, on terms, and never names an engine. It gets its quantities from a `Given`.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.proofs.terms import Exponent, Operation, Sort, Term, staged, term, variable


class Given:
    """Quantities for a derivation."""

    def __init__(self) -> None:
        self._sorts: dict[str, Sort] = {}

    def _declare(self, name: str, sort: Sort) -> str:
        if not isinstance(name, str) or not name.strip():
            raise TypeError(f"the name of a quantity must be a word, not {name!r}")
        if self._sorts.setdefault(name, sort) is not sort:
            raise ValueError(f"{name} is declared as {self._sorts[name]} and as {sort}: use another name")
        return name

    def _new(self, name: str) -> str:
        """The name of a sequence, which nothing else has."""
        if name in self._sorts:
            raise ValueError(f"{name} is declared twice: use another name")
        return self._declare(name, Sort.VALUE)

    def real(self, name: str) -> Any:
        """A real number."""
        return variable(self._declare(name, Sort.REAL), Sort.REAL)

    def positive(self, name: str) -> Any:
        """A positive real number."""
        return variable(self._declare(name, Sort.POSITIVE), Sort.POSITIVE)

    def nonnegative(self, name: str) -> Any:
        """A real number that is at least 0."""
        return variable(self._declare(name, Sort.NONNEGATIVE), Sort.NONNEGATIVE)

    def decay(self, name: str) -> Any:
        """A decay rate: a real number in [0, 1)."""
        return variable(self._declare(name, Sort.DECAY), Sort.DECAY)

    def time(self, name: str) -> Any:
        """A step count: an integer that is at least 1, usable as an exponent."""
        return Exponent(self._declare(name, Sort.TIME))

    def number(self, numerator: int, denominator: int = 1) -> Any:
        """A concrete rational number."""
        return term(Fraction(numerator, denominator))

    def sequence(self, name: str, start: Any, step: Callable[[Any, Any], Any]) -> Sequence:
        """A sequence x_0, x_1, ... of real numbers, for statements about all t (see `induction`).

        Args:
            name: Its name.
            start: x_0.
            step: Computes x_k from x_{k-1} and k; usually a stage of the definition.

        Returns:
            A function of k: an integer, or a `time` plus an integer.
        """
        return Sequence(self._new(name), term(start), step)

    def arbitrary(self, name: str) -> Callable[[Any], Any]:
        """A sequence of arbitrary real numbers: a function of an integer, or of a `time` plus an integer."""
        self._new(name)

        def entry(k: int | Exponent) -> Term:
            if isinstance(k, int):
                return variable(f"{name}_{k}", Sort.VALUE)
            place = f"{k.name}+{k.offset}" if k.offset else k.name
            return Term(Operation.VARIABLE, (f"{name}_{place}", Sort.VALUE), (entry, k))

        return entry

    def reals(self, name: str, count: int) -> list[Any]:
        """Real numbers name_1, ..., name_count."""
        return [self.real(f"{name}_{i}") for i in range(1, count + 1)]

    def positives(self, name: str, count: int) -> list[Any]:
        """Positive real numbers name_1, ..., name_count."""
        return [self.positive(f"{name}_{i}") for i in range(1, count + 1)]

    def gradients(self, count: int) -> list[Any]:
        """Gradients g_1, ..., g_count of one coordinate."""
        return self.reals("g", count)

    def vector(self, entries: list[Any]) -> Any:
        """A vector whose entries are numbers of this system; the definition runs on it elementwise."""
        vector = np.empty(len(entries), dtype=object)
        vector[:] = entries
        return vector

    def hyper(self, **fixed: Any) -> Hyperparameters:
        """Hyperparameters: lr and eps positive, beta1 and beta2 in [0, 1), weight_decay 0.

        Args:
            **fixed: Values of hyperparameters that are fixed instead.

        Raises:
            TypeError: A name is not that of a hyperparameter.
        """
        free: dict[str, Any] = {
            "lr": self.positive,
            "beta1": self.decay,
            "beta2": self.decay,
            "eps": self.positive,
            "weight_decay": lambda name: 0,
        }
        if unknown := sorted(set(fixed) - set(free)):
            raise TypeError(f"no hyperparameter {', '.join(unknown)} (expected {', '.join(free)})")
        return Hyperparameters(**{n: fixed[n] if n in fixed else make(n) for n, make in free.items()})

    def adam(self, definition: type[Adam] = Adam, **fixed: Any) -> Adam:
        """The definition with the hyperparameters of `hyper`; its results remember their stages."""
        settings = tuple((name, term(value)) for name, value in sorted(fixed.items()) if _shown(name, value))
        return _remembering(definition, settings)(self.hyper(**fixed))


def _shown(name: str, value: Any) -> bool:
    """Whether the value of a hyperparameter is not the quantity of its own name."""
    return not (isinstance(value, Term) and value.operands[:1] == (name,))


class Sequence:
    """A sequence of real numbers, defined by its start and its step (see `Given.sequence`)."""

    def __init__(self, name: str, start: Term, step: Callable[[Any, Any], Any]) -> None:
        self._name, self._start, self._step = name, start, step

    def __call__(self, k: int | Exponent) -> Term:
        """x_k. At an unknown time it is a quantity of its own, later it is computed by steps from there."""
        if isinstance(k, Exponent) and k.offset == 0:
            return Term(Operation.VARIABLE, (f"{self._name}_{k.name}", Sort.VALUE), (self, k))
        if isinstance(k, int) and k == 0:
            return self._start
        if (k.offset if isinstance(k, Exponent) else k) < 0:
            raise ValueError(f"{self._name} begins at 0")
        value: Term = staged("step", (self._name, k), term(self._step(self(k - 1), k)))
        return value


_STAGES = {
    "first_moment": "first moment",
    "second_moment": "second moment",
    "correct_first": "corrected first moment",
    "numerator": "numerator",
    "denominator": "denominator",
}
"""The stages of a definition that return one value, in words."""


def _remembering(definition: type[Adam], settings: tuple[tuple[str, Any], ...]) -> type[Adam]:
    """The definition, with results that remember the stage that returned them."""
    name = "" if definition is Adam else definition.__name__

    def remembered(stage: str, arguments: tuple[Any, ...], value: Any) -> Any:
        return staged(stage, arguments, value, name, settings)

    class Remembering(definition):  # type: ignore[valid-type,misc]
        def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
            peak, v_hat = super().correct_second(peak, v, t)
            return peak, remembered("corrected second moment", (v, t), v_hat)

        def update(self, state: Any, parameters: Any, gradient: Any) -> tuple[Any, Any]:
            after, update = super().update(state, parameters, gradient)
            arguments = (state.m, state.v, parameters, gradient, after.step)
            return after, remembered("update", arguments, update)

    def stage(attribute: str, words: str) -> Callable[..., Any]:
        def run(self: Any, *arguments: Any) -> Any:
            return remembered(words, arguments, getattr(super(Remembering, self), attribute)(*arguments))

        return run

    for attribute, words in _STAGES.items():
        setattr(Remembering, attribute, stage(attribute, words))
    Remembering.__name__ = definition.__name__
    Remembering.__qualname__ = definition.__qualname__
    Remembering.__module__ = definition.__module__
    Remembering.__doc__ = definition.__doc__
    return Remembering
