"""Quantities for derivations: the symbols of an engine, and the definition that runs on them.

A derivation is written once and evaluated several times: on sympy symbols, z3 reals, terms of Coq and
random exact rationals. It gets its quantities from a `Given`, and never names an engine.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from adamcheck.adam import Adam, Hyperparameters


class Given(ABC):
    """Quantities for a derivation, in one number system."""

    @abstractmethod
    def real(self, name: str) -> Any:
        """A real number."""

    @abstractmethod
    def positive(self, name: str) -> Any:
        """A positive real number."""

    @abstractmethod
    def nonnegative(self, name: str) -> Any:
        """A real number that is at least 0."""

    @abstractmethod
    def decay(self, name: str) -> Any:
        """A decay rate: a real number in [0, 1)."""

    @abstractmethod
    def time(self, name: str) -> Any:
        """A step count: an integer that is at least 1, usable as an exponent."""

    @abstractmethod
    def number(self, numerator: int, denominator: int = 1) -> Any:
        """A concrete rational number."""

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
        """The definition with the hyperparameters of `hyper`."""
        return definition(self.hyper(**fixed))


class Symbols(Given):
    """Sympy symbols, with the assumptions that sympy supports."""

    NAMES: ClassVar = {"lr": "alpha", "eps": "epsilon"}

    def __init__(self) -> None:
        self.rates: dict[Any, Any] = {}

    def _symbol(self, name: str, **assumptions: bool) -> Any:
        import sympy

        from adamcheck.numbers import symbols as _registered  # noqa: F401

        return sympy.Symbol(self.NAMES.get(name, name), **assumptions)

    def real(self, name: str) -> Any:
        return self._symbol(name, real=True)

    def positive(self, name: str) -> Any:
        return self._symbol(name, positive=True)

    def nonnegative(self, name: str) -> Any:
        return self._symbol(name, nonnegative=True)

    def decay(self, name: str) -> Any:
        rate = self._symbol(name, nonnegative=True)
        # Sympy has no assumption "below 1", but knows the sign of 1/(1+x). With x >= 0, x/(1+x) takes
        # exactly the values in [0, 1).
        x = self._symbol(f"{name}'", nonnegative=True)
        self.rates[rate] = x / (1 + x)
        return rate

    def time(self, name: str) -> Any:
        return self._symbol(name, integer=True, positive=True)

    def number(self, numerator: int, denominator: int = 1) -> Any:
        import sympy

        return sympy.Rational(numerator, denominator)


class Reals(Given):
    """Z3 reals. `assumptions` collects what is assumed about them."""

    def __init__(self) -> None:
        self.assumptions: list[Any] = []

    def real(self, name: str) -> Any:
        import z3

        from adamcheck.numbers.reals import Real

        return Real(z3.Real(name))

    def positive(self, name: str) -> Any:
        x = self.real(name)
        self.assumptions.append(x.term > 0)
        return x

    def nonnegative(self, name: str) -> Any:
        x = self.real(name)
        self.assumptions.append(x.term >= 0)
        return x

    def decay(self, name: str) -> Any:
        x = self.nonnegative(name)
        self.assumptions.append(x.term < 1)
        return x

    def time(self, name: str) -> Any:
        from adamcheck.numbers.reals import Exponent

        return Exponent(name)

    def number(self, numerator: int, denominator: int = 1) -> Any:
        import z3

        from adamcheck.numbers.reals import Real

        return Real(z3.Q(numerator, denominator))


class CoqTerms(Given):
    """Terms of Coq.

    Attributes:
        variables: The sort of each quantity.
        hypotheses: The assumptions about each quantity.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self.variables: dict[str, str] = {}
        self.hypotheses: dict[str, list[str]] = {}

    def _declare(self, name: str, sort: str, *assumed: str) -> str:
        from adamcheck.proofs.coq.terms import identifier

        variable = identifier(name)
        if (self._names.setdefault(variable, name), self.variables.setdefault(variable, sort)) != (
            name,
            sort,
        ):
            raise ValueError(f"two quantities are called {variable}")  # the theorem would equate them
        known = self.hypotheses.setdefault(variable, [])
        known += [fact for each in assumed if (fact := each.format(variable)) not in known]
        return variable

    def _variable(self, name: str, *assumed: str) -> Any:
        from adamcheck.proofs.coq.terms import Term

        return Term("variable", (self._declare(name, "R", *assumed),))

    def real(self, name: str) -> Any:
        return self._variable(name)

    def positive(self, name: str) -> Any:
        return self._variable(name, "0 < {}")

    def nonnegative(self, name: str) -> Any:
        return self._variable(name, "0 <= {}")

    def decay(self, name: str) -> Any:
        return self._variable(name, "0 <= {}", "{} < 1")

    def time(self, name: str) -> Any:
        from adamcheck.proofs.coq.terms import Exponent

        return Exponent(self._declare(name, "nat", "(1 <= {})%nat"))

    def number(self, numerator: int, denominator: int = 1) -> Any:
        from adamcheck.proofs.coq.terms import term

        return term(Fraction(numerator, denominator))


class Rationals(Given):
    """Random exact rationals, which depend on the seed and the name only."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._chosen: dict[str, Any] = {}

    def _choose(self, name: str, low: int, high: int, over: int) -> Any:
        if name not in self._chosen:
            numerator = random.Random(f"{self._seed}/{name}").randint(low, high)
            self._chosen[name] = Fraction(numerator, over)
        return self._chosen[name]

    def real(self, name: str) -> Any:
        return self._choose(name, -60, 60, 7)

    def positive(self, name: str) -> Any:
        return self._choose(name, 1, 60, 7)

    def nonnegative(self, name: str) -> Any:
        return self._choose(name, 0, 60, 7)

    def decay(self, name: str) -> Any:
        return self._choose(name, 0, 12, 13)

    def time(self, name: str) -> Any:
        return int(self._choose(name, 1, 6, 1))

    def number(self, numerator: int, denominator: int = 1) -> Any:
        return Fraction(numerator, denominator)
