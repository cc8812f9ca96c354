"""Dual numbers: the definition, run on them, gives its own derivative, in any number system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import adamcheck as ac


def _parts(x: Any) -> tuple[Any, Any]:
    return (x.value, x.slope) if isinstance(x, Dual) else (x, 0)


@dataclass(frozen=True, eq=False)
class Dual:
    """A number and its derivative along one direction."""

    value: Any
    slope: Any

    def __add__(self, other: Any) -> Dual:
        value, slope = _parts(other)
        return Dual(self.value + value, self.slope + slope)

    __radd__ = __add__

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.slope)

    def __sub__(self, other: Any) -> Dual:
        return self.__add__(-other)

    def __rsub__(self, other: Any) -> Dual:
        return self.__neg__().__add__(other)

    def __mul__(self, other: Any) -> Dual:
        value, slope = _parts(other)
        return Dual(self.value * value, self.slope * value + self.value * slope)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Dual:
        value, slope = _parts(other)
        quotient = self.value / value
        return Dual(quotient, (self.slope - quotient * slope) / value)


@ac.sqrt.register
def _(x: Dual) -> Dual:
    root = ac.sqrt(x.value)
    return Dual(root, x.slope / (2 * root))
