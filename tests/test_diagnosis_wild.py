"""Wrong Adams as they are found in the wild, with two faults at once or without numbers, have names."""

from __future__ import annotations

from pathlib import Path

import pytest
from diagnosing import told

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
