"""No false alarms: the judge accepts the textbook step in every order of evaluation and every dtype."""

from __future__ import annotations

import numpy as np
import pytest
from hyperparameters import hyperparameters
from hypothesis import given, settings
from hypothesis import strategies as st
from sampling import every

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.choices import DTYPE_NAMES
from adamcheck.judge import Ruling, judge
from adamcheck.numbers.enclosure import Arithmetic, Enclosure, Freedom, allowances
from adamcheck.numbers.floats import format_of
from adamcheck.power.campaign.orders import (
    ANCHORED,
    DIRECT,
    Average,
    Evaluations,
    Powers,
    Scalars,
    evaluate,
)
from adamcheck.power.campaign.regimes import REGIMES, gradients
from adamcheck.updates import prediction

ALLOWANCE = {
    Scalars.DOUBLE: Freedom.PRODUCTS,
    Scalars.WIDE: Freedom.PRODUCTS,
    Scalars.WORKING: Freedom.WORKING,
}

USUAL = (
    Hyperparameters(),
    Hyperparameters(lr=2.0**-6, beta1=7 / 8, beta2=1 - 2.0**-7, eps=2.0**-4),
    Hyperparameters(lr=0.25, beta1=0.5, beta2=0.75, eps=2.0**-10),
)


def assert_enclosed(evaluations: Evaluations, allowance: Freedom) -> int:
    """The number of judged coordinate-steps, none of which is outside under `allowance`."""
    judgement = judge(evaluations.trace)
    if format_of(evaluations.trace.gradients.dtype).name == "float64" and allowance is Freedom.WORKING:
        allowance = Freedom.PRODUCTS  # which is the same there
    grade = next(g for g in judgement.grades if g.allowance == allowance)
    offence = judgement.offence
    if offence is not None:
        order, regime = divmod(offence.coordinate, len(REGIMES))
        hyper = evaluations.trace.hyper
        pytest.fail(f"false alarm: {evaluations.names[order]}; {REGIMES[regime]}; {hyper}; {offence}")
    assert grade.outside == 0, f"{allowance}: {grade}"
    assert judgement.outcome == Ruling.ENCLOSED or (
        judgement.outcome == Ruling.NOT_JUDGED and not grade.judged
    )
    return grade.judged


@pytest.mark.slow
@pytest.mark.parametrize("dtype", every(2, DTYPE_NAMES))
def test_every_order_of_evaluation_is_enclosed(dtype: str) -> None:
    format = format_of(dtype)
    rng = np.random.default_rng(0)
    judged = 0
    for i, power in enumerate(Powers):
        for j, scalars in enumerate(Scalars if dtype != "float64" else [Scalars.DOUBLE]):
            hyper = USUAL[(i + j) % len(USUAL)]
            g = gradients(rng, format, hyper.eps)
            start = rng.normal(size=g.shape[1]).astype(format.dtype)
            judged += assert_enclosed(evaluate(hyper, start, g, scalars, power), ALLOWANCE[scalars])
    assert judged >= 100_000


@pytest.mark.slow
@given(
    dtype=st.sampled_from(DTYPE_NAMES),
    scalars=st.sampled_from(Scalars),
    power=st.sampled_from(Powers),
    hyper=hyperparameters(),
    seed=st.integers(0, 2**32 - 1),
    at_zero=st.booleans(),
)
@settings(max_examples=20)
def test_no_hyperparameters_and_no_gradients_raise_a_false_alarm(
    dtype: str, scalars: Scalars, power: Powers, hyper: Hyperparameters, seed: int, at_zero: bool
) -> None:
    format = format_of(dtype)
    rng = np.random.default_rng(seed)
    g = gradients(rng, format, hyper.eps)
    start = (0.0 if at_zero else 1.0) * rng.normal(size=g.shape[1])
    assert_enclosed(evaluate(hyper, start.astype(format.dtype), g, scalars, power), ALLOWANCE[scalars])


@pytest.mark.parametrize("dtype", DTYPE_NAMES)
@pytest.mark.parametrize("hyper", USUAL)
def test_the_direct_form_with_scalars_in_double_is_enclosed_by_the_strictest_allowance(
    dtype: str, hyper: Hyperparameters
) -> None:
    format = format_of(dtype)
    rng = np.random.default_rng(1)
    g = gradients(rng, format, hyper.eps)
    start = np.zeros(g.shape[1], format.dtype)
    orders = evaluate(hyper, start, g, Scalars.DOUBLE, Powers.POW, averages=DIRECT, debiased=False)
    assert assert_enclosed(orders, Freedom.DIRECT) > 0


@pytest.mark.slow
def test_a_long_run_in_float32_stays_enclosed() -> None:
    rng = np.random.default_rng(2)
    g = gradients(rng, format_of("float32"), 1e-8, steps=300)
    start = np.zeros(g.shape[1], np.float32)
    orders = evaluate(Hyperparameters(), start, g, Scalars.WORKING, Powers.PRODUCT, averages=(Average.LERP,))
    assert assert_enclosed(orders, Freedom.WORKING) >= 100_000


def test_recursions_on_corrected_moments_are_enclosed_where_gradients_cancel() -> None:
    """With a beta1 that float32 holds exactly, only the weights `c / (1 - beta1**t)` are uncertain."""
    hyper = Hyperparameters(lr=1.0, beta1=1 - 2.0**-10, beta2=0.5, eps=1.0)
    g = np.random.default_rng(0).choice([-1.0, 0.0, 1.0], size=(8, 200)).astype(np.float32)
    start = np.zeros(g.shape[1], np.float32)
    for power in Powers:
        judgement = judge(evaluate(hyper, start, g, Scalars.WORKING, power, averages=()).trace)
        assert judgement.outcome == Ruling.ENCLOSED, (power, judgement.offence)


def test_step_sizes_that_underflow_in_float16_are_enclosed() -> None:
    """`lr * sqrt(1 - beta2**t)` has lost most of its digits below 2**-14, and the update with it.

    Only of gradients up to 65504 lr: a larger denominator, divided by lr, is no number of float16.
    """
    rng = np.random.default_rng(0)
    g = (rng.choice([-1.0, 1.0], (3, 100)) * np.exp2(rng.uniform(-2, 6, (3, 100)))).astype(np.float16)
    for lr in (2.0**-17, 2.0**-16, 2.0**-15, 1e-4):
        hyper = Hyperparameters(lr=lr, beta1=0.0, beta2=0.999, eps=2.0**-10)
        start = np.zeros_like(g[0])
        orders = evaluate(hyper, start, g, Scalars.DOUBLE, Powers.POW, averages=DIRECT[:1], debiased=False)
        judgement = judge(orders.trace)
        assert judgement.grades[1].judged > 0
        assert judgement.grades[1].outside == 0, (lr, judgement.grades[1])


@pytest.mark.parametrize("dtype", [pytest.param("float64", marks=pytest.mark.slow), "float32"])
def test_averages_anchored_at_the_new_number_are_enclosed_after_a_late_burst(dtype: str) -> None:
    """`g + beta*(m - g)` rounds at the size of a gradient that is far larger than those before it."""
    format = format_of(dtype)
    g = np.full((60, 40), 1e-3)
    g[50:] = np.random.default_rng(0).normal(size=(10, 40)) * 100
    g = g.astype(format.dtype)
    start = np.zeros(g.shape[1], format.dtype)
    orders = evaluate(Hyperparameters(), start, g, Scalars.DOUBLE, Powers.POW, averages=ANCHORED)
    assert assert_enclosed(orders, Freedom.ANCHORED) > 0


def test_an_honest_difference_of_two_formats_is_enclosed() -> None:
    """Sterbenz's lemma is about numbers of one format: 0.1 is rounded before float32(0.1) is subtracted."""
    modes = allowances("float32")
    arrays, scalars = Arithmetic.of_arrays(modes), Arithmetic.of_scalars(modes)
    stored = np.float32(0.1)
    difference = Enclosure.exact(stored, arrays) - Enclosure.rounded(0.1, scalars)
    error = abs(float(stored - np.float32(0.1)) - float(difference.value[0]))
    assert error > 0
    assert np.all(error <= difference.radius)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    "beta2", [0.9, *(pytest.param(beta2, marks=pytest.mark.slow) for beta2 in (0.99, 0.999)), 0.99999]
)
def test_honest_code_of_one_order_is_not_far_inside_the_strictest_radius(dtype: str, beta2: float) -> None:
    """Nor is the radius of a first update wide: at most 30 roundings, since its powers are exact."""
    format = format_of(dtype)
    g = np.random.default_rng(0).normal(size=(100, 50)).astype(format.dtype)
    hyper = Hyperparameters(beta2=beta2)
    start = np.zeros(g.shape[1], format.dtype)
    orders = evaluate(hyper, start, g, Scalars.DOUBLE, Powers.POW, averages=DIRECT[:1], debiased=False)
    (direct,) = (g for g in judge(orders.trace).grades if g.allowance is Freedom.DIRECT)
    assert 0.02 <= direct.worst <= 1
    first = prediction(Adam, hyper, start, g[:1], format, allowance=allowances(dtype)[0])
    assert np.all(first.radius <= 30 * format.unit * np.abs(first.value.astype(np.float64)))
