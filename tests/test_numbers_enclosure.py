"""Enclosure arithmetic is rigorous: every operation contains what it says it contains."""

from __future__ import annotations

import operator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hyperparameters import hyperparameters
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from number_systems import (
    QUAD_FORMAT,
    arithmetic_of,
    ball,
    ball_precision,
    contains,
    enclosed_updates,
    enclosure,
    ends,
    radii,
    radius_of,
)

from adamcheck import numbers
from adamcheck.adam import Adam, AdamL2, AdamW, AMSGrad, Hyperparameters
from adamcheck.choices import DTYPE_NAMES
from adamcheck.numbers.enclosure import ROUNDINGS, Allowance, Enclosure, Freedom, allowances
from adamcheck.numbers.enclosure.allowances import Averages
from adamcheck.numbers.floats import Format, format_of
from adamcheck.numbers.quad import fraction, to_quad
from adamcheck.power.campaign.regimes import gradients

IN_QUAD = Allowance(Freedom.DIRECT, QUAD_FORMAT, QUAD_FORMAT, Averages.DIRECT)
"""In the order of the definition."""

formats = st.sampled_from(DTYPE_NAMES).map(format_of)
positions = st.fractions(-1, 1, max_denominator=64) | st.sampled_from([Fraction(-1), Fraction(1)])


@st.composite
def operands(draw: Any, format: Format, averages: Averages = Averages.ANY) -> tuple[Enclosure, Fraction]:
    """An enclosure, and a point somewhere in it."""
    reach = int(np.log2(format.huge)) // 2
    exponent = draw(st.integers(-4, 4) | st.integers(-reach, reach))
    value = draw(st.floats(-1, 1, allow_subnormal=False)) * 2.0**exponent
    relative = draw(st.sampled_from([0.0, 2.0**-40, format.unit, 1e-3, 0.5, 1.0, 2.0]))
    radius = relative * draw(st.floats(0, 1)) * 2.0**exponent
    inside = Fraction(value) + draw(positions) * Fraction(radius)
    return enclosure(value, radius, format, averages), inside


pairs = formats.flatmap(lambda f: st.tuples(st.just(f), operands(f), operands(f)))
singles = formats.flatmap(lambda f: st.tuples(st.just(f), operands(f)))


def assert_contains_what_rounds_to(result: Enclosure, exact: Fraction, format: Format) -> None:
    """The exact result lies in the enclosure, and so does what a rounding or four make of it."""
    u = Fraction(format.unit)
    for factor in (Fraction(1), (1 + u) ** ROUNDINGS, (1 - u) ** ROUNDINGS):
        assert contains(result, exact * factor)


@pytest.mark.parametrize("operation", [operator.add, operator.mul, operator.truediv])
@given(drawn=pairs)
def test_sums_products_and_quotients_contain_every_result(operation: Any, drawn: Any) -> None:
    format, (x, a), (y, b) = drawn
    result = operation(x, y)
    if operation is operator.truediv and y.magnitude[0] <= y.radius[0, 0]:
        assert radius_of(result) == np.inf
        return
    assert_contains_what_rounds_to(result, operation(a, b), format)


@given(drawn=pairs, near=st.booleans(), nudge=st.floats(0.5, 2.0))
def test_differences_contain_every_result(drawn: Any, near: bool, nudge: float) -> None:
    format, (x, a), (y, b) = drawn
    if near:
        value = float(x.value[0]) * nudge
        y, b = enclosure(value, 0.0, format), Fraction(value)
    assert contains(x - y, a - b)
    assert contains(3 - x, 3 - a)


@given(drawn=pairs)
def test_the_rounding_of_a_difference_is_allowed_for_unless_it_is_exact(drawn: Any) -> None:
    format, (x, a), (y, b) = drawn
    ratio = abs(a / b) if b else Fraction(3)
    assume(a * b <= 0 or not Fraction(1, 2) <= ratio <= 2)
    assert_contains_what_rounds_to(x - y, a - b, format)


@given(drawn=singles)
def test_minus_and_magnitude_contain_every_result(drawn: Any) -> None:
    _, (x, a) = drawn
    assert contains(-x, -a)
    assert contains(abs(x), abs(a))


U = 2.0**-24
FOUR = 4 * U / (1 - 4 * U)
"""What four roundings in float32 come to at most."""


@pytest.mark.parametrize(
    ("result", "radius"),
    [
        (lambda x, y: x + y, 0.75 + FOUR * 8.75),
        (lambda x, y: y - x, 0.75 + FOUR * (2 + 0.75)),
        (lambda x, y: x - y, 0.75 + FOUR * (2 + 0.75)),
        (lambda x, y: 1 - y, 0.5 + FOUR * (1 + 5.5)),
        (lambda x, y: x * y, 3 * 0.5 + 0.25 * 5.5 + FOUR * 3.25 * 5.5),
        (lambda x, y: x / y, (0.6 * 0.5 + 0.25) / 4.5 * (1 + FOUR) + FOUR * 0.6),
        (lambda x, y: abs(-x), 0.25),
        (lambda x, y: numbers.maximum(x, y), 0.5),
    ],
)
def test_a_radius_is_what_its_rule_says_and_no_wider(result: Any, radius: float) -> None:
    """For x = 3 within 0.25 and y = 5 within 0.5, far from underflow and overflow."""
    format = format_of("float32")
    x, y = enclosure(3.0, 0.25, format), enclosure(5.0, 0.5, format)
    assert radius <= radius_of(result(x, y)) * (1 + 2.0**-40)
    assert radius_of(result(x, y)) <= radius * (1 + 2.0**-40)


@given(drawn=pairs)
def test_maxima_contain_every_result(drawn: Any) -> None:
    _, (x, a), (y, b) = drawn
    assert contains(numbers.maximum(x, y), max(a, b))


@given(drawn=singles)
def test_roots_contain_every_result(drawn: Any) -> None:
    format, (x, a) = drawn
    assume(a >= 0)
    root = numbers.sqrt(x)
    if np.signbit(float(x.value[0])):
        assert radius_of(root) == np.inf
    if radius_of(root) == np.inf:
        return
    center, radius = fraction(root.value[0]), Fraction(radius_of(root))
    for grown in (a, a * (1 + Fraction(format.unit)) ** (2 * ROUNDINGS)):  # a root halves relative errors
        assert center + radius >= 0
        assert (center + radius) ** 2 >= grown
        assert center < radius or (center - radius) ** 2 <= grown


@given(format=formats, beta=st.floats(0, 1), exponent=st.integers(1, 40), position=positions)
@example(format=format_of("float64"), beta=0.0, exponent=3, position=Fraction(1))
def test_powers_contain_every_result_of_every_way_to_compute_them(
    format: Format, beta: float, exponent: int, position: Fraction
) -> None:
    radius = 16 * format.unit * beta
    x = enclosure(beta, radius, format)
    inside = Fraction(beta) + position * Fraction(radius)
    result = x**exponent
    assert contains(result, inside**exponent)
    u = Fraction(format.unit)
    for sign in (1, -1):
        product = inside
        for _ in range(exponent - 1):
            product *= inside * (1 + sign * u)  # a running product whose every rounding goes one way
        assert contains(result, product)
    if inside > 0:
        with ball_precision(200):
            by_logarithm = (ball(inside).log() * exponent * ball((1 + u) ** 2)).exp()
            assert contains(result, ends(by_logarithm)[0])


def average_of(old: Fraction, new: Fraction, beta: Fraction) -> Fraction:
    return beta * old + (1 - beta) * new


@given(
    format=formats,
    drawn=st.data(),
    beta=st.sampled_from([0.0, 0.1, 0.5, 0.9, 0.999, 1 - 2.0**-10]) | st.floats(0, 0.999),
    position=positions,
    averages=st.sampled_from(Averages),
)
def test_moving_averages_contain_every_result(
    format: Format, drawn: Any, beta: float, position: Fraction, averages: Averages
) -> None:
    (x, a), (y, b) = (drawn.draw(operands(format, averages)) for _ in range(2))
    radius = 16 * format.unit * beta  # more than the roundings allow for on their own
    decay = enclosure(beta, radius, format, averages)
    inside = Fraction(beta) + position * Fraction(radius)
    assert contains(numbers.ema(x, y, decay), average_of(a, b, inside))


FLOAT_OPERATIONS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "sqrt": lambda x, y: numbers.sqrt(x),
    "maximum": numbers.maximum,
}


@pytest.mark.parametrize("name", FLOAT_OPERATIONS)
@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_every_float_result_lies_in_the_enclosure_or_the_radius_is_infinite(name: str, dtype: str) -> None:
    format = format_of(dtype)
    rng = np.random.default_rng(0)
    size = 4000
    reach = np.log2(format.huge)
    low = np.log2(format.tiny)
    operation = FLOAT_OPERATIONS[name]

    def drawn() -> tuple[Any, Enclosure]:
        exponents = np.where(rng.random(size) < 0.5, rng.uniform(-3, 3, size), rng.uniform(low, reach, size))
        numbers_ = (rng.choice([-1.0, 1.0], size) * np.exp2(exponents)).astype(format.dtype)
        numbers_[::97] = 0
        points = numbers_.astype(np.float64)
        radius = np.abs(points) * rng.choice([0.0, format.unit, 0.1], size)
        centers = points + radius * rng.uniform(-1, 1, size) * 0.5
        exact = Enclosure.exact(centers, arithmetic_of(format))
        return numbers_, Enclosure(
            exact.value, exact.radius + radius, exact.arithmetic, exact.stretch, exact.magnitude
        )

    (a, x), (b, y) = drawn(), drawn()
    if name == "sqrt":
        a, x = np.abs(a), abs(x)
    with np.errstate(all="ignore"):
        result = operation(a, b).astype(np.float64)
        enclosed = operation(x, y)
        error = np.abs((to_quad(result) - enclosed.value).astype(np.float64))
    assert np.all((error <= enclosed.radius[0]) | np.isinf(enclosed.radius[0]))
    assert np.isfinite(enclosed.radius[0]).sum() > size // 4


def test_an_enclosure_that_all_but_reaches_zero_is_not_taken_to_be_further_from_it() -> None:
    """Its radius and the float64 magnitude, which is too large here, differ by one unit in the last place."""
    format = format_of("float64")
    arithmetic = arithmetic_of(format)
    value = to_quad([1.0]) / to_quad([5.0])
    radius = np.nextafter(0.2, 0.0)
    assert fraction(value[0]) < Fraction(0.2)
    x = Enclosure(value, np.array([[radius]]), arithmetic, np.ones((1, 1)), np.array([0.2]))
    lowest = fraction(value[0]) - Fraction(radius)
    assert contains(1 / x, 1 / lowest)
    root = numbers.sqrt(x)
    assert (fraction(root.value[0]) - Fraction(radius_of(root))) ** 2 <= lowest or radius_of(root) == np.inf


@given(
    factors=st.lists(st.tuples(st.booleans(), st.floats(-900, 900)), min_size=1, max_size=60),
    squared=st.booleans(),
)
def test_magnitudes_do_not_drift_away_from_the_values(factors: list[Any], squared: bool) -> None:
    """Through long products and quotients, and numbers that a double cannot hold on the way."""
    format = format_of("float64")
    x = Enclosure.exact(0.7, enclosure(1.0, 0.0, format).arithmetic)
    for divides, exponent in factors:
        other = Enclosure.exact(1.1 * 2.0**exponent, x.arithmetic)
        x = x / other if divides else x * other
        x = numbers.sqrt(x * x) if squared else x
        if radius_of(x) < np.inf:
            exact, rounded = fraction(x.value[0]), Fraction(2) ** -1074
            assert (
                abs(Fraction(float(x.magnitude[0])) - exact) <= 16 * Fraction(format.unit) * exact + rounded
            )


@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_a_sum_of_what_is_not_negative_is_no_smaller_than_either_term(dtype: str) -> None:
    """A denominator sqrt(v) + eps is judged where v is all but unknown: it lies between eps and more."""
    format = format_of(dtype)
    arithmetic = enclosure(1.0, 0.0, format).arithmetic
    eps = Enclosure.exact(0.125, arithmetic)
    v = Enclosure.exact(2.0**-10, arithmetic).widened(np.array([[2.0**-4 - 2.0**-10]]))
    denominator = numbers.sqrt(v) + eps
    assert denominator.radius[0, 0] > denominator.magnitude[0]
    ratio = 1 / denominator
    assert radius_of(ratio) < np.inf
    u = Fraction(format.unit)
    assert contains(ratio, 8 * (1 + u) ** 2)  # v is 0
    assert contains(ratio, 1 / Fraction(0.375) * (1 - u) ** 2)
    assert radius_of(1 / (numbers.sqrt(v) - eps)) == np.inf
    assert radius_of(1 / (numbers.sqrt(v) + 0.0 * eps)) == np.inf


@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_numbers_of_the_dtype_enter_exactly_and_others_with_their_rounding(dtype: str) -> None:
    format = format_of(dtype)
    arithmetic = arithmetic_of(format)
    values = np.array([0.75, 0.9, 1e-8, 0.0, 1 / 3])
    entered = Enclosure.rounded(values, arithmetic)
    stored = values.astype(format.dtype).astype(np.float64)
    for i, (value, kept) in enumerate(zip(values, stored, strict=True)):
        assert contains(entered, Fraction(float(kept)), coordinate=i)
        assert (radii(entered)[0, i] == 0) == (value == kept)


def test_a_scalar_below_the_normal_range_of_the_arrays_loses_digits_when_it_enters() -> None:
    half, double = format_of("float16"), format_of("float64")
    entered = 2.0**-16
    scalar = entered + half.tiny / 2  # rounds to even
    assert np.float16(scalar) == entered
    ratio = enclosure(0.5, 0.0, half) / enclosure(scalar, 0.0, double)
    assert contains(ratio, Fraction(0.5) / Fraction(entered) * (1 + Fraction(half.unit)))


def test_the_allowances_of_a_dtype_grow_from_strict_to_generous() -> None:
    for dtype in DTYPE_NAMES:
        modes = allowances(dtype)
        assert [mode.name for mode in modes] == [
            freedom
            for freedom in Freedom
            if not (freedom == Freedom.WORKING and dtype == "float64")
            and not (freedom == Freedom.ANCHORED and format_of(dtype).narrow)
        ]
        hyper, rng = Hyperparameters(), np.random.default_rng(0)
        for update in enclosed_updates(Adam, hyper, rng.normal(size=(6, 4)).astype(format_of(dtype).dtype)):
            assert np.all(update.radius[:-1] <= update.radius[1:])


@given(
    definition=st.sampled_from([Adam, AdamW, AdamL2, AMSGrad]),
    dtype=st.sampled_from(DTYPE_NAMES),
    hyper=hyperparameters(),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=40)
def test_the_enclosed_update_contains_the_ball_that_flint_computes(
    definition: type[Adam], dtype: str, hyper: Hyperparameters, seed: int
) -> None:
    hyper = hyper.replace(weight_decay=0.125)
    g = gradients(np.random.default_rng(seed), format_of(dtype), hyper.eps, steps=4)
    updates = enclosed_updates(definition, hyper, g)
    quads = enclosed_updates(definition, hyper, g, (IN_QUAD,))
    judged = 0
    with ball_precision(600):
        for j in range(g.shape[1]):
            run = definition(hyper.map(ball)).run(ball(1), [ball(float(x)) for x in g[:, j]])
            for update, quad, (_, true) in zip(updates, quads, run, strict=True):
                if not np.isfinite(update.radius[:, j]).any():
                    continue
                middle, spread = ends(true)
                error = abs(fraction(update.value[j]) - middle)
                assert error <= Fraction(float(quad.radius[0, j])) + spread
                for row in update.radius[:, j]:
                    assert row == np.inf or error + spread <= Fraction(float(row))
                judged += 1
    assume(judged)
