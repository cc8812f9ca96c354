"""Wrong Adams as they are found in the wild, with two faults at once or without numbers, have names."""

from __future__ import annotations

from pathlib import Path

import pytest
from diagnosing import told

from adamcheck import check
from adamcheck.checks.check import Outcome
from adamcheck.diagnosis.formula import Kind
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
    ],
)
def test_a_wrong_adam_with_two_faults_or_without_numbers_is_named(name, definitions, bugs, dtype):
    found = told(load_target(f"{WRONG}:{name}"), dtype)
    assert found.kind is Kind.BUG
    assert (found.identity.definitions, found.identity.bugs) == (definitions, bugs)


def test_what_two_dialects_at_once_break_is_theirs_and_may_be_accepted():
    two = f"{WRONG}:TwoDialects"
    only = ("updates-are-enclosed-with-dyadic-hyperparameters",)
    found = check(two, dtypes=("float64",), profile="quick", only=only).dtypes[0]
    assert found.formula.identity.definitions == ("eps-inside-root", "maximize")
    assert [result.outcome for result in found.results] == [Outcome.DIALECT]
    both = check(two, dtypes=("float64",), profile="quick", only=only, accept=("maximize", "eps-inside-root"))
    assert both
    assert not check(two, dtypes=("float64",), profile="quick", only=only, accept=("maximize",))
