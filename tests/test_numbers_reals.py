"""z3's reals: the second engine knows what a root is, and nothing that is false."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from adamcheck.numbers import ema, maximum, sqrt, zeros_like
from adamcheck.numbers.reals import Exponent, Real, term

rationals = st.fractions(-20, 20, max_denominator=20)
positives = st.fractions(Fraction(1, 20), 20, max_denominator=20)


def real(x: Fraction) -> Real:
    return Real(term(x))


def assert_is(x: Real, expected: Fraction) -> None:
    """z3 finds the facts consistent, and nothing but `expected` possible."""
    solver = z3.Solver()
    solver.add(*x.facts)
    assert solver.check() == z3.sat
    solver.add(x.term != term(expected))
    assert solver.check() == z3.unsat


ARITHMETIC: list[Callable[[Any, Any], Any]] = [
    lambda x, y: x + y,
    lambda x, y: x - y,
    lambda x, y: x * y,
    lambda x, y: x / y,
    lambda x, y: -abs(x) + y**3,
    lambda x, y: maximum(x, y) - ema(x, y, Fraction(3, 4)),
    lambda x, y: 2 * x - (1 - y) / 3 + Fraction(1, 7) / y,
]


@pytest.mark.parametrize("formula", ARITHMETIC)
@given(x=rationals, y=positives)
@settings(max_examples=25)
def test_formulas_in_z3_are_the_formulas_in_fractions(formula: Any, x: Fraction, y: Fraction) -> None:
    assert_is(formula(real(x), real(y)), formula(x, y))


@given(x=positives)
@settings(max_examples=25)
def test_the_root_of_a_square_is_the_positive_number(x: Fraction) -> None:
    assert_is(sqrt(real(x) * real(x)), x)
    assert_is(sqrt(real(-x) * real(-x)), x)


def test_an_irrational_root_is_neither_below_nor_above_itself() -> None:
    root = sqrt(real(Fraction(2)))
    solver = z3.Solver()
    solver.add(*root.facts, z3.Or(root.term * root.term != 2, root.term < 0))
    assert solver.check() == z3.unsat


def test_the_root_of_a_negative_number_is_a_contradiction_not_a_number() -> None:
    solver = z3.Solver()
    solver.add(*sqrt(real(Fraction(-1))).facts)
    assert solver.check() == z3.unsat


def test_equal_terms_share_one_root_and_results_carry_the_facts_of_both_operands() -> None:
    x, y = z3.Reals("x y")
    first, second = sqrt(Real(x)), sqrt(Real(x))
    assert z3.eq(first.term, second.term)
    assert (first - sqrt(Real(y))).facts == first.facts | sqrt(Real(y)).facts


def test_zero_is_zero_and_floats_are_refused() -> None:
    assert_is(zeros_like(real(Fraction(3))), Fraction(0))
    with pytest.raises(TypeError, match=r"not an exact real number: 0\.1"):
        term(0.1)
    with pytest.raises(TypeError):
        real(Fraction(1)) + 0.1


def test_a_decay_rate_to_an_unknown_power_is_at_most_the_rate_and_goes_on_as_a_product() -> None:
    rate, t = z3.Real("beta"), Exponent("t")
    power, later = Real(rate) ** t, Real(rate) ** (t + 2)
    solver = z3.Solver()
    solver.add(*power.facts, *later.facts, rate >= 0, rate < 1)
    assert solver.check() == z3.sat
    solver.add(z3.Or(power.term < 0, power.term > rate, later.term != power.term * rate * rate))
    assert solver.check() == z3.unsat


def test_an_unknown_power_that_may_be_zero_or_less_is_refused() -> None:
    with pytest.raises(ValueError, match="t-1 may be 0 or less"):
        Real(z3.Real("beta")) ** (Exponent("t") - 1)
