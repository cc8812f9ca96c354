"""Wrong Adams as they are found in the wild, with two faults at once or without numbers, have names."""

from __future__ import annotations

from pathlib import Path

import pytest
from diagnosing import told
from sampling import every

from adamcheck import check
from adamcheck.checks.check import Outcome
from adamcheck.checks.conformance import RESUMED
from adamcheck.checks.subject import Subject
from adamcheck.diagnosis.diagnose import Diagnosis, Effort, first_answer
from adamcheck.diagnosis.finer import in_one_story
from adamcheck.diagnosis.fixed_experiments import probes
from adamcheck.diagnosis.formula import Change, Formula, How, Identity, Kind, Part
from adamcheck.numbers.floats import format_of
from adamcheck.report.formulas import sentence
from adamcheck.report.summary.verdict import headline
from adamcheck.targets.find import load_target
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.zoo.bugs import BUGS

WRONG = Path(__file__).parent / "examples" / "wrong.py"


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("name", "definitions", "bugs"),
    every(
        3,
        [
            ("VOfGradients", (), ("v-of-gradients",)),
            ("PowerForgottenAndNoRoot", (), ("power-forgotten", "root-omitted")),
            ("BothStartAtOne", (), ("moments-start-at-one",)),
            ("BothCorrectedInPlace", (), ("m-corrected-in-place", "v-corrected-in-place")),
            ("AscentAndCorrectedTwice", ("maximize",), ("corrected-twice",)),
            ("ProductForPower", (), ("product-for-power",)),
            ("CountedAfterwardsWithAGuard", (), ("first-step-not-corrected",)),
        ],
    ),
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


@pytest.mark.slow
def test_an_infinite_step_is_not_told_as_no_step():
    only = ("updates-are-enclosed-with-dyadic-hyperparameters",)
    found = check(f"{WRONG}:ProductForPowerInM", dtypes=("float64",), profile="quick", only=only).dtypes[0]
    assert found.results[0].message == "a step with ordinary gradients gives an infinite number"


@pytest.mark.slow
def test_what_two_dialects_at_once_break_is_theirs_and_may_be_accepted():
    two = f"{WRONG}:TwoDialects"
    only = ("updates-are-enclosed-with-dyadic-hyperparameters",)
    one = check(two, dtypes=("float64",), profile="quick", only=only, accept=("maximize",))
    (found,) = one.dtypes
    assert found.formula.identity.definitions == ("eps-inside-root", "maximize")
    assert [result.outcome for result in found.results] == [Outcome.DIALECT]
    assert not one
    assert check(two, dtypes=("float64",), profile="quick", only=only, accept=("maximize", "eps-inside-root"))


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


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_counter_that_the_arrays_of_a_list_share_is_named(dtype):
    target = load_target(f"{WRONG}:CountedForEachLayer")
    answer = first_answer(Subject(target, format_of(dtype)), Effort((), 1, 0)).formula
    found = told(target, dtype)
    for formula in (answer, found):
        assert (formula.kind, formula.identity.bugs) == (Kind.BUG, ("step-per-tensor",))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_dialect_with_a_literal_is_named_with_its_literal(dtype):
    found = told(load_target(f"{WRONG}:LiteralInEpsHat"), dtype)
    assert found.kind is Kind.CHANGED
    assert found.identity == Identity(("eps-hat",), change=Change("eps", How.CONSTANT, "1e-07"))
    assert sentence(found, dtype).startswith(
        "eps-hat (eps added before the second moment is corrected), "
        "but eps is 1e-07, whatever value is requested"
    )


@pytest.mark.slow
def test_what_float32_cannot_see_is_said_to_be_told_by_float64():
    only = ("updates-are-enclosed-with-dyadic-hyperparameters",)
    report = check(f"{WRONG}:TooLargeByABillionth", profile="quick", only=only)
    fine, coarse = report.dtypes
    assert sentence(fine.formula, "float64").startswith("textbook Adam, but lr is multiplied by 1.000000001")
    assert coarse.formula.finer == "float64"
    assert sentence(coarse.formula, "float32") == ("textbook Adam as far as float32 can tell, unlike float64")


def _alone(kind: Kind, *bugs: str) -> Diagnosis:
    """What float32 alone tells of the first steps of a target whose v is corrected one step ahead."""
    target = DefinitionTarget(BUGS["v-corrected-one-step-ahead"].definition)
    traces = {"few": Subject(target, format_of("float32")).run(probes(format_of("float32"))["dyadic"])}
    return Diagnosis(Formula(kind, identity=Identity(bugs=bugs)), traces, {})


def test_another_name_that_fits_in_float32_gives_way_to_that_of_float64():
    target = DefinitionTarget(BUGS["v-corrected-one-step-ahead"].definition)
    subject = Subject(target, format_of("float32"))
    found = in_one_story(subject, Effort((), 1, 0), _alone(Kind.BUG, "step-counts-from-two")).formula
    assert found.identity.bugs == ("v-corrected-one-step-ahead",)
    assert found.hidden == (Identity(bugs=("step-counts-from-two",)),)
    assert "so float64 tells; float32 alone cannot separate it from step-counts-from-two" in sentence(
        found, "float32"
    )


def test_a_fault_that_only_float32_has_keeps_its_name():
    subject = Subject(DefinitionTarget(), format_of("float32"))
    own = _alone(Kind.BUG, "v-corrected-one-step-ahead")
    assert in_one_story(subject, Effort((), 1, 0), own) is own


def test_what_tensors_do_to_each_other_stands_before_a_dialect():
    pytest.importorskip("torch")
    only = (TENSORS, "updates-are-enclosed-with-dyadic-hyperparameters")
    target = f"{WRONG.parent / 'torch_wrong.py'}:SharedCounterInEpsHat"
    report = check(target, dtypes=("float64",), profile="quick", only=only)
    assert headline(report.dtypes[0]).startswith(
        "one counter for all tensors, incremented in each (the known bug step-per-tensor); this is eps-hat"
    )
