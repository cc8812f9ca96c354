"""Predictions of updates: correct programs meet them however they round, and nothing else does."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.checks.assertions import Broken, NotJudged
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.numbers.floats import DTYPE_NAMES, format_of
from adamcheck.power.campaign.orders import POWERS, SCALARS, evaluate
from adamcheck.proofs.witness import Exact
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.traces.trace import Trace
from adamcheck_properties.comparisons import SignDescent, Unrolled
from adamcheck_properties.predictions import (
    Updates,
    assert_met,
    assert_met_and_not_zero,
    predict,
    seen,
)

DYADIC = Hyperparameters(lr=2.0**-6, beta1=7 / 8, beta2=1 - 2.0**-5, eps=2.0**-10)
MEMORYLESS = DYADIC.replace(beta1=0.0, beta2=0.0)


def run(hyper: Hyperparameters, gradients: Any, dtype: str = "float64") -> Trace:
    array = np.asarray(gradients, dtype=np.float64).astype(format_of(dtype).dtype)
    start = np.zeros(array.shape[1], array.dtype)
    return Subject(DefinitionTarget(), format_of(dtype)).run(Trajectory(hyper, start, array))


def with_last(trace: Trace, value: float) -> Trace:
    parameters = np.array(trace.parameters)
    parameters[-1, -1] = value
    return Trace(trace.hyper, trace.gradients, parameters)


def every_order(hyper: Hyperparameters, gradients: Any, scalars: str, power: str) -> Trace:
    start = np.zeros(gradients.shape[1], gradients.dtype)
    trace = evaluate(hyper, start, gradients, scalars, power).trace
    flat = (np.asarray(array).reshape(len(array), -1) for array in (trace.gradients, trace.parameters))
    return Trace(hyper, *flat)


@pytest.mark.parametrize("power", POWERS)
@pytest.mark.parametrize("scalars", SCALARS)
@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_every_order_of_evaluation_meets_the_closed_forms(dtype: str, scalars: str, power: str) -> None:
    sizes = np.array([1, -1.25, 0.5, 2.0**-10]).astype(format_of(dtype).dtype)
    constant = every_order(DYADIC, np.tile(sizes, (16, 1)), scalars, power)
    assert_met(seen(constant), predict(constant).at(predict(constant, SignDescent).value), "", constant)
    changing = np.outer([1, -2, 0.5, 16, 0.25, -1], sizes).astype(sizes.dtype)
    forgetful = every_order(MEMORYLESS, changing, scalars, power)
    assert_met(seen(forgetful), predict(forgetful).at(predict(forgetful, SignDescent).value), "", forgetful)
    remembering = every_order(DYADIC, changing, scalars, power)
    explicit = predict(remembering, Unrolled).value
    assert_met(seen(remembering), predict(remembering).at(explicit), "", remembering)


def test_an_update_off_by_a_billionth_is_broken_and_named() -> None:
    trace = run(DYADIC, [[1, 2], [1, -1], [0.5, 1]])
    wrong = with_last(trace, float(np.asarray(trace.parameters)[-1, -1]) * (1 + 1e-9))
    assert_met(seen(trace), predict(trace), "update", trace)
    with pytest.raises(Broken, match=r"^second run: .* in step 3, coordinate 1, expected .* \+- ") as caught:
        assert_met(seen(wrong), predict(wrong), "second run", wrong)
    assert caught.value.trace is wrong


def test_a_nan_where_a_number_is_due_is_broken() -> None:
    trace = with_last(run(DYADIC, [[1, 2], [1, -1]]), np.nan)
    with pytest.raises(Broken, match="nan in step 2, coordinate 1"):
        assert_met(seen(trace), predict(trace), "update", trace)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_what_leaves_the_range_of_the_dtype_is_not_judged(dtype: str) -> None:
    square_overflows = 2.0 * float(np.sqrt(format_of(dtype).huge))
    trace = run(DYADIC, [[square_overflows], [square_overflows]], dtype)
    with pytest.raises(NotJudged):
        assert_met(seen(trace), predict(trace), "update", trace)


def test_what_follows_from_a_nan_is_not_judged() -> None:
    trace = run(DYADIC, [[1], [1], [1]])
    parameters = np.array(trace.parameters)
    parameters[1:] = np.nan
    lost = Trace(trace.hyper, trace.gradients, parameters)
    assert np.isfinite((seen(lost) - predict(lost)).radius).tolist() == [[True], [False], [False]]


def test_a_coordinate_without_weight_adds_neither_value_nor_radius() -> None:
    updates = Updates(np.array([[1.0, np.nan, 3.0]]), np.array([[0.5, np.inf, 0.25]]))
    combined = updates.combined([[2, 0], [0, 1], [-1, 0]])
    assert float(combined.value[0, 0]) == -1
    assert 1.25 <= combined.radius[0, 0] <= 1.25 * (1 + 2.0**-39)
    assert np.isinf(combined.radius[0, 1])


def test_sums_and_differences_keep_both_radii() -> None:
    a = Updates(np.array([[1.0], [2.0]]), np.array([[0.5], [0.25]]))
    b = Updates(np.array([[4.0], [8.0]]), np.array([[1.0], [2.0]]))
    assert (a - b).value.tolist() == [[-3.0], [-6.0]]
    assert (a + b).value.tolist() == [[5.0], [10.0]]
    for combined in (a - b, a + b):
        assert (combined.radius >= [[1.5], [2.25]]).all()
    assert a.total().value.tolist() == [[3.0]]
    assert (a.total().radius >= 0.75).all()


def test_a_difference_that_may_be_zero_proves_nothing() -> None:
    trace = run(DYADIC, [[1, 2]])
    updates = seen(trace)
    nothing = Updates(updates.value, np.full(updates.value.shape, 1.0))
    assert_met(updates, nothing, "", trace)
    with pytest.raises(NotJudged):
        assert_met_and_not_zero(updates, nothing, "", trace)
    assert_met_and_not_zero(updates, predict(trace), "", trace)


def test_a_wrong_formula_does_not_meet_the_prediction() -> None:
    trace = run(DYADIC, [[1, 2], [3, -1]])
    with pytest.raises(Broken):
        assert_met(seen(trace), predict(trace).at(predict(trace, SignDescent).value), "", trace)


def test_the_unrolled_definition_is_adam_in_exact_numbers() -> None:
    hyper = {"beta1": Fraction(3, 4), "beta2": Fraction(8, 9), "eps": Fraction(1, 7)}
    gradients = [1, -2, Fraction(3, 5), 7]
    recursive, explicit = (Exact().run(gradients, definition=kind, **hyper) for kind in (Adam, Unrolled))
    assert recursive.updates == explicit.updates
    assert len(set(explicit.updates)) == 4
