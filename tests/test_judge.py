"""The judge: outcomes, the first offence, what is not judged, and judging step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from float_runs import recorded

from adamcheck.adam import Adam, AdamL2, AdamW, AMSGrad, Hyperparameters
from adamcheck.choices import DTYPE_NAMES
from adamcheck.judge import Judge, Ruling, judge
from adamcheck.judge.engines import CHUNK
from adamcheck.numbers.enclosure import Freedom
from adamcheck.numbers.floats import format_of
from adamcheck.power.campaign.orders import Powers, Scalars, evaluate
from adamcheck.traces.trace import Trace
from adamcheck.zoo.bugs.moments import Centred

DEFAULTS = Hyperparameters()
DYADIC = Hyperparameters(lr=2.0**-6, beta1=7 / 8, beta2=1 - 2.0**-7, eps=2.0**-10)


def random_gradients(dtype: str, *shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=shape).astype(format_of(dtype).dtype)


@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_the_definition_run_in_floats_is_enclosed(dtype: str) -> None:
    trace = recorded(Adam, DYADIC, random_gradients(dtype, 12, 2, 3))
    judgement = judge(trace)
    assert judgement.outcome == Ruling.ENCLOSED
    assert judgement.format == dtype
    assert judgement.offence is None
    assert judgement.grade.judged + judgement.grade.not_judged == 12 * 6


def test_what_only_the_generous_allowances_enclose_has_no_offence() -> None:
    hyper = Hyperparameters(lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8)
    gradients, single = random_gradients("float32", 12, 3), hyper.map(np.float32)
    run = recorded(Adam, single, gradients)
    judgement = judge(Trace(hyper, gradients, run.parameters))
    assert [grade.outside > 0 for grade in judgement.grades] == [
        grade.allowance not in (Freedom.WORKING, Freedom.ANCHORED) for grade in judgement.grades
    ]
    assert (judgement.outcome, judgement.offence) == (Ruling.ENCLOSED, None)


@pytest.mark.parametrize("shape", [(7,), (2, 3), (CHUNK + 5,)])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_first_offence_is_where_the_target_first_went_wrong(shape: tuple[int, ...], dtype: str) -> None:
    honest = recorded(Adam, DYADIC, random_gradients(dtype, 9, *shape))
    size = int(np.prod(shape))
    step, coordinate = 4, size - 2
    parameters = honest.parameters.reshape(10, size).copy()
    true_update = float(parameters[step, coordinate]) - float(parameters[step - 1, coordinate])
    parameters[step:, coordinate] *= 2
    parameters[step + 2 :, 0] *= 2
    offence = judge(Trace(DYADIC, honest.gradients, parameters.reshape(10, *shape))).offence
    assert offence is not None
    assert (offence.step, offence.coordinate) == (step, coordinate)
    before, after = parameters[step - 1 : step + 1, coordinate].astype(float)
    assert offence.observed == after - before
    assert abs(offence.expected - true_update) <= offence.radius < abs(offence.observed - true_update)
    error = abs(offence.observed - offence.expected)
    roundings = 4 * 2.0**-53 * (abs(offence.observed) + abs(offence.expected))  # each number is a double
    assert abs(offence.radii * offence.radius - error) <= roundings
    assert offence.radii > 1
    assert offence.ulps > 1


def test_of_two_coordinates_wrong_in_the_same_step_the_first_is_reported() -> None:
    honest = recorded(Adam, DYADIC, random_gradients("float64", 5, 6))
    parameters = honest.parameters.copy()
    parameters[3:, [2, 4]] += 1
    offence = judge(Trace(DYADIC, honest.gradients, parameters)).offence
    assert offence is not None
    assert (offence.step, offence.coordinate) == (3, 2)


def test_float32_behind_float64_arrays_is_coarse_and_still_names_the_offence() -> None:
    single = recorded(Adam, DEFAULTS, random_gradients("float32", 12, 4))
    trace = Trace(DEFAULTS, single.gradients.astype(np.float64), single.parameters.astype(np.float64))
    judgement = judge(trace)
    assert judgement.outcome == Ruling.COARSE
    assert judgement.format == "float32"
    assert judgement.offence is not None
    assert judge(trace, format=format_of("float32")).outcome == Ruling.ENCLOSED


def test_a_trace_of_two_dtypes_is_judged_at_the_coarser_one() -> None:
    single = recorded(Adam, DEFAULTS, random_gradients("float32", 12, 4))
    judgement = judge(Trace(DEFAULTS, single.gradients.astype(np.float64), single.parameters))
    assert (judgement.outcome, judgement.format) == (Ruling.ENCLOSED, "float32")


def test_a_finer_format_than_the_trace_has_is_not_used() -> None:
    trace = recorded(Adam, DEFAULTS, random_gradients("float32", 12, 4))
    assert judge(trace, format=format_of("float64")).format == "float32"


def assert_not_judged(trace: Trace) -> None:
    judgement = judge(trace)
    assert judgement.outcome == Ruling.NOT_JUDGED
    assert judgement.grades[-1].judged == 0
    assert judgement.grades[-1].not_judged == trace.gradients.size
    assert not judgement.grade.encloses


def test_squares_beyond_float16_are_not_judged() -> None:
    assert_not_judged(recorded(Adam, DYADIC, np.full((3, 1), 300, np.float16)))


def test_a_zero_gradient_with_eps_zero_is_not_judged_nor_is_what_follows() -> None:
    assert_not_judged(recorded(Adam, DYADIC.replace(eps=0.0), np.array([[0.0], [1.0], [2.0]])))


def test_a_gradient_that_is_no_number_is_not_judged() -> None:
    assert_not_judged(recorded(Adam, DYADIC, np.array([[np.nan], [1.0], [2.0]])))
    assert_not_judged(recorded(Adam, DYADIC, np.array([[np.inf], [1.0], [2.0]])))


def test_a_target_that_takes_the_root_of_what_may_be_negative_is_not_judged_where_it_may_be() -> None:
    """Of a constant gradient the variance is 0, give or take what rounds: honest code gets NaN, or not."""
    gradients = np.full((8, 40), np.linspace(0.1, 0.9, 40))
    trace = recorded(Centred, DEFAULTS, gradients)
    assert np.isnan(trace.parameters[-1]).any()
    assert judge(trace, Centred).outcome == Ruling.NOT_JUDGED
    assert judge(recorded(Adam, DEFAULTS, gradients), Adam).outcome == Ruling.ENCLOSED


def test_bfloat16_that_forms_its_scalars_in_bfloat16_is_not_judged_where_beta2_rounds_to_one() -> None:
    gradients = random_gradients("bfloat16", 6, 3)
    orders = evaluate(
        DEFAULTS, np.zeros_like(gradients[0]), gradients, Scalars.WORKING, Powers.POW, debiased=False
    )
    assert_not_judged(orders.trace)


def test_parameters_that_leave_the_range_of_the_dtype_are_not_judged() -> None:
    hyper = Hyperparameters(lr=2.0**12, beta1=0.0, beta2=0.5, eps=0.25)
    gradients = np.ones((3, 1), np.float16)
    trace = recorded(Adam, hyper, gradients, start=np.array([-64000], np.float16))
    assert not np.isfinite(trace.parameters[-1].astype(float)).any()
    judgement = judge(trace)
    assert judgement.offence is None
    assert judgement.grades[-1].not_judged > 0


def test_one_coordinate_that_is_not_judged_leaves_the_others_judged() -> None:
    gradients = random_gradients("float64", 8, 3)
    gradients[2, 1] = np.nan
    judgement = judge(recorded(Adam, DYADIC, gradients))
    assert judgement.outcome == Ruling.ENCLOSED
    assert judgement.grades[-1].not_judged == 6  # coordinate 1 from step 3 on
    assert judgement.grades[-1].judged == 8 * 3 - 6


def test_a_target_that_turns_into_nan_where_adam_does_not_is_rejected_there() -> None:
    trace = recorded(Adam, DYADIC, random_gradients("float64", 6, 2))
    parameters = trace.parameters.copy()
    parameters[4:, 1] = np.nan
    judgement = judge(Trace(DYADIC, trace.gradients, parameters))
    assert judgement.outcome == Ruling.REJECTED
    assert judgement.offence is not None
    assert (judgement.offence.step, judgement.offence.coordinate) == (4, 1)


def test_no_coordinates_at_all_is_not_an_acceptance() -> None:
    assert judge(recorded(Adam, DYADIC, np.zeros((3, 0)))).outcome == Ruling.NOT_JUDGED


FAMILY = (Adam, AdamW, AdamL2, AMSGrad)


@pytest.mark.parametrize("definition", FAMILY)
@pytest.mark.parametrize("other", FAMILY)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_each_definition_accepts_itself_and_rejects_the_others(
    definition: type[Adam], other: type[Adam], dtype: str
) -> None:
    hyper = DYADIC.replace(weight_decay=0.125)
    gradients = random_gradients(dtype, 12, 4)
    gradients[0] *= 8
    trace = recorded(definition, hyper, gradients, start=np.ones_like(gradients[0]))
    assert judge(trace, other).outcome == (Ruling.ENCLOSED if definition is other else Ruling.REJECTED)


def test_judging_step_by_step_is_judging_the_trace() -> None:
    trace = recorded(Adam, DEFAULTS, random_gradients("float32", 12, 2, 3))
    stepwise = Judge(DEFAULTS, trace.parameters[0])
    for gradient, parameters in zip(trace.gradients, trace.parameters[1:], strict=True):
        stepwise.step(gradient, parameters)
    assert stepwise.judgement() == judge(trace)


def test_a_target_may_update_one_array_in_place() -> None:
    trace = recorded(Adam, DEFAULTS, random_gradients("float32", 12, 3))
    theta = trace.parameters[0].copy()
    stepwise = Judge(DEFAULTS, theta)
    for gradient, parameters in zip(trace.gradients, trace.parameters[1:], strict=True):
        theta[:] = parameters
        stepwise.step(gradient, theta)
    assert stepwise.judgement() == judge(trace)


def test_chunks_change_nothing_but_the_memory() -> None:
    trace = recorded(Adam, DEFAULTS, random_gradients("float32", 3, CHUNK + 7))
    parts = [
        judge(Trace(DEFAULTS, trace.gradients[:, part], trace.parameters[:, part]))
        for part in (slice(0, CHUNK), slice(CHUNK, None))
    ]
    whole = judge(trace)
    for grade, *grades in zip(whole.grades, *(part.grades for part in parts), strict=True):
        assert grade.judged == sum(g.judged for g in grades)
        assert grade.worst == max(g.worst for g in grades)
    assert whole.worst_ulps == max(part.worst_ulps for part in parts)


def test_a_step_of_another_size_is_refused() -> None:
    stepwise = Judge(DEFAULTS, np.zeros(3))
    with pytest.raises(ValueError, match="size 1"):
        stepwise.step(np.ones(1), np.zeros(3))
    with pytest.raises(ValueError, match="size 4"):
        stepwise.step(np.ones(3), np.zeros(4))
