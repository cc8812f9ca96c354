"""The type `Enclosure` and its operators: sums, products, quotients, integer powers, magnitudes."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from adamcheck.numbers.enclosure import rules
from adamcheck.numbers.enclosure.allowances import Arithmetic, Floats, Limit
from adamcheck.numbers.enclosure.powers import formed_power_error
from adamcheck.numbers.enclosure.rules import UP
from adamcheck.numbers.quad import QUAD, to_quad

quiet = np.errstate(all="ignore")
"""Infinities and NaNs are expected: they become infinite radii. Decorates each operation once."""

NO_STRETCH: Floats = np.ones((1, 1))

_NO_RADIUS: Floats = np.zeros((1, 1))

FRESH, DRIFTED, UNKNOWN = 1, 16, 17
"""The number of roundings in a magnitude: after a conversion, at most, and after a possible underflow."""

_SAFE = 2.0**-1000
"""Magnitudes of this size or more have all 53 bits."""

ANYTHING, NONNEGATIVE, FRACTION = range(3)
"""The range that every evaluation of a number stays within, even if its radius is larger. Rounding is
monotone, so no sum of non-negative numbers is rounded below 0, and no power of a number up to 1 above 1."""


def magnitude_of(value: Any) -> Floats:
    """The magnitudes of quads, in float64."""
    result: Floats = np.abs(value.astype(np.float64))
    return result


def drift_of(magnitude: Floats, drift: int) -> int:
    """The drift of magnitudes after that many roundings; `UNKNOWN` if they may have underflowed."""
    return drift if drift <= DRIFTED and magnitude.min(initial=np.inf) >= _SAFE else UNKNOWN


class Enclosure:
    """A vector of reals known to lie within `radius` of `value`.

    Args:
        value: The value, shape (n,) in quad or a dtype that converts exactly; n = 1 for a scalar.
        radius: The radius, in float64, shape (allowances, n) or one that broadcasts to it; infinite where the
            number is unknown.
        arithmetic: The formats of the allowances.
        stretch: A bound, at least 1, on the factors that some order of evaluation may apply last in the chain
            of scalings that produced the number. Errors from underflow before them grow by it, and
            the number overflows if it does.
        magnitude: |value| in float64, kept because a conversion costs as much as a quad sum.
        within: The range that every evaluation stays within: `ANYTHING`, `NONNEGATIVE` or `FRACTION`.
        drift: The number of roundings in `magnitude`.
        factor: The product, at most 1, of the small hyperparameters in the number. Some orders of evaluation
            divide the denominator by it instead, as PyTorch's `capturable` and `differentiable` forms do
            with lr.
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
        self._reciprocal: Any = None
        self._complement: Enclosure | None = None

    @property
    def value(self) -> Any:
        """The value in quad, shape (n,)."""
        if self._value.dtype != QUAD:  # most formulas never need the parameters as quads
            self._value = to_quad(self._value)
        return self._value

    @property
    def reciprocal(self) -> Any:
        """The reciprocal of the value in quad, kept because many steps divide by the same correction."""
        if self._reciprocal is None:
            self._reciprocal = 1 / self.value
        return self._reciprocal

    @classmethod
    @quiet
    def exact(cls, value: Any, arithmetic: Arithmetic) -> Enclosure:
        """Numbers that every program under test holds exactly."""
        given = np.atleast_1d(np.asarray(value))
        magnitude = magnitude_of(given)
        radius = _bounded(magnitude, _NO_RADIUS, arithmetic.huge)
        within = ANYTHING if np.signbit(given).any() else FRACTION if (magnitude <= 1).all() else NONNEGATIVE
        return cls(given, radius, arithmetic, NO_STRETCH, magnitude, within, drift_of(magnitude, FRESH))

    @classmethod
    @quiet
    def rounded(cls, value: Any, arithmetic: Arithmetic) -> Enclosure:
        """Numbers that a program first rounds to its format, if they do not belong to it."""
        exact = cls.exact(value, arithmetic)
        array = np.atleast_1d(np.asarray(value))
        if all(format.dtype == array.dtype and format.has_dtype for format in arithmetic.formats):
            return exact.read()
        error = np.maximum(arithmetic.unit * exact.magnitude, arithmetic.tiny) * UP
        for row, format in enumerate(arithmetic.formats):
            error[row, format.represents(array)] = 0.0
        return (exact.widened(error) if error.any() else exact).read()

    @classmethod
    def hyperparameter(cls, value: Any, arithmetic: Arithmetic) -> Enclosure:
        """A scalar that multiplies other numbers, rounded to the format of scalars."""
        return _hyperparameter(float(value) + 0.0, arithmetic)  # -0.0 is cached as 0.0

    @quiet
    def read(self) -> Enclosure:
        """The numbers as a program reads them: if it flushes, a subnormal number may be read as 0."""
        flushed = self.arithmetic.flushed
        if self.magnitude.min(initial=np.inf) >= flushed.max():
            return self
        return self.widened(np.where(self.magnitude < flushed, self.magnitude, 0.0))

    def widened(self, error: Floats) -> Enclosure:
        """The same value with a radius that is larger by `error`, which broadcasts to the radius."""
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
        """`|value| + radius`, in the shape of the radius."""
        if self._upper is None:  # `cached_property` takes a lock, which costs more than the sum
            self._upper = self.magnitude + self.radius
        return self._upper

    @property
    def lower(self) -> Floats:
        """A lower bound on the magnitude of every evaluation, in the shape of `upper`; it may be negative."""
        least = -np.inf if self._least is None else self._least
        return np.asarray(rules.lower_end(self.magnitude, self.radius, least))

    @property
    def least(self) -> Floats:
        """A lower bound on the magnitude of every evaluation, at least 0, in the shape of the radius."""
        return np.maximum(self.lower, 0.0)

    def entering(self, arithmetic: Arithmetic) -> Enclosure:
        """The number as it enters a coarser arithmetic.

        `ROUNDINGS` includes the relative error of this; the loss below the normal range is added here.
        """
        if arithmetic is self.arithmetic:
            return self
        entry = np.maximum(arithmetic.tiny, arithmetic.flushed)
        lost = np.where(self.magnitude - self.radius < arithmetic.normal, entry, 0.0)
        if not lost.any():
            return self
        return self.widened(lost)

    def _pair(self, other: Any) -> tuple[Enclosure, Enclosure, Arithmetic]:
        """Both operands in one arithmetic, and the arithmetic in which the result is rounded."""
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
        if sign > 0:
            radius = rules.of_sum(x.radius, x.upper, y.radius, y.upper, a.rounding)
        else:
            mixed = isinstance(other, Enclosure) and other.arithmetic is not self.arithmetic
            same = self.arithmetic.same(other.arithmetic) if mixed else True
            of_x, of_y = (x.magnitude, x.radius, x.upper), (y.magnitude, y.radius, y.upper)
            radius = rules.of_difference(magnitude, *of_x, *of_y, a.rounding, same)
        stretch = x.stretch if x.stretch is y.stretch else np.maximum(x.stretch, y.stretch)
        if sign > 0:
            within = min(x.within, y.within, NONNEGATIVE)
        result = finish(value, magnitude, radius, a, stretch, within)
        if sign > 0 and within == NONNEGATIVE:
            of_both = x.lower, y.lower, a.rounding, a.underflow, stretch
            result._least = rules.least_of_sum(result.lower, *of_both)
        return result

    def __add__(self, other: Any) -> Enclosure:
        return self._sum(other, +1)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Enclosure:
        return self._sum(other, -1)

    def __rsub__(self, other: Any) -> Enclosure:
        if other == 1:
            return self.complement
        return _number(float(other), self.arithmetic)._sum(self, -1)

    @property
    def complement(self) -> Enclosure:
        """`1 - x`, kept because many steps use that of the same power."""
        if self._complement is None:
            fraction = self.within == FRACTION or (self.within == NONNEGATIVE and self.upper.max() <= 1)
            within = FRACTION if fraction else ANYTHING
            self._complement = _number(1.0, self.arithmetic)._sum(self, -1, within)
        return self._complement

    @quiet
    def __mul__(self, other: Any) -> Enclosure:
        x, y, a = self._pair(other)
        value = x.value * y.value
        magnitude, drift = _scaled(value, x.magnitude * y.magnitude, x, y)
        radius = rules.of_product(x.magnitude, x.radius, x.upper, y.radius, y.upper, a.rounding)
        stretch = rules.stretch_of_product(x.stretch, x.upper, y.stretch, y.upper)
        within = max(x.within, NONNEGATIVE) if other is self else min(x.within, y.within)
        return finish(value, magnitude, radius, a, stretch, within, drift, x.factor * y.factor)

    __rmul__ = __mul__

    @quiet
    def __truediv__(self, other: Any) -> Enclosure:
        x, y, a = self._pair(other)
        # A quad quotient costs as much as two products.
        value = x.value * y.reciprocal if y.value.size == 1 else x.value / y.value
        magnitude, drift = _scaled(value, x.magnitude / y.magnitude, x, y)
        low, finite = y.lower, a.finite.each
        of_y = y.radius, y.upper, low
        radius = rules.of_quotient(magnitude, x.radius, *of_y, x.factor, a.rounding, finite)
        stretch = rules.stretch_of_quotient(x.stretch, y.stretch, low)
        within = min(x.within, y.within, NONNEGATIVE)
        return finish(value, magnitude, radius, a, stretch, within, drift)

    def __rtruediv__(self, other: Any) -> Enclosure:
        return _number(float(other), self.arithmetic) / self

    def __neg__(self) -> Enclosure:
        return self._with(-self.value, ANYTHING)

    def __abs__(self) -> Enclosure:
        return self._with(abs(self.value), max(self.within, NONNEGATIVE))

    def _with(self, value: Any, within: int) -> Enclosure:
        """An enclosure of another value of the same magnitude."""
        return Enclosure(
            value, self.radius, self.arithmetic, self.stretch, self.magnitude, within, self.drift
        )

    def __pow__(self, exponent: int) -> Enclosure:
        """An integer power, formed as the allowances permit."""
        return _power(self, exponent)

    def power_error(self, exponent: int) -> Floats:
        """The radius of a power, before the error of underflow; infinite for a negative exponent.

        Correct code forms none, so no allowance says how.
        """
        if exponent < 0:
            return np.full(np.broadcast(self.radius, self.arithmetic.unit).shape, np.inf)
        # The upper end grows faster than the lower end falls; its own rounding is in `UP`.
        spread = exponent * self.radius * self.upper ** max(exponent - 1, 0)
        return spread + formed_power_error(self, exponent)


@lru_cache(maxsize=1024)  # most runs use one of a few dozen hyperparameters
@quiet
def _hyperparameter(x: float, arithmetic: Arithmetic) -> Enclosure:
    scalar = Enclosure.rounded(x, arithmetic)
    if 0 < x < 1:
        scalar.factor = x
    return scalar


@lru_cache(maxsize=1024)  # runs of a few dozen steps with the same decay rates
@quiet
def _power(x: Enclosure, exponent: int) -> Enclosure:
    value = x.value**exponent
    within = max(x.within, NONNEGATIVE) if exponent % 2 == 0 else x.within
    return finish(value, magnitude_of(value), x.power_error(exponent), x.arithmetic, x.stretch, within)


@lru_cache
def _number(x: float, arithmetic: Arithmetic) -> Enclosure:
    """A number in a formula, which every program represents exactly; cached, since every step uses it."""
    return Enclosure.exact(x, arithmetic)


def finish(
    value: Any,
    magnitude: Floats,
    radius: Floats,
    arithmetic: Arithmetic,
    stretch: Floats,
    within: int,
    drift: int | None = None,
    factor: float = 1.0,
) -> Enclosure:
    """Add the error of underflow, round the radius up, and make it infinite where some order overflows.

    The drift is by default that of magnitudes converted from the values.
    """
    finite = arithmetic.finite.each
    radius = rules.finished(magnitude, radius, stretch, arithmetic.underflow, finite, UP)
    drift = drift_of(magnitude, FRESH) if drift is None else drift
    return Enclosure(value, radius, arithmetic, stretch, magnitude, within, drift, factor)


def _bounded(largest: Floats, radius: Floats, limit: Limit) -> Floats:
    """`radius`, made infinite where `largest` is NaN or exceeds the limit."""
    if largest.max(initial=0.0) <= limit.least:  # false for NaN
        return radius
    return np.where(largest <= limit.each, radius, np.inf)


def _scaled(value: Any, magnitude: Floats, x: Enclosure, y: Enclosure) -> tuple[Floats, int]:
    """The magnitude of the product or quotient of `x` and `y`, and its drift.

    It is computed from theirs while these are accurate enough, and otherwise converted from `value`.
    """
    drift = drift_of(magnitude, x.drift + y.drift + 1)
    if drift <= DRIFTED:
        return magnitude, drift
    magnitude = magnitude_of(value)
    return magnitude, drift_of(magnitude, FRESH)
