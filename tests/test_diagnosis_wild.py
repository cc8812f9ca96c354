"""Wrong Adams as they are found in the wild, with two faults at once or without numbers, have names."""

from __future__ import annotations

from pathlib import Path

import pytest
from diagnosing import told

from adamcheck import check
from adamcheck.checks.check import Outcome
from adamcheck.checks.conformance import RESUMED
from adamcheck.checks.subject import Subject
from adamcheck.diagnosis.diagnose import Effort, first_answer
from adamcheck.diagnosis.formula import Identity, Kind, Part
from adamcheck.numbers.floats import format_of
from adamcheck.report.formulas import sentence
from adamcheck.targets.find import load_target

WRONG = Path(__file__).parent / "examples" / "wrong.py"


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("name", "definitions", "bugs"),
    [
        ("VOfGradients", (), ("v-of-gradients",)),
        ("PowerForgottenAndNoRoot", (), ("power-forgotten", "root-omitted")),
        ("BothStartAtOne", (), ("moments-start-at-one",)),
        ("BothCorrectedInPlace", (), ("m-corrected-in-place", "v-corrected-in-place")),
        ("AscentAndCorrectedTwice", ("maximize",), ("corrected-twice",)),
        ("ProductForPower", (), ("product-for-power",)),
        ("CountedAfterwardsWithAGuard", (), ("first-step-not-corrected",)),
    ],
)
def test_a_wrong_adam_with_two_faults_or_without_numbers_is_named(name, definitions, bugs, dtype):
    found = told(load_target(f"{WRONG}:{name}"), dtype)
    assert found.kind is Kind.BUG
    assert (found.identity.definitions, found.identity.bugs) == (definitions, bugs)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("name", "bug", "part"),
    [
        ("ProductForPowerInM", "product-for-power", Part.CORRECTION_OF_M),
        ("AverageOfVByB1", "beta2-ignored", Part.AVERAGE_OF_V),
    ],
)
def test_a_known_bug_of_one_moment_only_is_named_with_its_place(name, bug, part, dtype):
    found = told(load_target(f"{WRONG}:{name}"), dtype)
    assert found.kind is Kind.BUG
    assert found.identity == Identity(bugs=(bug,), part=part)
    assert f"only in {part} (the known bug {bug})" in sentence(found, dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_first_step_of_zero_by_zero_is_called_and_compared_with_its_bug(dtype):
    found = told(load_target(f"{WRONG}:CountedAfterwards"), dtype)
    assert sentence(found, dtype) == (
        "a step with ordinary gradients gives NaN, as with step-counts-from-zero: the corrections of step t - 1"
    )


def test_an_infinite_step_is_not_told_as_no_step():
    only = ("updates-are-enclosed-with-dyadic-hyperparameters",)
    found = check(f"{WRONG}:ProductForPowerInM", dtypes=("float64",), profile="quick", only=only).dtypes[0]
    assert found.results[0].message == "a step with ordinary gradients gives an infinite number"


def test_what_two_dialects_at_once_break_is_theirs_and_may_be_accepted():
    two = f"{WRONG}:TwoDialects"
    only = ("updates-are-enclosed-with-dyadic-hyperparameters",)
    found = check(two, dtypes=("float64",), profile="quick", only=only).dtypes[0]
    assert found.formula.identity.definitions == ("eps-inside-root", "maximize")
    assert [result.outcome for result in found.results] == [Outcome.DIALECT]
    both = check(two, dtypes=("float64",), profile="quick", only=only, accept=("maximize", "eps-inside-root"))
    assert both
    assert not check(two, dtypes=("float64",), profile="quick", only=only, accept=("maximize",))


TENSORS = "tensors-are-independent"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_counter_that_tensors_share_is_the_headline_and_what_a_checkpoint_loses_comes_after_it(dtype):
    pytest.importorskip("torch")
    target = load_target(f"{WRONG.parent / 'torch_wrong.py'}:SharedCounter")
    effort = Effort((TENSORS, RESUMED), 1, 0)
    answer = first_answer(Subject(target, format_of(dtype)), effort).formula
    assert answer.identity.bugs == ("step-per-tensor",)
    found = told(target, dtype, (TENSORS, RESUMED))
    assert found.kind is Kind.EXPECTED
    assert found.identity.bugs == ("step-per-tensor",)
    assert found.beside == (Identity(bugs=("load-forgets-step",)),)
    assert sentence(found, dtype).startswith(
        "textbook Adam, but one counter for all tensors, incremented in each (the known bug step-per-tensor); "
        "besides, t = 0 with m and v kept (the known bug load-forgets-step)"
    )
