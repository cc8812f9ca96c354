"""An enclosure, and its operators: sums, products, quotients, integer powers, magnitudes."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from adamcheck.numbers.enclosure.allowances import Arithmetic, Floats
from adamcheck.numbers.quad import QUAD, to_quad

quiet = np.errstate(all="ignore")
"""Infinities and NaNs are expected: they become infinite radii. Decorates each operation once."""

NO_STRETCH: Floats = np.ones((1, 1))

_NO_RADIUS: Floats = np.zeros((1, 1))

_UP, _DOWN = 1 + 2.0**-45, 1 - 2.0**-45
"""Cover the rounding of the radius arithmetic itself: fewer than 2**7 float64 operations each, those
included that the magnitudes went through."""

FRESH, DRIFTED, UNKNOWN = 1, 16, 17
"""Roundings that a magnitude has gone through: by conversion, at most, and where it may have underflowed."""

_SAFE = 2.0**-1000
"""Magnitudes from here on have all 53 bits."""

ANYTHING, NONNEGATIVE, FRACTION = range(3)
"""What every evaluation of a number keeps to, even where its radius reaches further: rounding is monotone,
so that no sum of non-negative numbers is rounded below 0, nor the power of a number up to 1 above 1."""


def magnitude_of(value: Any) -> Floats:
    """The magnitudes of quads, in float64."""
    result: Floats = np.abs(value.astype(np.float64))
    return result


def _drift(magnitude: Floats, drift: int) -> int:
    """How far magnitudes are off after so many roundings, unless they underflowed on the way."""
    return drift if drift <= DRIFTED and magnitude.min(initial=np.inf) >= _SAFE else UNKNOWN


class Enclosure:
    """A vector of reals known to lie within `radius` of `value`.

    `value` has shape (n,) in quad (n = 1 for a scalar, which broadcasts); `radius` has shape
    (allowances, n), or one that broadcasts to it, in float64, infinite where nothing can be said.
    `magnitude` is |value| in float64, after `drift` roundings; it is kept because a conversion costs as
    much as a quad sum. `stretch`, at least 1, belongs to the chain of scalings that led here: the largest
    product of factors that some order of evaluation applies after the others. What underflows before them
    grows by it, and they overflow if it does. `within`: what every evaluation keeps to. `factor`, at most 1:
    the product of the small hyperparameters in it, by which some order of evaluation divides the denominator
    instead, as PyTorch's `capturable` and `differentiable` forms do with lr.
    """

    def __init__(
        self,
        value: Any,
        radius: Floats,
        arithmetic: Arithmetic,
        stretch: Floats,
        magnitude: Floats,
        within: int = ANYTHING,
        drift: int = UNKNOWN,
        factor: float = 1.0,
    ) -> None:
        self._value = value
        self.radius = radius
        self.arithmetic = arithmetic
        self.stretch = stretch
        self.magnitude = magnitude
        self.within = within
        self.drift = drift
        self.factor = factor
        self._upper: Floats | None = None
        self._least: Floats | None = None
        self._power: tuple[int, Floats] | None = None

    @property
    def value(self) -> Any:
        """The exact-enough value in quad, shape (n,)."""
        if self._value.dtype != QUAD:  # most formulas never ask for the parameters as quads
            self._value = to_quad(self._value)
        return self._value

    @classmethod
    @quiet
    def exact(cls, value: Any, arithmetic: Arithmetic) -> Enclosure:
        """Numbers that every program under test holds exactly."""
        given = np.atleast_1d(np.asarray(value))
        magnitude = magnitude_of(given)
        radius = _bounded(magnitude, _NO_RADIUS, arithmetic.huge)
        within = ANYTHING if np.signbit(given).any() else FRACTION if (magnitude <= 1).all() else NONNEGATIVE
        return cls(given, radius, arithmetic, NO_STRETCH, magnitude, within, _drift(magnitude, FRESH))

    @classmethod
    @quiet
    def rounded(cls, value: Any, arithmetic: Arithmetic) -> Enclosure:
        """Numbers that a program rounds to its format first, unless they are numbers of the format."""
        exact = cls.exact(value, arithmetic)
        array = np.atleast_1d(np.asarray(value))
        if all(format.dtype == array.dtype and format.has_dtype for format in arithmetic.formats):
            return exact.read()
        error = np.maximum(arithmetic.unit * exact.magnitude, arithmetic.tiny) * _UP
        for row, format in enumerate(arithmetic.formats):
            error[row, format.represents(array)] = 0.0
        return (exact.widened(error) if error.any() else exact).read()

    @classmethod
    def hyperparameter(cls, value: Any, arithmetic: Arithmetic) -> Enclosure:
        """A number that scales others, rounded to the format of scalars."""
        scalar = cls.rounded(float(value), arithmetic)
        if 0 < value < 1:
            scalar.factor = float(value)
        return scalar

    @quiet
    def read(self) -> Enclosure:
        """These numbers as a program reads them: where it flushes, a subnormal one may be 0."""
        flushed = self.arithmetic.flushed
        if self.magnitude.min(initial=np.inf) >= flushed.max():
            return self
        return self.widened(np.where(self.magnitude < flushed, self.magnitude, 0.0))

    def widened(self, error: Floats) -> Enclosure:
        """The same value known less well, by `error`, a radius or one that broadcasts to it."""
        return Enclosure(
            self._value,
            self.radius + error,
            self.arithmetic,
            self.stretch,
            self.magnitude,
            self.within,
            self.drift,
            self.factor,
        )

    @property
    def upper(self) -> Floats:
        """`|value| + radius`, in the shape of the radius, or (1, n) where that is 0."""
        if self._upper is None:  # `cached_property` takes a lock, which costs more than the sum
            self._upper = self.magnitude + self.radius
        return self._upper

    @property
    def lower(self) -> Floats:
        """No evaluation is smaller in magnitude, in the shape of `upper`; where it may be 0, not above 0."""
        low = self.magnitude * _DOWN - self.radius
        return low if self._least is None else np.maximum(low, self._least)

    def entering(self, arithmetic: Arithmetic) -> Enclosure:
        """This number on entering a coarser arithmetic: its relative error is in `ROUNDINGS`; what it
        loses below the normal range is added here."""
        if arithmetic is self.arithmetic:
            return self
        entry = np.maximum(arithmetic.tiny, arithmetic.flushed)
        lost = np.where(self.magnitude - self.radius < arithmetic.normal, entry, 0.0)
        if not lost.any():
            return self
        return self.widened(lost)

    def _pair(self, other: Any) -> tuple[Enclosure, Enclosure, Arithmetic]:
        """Both operands ready for an operation, and the arithmetic it is rounded in."""
        if not isinstance(other, Enclosure):
            other = _number(float(other), self.arithmetic)
        if other.arithmetic is self.arithmetic:
            return self, other, self.arithmetic
        joined = self.arithmetic.join(other.arithmetic)
        return self.entering(joined), other.entering(joined), joined

    @quiet
    def _sum(self, other: Any, sign: int, within: int = ANYTHING) -> Enclosure:
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
        if sign > 0:
            within = min(x.within, y.within, NONNEGATIVE)
        result = finish(value, magnitude, radius, a, stretch, within)
        if within == NONNEGATIVE and result.lower.min(initial=np.inf) <= 0:
            # The radius reaches below 0, the number does not: a sum is no smaller than either of its terms.
            result._least = np.maximum(x.lower, y.lower) * (1 - a.rounding) * _DOWN - a.underflow * stretch
        return result

    def __add__(self, other: Any) -> Enclosure:
        return self._sum(other, +1)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Enclosure:
        return self._sum(other, -1)

    def __rsub__(self, other: Any) -> Enclosure:
        fraction = self.within == FRACTION or (self.within == NONNEGATIVE and self.upper.max() <= 1)
        within = FRACTION if other == 1 and fraction else ANYTHING
        return _number(float(other), self.arithmetic)._sum(self, -1, within)

    @quiet
    def __mul__(self, other: Any) -> Enclosure:
        x, y, a = self._pair(other)
        value = x.value * y.value
        magnitude, drift = _scaled(value, x.magnitude * y.magnitude, x, y)
        radius = a.rounding * (x.upper * y.upper)
        if y.radius is not _NO_RADIUS:
            radius += x.magnitude * y.radius
        if x.radius is not _NO_RADIUS:
            radius += x.radius * y.upper
        after_x, after_y = np.maximum(1.0, y.upper), np.maximum(1.0, x.upper)
        stretch = np.maximum(x.stretch * after_x, y.stretch * after_y)
        within = max(x.within, NONNEGATIVE) if other is self else min(x.within, y.within)
        return finish(value, magnitude, radius, a, stretch, within, drift, x.factor * y.factor)

    __rmul__ = __mul__

    @quiet
    def __truediv__(self, other: Any) -> Enclosure:
        x, y, a = self._pair(other)
        # A quad quotient costs as much as two products.
        value = x.value * (1 / y.value) if y.value.size == 1 else x.value / y.value
        magnitude, drift = _scaled(value, x.magnitude / y.magnitude, x, y)
        low = y.lower
        error = (magnitude * y.radius + x.radius) / low
        radius = a.rounding * (magnitude + error)
        radius += error
        positive = low > 0
        if not positive.all():
            radius = np.where(positive, radius, np.inf)
        if x.factor < 1:
            # `y` may be held scaled up by it, as in x / (y / s) for (s * x) / y.
            radius = _bounded(y.upper / x.factor, radius, a.huge * _DOWN)
        # `y` may be held scaled down by its stretch, as in (x * s) / (y * s).
        stretch = x.stretch * np.maximum(1.0, y.stretch / low)
        within = min(x.within, y.within, NONNEGATIVE)
        return finish(value, magnitude, radius, a, stretch, within, drift)

    def __rtruediv__(self, other: Any) -> Enclosure:
        return _number(float(other), self.arithmetic) / self

    def __neg__(self) -> Enclosure:
        return self._with(-self.value, ANYTHING)

    def __abs__(self) -> Enclosure:
        return self._with(abs(self.value), max(self.within, NONNEGATIVE))

    def _with(self, value: Any, within: int) -> Enclosure:
        """Another value of the same magnitude."""
        return Enclosure(
            value, self.radius, self.arithmetic, self.stretch, self.magnitude, within, self.drift
        )

    @quiet
    def __pow__(self, exponent: int) -> Enclosure:
        """An integer power, by `pow`, by `exp` and `log`, or as a running product."""
        value, error = self.value**exponent, self.power_error(exponent)
        within = max(self.within, NONNEGATIVE) if exponent % 2 == 0 else self.within
        return finish(value, magnitude_of(value), error, self.arithmetic, self.stretch, within)

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
    value: Any,
    magnitude: Floats,
    radius: Floats,
    arithmetic: Arithmetic,
    stretch: Floats,
    within: int,
    drift: int = FRESH,
    factor: float = 1.0,
) -> Enclosure:
    """Add what underflow may cost, round the radius up, and give up where some order overflows."""
    underflow = arithmetic.underflow if stretch is NO_STRETCH else arithmetic.underflow * stretch
    radius = radius + underflow
    radius *= _UP
    largest = np.maximum(magnitude + radius, stretch)
    radius = _bounded(largest, radius, arithmetic.huge * _DOWN)
    return Enclosure(value, radius, arithmetic, stretch, magnitude, within, _drift(magnitude, drift), factor)


def _bounded(largest: Floats, radius: Floats, huge: Floats) -> Floats:
    """`radius`, made infinite where `largest` is no number or lies beyond `huge`."""
    if largest.max(initial=0.0) <= huge.min():  # false for no number
        return radius
    return np.where(largest <= huge, radius, np.inf)


def _scaled(value: Any, magnitude: Floats, x: Enclosure, y: Enclosure) -> tuple[Floats, int]:
    """The magnitude of the product or quotient of `x` and `y`, taken from theirs while these are good
    enough, and its drift."""
    drift = _drift(magnitude, x.drift + y.drift + 1)
    return (magnitude, drift) if drift <= DRIFTED else (magnitude_of(value), FRESH)
