"""One enclosure, and the operations on it: sums, products, quotients, powers, roots and maxima."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from adamcheck import numbers
from adamcheck.numbers.enclosure.allowances import Arithmetic, Floats
from adamcheck.numbers.quad import to_quad

quiet = np.errstate(all="ignore")
"""Infinities and NaNs are expected: they become infinite radii. Decorates each operation once."""

NO_STRETCH: Floats = np.ones((1, 1))

_UP = 1 + 2.0**-45
"""Covers the rounding of the radius arithmetic itself: fewer than 2**7 float64 operations each."""


def magnitude_of(value: Any) -> Floats:
    """The magnitudes of quads, in float64."""
    result: Floats = np.abs(value.astype(np.float64))
    return result


class Enclosure:
    """A vector of reals known to lie within `radius` of `value`.

    `value` has shape (n,) in quad (n = 1 for a scalar, which broadcasts); `radius` has shape
    (allowances, n) in float64, infinite where nothing can be said. `stretch`, at least 1, belongs to
    the chain of scalings that led here: the largest product of factors that some order of evaluation
    applies after the others. What underflows before them grows by it, and they overflow if it does.
    """

    def __init__(
        self, value: Any, radius: Floats, arithmetic: Arithmetic, stretch: Floats, magnitude: Floats
    ) -> None:
        self.value = value
        self.radius = radius
        self.arithmetic = arithmetic
        self.stretch = stretch
        self.magnitude = magnitude  # |value| in float64: the conversion costs as much as a quad sum
        self._upper: Floats | None = None
        self._power: tuple[int, Floats] | None = None

    @classmethod
    @quiet
    def exact(cls, value: Any, arithmetic: Arithmetic) -> Enclosure:
        """Numbers that every program under test holds exactly."""
        quad = np.atleast_1d(to_quad(value))
        magnitude = magnitude_of(quad)
        radius = _bounded(magnitude, np.zeros((len(arithmetic.formats), quad.size)), arithmetic)
        return cls(quad, radius, arithmetic, NO_STRETCH, magnitude)

    @classmethod
    @quiet
    def rounded(cls, value: Any, arithmetic: Arithmetic) -> Enclosure:
        """Numbers that a program rounds to its format first, unless they are numbers of the format."""
        exact = cls.exact(value, arithmetic)
        array = np.atleast_1d(np.asarray(value))
        error = np.maximum(arithmetic.unit * exact.magnitude, arithmetic.tiny) * _UP
        for row, format in enumerate(arithmetic.formats):
            error[row, format.represents(array)] = 0.0
        return exact._widened(error)

    def _widened(self, error: Floats) -> Enclosure:
        return Enclosure(self.value, self.radius + error, self.arithmetic, self.stretch, self.magnitude)

    @property
    def upper(self) -> Floats:
        """`|value| + radius`, shape (allowances, n)."""
        if self._upper is None:  # `cached_property` takes a lock, which costs more than the sum
            self._upper = self.magnitude + self.radius
        return self._upper

    def entering(self, arithmetic: Arithmetic) -> Enclosure:
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
            other = _number(float(other), self.arithmetic)
        if other.arithmetic is self.arithmetic:
            return self, other, self.arithmetic
        joined = self.arithmetic.join(other.arithmetic)
        return self.entering(joined), other.entering(joined), joined

    @quiet
    def _sum(self, other: Any, sign: int) -> Enclosure:
        x, y, a = self._pair(other)
        value = x.value + y.value if sign > 0 else x.value - y.value
        magnitude = magnitude_of(value)
        scale = x.upper + y.upper
        if sign < 0:
            # Sterbenz: a difference of neighbours within a factor 2 is exact. (If their signs differ,
            # the size of the difference is the sum of theirs.)
            near = (2 * (x.magnitude - x.radius) >= y.upper) & (2 * (y.magnitude - y.radius) >= x.upper)
            if near.any():
                scale = np.where(near, magnitude + (x.radius + y.radius), scale)
        radius = x.radius + y.radius + a.rounding * scale
        stretch = x.stretch if x.stretch is y.stretch else np.maximum(x.stretch, y.stretch)
        return finish(value, magnitude, radius, a, stretch)

    def __add__(self, other: Any) -> Enclosure:
        return self._sum(other, +1)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Enclosure:
        return self._sum(other, -1)

    def __rsub__(self, other: Any) -> Enclosure:
        return _number(float(other), self.arithmetic) - self

    @quiet
    def __mul__(self, other: Any) -> Enclosure:
        x, y, a = self._pair(other)
        value = x.value * y.value
        magnitude = magnitude_of(value)
        radius = x.magnitude * y.radius + x.radius * y.upper
        radius = radius + a.rounding * (x.upper * y.upper)
        after_x, after_y = np.maximum(1.0, y.upper), np.maximum(1.0, x.upper)
        stretch = np.maximum(x.stretch * after_x, y.stretch * after_y)
        return finish(value, magnitude, radius, a, stretch)

    __rmul__ = __mul__

    @quiet
    def __truediv__(self, other: Any) -> Enclosure:
        x, y, a = self._pair(other)
        value = x.value / y.value
        magnitude = magnitude_of(value)
        low = y.magnitude - y.radius
        error = (magnitude * y.radius + x.radius) / low
        high = magnitude + error
        radius = np.where(low > 0, error + a.rounding * high, np.inf)
        # `y` may be held scaled down by its stretch, as in (x * s) / (y * s).
        stretch = x.stretch * np.maximum(1.0, y.stretch / low)
        return finish(value, magnitude, radius, a, stretch)

    def __rtruediv__(self, other: Any) -> Enclosure:
        return _number(float(other), self.arithmetic) / self

    def __neg__(self) -> Enclosure:
        return Enclosure(-self.value, self.radius, self.arithmetic, self.stretch, self.magnitude)

    def __abs__(self) -> Enclosure:
        return Enclosure(abs(self.value), self.radius, self.arithmetic, self.stretch, self.magnitude)

    @quiet
    def __pow__(self, exponent: int) -> Enclosure:
        """An integer power, by `pow`, by `exp` and `log`, or as a running product."""
        value = self.value**exponent
        return finish(value, magnitude_of(value), self.power_error(exponent), self.arithmetic, self.stretch)

    def power_error(self, exponent: int) -> Floats:
        # Kept, because an average and its correction ask for the same in turn.
        if self._power is None or self._power[0] != exponent:
            self._power = exponent, self._fresh_power_error(exponent)
        return self._power[1]

    def _fresh_power_error(self, exponent: int) -> Floats:
        # The upper end grows faster than the lower end falls; its own rounding is in `_UP`.
        spread = exponent * self.radius * self.upper ** max(exponent - 1, 0)
        grown = np.expm1(exponent * self._factors * np.log1p(self.arithmetic.unit))
        error: Floats = spread + (grown + self.arithmetic.rounding * (1 + grown)) * self.upper**exponent
        return error

    @cached_property
    def _factors(self) -> Floats:
        """How many roundings a factor of a power costs."""
        # One; or two of the exponent t*log(x), which count absolutely there.
        logarithm = np.abs(np.log(np.maximum(self.upper, np.finfo(np.float64).tiny)))
        factors: Floats = np.maximum(1.0, 2 * logarithm)
        return factors


@lru_cache
def _number(x: float, arithmetic: Arithmetic) -> Enclosure:
    """An integer of a formula, which every program holds exactly; kept, for it comes in every step."""
    return Enclosure.exact(x, arithmetic)


def finish(
    value: Any, magnitude: Floats, radius: Floats, arithmetic: Arithmetic, stretch: Floats
) -> Enclosure:
    """Add what underflow may cost, round the radius up, and give up where some order overflows."""
    underflow = arithmetic.underflow if stretch is NO_STRETCH else arithmetic.underflow * stretch
    radius = (radius + underflow) * _UP
    largest = np.maximum(magnitude + radius, stretch)
    return Enclosure(value, _bounded(largest, radius, arithmetic), arithmetic, stretch, magnitude)


def _bounded(largest: Floats, radius: Floats, arithmetic: Arithmetic) -> Floats:
    """`radius`, made infinite where `largest` is no number or lies beyond the format."""
    within = largest <= arithmetic.huge
    return radius if within.all() else np.where(within, radius, np.inf)


@numbers.sqrt.register
@quiet
def _(x: Enclosure) -> Enclosure:
    a = x.arithmetic
    value = np.sqrt(x.value)
    root = magnitude_of(value)
    high = np.sqrt(x.upper)
    low = np.sqrt(np.maximum(x.magnitude - x.radius, 0.0))
    # Both ends of a monotone function; the lower side in the form that does not cancel.
    below = np.where(x.radius < x.magnitude, x.radius / (root + low), root)
    above = np.where(x.radius < x.magnitude, x.radius / (root + root), high - root)
    radius = np.maximum(below, above) + a.rounding * high
    return finish(value, root, radius, a, np.sqrt(x.stretch))


@numbers.maximum.register
@quiet
def _(x: Enclosure, y: Enclosure) -> Enclosure:
    value = np.maximum(x.value, y.value)
    stretch = np.maximum(x.stretch, y.stretch)
    return Enclosure(value, np.maximum(x.radius, y.radius), x.arithmetic, stretch, magnitude_of(value))


@numbers.zeros_like.register
def _(x: Enclosure) -> Enclosure:
    return Enclosure.exact(np.zeros(x.value.shape), x.arithmetic)
