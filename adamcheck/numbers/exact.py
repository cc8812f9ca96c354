"""Exact numbers: rationals as `fractions.Fraction`, their irrational roots as sympy surds.

The root of a rational square is a `Fraction`. Any other root is an algebraic number, with which sympy
computes exactly, also together with fractions, so that every witness is exact.
"""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import Any

from adamcheck.numbers import operations


@operations.sqrt.register(Fraction | int)
def _(x: Any) -> Any:
    if x < 0:
        raise ValueError(f"no real square root of {x}")
    x = Fraction(x)
    root = Fraction(isqrt(x.numerator), isqrt(x.denominator))
    if root * root == x:
        return root
    import sympy

    return sympy.sqrt(sympy.Rational(x.numerator, x.denominator))


@operations.maximum.register
def _(x: Fraction, y: Any) -> Any:
    return x if x >= y else y


@operations.zeros_like.register
def _(x: Fraction) -> Fraction:
    return Fraction(0)


def sign(x: Any) -> int:
    """The sign (-1, 0 or 1) of an exact number, rational or algebraic, decided exactly.

    Raises:
        ArithmeticError: Sympy cannot decide the sign.
    """
    if isinstance(x, int | Fraction):
        return (x > 0) - (x < 0)
    import sympy

    x = sympy.sympify(x)
    if x.is_positive or x.is_negative:
        return 1 if x.is_positive else -1
    if x.is_zero or sympy.simplify(x) == 0:
        return 0
    raise ArithmeticError(f"cannot decide the sign of {x}")
