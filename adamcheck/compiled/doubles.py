"""Arithmetic of double-doubles, compiled: pairs of float64 whose sum is a number of twice as many digits.

Joldes, Muller & Popescu, "Tight and rigorous error bounds for basic building blocks of double-word
arithmetic" (ACM TOMS 44, 2017): algorithms 1 to 3 (`two_sum`, `fast_two_sum`, `two_product`), 6 (sums,
relative error below 3 * 2**-106), 12 (products, 5 * 2**-106) and 17 (quotients, 15 * 2**-106). Roots:
Lefevre, Louvet, Muller, Picot & Rideau, "Accurate calculation of Euclidean norms using double-word
arithmetic" (2023), algorithm 8 (25/8 * 2**-106). They hold without underflow and overflow; what underflow
adds is part of the radius.
"""

from __future__ import annotations

import math
from typing import Any

from numba import njit, types
from numba.extending import intrinsic

Pair = tuple[float, float]


@intrinsic
def fma(_context: Any, a: Any, b: Any, c: Any) -> Any:
    """`a * b + c`, rounded once."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


@njit(error_model="numpy")
def two_sum(a: float, b: float) -> Pair:
    """The sum rounded, and its error."""
    s = a + b
    of_b = s - a
    return s, (a - (s - of_b)) + (b - of_b)


@njit(error_model="numpy")
def fast_two_sum(a: float, b: float) -> Pair:
    """The sum rounded, and its error, where `a` is not the smaller one."""
    s = a + b
    return s, b - (s - a)


@njit(error_model="numpy")
def two_product(a: float, b: float) -> Pair:
    """The product rounded, and its error."""
    p = a * b
    return p, fma(a, b, -p)  # type: ignore[call-arg]


@njit(error_model="numpy")
def add(xh: float, xl: float, yh: float, yl: float) -> Pair:
    """The sum of two double-doubles."""
    sh, sl = two_sum(xh, yh)
    th, tl = two_sum(xl, yl)
    vh, vl = fast_two_sum(sh, sl + th)
    return fast_two_sum(vh, tl + vl)


@njit(error_model="numpy")
def multiply(xh: float, xl: float, yh: float, yl: float) -> Pair:
    """Their product."""
    ch, cl = two_product(xh, yh)
    return fast_two_sum(ch, cl + fma(xl, yh, xh * yl))  # type: ignore[call-arg]


@njit(error_model="numpy")
def divide(xh: float, xl: float, yh: float, yl: float) -> Pair:
    """Their quotient."""
    th = xh / yh
    rh, rl = multiply(yh, yl, th, 0.0)
    return fast_two_sum(th, ((xh - rh) + (xl - rl)) / yh)


@njit(error_model="numpy")
def root(xh: float, xl: float) -> Pair:
    """The root of a double-double."""
    sh = math.sqrt(xh)
    rest = xl + fma(-sh, sh, xh)  # type: ignore[call-arg]
    low = rest / (2.0 * sh) if sh > 0.0 else 0.0
    return fast_two_sum(sh, low)


@njit(error_model="numpy")
def power(xh: float, xl: float, exponent: int) -> Pair:
    """A power to an exponent that is not negative; exact where all its digits fit."""
    h, low = 1.0, 0.0
    for bit in range(62, -1, -1):
        if exponent >> bit:
            h, low = multiply(h, low, h, low)
            if (exponent >> bit) & 1:
                h, low = multiply(h, low, xh, xl)
    return h, low
