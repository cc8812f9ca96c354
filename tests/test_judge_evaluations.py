"""No false alarms: the judge accepts the textbook step in every order of evaluation and every dtype."""

from __future__ import annotations

import numpy as np
import pytest
from hyperparameters import hyperparameters
from hypothesis import given, settings
from hypothesis import strategies as st

from adamcheck.adam import Hyperparameters
from adamcheck.choices import DTYPE_NAMES
from adamcheck.judge import Ruling, judge
from adamcheck.numbers.floats import format_of
from adamcheck.power.campaign.orders import DIRECT, Evaluations, Powers, Scalars, evaluate
from adamcheck.power.campaign.regimes import REGIMES, gradients

ALLOWANCE = {"double": "double", "double, wide entry": "double", "working": "working"}

USUAL = (
    Hyperparameters(),
    Hyperparameters(lr=2.0**-6, beta1=7 / 8, beta2=1 - 2.0**-7, eps=2.0**-4),
    Hyperparameters(lr=0.25, beta1=0.5, beta2=0.75, eps=2.0**-10),
)


def assert_enclosed(evaluations: Evaluations, allowance: str) -> int:
    """The number of judged coordinate-steps, none of which is outside under `allowance`."""
    judgement = judge(evaluations.trace)
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
@pytest.mark.parametrize("dtype", DTYPE_NAMES)
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
    orders = evaluate(hyper, start, g, "double", "pow", averages=DIRECT, debiased=False)
    assert assert_enclosed(orders, "direct") > 0


def test_a_long_run_in_float32_stays_enclosed() -> None:
    rng = np.random.default_rng(2)
    g = gradients(rng, format_of("float32"), 1e-8, steps=300)
    start = np.zeros(g.shape[1], np.float32)
    orders = evaluate(Hyperparameters(), start, g, "working", "running product", averages=("m + c*(g-m)",))
    assert assert_enclosed(orders, "working") >= 100_000


def test_recursions_on_corrected_moments_are_enclosed_where_gradients_cancel() -> None:
    """With a beta1 that float32 holds exactly, only the weights `c / (1 - beta1**t)` are uncertain."""
    hyper = Hyperparameters(lr=1.0, beta1=1 - 2.0**-10, beta2=0.5, eps=1.0)
    g = np.random.default_rng(0).choice([-1.0, 0.0, 1.0], size=(8, 200)).astype(np.float32)
    start = np.zeros(g.shape[1], np.float32)
    for power in Powers:
        judgement = judge(evaluate(hyper, start, g, "working", power, averages=()).trace)
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
        orders = evaluate(hyper, start, g, "double", "pow", averages=DIRECT[:1], debiased=False)
        judgement = judge(orders.trace)
        assert judgement.grades[1].judged > 0
        assert judgement.grades[1].outside == 0, (lr, judgement.grades[1])
