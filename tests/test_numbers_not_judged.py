"""What no enclosure can be given for is not judged: the radius is infinite, and stays so."""

from __future__ import annotations

import numpy as np
import pytest
from number_systems import enclosure, radius_of

from adamcheck import numbers
from adamcheck.choices import DTYPE_NAMES
from adamcheck.numbers.enclosure import Enclosure
from adamcheck.numbers.floats import format_of
from adamcheck.numbers.quad import to_quad


@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_the_root_of_what_some_program_may_find_negative_is_not_judged(dtype: str) -> None:
    format = format_of(dtype)
    x = enclosure(0.75, format.unit, format)
    square = enclosure(0.75**2, format.unit, format)
    for variance in (square - x * x, x * (-x), x - x, enclosure(-1.0, 0.0, format), x * x - 1):
        assert radius_of(numbers.sqrt(variance)) == np.inf
    assert radius_of(numbers.sqrt(square - x * x * 0.5)) < np.inf  # nor can any find that one negative


@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_the_root_of_what_no_program_finds_negative_is_judged_though_its_radius_reaches_below_zero(
    dtype: str,
) -> None:
    format = format_of(dtype)
    arithmetic = enclosure(1.0, 0.0, format).arithmetic
    zero, minus = Enclosure.exact(0.0, arithmetic), Enclosure.exact(-0.5, arithmetic)
    beta = Enclosure.rounded(0.9, arithmetic)
    v = numbers.ema(numbers.ema(zero, zero * zero, beta), minus * minus * 0.0, beta)
    for x in (v, v + zero, abs(minus) * v, v / 0.5, (zero * minus) ** 2, numbers.maximum(minus, v)):
        assert x.radius[0, 0] > x.magnitude[0]
        assert radius_of(numbers.sqrt(x)) < np.inf
    near_one = Enclosure.exact(1 - format.unit, arithmetic).widened(np.array([[format.unit]]))
    for x in (1 - near_one, 1 - near_one**3):
        assert x.radius[0, 0] > x.magnitude[0]
        assert radius_of(numbers.sqrt(x)) < np.inf
    assert radius_of(numbers.sqrt(numbers.ema(zero, zero * minus, beta))) == np.inf
    assert radius_of(numbers.sqrt(v - v)) == np.inf


@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_dividing_by_what_may_be_zero_is_not_judged(dtype: str) -> None:
    format = format_of(dtype)
    one = enclosure(1.0, 0.0, format)
    for value, spread in ((0.0, 0.0), (1.0, 1.0), (-1.0, 1.5), (0.0, 1.0)):
        assert radius_of(one / enclosure(value, spread, format)) == np.inf
    assert radius_of(one / enclosure(1.0, 0.5, format)) < np.inf


@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_what_may_overflow_the_dtype_is_not_judged(dtype: str) -> None:
    format = format_of(dtype)
    large = enclosure(format.huge, 0.0, format)
    half = enclosure(format.huge / 4, 0.0, format)
    assert radius_of(large + large) == np.inf
    assert radius_of(large - (-large)) == np.inf
    assert radius_of(large * large) == np.inf
    assert radius_of(large / enclosure(0.5, 0.0, format)) == np.inf
    assert radius_of(half + half) < np.inf
    assert radius_of(half + enclosure(0.0, format.huge, format)) == np.inf
    assert radius_of(Enclosure.exact(2 * to_quad([format.huge]), half.arithmetic)) == np.inf


def test_a_scaling_that_overflows_in_some_order_is_not_judged() -> None:
    format = format_of("float16")
    small, large = enclosure(2.0**-10, 0.0, format), enclosure(2.0**12, 0.0, format)
    assert radius_of(small * large) < np.inf
    assert radius_of(small * large * large) == np.inf  # large * large comes first in some program
    assert radius_of(small / enclosure(2.0**-12, 0.0, format) * large) == np.inf


def test_a_denominator_that_overflows_where_a_hyperparameter_divides_it_instead_is_not_judged() -> None:
    format = format_of("float16")
    one, below, beyond = (enclosure(x, 0.0, format) for x in (1.0, 63.0, 65.0))
    rate = Enclosure.hyperparameter(2.0**-10, one.arithmetic)
    for scaled in (rate * one, one * rate, 2 * (rate * one), rate.entering(one.arithmetic) * one):
        assert radius_of(scaled / below) < np.inf  # 63 * 2**10 is a number of float16
        assert radius_of(scaled / beyond) == np.inf
    assert radius_of(enclosure(2.0**-10, 0.0, format) * one / beyond) < np.inf


@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_what_is_no_number_is_not_judged_and_stays_so(dtype: str) -> None:
    format = format_of(dtype)
    one = enclosure(1.0, 0.0, format)
    half = enclosure(0.5, 0.0, format)
    for bad in (np.nan, np.inf, -np.inf):
        x = Enclosure.exact(bad, one.arithmetic)
        assert radius_of(x) == np.inf
        for result in (x + one, one - x, x * one, one / x, abs(-x), x**2, numbers.maximum(one, x)):
            assert radius_of(result) == np.inf
        assert radius_of(numbers.sqrt(x)) == np.inf
        assert radius_of(numbers.ema(x, one, half)) == np.inf
        assert radius_of(numbers.ema(one, x, half)) == np.inf
        assert radius_of(numbers.ema(one, x, enclosure(0.0, 0.0, format))) == np.inf
        assert radius_of(numbers.ema(x, one, enclosure(0.0, 0.0, format))) == np.inf
