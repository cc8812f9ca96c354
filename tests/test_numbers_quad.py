"""Quad arrays hold every supported number exactly, and compute to 113 bits."""

from __future__ import annotations

import operator
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from hyperparameters import hyperparameters
from hypothesis import given, settings
from hypothesis import strategies as st
from number_systems import QUAD_FORMAT, arithmetic_of

from adamcheck.adam import Adam, AdamW, AMSGrad, Hyperparameters
from adamcheck.choices import DTYPE_NAMES
from adamcheck.numbers.enclosure import Enclosure
from adamcheck.numbers.enclosure.allowances import Averages
from adamcheck.numbers.floats import format_of
from adamcheck.numbers.quad import UNIT, difference, fraction, to_quad
from adamcheck.power.campaign.regimes import gradients

DIGITS = 60


@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_every_number_of_a_dtype_is_held_exactly(dtype: str) -> None:
    format = format_of(dtype)
    rng = np.random.default_rng(0)
    exponents = rng.uniform(np.log2(format.tiny), np.log2(format.huge), 200)
    x = (rng.choice([-1.0, 1.0], 200) * np.exp2(exponents)).astype(format.dtype)
    x[:3] = np.array([format.tiny, format.huge, 0.0]).astype(format.dtype)
    for number, quad in zip(x, to_quad(x), strict=True):
        assert fraction(quad) == Fraction(float(number))


def test_integers_and_quads_are_held_exactly_and_other_things_refused() -> None:
    assert [fraction(x) for x in to_quad(np.array([3, -(2**40)]))] == [3, -(2**40)]
    third = to_quad([1.0]) / to_quad([3.0])
    assert fraction(to_quad(third)[0]) == fraction(third[0])
    for nothing in (np.array([1j]), np.array(["1"]), np.array([Fraction(1, 3)], object)):
        with pytest.raises(TypeError, match="cannot read numbers of dtype"):
            to_quad(nothing)


@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_a_difference_is_that_of_the_quads(dtype: str) -> None:
    format = format_of(dtype)
    rng = np.random.default_rng(1)
    low, high = np.log2(format.normal), np.log2(format.huge)
    x, y = (
        (
            rng.choice([-1.0, 1.0], 4000)
            * np.exp2(rng.choice([rng.uniform(-2, 2, 4000), rng.uniform(low, high, 4000)]))
        )
        for _ in range(2)
    )
    x, y = x.astype(format.dtype), y.astype(format.dtype)
    y[::3] = x[::3] * np.asarray(1.25).astype(format.dtype)
    assert np.array_equal(difference(x, y), to_quad(x) - to_quad(y))
    assert dtype != "float64" or np.any(difference(x, y) != to_quad(x.astype(float) - y.astype(float)))


@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.mul, operator.truediv])
@given(a=st.floats(-1e100, 1e100).filter(lambda x: abs(x) > 1e-100), b=st.floats(1e-100, 1e100))
def test_an_operation_is_off_by_one_rounding_at_most(operation: Any, a: float, b: float) -> None:
    x, y = to_quad([a]) / to_quad([7.0]), to_quad([b]) / to_quad([3.0])
    exact = operation(fraction(x[0]), fraction(y[0]))
    assert abs(fraction(operation(x, y)[0]) - exact) <= Fraction(UNIT) * abs(exact)


@given(a=st.floats(1e-100, 1e100))
def test_a_root_is_off_by_one_rounding_at_most(a: float) -> None:
    x = to_quad([a]) / to_quad([7.0])
    root, exact, unit = fraction(np.sqrt(x)[0]), fraction(x[0]), Fraction(UNIT)
    assert exact * (1 - unit) ** 2 <= root**2 <= exact * (1 + unit) ** 2


@given(
    definition=st.sampled_from([Adam, AdamW, AMSGrad]),
    hyper=hyperparameters().filter(lambda h: h.eps > 0),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=30)
def test_the_definition_in_quad_agrees_with_sixty_digits(
    definition: type[Adam], hyper: Hyperparameters, seed: int
) -> None:
    hyper = hyper.replace(weight_decay=0.125)
    g = gradients(np.random.default_rng(seed), format_of("float32"), hyper.eps, steps=6).astype(np.float64)
    arithmetic = arithmetic_of(QUAD_FORMAT, Averages.DIRECT)
    in_quad = definition(hyper.map(lambda x: to_quad([x]))).run(to_quad(np.ones(g.shape[1])), to_quad(g))
    bounds = definition(hyper.map(lambda x: Enclosure.exact(x, arithmetic))).run(
        Enclosure.exact(np.ones(g.shape[1]), arithmetic), [Enclosure.exact(row, arithmetic) for row in g]
    )
    # The library's power of zero is zero, with an invalid-operation flag.
    with mpmath.workdps(DIGITS), np.errstate(invalid="ignore"):
        sixty = definition(hyper.map(mpmath.mpf))
        runs = [sixty.run(mpmath.mpf(1), [mpmath.mpf(x) for x in column]) for column in g.T.tolist()]
        for (_, update), (_, bound), *row in zip(in_quad, bounds, *runs, strict=True):
            for j, (_, true) in enumerate(row):
                error = abs(fraction(update[j]) - _exactly(true))
                assert error <= Fraction(float(bound.radius[0, j]))


def _exactly(x: mpmath.mpf) -> Fraction:
    sign, mantissa, exponent, _ = x._mpf_
    return (-1) ** sign * Fraction(int(mantissa)) * Fraction(2) ** exponent
