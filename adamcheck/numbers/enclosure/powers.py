"""How far a power is off that a program forms of a decay rate, in each of the ways that are allowed."""

from __future__ import annotations

from math import inf, isfinite
from typing import TYPE_CHECKING

import numpy as np

from adamcheck.numbers.enclosure.allowances import Floats, Powers

if TYPE_CHECKING:
    from adamcheck.numbers.enclosure.operators import Enclosure


def formed_power_error(x: Enclosure, exponent: int) -> Floats:
    """How far `x**exponent` may be off beside the error of `x` itself, per allowance.

    Args:
        x: The number.
        exponent: An integer, at least 0.
    """
    largest = x.upper**exponent
    unit = x.arithmetic.unit
    exact = _exact(x, exponent) if exponent > 1 else True
    powers = np.array([mode.powers for mode in x.arithmetic.modes])[:, None]
    # An ulp of a number in [2**(e-1), 2**e) is 2**e units.
    _, binade = np.frexp(largest)
    ulp = np.ldexp(unit, binade)
    pow_error = np.where(exact, 0.0, ulp)
    # Two roundings of the exponent, whose absolute error counts, and an ulp.
    exp_error = np.expm1(2 * exponent * _logarithm(x) * np.log1p(unit)) * largest + ulp
    grown = growth(x, exponent)
    product_error = (grown + x.arithmetic.rounding * (1 + grown)) * largest
    error: Floats = np.where(
        powers == Powers.POW, pow_error, np.where(powers == Powers.EXP, exp_error, product_error)
    )
    return error


def growth(x: Enclosure, exponent: int) -> Floats:
    """The relative error of a power by one rounding a factor, or by two of its logarithm."""
    factors = np.maximum(1.0, 2 * _logarithm(x))
    grown: Floats = np.expm1(exponent * factors * np.log1p(x.arithmetic.unit))
    return grown


def _logarithm(x: Enclosure) -> Floats:
    """The largest magnitude of the logarithm of the numbers; of their upper end where they may be 0."""
    tiny = np.finfo(np.float64).tiny
    ends = (x.upper, np.where(x.lower > 0, x.lower, x.upper))
    logarithm: Floats = np.maximum(*(np.abs(np.log(np.maximum(end, tiny))) for end in ends))
    return logarithm


def _exact(x: Enclosure, exponent: int) -> np.ndarray:
    """Where a power of numbers that are known exactly belongs to their format, per allowance."""
    numbers = x.magnitude.ravel().tolist()
    bits = np.array([_significant_bits(number, exponent) for number in numbers])
    precision = -np.log2(x.arithmetic.unit)
    exact: np.ndarray = (x.radius == 0) & (abs(x.value) == x.magnitude) & (bits <= precision)
    return exact


def _significant_bits(number: float, exponent: int) -> float:
    """The bits of a power from the first to the last that is 1; infinite if there are too many."""
    integer, _ = number.as_integer_ratio() if isfinite(number) else (0, 1)
    while integer and integer % 2 == 0:
        integer //= 2
    if (integer.bit_length() - 1) * exponent > _LONGEST:
        return inf
    power: int = integer**exponent
    return power.bit_length()


_LONGEST = 64
"""More bits than any format has."""
