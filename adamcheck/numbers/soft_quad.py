"""Quads where `numpy-quaddtype` is not installed: numbers of 113 bits by mpmath, in arrays of Python objects.

They take the place of its dtype, a hundred times as slowly, and have no largest and no smallest number.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from mpmath import libmp, mp, mpf

from adamcheck.numbers import operations

BITS = 113


class Quad:
    """A real number of 113 bits, infinity or NaN.

    Args:
        x: A float, an integer or a text.
    """

    __slots__ = ("_x",)

    _x: Any

    def __init__(self, x: Any) -> None:
        if isinstance(x, Quad):
            self._x = x._x
        elif isinstance(x, str):
            with mp.workprec(BITS):
                self._x = mpf(x)._mpf_
        else:
            self._x = libmp.from_float(float(x), BITS, "n") if not isinstance(x, int) else libmp.from_int(x)

    @classmethod
    def _of(cls, x: Any) -> Quad:
        made = cls.__new__(cls)
        made._x = x
        return made

    def _with(self, other: Any, combine: Callable[..., Any], *, turned: bool = False) -> Any:
        if not isinstance(other, Quad):
            try:
                other = Quad(other)
            except (TypeError, ValueError):
                return NotImplemented
        pair = (other._x, self._x) if turned else (self._x, other._x)
        return Quad._of(combine(*pair, BITS, "n"))

    def __add__(self, other: Any) -> Any:
        return self._with(other, libmp.mpf_add)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self._with(other, libmp.mpf_sub)

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, libmp.mpf_sub, turned=True)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, libmp.mpf_mul)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return self._with(other, _divided)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with(other, _divided, turned=True)

    def __pow__(self, exponent: Any) -> Any:
        number = float(exponent)
        if number.is_integer():
            return Quad._of(libmp.mpf_pow_int(self._x, int(number), BITS, "n"))
        return self._with(exponent, libmp.mpf_pow)

    def __neg__(self) -> Quad:
        return Quad._of(libmp.mpf_neg(self._x))

    def __pos__(self) -> Quad:
        return self

    def __abs__(self) -> Quad:
        return Quad._of(libmp.mpf_abs(self._x))

    def sqrt(self) -> Quad:
        """The square root; NaN of a negative number. numpy calls it."""
        negative = libmp.mpf_lt(self._x, libmp.fzero)
        return Quad._of(libmp.fnan if negative else libmp.mpf_sqrt(self._x, BITS, "n"))

    def astype(self, dtype: Any) -> Any:
        """The number as a scalar of a dtype, as numpy's scalars have it."""
        return np.dtype(dtype).type(float(self))

    def isfinite(self) -> bool:
        """Whether it is neither infinite nor NaN."""
        return self._x not in (libmp.finf, libmp.fninf, libmp.fnan)

    def _compare(self, other: Any, relation: Callable[..., bool]) -> Any:
        if other is None:
            return NotImplemented
        other = other if isinstance(other, Quad) else Quad(other)
        return relation(self._x, other._x)

    def __eq__(self, other: object) -> Any:
        return self._compare(other, libmp.mpf_eq)

    def __ne__(self, other: object) -> Any:
        return not self._compare(other, libmp.mpf_eq)

    def __lt__(self, other: Any) -> Any:
        return self._compare(other, libmp.mpf_lt)

    def __le__(self, other: Any) -> Any:
        return self._compare(other, libmp.mpf_le)

    def __gt__(self, other: Any) -> Any:
        return self._compare(other, libmp.mpf_gt)

    def __ge__(self, other: Any) -> Any:
        return self._compare(other, libmp.mpf_ge)

    def __bool__(self) -> bool:
        return bool(self._x != libmp.fzero)

    def __hash__(self) -> int:
        return hash(self._x)

    def __float__(self) -> float:
        try:
            return float(libmp.to_float(self._x, rnd="n"))
        except OverflowError:
            return math.inf if libmp.mpf_gt(self._x, libmp.fzero) else -math.inf

    def __repr__(self) -> str:
        return libmp.to_str(self._x, 34) if self.isfinite() else repr(float(self))


def _divided(x: Any, y: Any, bits: int, rounding: str) -> Any:
    """The quotient as IEEE 754 has it, where `y` is 0, too."""
    if y != libmp.fzero:
        return libmp.mpf_div(x, y, bits, rounding)
    if x in (libmp.fzero, libmp.fnan):
        return libmp.fnan
    return libmp.finf if libmp.mpf_gt(x, libmp.fzero) else libmp.fninf


@operations.sqrt.register
def _(x: Quad) -> Quad:
    return x.sqrt()


@operations.maximum.register
def _(x: Quad, y: Any) -> Any:
    return x if x >= y or x != x else y
