"""Targets that flush subnormal numbers to 0 are judged as such: no false alarm, and bugs are noticed."""

from __future__ import annotations

import numpy as np
import pytest
from flushing import FlushingTarget

from adamcheck.adam import Adam, AdamW, Hyperparameters
from adamcheck.checks.check import Outcome
from adamcheck.checks.conformance.register import CHECKS
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.judge import Judgement, Ruling, judge
from adamcheck.numbers.floats import format_of
from adamcheck.power import campaign
from adamcheck.zoo.bugs.bias_correction import OnlyFirstCorrected
from adamcheck.zoo.bugs.epsilon import EpsilonDropped
from adamcheck.zoo.equivalents import orders

FLUSHED = ("float64", "float32", "bfloat16")


def near_the_smallest(dtype: str, decay: float = 0.0) -> Trajectory:
    """Gradients whose squares are subnormal or nearly, parameters that are, and an eps as small as they."""
    format, rng = format_of(dtype), np.random.default_rng(0)
    size = 2.0 ** (np.log2(format.normal) // 2)
    gradients = (rng.normal(size=(8, 60)) * size * np.exp2(rng.uniform(-6, 3, 60))).astype(format.dtype)
    start = (rng.normal(size=60) * format.normal).astype(format.dtype)
    return Trajectory(Hyperparameters(size, 0.875, 0.75, size / 16, decay), start, gradients)


def judged(
    definition: type[Adam], dtype: str, *, declared: bool = True, by: type[Adam] = Adam, decay: float = 0.0
) -> Judgement:
    subject = Subject(FlushingTarget(definition, declared=declared), format_of(dtype))
    return judge(subject.run(near_the_smallest(dtype, decay)), by)


@pytest.mark.parametrize("dtype", FLUSHED)
def test_what_is_flushed_is_no_fault_where_the_target_says_so_and_is_one_where_it_does_not(
    dtype: str,
) -> None:
    verdict = judged(Adam, dtype)
    assert verdict.outcome == Ruling.ENCLOSED, verdict.offence
    assert verdict.grade.judged > 400
    assert judged(Adam, dtype, declared=False).outcome == Ruling.REJECTED


@pytest.mark.parametrize("dtype", FLUSHED)
def test_parameters_that_are_flushed_when_they_are_read_are_no_fault(dtype: str) -> None:
    verdict = judged(AdamW, dtype, by=AdamW, decay=0.5)
    assert verdict.outcome == Ruling.ENCLOSED, verdict.offence


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("bug", [OnlyFirstCorrected, EpsilonDropped])
def test_bugs_of_targets_that_flush_are_noticed(bug: type[Adam], dtype: str) -> None:
    ordinary = Trajectory(
        Hyperparameters(2.0**-6, 0.875, 0.75, 0.25),
        np.zeros(4, format_of(dtype).dtype),
        np.random.default_rng(0).normal(size=(6, 4)).astype(format_of(dtype).dtype),
    )
    assert judge(Subject(FlushingTarget(bug), format_of(dtype)).run(ordinary)).outcome == Ruling.REJECTED


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_division_by_a_moment_that_is_flushed_is_noticed_among_the_smallest_numbers(dtype: str) -> None:
    assert judged(EpsilonDropped, dtype).outcome == Ruling.REJECTED


@pytest.mark.slow
@pytest.mark.parametrize("dtype", FLUSHED)
@pytest.mark.parametrize("name", ["adam", "adamw", "amsgrad", "eps-inside-root"])
def test_correct_code_that_flushes_raises_no_alarm_anywhere(name: str, dtype: str) -> None:
    target = FlushingTarget(campaign.DEFINITIONS[name])
    tally = campaign.Round(0, 0).of_target(target, name, name, dtype)
    assert (tally.outside, tally.refused, tally.alarm) == (0, 0, "")
    assert tally.judged > 10_000


@pytest.mark.slow
@pytest.mark.parametrize("dtype", FLUSHED)
@pytest.mark.parametrize("rewrite", [orders.Lerp, orders.SquareScaledFirst, orders.StepSizeFolded])
def test_rewrites_that_flush_raise_no_alarm_anywhere(rewrite: type[Adam], dtype: str) -> None:
    tally = campaign.Round(0, 0).of_target(FlushingTarget(rewrite), rewrite.__name__, "adam", dtype)
    assert (tally.outside, tally.refused, tally.alarm) == (0, 0, "")
    assert tally.judged > 10_000


def test_float16_has_nothing_to_flush() -> None:
    """Its subnormal numbers are normal in float32, in which processors that flush calculate with it."""
    assert format_of("float16").flushing() == format_of("float16")
    assert format_of("bfloat16").flushing().loss == 2 * format_of("float32").normal


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_check_of_subnormal_squares_is_judged_for_targets_that_flush(dtype: str) -> None:
    check = CHECKS["updates-are-enclosed-where-squares-are-subnormal"]
    for declared, outcome in ((True, Outcome.KEPT), (False, Outcome.BROKEN)):
        result = check.run(FlushingTarget(declared=declared), dtype, examples=20, seed=0)
        assert result.outcome == outcome, result.message
        assert result.not_judged == 0
