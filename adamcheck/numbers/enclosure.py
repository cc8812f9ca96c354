"""Enclosures: the truth in quad, with the radius that honest floating-point code may differ by.

An `Enclosure` holds for every coordinate an exact-enough value and radii that contain the result of
*every* sensible evaluation of the same formula in a given dtype. Each operation propagates the radii
of its operands and widens them by `ROUNDINGS` roundings, of `unit * scale + stretch * tiny / 2` each;
each operation says what its scale is. Nothing here is chosen by taste: `unit`, `tiny` and `huge`
belong to the dtype.

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

_quiet = np.errstate(all="ignore")
"""Infinities and NaNs are expected: they become infinite radii. Decorates each operation once."""

_NO_STRETCH: Floats = np.ones((1, 1))

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

    @staticmethod
    def of_arrays(modes: tuple[Allowance, ...]) -> Arithmetic:
        return _arithmetic(tuple(a.arrays for a in modes), tuple(a.any_order for a in modes))

    @staticmethod
    def of_scalars(modes: tuple[Allowance, ...]) -> Arithmetic:
        return _arithmetic(tuple(a.scalars for a in modes), tuple(a.any_order for a in modes))

    @cached_property
    def _joined(self) -> dict[int, tuple[Arithmetic, Arithmetic]]:
        return {}

    def join(self, other: Arithmetic) -> Arithmetic:
        """The arithmetic in which a result of operands from both is rounded: the coarser one."""
        known = self._joined.get(id(other))  # hashing the formats costs more than the operation
        if known is None:
            formats = tuple(coarser(x, y) for x, y in zip(self.formats, other.formats, strict=True))
            known = self._joined[id(other)] = other, _arithmetic(formats, self.any_order)
        return known[1]

    @cached_property
    def _integers(self) -> dict[float, Enclosure]:
        return {}

    def exact(self, number: float) -> Enclosure:
        """A number that every program under test holds exactly; the integers of the formula are kept."""
        known = self._integers.get(number)
        if known is None:
            known = Enclosure.exact(number, self)
            if number in (0.0, 1.0, 2.0):
                self._integers[number] = known
        return known

    @cached_property
    def rounding(self) -> Floats:
        """What `ROUNDINGS` roundings come to at most, `k*u / (1 - k*u)`, one row an allowance."""
        return _column([ROUNDINGS * f.unit / (1 - ROUNDINGS * f.unit) for f in self.formats])

    @cached_property
    def underflow(self) -> Floats:
        """`ROUNDINGS` roundings below the normal range, half the smallest number each."""
        return _column([ROUNDINGS * f.tiny / 2 for f in self.formats])

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


@lru_cache
def _arithmetic(formats: tuple[Format, ...], any_order: tuple[bool, ...]) -> Arithmetic:
    """One object for equal arithmetics, so that most operands need no conversion, nor a comparison."""
    return Arithmetic(formats, any_order)


def _column(values: list[float]) -> Floats:
    return np.array(values, dtype=np.float64)[:, None]


def _to_float64(value: Any) -> Floats:
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
    @_quiet
    def exact(cls, value: Any, arithmetic: Arithmetic) -> Enclosure:
        """Numbers that every program under test holds exactly."""
        quad = np.atleast_1d(to_quad(value))
        magnitude = _to_float64(quad)
        radius = _bounded(magnitude, np.zeros((len(arithmetic.formats), quad.size)), arithmetic)
        return cls(quad, radius, arithmetic, _NO_STRETCH, magnitude)

    @classmethod
    @_quiet
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

    @cached_property
    def complement(self) -> Enclosure:
        """`1 - x`, kept: a run needs that of each decay rate in every step."""
        return 1 - self

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
            other = self.arithmetic.exact(float(other))
        if other.arithmetic is self.arithmetic:
            return self, other, self.arithmetic
        joined = self.arithmetic.join(other.arithmetic)
        return self._as(joined), other._as(joined), joined

    @_quiet
    def _sum(self, other: Any, sign: int) -> Enclosure:
        x, y, a = self._pair(other)
        value = x.value + y.value if sign > 0 else x.value - y.value
        magnitude = _to_float64(value)
        scale = x.upper + y.upper
        if sign < 0:
            # Sterbenz: a difference of neighbours within a factor 2 is exact. (If their signs differ,
            # the size of the difference is the sum of theirs.)
            near = (2 * (x.magnitude - x.radius) >= y.upper) & (2 * (y.magnitude - y.radius) >= x.upper)
            if near.any():
                scale = np.where(near, magnitude + (x.radius + y.radius), scale)
        radius = x.radius + y.radius + a.rounding * scale
        stretch = x.stretch if x.stretch is y.stretch else np.maximum(x.stretch, y.stretch)
        return _finish(value, magnitude, radius, a, stretch)

    def __add__(self, other: Any) -> Enclosure:
        return self._sum(other, +1)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Enclosure:
        return self._sum(other, -1)

    def __rsub__(self, other: Any) -> Enclosure:
        return self.arithmetic.exact(float(other)) - self

    @_quiet
    def __mul__(self, other: Any) -> Enclosure:
        x, y, a = self._pair(other)
        value = x.value * y.value
        magnitude = _to_float64(value)
        radius = x.magnitude * y.radius + x.radius * y.upper
        radius = radius + a.rounding * (x.upper * y.upper)
        after_x, after_y = np.maximum(1.0, y.upper), np.maximum(1.0, x.upper)
        stretch = np.maximum(x.stretch * after_x, y.stretch * after_y)
        return _finish(value, magnitude, radius, a, stretch)

    __rmul__ = __mul__

    @_quiet
    def __truediv__(self, other: Any) -> Enclosure:
        x, y, a = self._pair(other)
        value = x.value / y.value
        magnitude = _to_float64(value)
        low = y.magnitude - y.radius
        error = (magnitude * y.radius + x.radius) / low
        high = magnitude + error
        radius = np.where(low > 0, error + a.rounding * high, np.inf)
        # `y` may be held scaled down by its stretch, as in (x * s) / (y * s).
        stretch = x.stretch * np.maximum(1.0, y.stretch / low)
        return _finish(value, magnitude, radius, a, stretch)

    def __rtruediv__(self, other: Any) -> Enclosure:
        return self.arithmetic.exact(float(other)) / self

    def __neg__(self) -> Enclosure:
        return Enclosure(-self.value, self.radius, self.arithmetic, self.stretch, self.magnitude)

    def __abs__(self) -> Enclosure:
        return Enclosure(abs(self.value), self.radius, self.arithmetic, self.stretch, self.magnitude)

    @_quiet
    def __pow__(self, exponent: int) -> Enclosure:
        """An integer power, by `pow`, by `exp` and `log`, or as a running product."""
        value = self.value**exponent
        return _finish(value, _to_float64(value), self._power_error(exponent), self.arithmetic, self.stretch)

    def _power_error(self, exponent: int) -> Floats:
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

    @cached_property
    def _weights(self) -> dict[int, tuple[Arithmetic, Enclosure, Enclosure, Floats, Floats]]:
        return {}

    def weights(self, arithmetic: Arithmetic) -> tuple[Enclosure, Enclosure, Floats, Floats]:
        """This decay rate and its complement in another arithmetic, and what either adds to the radius of
        a moving average, relative to what it multiplies. Kept: they are the same in every step."""
        known = self._weights.get(id(arithmetic))
        if known is None:
            a = self.arithmetic.join(arithmetic)
            b, c = self._as(a), self.complement._as(a)
            of_old = b.radius + a.rounding * np.where(a.lerp > 0, 1 + c.upper, b.upper)
            known = arithmetic, b, c, of_old, c.radius + a.rounding * c.upper
            self._weights[id(arithmetic)] = known
        return known[1:]


def _finish(
    value: Any, magnitude: Floats, radius: Floats, arithmetic: Arithmetic, stretch: Floats
) -> Enclosure:
    """Add what underflow may cost, round the radius up, and give up where some order overflows."""
    underflow = arithmetic.underflow if stretch is _NO_STRETCH else arithmetic.underflow * stretch
    radius = (radius + underflow) * _UP
    largest = np.maximum(magnitude + radius, stretch)
    return Enclosure(value, _bounded(largest, radius, arithmetic), arithmetic, stretch, magnitude)


def _bounded(largest: Floats, radius: Floats, arithmetic: Arithmetic) -> Floats:
    """`radius`, made infinite where `largest` is no number or lies beyond the format."""
    within = largest <= arithmetic.huge
    return radius if within.all() else np.where(within, radius, np.inf)


@numbers.sqrt.register
@_quiet
def _(x: Enclosure) -> Enclosure:
    a = x.arithmetic
    value = np.sqrt(x.value)
    root = _to_float64(value)
    high = np.sqrt(x.upper)
    low = np.sqrt(np.maximum(x.magnitude - x.radius, 0.0))
    # Both ends of a monotone function; the lower side in the form that does not cancel.
    below = np.where(x.radius < x.magnitude, x.radius / (root + low), root)
    above = np.where(x.radius < x.magnitude, x.radius / (root + root), high - root)
    radius = np.maximum(below, above) + a.rounding * high
    return _finish(value, root, radius, a, np.sqrt(x.stretch))


@numbers.maximum.register
@_quiet
def _(x: Enclosure, y: Enclosure) -> Enclosure:
    value = np.maximum(x.value, y.value)
    stretch = np.maximum(x.stretch, y.stretch)
    return Enclosure(value, np.maximum(x.radius, y.radius), x.arithmetic, stretch, _to_float64(value))


class _Average(Enclosure):
    """A moving average from zero: how many steps it took and what their weights sum to."""

    def __init__(self, average: Enclosure, steps: int, total: Floats) -> None:
        arithmetic, magnitude = average.arithmetic, average.magnitude
        super().__init__(average.value, average.radius, arithmetic, _NO_STRETCH, magnitude)
        self.steps = steps
        self.total = total


@numbers.ema.register
@_quiet
def _(old: Enclosure, new: Enclosure, beta: Enclosure) -> Enclosure:
    """Covers `beta*old + (1-beta)*new` and, where allowed, two more orders of evaluation.

    `old + c*(new-old)`, `c = 1-beta`, rounds at the size of `old` even where beta is small; hence the
    scale `(1+c)|old| + c|new|`, against `beta|old| + c|new|` of the first. The recursion on the
    corrected average, `hat + w*(new-hat)` with `w = c/(1-beta**t)`, adds the uncertainty of `w`.
    """
    b, c, of_old, of_new = beta.weights(old.arithmetic)
    a = old.arithmetic.join(beta.arithmetic)
    steps = old.steps + 1 if isinstance(old, _Average) else 1
    total = 1 - beta.magnitude**steps
    value = beta.value * old.value + c.value * new.value
    weight = np.where(a.lerp > 0, c.upper * _weight_error(beta, steps, total), 0.0)
    of_new = of_new + weight
    if isinstance(old, _Average):
        of_old = of_old + weight / old.total  # `hat` is `old / old.total`
    radius = b.upper * old.radius + of_old * old.upper + c.upper * new.radius + of_new * new.upper
    average = _finish(value, _to_float64(value), radius, a, new.stretch)
    return _Average(average, steps, total)


def _weight_error(beta: Enclosure, steps: int, total: Floats) -> Floats:
    """The relative error of a weight `c / (1 - beta**steps)` formed in the format of `beta`."""
    unit = beta.arithmetic.unit
    error = beta._power_error(steps) + unit * total
    return np.where(error < total, error / (total - error), np.inf) + unit


@numbers.zeros_like.register
def _(x: Enclosure) -> Enclosure:
    return Enclosure.exact(np.zeros(x.value.shape), x.arithmetic)
