"""Exact numbers stay exact: rationals, and surds where a root leaves the rationals."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from adamcheck.numbers import ema, maximum, sqrt, zeros_like
from adamcheck.numbers.exact import sign

rationals = st.fractions(0, 100, max_denominator=1000)


@given(x=rationals)
def test_the_root_of_a_square_is_the_rational_itself(x: Fraction) -> None:
    root = sqrt(x * x)
    assert isinstance(root, Fraction)
    assert root == x


@given(x=rationals)
def test_a_root_squared_is_the_number_again(x: Fraction) -> None:
    root = sqrt(x)
    assert root >= 0
    assert root**2 == x


def test_roots_and_maxima_of_an_array_of_rationals_are_those_of_its_entries() -> None:
    squares, other = (np.array([Fraction(a), Fraction(b)], object) for a, b in ((4, 9), (5, 6)))
    assert sqrt(squares).tolist() == [Fraction(2), Fraction(3)]
    assert maximum(squares, other).tolist() == [Fraction(5), Fraction(9)]


def test_roots_of_integers_are_exact_too_and_negative_numbers_have_none() -> None:
    assert sqrt(9) == 3
    assert isinstance(sqrt(9), Fraction)
    assert sqrt(2) == sympy.sqrt(2)
    for negative in (-1, Fraction(-1, 4)):
        with pytest.raises(ValueError, match="no real square root of -1"):
            sqrt(negative)


def test_a_type_that_no_number_system_has_registered_is_refused_by_name() -> None:
    for function in (sqrt, lambda x: maximum(x, x)):
        with pytest.raises(TypeError, match="'complex'"):
            function(1j)


@given(x=rationals, y=rationals, beta=st.fractions(0, 1, max_denominator=50))
def test_maximum_zero_and_moving_average_are_exact(x: Fraction, y: Fraction, beta: Fraction) -> None:
    assert maximum(x, y) == max(x, y)
    assert zeros_like(x) == 0
    average = ema(x, y, beta)
    assert isinstance(average, Fraction)
    assert average - y == beta * (x - y)


@given(x=rationals, y=rationals)
def test_the_sign_of_a_difference_of_surds_is_that_of_the_radicands(x: Fraction, y: Fraction) -> None:
    assert sign(sqrt(x) - sqrt(y)) == (x > y) - (x < y)
    assert sign(x - y) == (x > y) - (x < y)


def test_a_surd_that_is_zero_in_disguise_has_sign_zero() -> None:
    assert sign(sqrt(2) * sqrt(3) - sqrt(6)) == 0
    assert sign(sympy.sqrt(5 + 2 * sympy.sqrt(6)) - sqrt(2) - sqrt(3)) == 0
    assert sign(sqrt(2) + sqrt(3) - sqrt(10)) == -1
