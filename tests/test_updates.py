"""Predictions of updates: correct programs meet them however they round, and nothing else does."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from adamcheck.adam import Adam, AdamW, AMSGrad, Hyperparameters
from adamcheck.checks.assertions import Broken, NotJudged, assert_met, assert_met_and_not_zero
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.choices import DTYPE_NAMES
from adamcheck.judge import judge
from adamcheck.numbers.enclosure import allowances
from adamcheck.numbers.floats import format_of
from adamcheck.numbers.quad import to_quad
from adamcheck.power.campaign.orders import Powers, Scalars, evaluate
from adamcheck.proofs.witness import Exact
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.traces.trace import Trace
from adamcheck.updates import Updates, apart, meets, observed, predicted, prediction, stored
from adamcheck_properties.comparisons import SignDescent, Unrolled

DYADIC = Hyperparameters(lr=2.0**-6, beta1=7 / 8, beta2=1 - 2.0**-5, eps=2.0**-10)
MEMORYLESS = DYADIC.replace(beta1=0.0, beta2=0.0)


def run(
    hyper: Hyperparameters,
    gradients: Any,
    dtype: str = "float64",
    definition: type[Adam] = Adam,
    *,
    start: float = 0.0,
) -> Trace:
    array = np.asarray(gradients, dtype=np.float64).astype(format_of(dtype).dtype)
    first = np.full(array.shape[1], start, array.dtype)
    return Subject(DefinitionTarget(definition), format_of(dtype)).run(Trajectory(hyper, first, array))


def with_last(trace: Trace, value: float) -> Trace:
    parameters = np.array(trace.parameters)
    parameters[-1, -1] = value
    return Trace(trace.hyper, trace.gradients, parameters)


def every_order(hyper: Hyperparameters, gradients: Any, scalars: Scalars, power: Powers) -> Trace:
    start = np.zeros(gradients.shape[1], gradients.dtype)
    trace = evaluate(hyper, start, gradients, scalars, power).trace
    flat = (np.asarray(array).reshape(len(array), -1) for array in (trace.gradients, trace.parameters))
    return Trace(hyper, *flat)


@pytest.mark.parametrize("power", Powers)
@pytest.mark.parametrize("scalars", Scalars)
@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_every_order_of_evaluation_meets_the_closed_forms(
    dtype: str, scalars: Scalars, power: Powers
) -> None:
    sizes = np.array([1, -1.25, 0.5, 2.0**-10]).astype(format_of(dtype).dtype)
    constant = every_order(DYADIC, np.tile(sizes, (16, 1)), scalars, power)
    assert_met(
        observed(constant), predicted(constant).at(predicted(constant, SignDescent).value), "", constant
    )
    changing = np.outer([1, -2, 0.5, 16, 0.25, -1], sizes).astype(sizes.dtype)
    forgetful = every_order(MEMORYLESS, changing, scalars, power)
    assert_met(
        observed(forgetful), predicted(forgetful).at(predicted(forgetful, SignDescent).value), "", forgetful
    )
    remembering = every_order(DYADIC, changing, scalars, power)
    explicit = predicted(remembering, Unrolled).value
    assert_met(observed(remembering), predicted(remembering).at(explicit), "", remembering)


def test_an_update_off_by_a_billionth_is_broken_and_named() -> None:
    trace = run(DYADIC, [[1, 2], [1, -1], [0.5, 1]])
    wrong = with_last(trace, float(np.asarray(trace.parameters)[-1, -1]) * (1 + 1e-9))
    assert_met(observed(trace), predicted(trace), "update", trace)
    with pytest.raises(Broken, match=r"^second run: .* in step 3, coordinate 1, expected .* \+- ") as caught:
        assert_met(observed(wrong), predicted(wrong), "second run", wrong)
    assert caught.value.trace is wrong


def test_a_nan_where_a_number_is_due_is_broken() -> None:
    trace = with_last(run(DYADIC, [[1, 2], [1, -1]]), np.nan)
    with pytest.raises(Broken, match="nan in step 2, coordinate 1"):
        assert_met(observed(trace), predicted(trace), "update", trace)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_what_leaves_the_range_of_the_dtype_is_not_judged(dtype: str) -> None:
    square_overflows = 2.0 * float(np.sqrt(format_of(dtype).huge))
    trace = run(DYADIC, [[square_overflows], [square_overflows]], dtype)
    with pytest.raises(NotJudged):
        assert_met(observed(trace), predicted(trace), "update", trace)


def test_what_follows_from_a_nan_is_not_judged() -> None:
    trace = run(DYADIC, [[1], [1], [1]])
    parameters = np.array(trace.parameters)
    parameters[1:] = np.nan
    lost = Trace(trace.hyper, trace.gradients, parameters)
    assert np.isfinite((observed(lost) - predicted(lost)).radius).tolist() == [[True], [False], [False]]


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
    updates = observed(trace)
    nothing = Updates(updates.value, np.full(updates.value.shape, 1.0))
    assert_met(updates, nothing, "", trace)
    with pytest.raises(NotJudged):
        assert_met_and_not_zero(updates, nothing, "", trace)
    assert_met_and_not_zero(updates, predicted(trace), "", trace)


def test_an_update_as_large_as_its_radius_may_be_zero() -> None:
    updates = Updates(to_quad([[0.5, 0.5, -0.5, 0.5]]), np.array([[0.5, 0.25, 0.25, np.inf]]))
    assert updates.nonzero.tolist() == [[False, True, True, False]]


def test_what_storing_may_round_beyond_the_range_of_the_dtype_is_not_predicted() -> None:
    """The largest float16 is 65504, and storing may round 64 there: one coordinate is near it."""
    hyper = DYADIC.replace(lr=2.0)
    start, gradients = np.array([65472, 30000], np.float16), np.full((1, 2), -1, np.float16)
    own = prediction(Adam, hyper, start, gradients, format_of("float16"))
    assert np.isfinite(own.radius).all()
    assert np.isinf(own.stored).tolist() == [[True, False]]
    trace = Trace(hyper, gradients, np.array([start, start]))
    assert np.isinf(predicted(trace).radius).tolist() == [[True, False]]


def test_a_wrong_formula_does_not_meet_the_prediction() -> None:
    trace = run(DYADIC, [[1, 2], [3, -1]])
    with pytest.raises(Broken):
        assert_met(observed(trace), predicted(trace).at(predicted(trace, SignDescent).value), "", trace)


def test_the_unrolled_definition_is_adam_in_exact_numbers() -> None:
    hyper = {"beta1": Fraction(3, 4), "beta2": Fraction(8, 9), "eps": Fraction(1, 7)}
    gradients = [1, -2, Fraction(3, 5), 7]
    recursive, explicit = (Exact().run(gradients, definition=kind, **hyper) for kind in (Adam, Unrolled))
    assert recursive.updates == explicit.updates
    assert len(set(explicit.updates)) == 4


@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_a_prediction_is_what_a_run_of_the_formula_shows(dtype: str) -> None:
    gradients = [[1, -2, 0.5], [-1.5, 0, 0.25], [0.125, 1, -1]]
    for definition in (Adam, AdamW, AMSGrad):
        hyper = DYADIC.replace(weight_decay=0.5) if definition.decays else DYADIC
        trace = run(hyper, gradients, dtype, definition, start=2.0)
        start, rows = np.asarray(trace.parameters)[0], np.asarray(trace.gradients)
        own = prediction(definition, hyper, start, rows, trace.working)
        assert meets(own.visible, observed(trace))
        assert meets(own, predicted(trace, definition))


def test_predictions_of_two_formulas_meet_only_where_no_run_tells_them_apart() -> None:
    start, format = np.zeros(1), format_of("float64")
    hyper = DYADIC.replace(beta1=0.5, beta2=0.5)

    def visible(definition: type[Adam], gradients: list[list[float]]) -> Updates:
        return prediction(definition, hyper, start, np.array(gradients), format).visible

    constant, changing = [[1.0], [1.0]], [[1.0], [-0.25]]
    assert meets(visible(Adam, constant), visible(SignDescent, constant))
    assert not meets(visible(Adam, changing), visible(SignDescent, changing))
    assert apart(visible(Adam, changing), visible(SignDescent, changing)).tolist() == [[False], [True]]


def test_a_stricter_allowance_predicts_a_smaller_radius() -> None:
    format = format_of("float32")
    start, gradients = np.zeros(2, format.dtype), np.ones((3, 2), format.dtype)
    radii = [
        prediction(Adam, Hyperparameters(), start, gradients, format, allowance=allowance).radius
        for allowance in allowances(format)
    ]
    assert (radii[0] <= radii[1]).all()
    assert (radii[1] < radii[2]).all()


def test_what_is_not_a_number_is_apart_from_every_number_and_not_from_itself() -> None:
    nan, one = (Updates(to_quad([x]), np.zeros(1)) for x in (np.nan, 1.0))
    assert apart(nan, one).all()
    assert apart(one, nan).all()
    assert meets(nan, nan)
    assert meets(nan, Updates(one.value, np.array([np.inf])))


@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_storing_rounds_each_of_two_parameters_once(dtype: str) -> None:
    format = format_of(dtype)
    rng = np.random.default_rng(0)
    theta, moved = (rng.uniform(-2, 2, (2, 1000)) * 2.0 ** rng.integers(-12, 12, 1000)).astype(np.float64)
    before, after = theta.astype(format.dtype), moved.astype(format.dtype)
    lost = np.abs((to_quad(after) - to_quad(before)) - (to_quad(moved) - to_quad(theta))).astype(np.float64)
    assert (lost <= stored(before, after, format)).all()


def test_where_subnormal_numbers_are_flushed_storing_may_lose_them() -> None:
    format = format_of("float32")
    small, large = np.array([format.normal / 2]), np.array([1.0])
    assert stored(small, small, format) < format.normal < stored(small, small, format.flushing())
    assert stored(large, large, format) == stored(large, large, format.flushing())


def test_the_judge_allows_for_storing_what_an_observation_does() -> None:
    trace = run(DYADIC, [[1, 2], [1, -1]], "float32", start=1.0)
    for flushes in (False, True):
        shown = Trace(trace.hyper, trace.gradients, np.zeros((3, 2), np.float32), flushes)
        offence = judge(shown).offence
        assert offence is not None
        radius = (
            predicted(shown).radius[0, offence.coordinate] + observed(shown).radius[0, offence.coordinate]
        )
        assert offence.radius == radius
