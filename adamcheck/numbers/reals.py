"""Real arithmetic in z3, the second engine of the proofs, which evaluates the same definition.

A square root is a fresh real `r` with `r >= 0` and `r * r = x`. The number carries these facts, so
that a proof knows every root in its terms without any global state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import z3

from adamcheck import numbers


def term(x: Any) -> Any:
    """The z3 term of a `Real`, an integer or a fraction. Raises `TypeError` for any other type."""
    if isinstance(x, Real):
        return x.term
    if isinstance(x, int | Fraction):
        return z3.Q(Fraction(x).numerator, Fraction(x).denominator)
    raise TypeError(f"not an exact real number: {x!r}")


def _facts(x: Any) -> frozenset[Any]:
    return x.facts if isinstance(x, Real) else frozenset()


@dataclass(frozen=True, eq=False)
class Real:
    """A z3 term of sort Real, with the facts that define its roots."""

    term: Any
    facts: frozenset[Any] = frozenset()

    def _with(self, other: Any, combine: Callable[[Any], Any]) -> Any:
        """Combine with another number. Arrays are left to numpy, which calls this for each entry."""
        if not isinstance(other, Real | int | Fraction):
            return NotImplemented
        return Real(combine(term(other)), self.facts | _facts(other))

    def __add__(self, other: Any) -> Any:
        return self._with(other, lambda y: self.term + y)

    def __radd__(self, other: Any) -> Any:
        return self._with(other, lambda y: y + self.term)

    def __sub__(self, other: Any) -> Any:
        return self._with(other, lambda y: self.term - y)

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, lambda y: y - self.term)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, lambda y: self.term * y)

    def __rmul__(self, other: Any) -> Any:
        return self._with(other, lambda y: y * self.term)

    def __truediv__(self, other: Any) -> Any:
        return self._with(other, lambda y: self.term / y)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with(other, lambda y: y / self.term)

    def __neg__(self) -> Real:
        return Real(-self.term, self.facts)

    def __abs__(self) -> Real:
        return Real(z3.If(self.term >= 0, self.term, -self.term), self.facts)

    def __pow__(self, exponent: int | Exponent) -> Real:
        if isinstance(exponent, Exponent):
            return self._unknown_power(exponent)
        power = z3.RealVal(1)
        for _ in range(exponent):
            power = power * self.term
        return Real(power, self.facts)

    def _unknown_power(self, exponent: Exponent) -> Real:
        """`self ** t` for an unknown t >= 1: a variable, with the facts that hold for a rate in [0, 1)."""
        power = z3.Real(f"{z3.simplify(self.term).sexpr()}^{exponent.name}")
        rate = z3.And(self.term >= 0, self.term < 1)
        facts = self.facts | {z3.Implies(rate, z3.And(power >= 0, power <= self.term))}
        if exponent.offset < 0:
            raise ValueError(f"{exponent.name}{exponent.offset} may be 0 or less")
        result: Real = Real(power, facts) * self**exponent.offset
        return result


@numbers.sqrt.register
def _(x: Real) -> Real:
    # Equal terms share one root; otherwise z3 would have to prove that the two names agree.
    root = z3.Real(f"sqrt({z3.simplify(x.term).sexpr()})")
    return Real(root, x.facts | {root >= 0, root * root == x.term})


@numbers.maximum.register
def _(x: Real, y: Any) -> Real:
    return Real(z3.If(x.term >= term(y), x.term, term(y)), x.facts | _facts(y))


@numbers.zeros_like.register
def _(x: Real) -> Real:
    return Real(z3.RealVal(0))


@dataclass(frozen=True)
class Exponent:
    """An unknown integer `name + offset` with `name >= 1`, used as the exponent of a decay rate."""

    name: str
    offset: int = 0

    def __add__(self, steps: int) -> Exponent:
        return Exponent(self.name, self.offset + steps)

    __radd__ = __add__

    def __sub__(self, steps: int) -> Exponent:
        return Exponent(self.name, self.offset - steps)

    def __rpow__(self, base: int | Fraction) -> Real:
        """A number to the unknown power, since a decay rate may be a fixed number such as 0."""
        power: Real = Real(term(base)) ** self
        return power
