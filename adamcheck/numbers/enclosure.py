"""Enclosures: the truth in quad, with the radius that honest floating-point code may differ by.

An `Enclosure` holds for every coordinate an exact-enough value and radii that contain the result of
*every* sensible evaluation of the same formula in a given dtype. Each operation propagates the radii
of its operands and widens them by `ROUNDINGS * unit * scale + floor`; see DESIGN in the README for
the scales. Nothing here is chosen by taste: `unit`, `tiny` and `huge` belong to the dtype.

Several *allowances* are carried side by side (first axis of a radius): the value costs quad
arithmetic, a further radius only float64 arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from adamcheck import numbers
from adamcheck.numbers.floats import Format, coarser, format_of
from adamcheck.numbers.quad import to_quad

Floats = npt.NDArray[np.float64]

ROUNDINGS = 4
"""Roundings that one operation of the definition may cost: entry of a scalar, two products, a sum."""

_UP = 1 + 2.0**-45
"""Covers the rounding of the radius arithmetic itself: fewer than 2**7 float64 operations each."""


@dataclass(frozen=True)
class Allowance:
    """What correct code may do: the formats of its arrays and scalars, and its order of evaluation.

    `any_order` allows the moving average as `old + (1 - beta) * (new - old)` besides the direct form.
    """

    name: str
    arrays: Format
    scalars: Format
    any_order: bool = True


def allowances(dtype: Any) -> tuple[Allowance, ...]:
    """The allowances for code that works in `dtype`, from the strictest to the most generous.

    *direct*: scalars such as `1 - beta**t` in double, moving averages in the direct form;
    *double*: any order of evaluation, scalars in double;
    *working*: any order of evaluation, scalars in the working dtype.
    """
    working, double = format_of(dtype), format_of("float64")
    return (
        Allowance("direct", working, double, any_order=False),
        Allowance("double", working, double),
        Allowance("working", working, working),
    )


@dataclass(frozen=True)
class Arithmetic:
    """Formats side by side, one for each allowance; `any_order` likewise."""

    formats: tuple[Format, ...]
    any_order: tuple[bool, ...]

    @classmethod
    def of_arrays(cls, modes: tuple[Allowance, ...]) -> Arithmetic:
        return cls(tuple(a.arrays for a in modes), tuple(a.any_order for a in modes))

    @classmethod
    def of_scalars(cls, modes: tuple[Allowance, ...]) -> Arithmetic:
        return cls(tuple(a.scalars for a in modes), tuple(a.any_order for a in modes))

    @cached_property
    def rounding(self) -> Floats:
        """`ROUNDINGS * unit`, one row an allowance."""
        return _column([ROUNDINGS * f.unit for f in self.formats])

    @cached_property
    def unit(self) -> Floats:
        return _column([f.unit for f in self.formats])

    @cached_property
    def tiny(self) -> Floats:
        return _column([f.tiny for f in self.formats])

    @cached_property
    def normal(self) -> Floats:
        return _column([f.normal for f in self.formats])

    @cached_property
    def huge(self) -> Floats:
        return _column([f.huge for f in self.formats])

    @cached_property
    def lerp(self) -> Floats:
        """1 where any order is allowed, 0 where only the direct form of the moving average is."""
        return _column([float(a) for a in self.any_order])


def _column(values: list[float]) -> Floats:
    return np.array(values, dtype=np.float64)[:, None]


@lru_cache
def _join(a: Arithmetic, b: Arithmetic) -> Arithmetic:
    """The arithmetic in which a result of operands from `a` and `b` is rounded: the coarser one."""
    formats = tuple(coarser(x, y) for x, y in zip(a.formats, b.formats, strict=True))
    if formats == a.formats:
        return a  # the same object, so that most operands need no conversion at all
    return b if formats == b.formats else Arithmetic(formats, a.any_order)


def _to_float64(value: Any) -> Floats:
    with np.errstate(over="ignore", under="ignore"):
        result: Floats = np.abs(value.astype(np.float64))
    return result


class Enclosure:
    """A vector of reals known to lie within `radius` of `value`.

    `value` has shape (n,) in quad (n = 1 for a scalar, which broadcasts); `radius` has shape
    (allowances, n) in float64, infinite where nothing can be said. `floor` is the absolute error that
    one underflow somewhere in the chain of scalings that led here may have grown to.
    """

    def __init__(
        self, value: Any, radius: Floats, arithmetic: Arithmetic, floor: Floats, magnitude: Floats
    ) -> None:
        self.value = value
        self.radius = radius
        self.arithmetic = arithmetic
        self.floor = floor
        self.magnitude = magnitude  # |value| in float64: the conversion costs as much as a quad sum

    @classmethod
    def exact(cls, value: Any, arithmetic: Arithmetic) -> Enclosure:
        """Numbers that every program under test holds exactly."""
        quad = np.atleast_1d(to_quad(value))
        magnitude = _to_float64(quad)
        radius = _bounded(magnitude, np.zeros((len(arithmetic.formats), quad.size)), arithmetic)
        return cls(quad, radius, arithmetic, arithmetic.tiny, magnitude)

    @classmethod
    def rounded(cls, value: Any, arithmetic: Arithmetic) -> Enclosure:
        """Numbers that a program rounds to its format first, unless they are numbers of the format."""
        exact = cls.exact(value, arithmetic)
        array = np.atleast_1d(np.asarray(value))
        error = np.maximum(arithmetic.unit * exact.magnitude, arithmetic.tiny) * _UP
        for row, format in enumerate(arithmetic.formats):
            error[row, format.represents(array)] = 0.0
        return exact._widened(error)

    def _widened(self, error: Floats) -> Enclosure:
        return Enclosure(self.value, self.radius + error, self.arithmetic, self.floor, self.magnitude)

    @cached_property
    def upper(self) -> Floats:
        """`|value| + radius`, shape (allowances, n)."""
        upper: Floats = self.magnitude + self.radius
        return upper

    def _as(self, arithmetic: Arithmetic) -> Enclosure:
        """This number on entering a coarser arithmetic: its relative error is in `ROUNDINGS`; what it
        loses below the normal range is added here."""
        if arithmetic is self.arithmetic:
            return self
        lost = np.where(self.magnitude < arithmetic.normal, arithmetic.tiny, 0.0)
        if not lost.any():
            return self
        return self._widened(lost)

    def _pair(self, other: Any) -> tuple[Enclosure, Enclosure, Arithmetic]:
        """Both operands ready for an operation, and the arithmetic it is rounded in."""
        if not isinstance(other, Enclosure):
            other = Enclosure.exact(float(other), self.arithmetic)
        if other.arithmetic is self.arithmetic:
            return self, other, self.arithmetic
        joined = _join(self.arithmetic, other.arithmetic)
        return self._as(joined), other._as(joined), joined

    def _sum(self, other: Any, sign: int) -> Enclosure:
        x, y, a = self._pair(other)
        with _quiet():
            value = x.value + y.value if sign > 0 else x.value - y.value
            magnitude = _to_float64(value)
            scale = x.upper + y.upper
            if sign < 0:
                # Sterbenz: a difference of neighbours within a factor 2 is exact.
                near = (2 * (x.magnitude - x.radius) >= y.upper) & (2 * (y.magnitude - y.radius) >= x.upper)
                if near.any():
                    near &= np.signbit(x.value) == np.signbit(y.value)
                    scale = np.where(near, magnitude, scale)
            radius = x.radius + y.radius + a.rounding * scale
        return _finish(value, magnitude, radius, a, np.maximum(x.floor, y.floor))

    def __add__(self, other: Any) -> Enclosure:
        return self._sum(other, +1)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Enclosure:
        return self._sum(other, -1)

    def __rsub__(self, other: Any) -> Enclosure:
        return Enclosure.exact(float(other), self.arithmetic) - self

    def __mul__(self, other: Any) -> Enclosure:
        x, y, a = self._pair(other)
        with _quiet():
            value = x.value * y.value
            magnitude = _to_float64(value)
            radius = x.magnitude * y.radius + x.radius * y.upper
            radius = radius + a.rounding * (x.upper * y.upper)
            floor = np.maximum(x.floor * np.maximum(1.0, y.upper), y.floor * np.maximum(1.0, x.upper))
        return _finish(value, magnitude, radius, a, floor)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Enclosure:
        x, y, a = self._pair(other)
        with _quiet():
            value = x.value / y.value
            magnitude = _to_float64(value)
            low = y.magnitude - y.radius
            error = (magnitude * y.radius + x.radius) / low
            high = magnitude + error
            floor = np.maximum(x.floor * np.maximum(1.0, 1.0 / low), y.floor * high / low)
            radius = np.where(low > 0, error + a.rounding * high, np.inf)
        return _finish(value, magnitude, radius, a, floor)

    def __rtruediv__(self, other: Any) -> Enclosure:
        return Enclosure.exact(float(other), self.arithmetic) / self

    def __neg__(self) -> Enclosure:
        return Enclosure(-self.value, self.radius, self.arithmetic, self.floor, self.magnitude)

    def __abs__(self) -> Enclosure:
        return Enclosure(abs(self.value), self.radius, self.arithmetic, self.floor, self.magnitude)

    def __pow__(self, exponent: int) -> Enclosure:
        """An integer power, by `pow`, by `exp` and `log`, or as a running product."""
        with _quiet():
            value = self.value**exponent
            high = self.upper**exponent
            # The upper end grows faster than the lower end falls; its own rounding is in `_UP`.
            spread = exponent * self.radius * self.upper ** max(exponent - 1, 0)
            radius = spread + (exponent * self.arithmetic.unit + self.arithmetic.rounding) * high
        return _finish(value, _to_float64(value), radius, self.arithmetic, self.floor)


def _finish(
    value: Any, magnitude: Floats, radius: Floats, arithmetic: Arithmetic, floor: Floats
) -> Enclosure:
    """Round the radius up, add what underflow may cost, and give up where the dtype overflows."""
    with _quiet():
        floor = np.maximum(floor, arithmetic.tiny)
        radius = _bounded(magnitude, (radius + floor) * _UP, arithmetic)
    return Enclosure(value, radius, arithmetic, floor, magnitude)


def _bounded(magnitude: Floats, radius: Floats, arithmetic: Arithmetic) -> Floats:
    """`radius`, made infinite where it is no number or the value may lie beyond the format."""
    with _quiet():
        within = magnitude + radius <= arithmetic.huge
    return radius if within.all() else np.where(within, radius, np.inf)


def _quiet() -> Any:
    """Infinities and NaNs are expected here: they become infinite radii."""
    return np.errstate(all="ignore")


@numbers.sqrt.register
def _(x: Enclosure) -> Enclosure:
    a = x.arithmetic
    with _quiet():
        value = np.sqrt(x.value)
        root = _to_float64(value)
        high = np.sqrt(x.upper)
        low = np.sqrt(np.maximum(x.magnitude - x.radius, 0.0))
        # Both ends of a monotone function; the lower side in the form that does not cancel.
        below = np.where(x.radius < x.magnitude, x.radius / (root + low), root)
        above = np.where(x.radius < x.magnitude, x.radius / (root + root), high - root)
        radius = np.maximum(below, above) + a.rounding * high
        radius = np.where(np.signbit(x.value), np.inf, radius)
    return _finish(value, root, radius, a, a.tiny)


@numbers.maximum.register
def _(x: Enclosure, y: Enclosure) -> Enclosure:
    value = np.maximum(x.value, y.value)
    floor = np.maximum(x.floor, y.floor)
    return Enclosure(value, np.maximum(x.radius, y.radius), x.arithmetic, floor, _to_float64(value))


@numbers.ema.register
def _(old: Enclosure, new: Enclosure, beta: Enclosure) -> Enclosure:
    """Covers `beta*old + (1-beta)*new` and, where allowed, `old + (1-beta)*(new-old)`.

    The second form rounds at the size of `old` even where beta is small; hence the scale
    `(1+c)|old| + c|new|` with `c = 1 - beta`, against `beta|old| + c|new|` of the first.
    """
    c = 1 - beta
    _, b, a = old._pair(beta)
    c = c._as(a)
    with _quiet():
        value = beta.value * old.value + c.value * new.value
        radius = b.upper * old.radius + b.radius * old.magnitude
        radius = radius + c.upper * new.radius + c.radius * new.magnitude
        scale = np.where(a.lerp > 0, (1 + c.upper) * old.upper, b.upper * old.upper) + c.upper * new.upper
        radius = radius + a.rounding * scale
    return _finish(value, _to_float64(value), radius, a, np.maximum(old.floor, new.floor))


@numbers.zeros_like.register
def _(x: Enclosure) -> Enclosure:
    return Enclosure.exact(np.zeros(x.value.shape), x.arithmetic)
