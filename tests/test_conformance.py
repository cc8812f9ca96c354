"""Every fault is found by the check that is there for it, in its simplest form, and can be repeated."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from example_targets import DEFAULTS, DYADIC, SHAPES, examined, example, reported
from inline_snapshot import snapshot
from sampling import every

from adamcheck.adam import Adam
from adamcheck.checks.check import FAILURES, Outcome, Result
from adamcheck.checks.conformance import CHECKS, PROBE, enclosure_checks, formula, probe
from adamcheck.choices import PROFILES
from adamcheck.examine.results import TargetReport
from adamcheck.report import formulas
from adamcheck.report.script import script

FORMULA = {
    check.name for check in enclosure_checks(Adam) if hasattr(formula, check.name.replace("-", "_"))
} | {"updates-are-enclosed-in-runs-of-every-kind"}
"""The checks of a formula as such. Those of arrays and tensors compare with a plain run, and say nothing
where that is wrong already."""

LIVES = "updates-are-enclosed-in-lives-of-every-kind"

BREAKS = {
    "NextStepsCorrection": FORMULA,
    "EpsInsideRoot": FORMULA,
    "NoCorrection": {DYADIC},
    "ForgetsEps": {DYADIC},
    "FromStepSeven": {DYADIC},
    "FromStepThirty": {DEFAULTS},
    "LastCoordinate": {DYADIC},
    "ScalarTail": {SHAPES},
    "SharedCounter": {"two-instances-are-independent", LIVES},
    "ForgetsItsStep": {"a-resumed-run-continues-bitwise", "operations-come-in-any-order", LIVES},
    "ScalesItsGradient": {"arguments-are-left-alone"},
    "KeepsItsGradient": {"arguments-are-left-alone"},
    "ScribblesOnItsMoments": {"moments-are-readable"},
}


@cache
def failures(name: str) -> tuple[Result, ...]:
    """The failures of an example in the checks that are there for its fault, without a diagnosis."""
    theirs = BREAKS.get(name.partition(":")[2], FORMULA)
    theirs = theirs & {DYADIC} or theirs  # of the checks of a formula, one is enough
    run = (
        CHECKS[each].run(example(name), "float64", examples=PROFILES["quick"], seed=0)
        for each in sorted(theirs)
    )
    return tuple(result for result in run if result.outcome in FAILURES)


def failure(name: str) -> Result:
    """The failure of an example that is simplest to read."""
    return min(failures(name), key=lambda r: np.size(r.trace.gradients) if r.trace else np.inf)


def repeat(name: str, result: Result) -> list[str]:
    """What the script of a counterexample prints, in a process of its own."""
    source = script(TargetReport(example(name).name, {}, "", "", ()), result)
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{source}\n{done.stderr}"
    return done.stdout.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["correct:function", "correct:Class", "correct:lists", "broken:Adam"])
def test_a_correct_adam_breaks_nothing(name):
    report = examined(name)
    assert report.failures == ()
    assert report.status == 0


def test_what_is_not_offered_is_not_counted_as_kept():
    outcomes = {r.check: r.outcome for r in examined("correct:function").results}
    assert {name for name, outcome in outcomes.items() if outcome == Outcome.NOT_APPLICABLE} == {
        "weight-decay-is-coupled-or-decoupled",
        "moments-are-readable",
        "a-resumed-run-continues-bitwise",
        "a-saved-run-is-a-snapshot",
        "a-checkpoint-carries-the-hyperparameters",
        "a-learning-rate-can-change",
        "step-counts-have-no-end",
        "tensors-are-independent",
        "tensors-without-a-gradient-are-left-alone",
        "maximizing-is-minimizing-the-negative",
        "complex-parameters-are-pairs-of-real-ones",
    }
    assert set(outcomes) == {check.name for check in CHECKS.values()}


@pytest.mark.slow
@pytest.mark.parametrize("name", every(12, BREAKS))
def test_each_fault_is_found_by_the_checks_that_are_there_for_it(name):
    report = examined(f"broken:{name}")
    assert {result.check for result in report.failures} == BREAKS[name]
    assert report.status == 1


@pytest.mark.slow
def test_a_target_that_is_not_the_same_twice_is_said_to_be_so():
    broken = {result.check for result in examined("broken:Noisy").failures}
    assert {"the-same-run-twice-is-bitwise-the-same", "two-instances-are-independent"} <= broken


@pytest.mark.parametrize(
    ("name", "gradients"),
    [
        ("NextStepsCorrection", [[1.0]]),
        ("EpsInsideRoot", [[1.0]]),
        ("NoCorrection", [[1.0]]),
        ("ForgetsEps", [[1.0]]),
        ("FromStepSeven", [[1.0]] * 7),
        ("FromStepThirty", [[1.0]] * 30),
        ("ScalarTail", [[1.0] * 9]),
    ],
)
def test_a_wrong_formula_is_shown_on_the_fewest_steps_and_coordinates(name, gradients):
    result = failure(f"broken:{name}")
    assert np.asarray(result.trace.gradients).tolist() == gradients
    assert result.offence.step == len(gradients)


def test_where_two_coordinates_are_needed_two_are_shown():
    result = failure("broken:LastCoordinate")
    assert result.trace.gradients.shape == (1, 2)
    assert result.offence.coordinate == 1


@pytest.mark.parametrize(
    "name",
    ["NextStepsCorrection", "EpsInsideRoot", "NoCorrection", "FromStepSeven", "LastCoordinate", "ScalarTail"],
)
def test_the_script_of_a_wrong_formula_prints_the_observed_update_exactly(name):
    result = failure(f"broken:{name}")
    update, expected = repeat(f"broken:{name}", result)
    assert float(update.removeprefix("update")) == result.offence.observed
    assert f"{result.offence.expected!r} +- " in expected
    assert (
        f"the update is {result.offence.observed!r}, expected {result.offence.expected!r} +- "
        in result.message
    )
    assert f"off by {result.offence.radii:.3g} radii" in result.message


def test_the_script_of_disturbed_instances_shows_the_disturbance():
    result = failure("broken:SharedCounter")
    alone, _, disturbed = repeat("broken:SharedCounter", result)
    assert alone.startswith("a [")
    assert disturbed.startswith("b [")
    assert alone[2:] != disturbed[2:]
    assert f"{disturbed[3:-1]} is not bitwise {alone[3:-1]}" in result.message


def test_the_script_of_a_lost_state_shows_the_loss():
    found = failures("broken:ForgetsItsStep")
    (result,) = (each for each in found if each.check == "a-resumed-run-continues-bitwise")
    lines = repeat("broken:ForgetsItsStep", result)
    unbroken = [line for line in lines if line.startswith("a")][-1]
    resumed = [line for line in lines if line.startswith("d")][-1]
    assert f"{resumed[3:-1]} is not bitwise {unbroken[3:-1]}" in result.message


def test_the_script_of_a_changed_gradient_shows_it():
    result = failure("broken:ScalesItsGradient")
    assert result.message == snapshot("a step changed its gradient from [1.0] to [2.0]")
    assert repeat("broken:ScalesItsGradient", result)[-1].endswith("gradient [2.0]")


def test_the_script_of_a_kept_gradient_shows_what_it_does():
    result = failure("broken:KeepsItsGradient")
    lines = repeat("broken:KeepsItsGradient", result)
    assert "with every gradient in the same array" in result.message
    assert lines[1].removeprefix("a [") != lines[3].removeprefix("b [")


@pytest.mark.slow
def test_a_crash_is_shown_on_the_simplest_input_that_makes_it():
    failures = examined("misbehaving:raises_at_step_six").failures
    assert {result.outcome for result in failures} == {Outcome.CRASHED}
    simplest = min(failures, key=lambda r: len(r.calls))
    assert [call.name for call in simplest.calls] == ["start", *["step"] * 6]
    source = script(reported("misbehaving:raises_at_step_six"), simplest)
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False)
    assert "RuntimeError: tired" in done.stderr
    assert len(done.stdout.splitlines()) == 5


def test_a_crash_for_some_gradients_is_shown_on_one_of_them():
    (result,) = examined("misbehaving:raises_above_three").failures
    (step,) = (call for call in result.calls if call.name == "step")
    assert result.outcome == Outcome.CRASHED
    assert step.gradient.size == 1
    assert step.gradient > 3


def test_an_answer_that_is_the_gradient_itself_is_no_adam():
    assert failure("misbehaving:its_input").offence.observed == 1.0


class TestSmoke:
    """What cannot be Adam, or cannot be tested, is said at once."""

    @pytest.mark.parametrize(
        ("name", "status", "sentence"),
        [
            (
                "unchanged",
                1,
                snapshot(
                    "textbook Adam, but the parameters stay while the state advances "
                    "(the known bug nothing-updated); no experiment separates it from tail-of-sixteen-not-updated; "
                    "cf. PennyLane returns a plain array unchanged"
                ),
            ),
            (
                "nan",
                1,
                snapshot(
                    "a step with ordinary gradients gives NaN, as with step-counts-from-zero: "
                    "the corrections of step t - 1"
                ),
            ),
            ("nothing", 3, snapshot("a step returned None, expected the parameters (is a return missing?)")),
            (
                "raises",
                3,
                snapshot("RuntimeError: out of cheese (misbehaving.py, line 51) in a call of step"),
            ),
            ("exits", 3, snapshot("SystemExit: bye (misbehaving.py, line 57) in a call of step")),
        ],
    )
    def test_a_target_that_cannot_take_a_step_is_found_at_once(self, name, status, sentence):
        report = examined(f"misbehaving:{name}")
        assert report.status == status
        assert (report.failure or formulas.sentence(report.formula, report.dtype)) == sentence
        first, *rest = report.results
        assert (first.check, first.outcome) == (
            PROBE.name,
            Outcome.CRASHED if status == 3 else Outcome.BROKEN,
        )
        assert [call.name for call in first.calls][:2] == ["start", "step"]
        assert {result.outcome for result in rest} == {Outcome.NOT_RUN}
        assert len(rest) == len(CHECKS)

    @pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
    def test_no_dtype_rounds_its_steps_away(self, dtype):
        from example_targets import subject

        probe(subject("correct:function", dtype))


def test_a_target_that_hangs_on_the_way_is_left_with_what_was_found_before():
    report = examined("misbehaving:hangs_later", patience=0.2)
    assert report.status == 3
    assert report.failure == snapshot("a call of step took longer than 0.2 s")
