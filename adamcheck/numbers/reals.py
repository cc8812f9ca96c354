"""Real arithmetic in z3: the second engine evaluates the very same definition.

A square root is a fresh real `r` with `r >= 0` and `r * r = x`. Those facts travel with the number,
so that a proof knows every root that its terms mention and nothing is kept globally.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import z3

from adamcheck import numbers


def _term(x: Any) -> Any:
    if isinstance(x, Real):
        return x.term
    if isinstance(x, int | Fraction):
        return z3.Q(Fraction(x).numerator, Fraction(x).denominator)
    raise TypeError(f"not an exact real number: {x!r}")


def _facts(x: Any) -> frozenset[Any]:
    return x.facts if isinstance(x, Real) else frozenset()


@dataclass(frozen=True, eq=False)
class Real:
    """A z3 term of sort Real, with the facts that define the roots in it."""

    term: Any
    facts: frozenset[Any] = frozenset()

    def _with(self, other: Any, term: Any) -> Real:
        return Real(term, self.facts | _facts(other))

    def __add__(self, other: Any) -> Real:
        return self._with(other, self.term + _term(other))

    def __radd__(self, other: Any) -> Real:
        return self._with(other, _term(other) + self.term)

    def __sub__(self, other: Any) -> Real:
        return self._with(other, self.term - _term(other))

    def __rsub__(self, other: Any) -> Real:
        return self._with(other, _term(other) - self.term)

    def __mul__(self, other: Any) -> Real:
        return self._with(other, self.term * _term(other))

    def __rmul__(self, other: Any) -> Real:
        return self._with(other, _term(other) * self.term)

    def __truediv__(self, other: Any) -> Real:
        return self._with(other, self.term / _term(other))

    def __rtruediv__(self, other: Any) -> Real:
        return self._with(other, _term(other) / self.term)

    def __neg__(self) -> Real:
        return Real(-self.term, self.facts)

    def __abs__(self) -> Real:
        return Real(z3.If(self.term >= 0, self.term, -self.term), self.facts)

    def __pow__(self, exponent: int) -> Real:
        power = Real(z3.RealVal(1), self.facts)
        for _ in range(exponent):
            power = power * self
        return power


@numbers.sqrt.register
def _(x: Real) -> Real:
    # Equal terms share one root: two names for it would leave z3 to find out that they agree.
    root = z3.Real(f"sqrt({z3.simplify(x.term).sexpr()})")
    return Real(root, x.facts | {root >= 0, root * root == x.term})


@numbers.maximum.register
def _(x: Real, y: Any) -> Real:
    return Real(z3.If(x.term >= _term(y), x.term, _term(y)), x.facts | _facts(y))


@numbers.zeros_like.register
def _(x: Real) -> Real:
    return Real(z3.RealVal(0))
