"""The score of the diagnosis: what counts as right, as wrong, and as nothing to see."""

from __future__ import annotations

import pytest

from adamcheck.checks.conformance import RESUMED
from adamcheck.diagnosis.formula import Cause, Formula, Identity, Kind
from adamcheck.power import recognition
from adamcheck.power.recognition import Recognised
from adamcheck.variants import DEFINITIONS, TEXTBOOK
from adamcheck.zoo.bugs import BUGS

EXAMPLES = 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "dtype", "verdict"),
    [
        ("eps-dropped", "float64", Recognised.ALONE),
        ("eps-hat", "float32", Recognised.ALONE),
        ("load-forgets-step", "float64", Recognised.ALONE),
        ("adamw-decay-without-lr", "float64", Recognised.ALONE),
        ("decay-ignored", "float64", Recognised.ALONE),
        ("decay-skips-vectors", "float64", Recognised.ALONE),
        ("peak-not-stored", "float64", Recognised.SIBLINGS),
        ("step-counts-from-zero", "float64", Recognised.SIBLINGS),
        ("state-keyed-by-shape", "float64", Recognised.SIBLINGS),
        ("moments-restart-in-float16", "float64", Recognised.CANNOT_TELL),
        ("moments-restart-in-float16", "float16", Recognised.SIBLINGS),
    ],
)
def test_the_verdict_on_a_real_diagnosis(name, dtype, verdict):
    found = recognition.diagnosis(name, dtype, EXAMPLES, 0)
    assert found.verdict == verdict, found
    assert found.right == (verdict in (Recognised.ALONE, Recognised.SIBLINGS))


@pytest.mark.parametrize(
    ("formula", "broken", "verdict"),
    [
        (Formula(Kind.BUG, identity=Identity(bugs=("eps-ignored",))), (), Recognised.WRONG),
        (Formula(Kind.DIALECT, identity=Identity(("eps-hat",))), (), Recognised.WRONG),
        (Formula(Kind.UNEXPLAINED, cause=Cause.NOTHING_FITS), ("a check",), Recognised.UNEXPLAINED),
        (Formula(Kind.EXPECTED), ("a check",), Recognised.UNEXPLAINED),
        (Formula(Kind.EXPECTED), (), Recognised.CANNOT_TELL),
    ],
)
def test_a_name_that_is_not_the_bug_s_is_wrong_and_no_name_is_not(formula, broken, verdict):
    assert recognition._verdict("eps-dropped", formula, broken) == verdict


def test_the_definition_of_a_bug_without_the_bug_is_no_wrong_name():
    amsgrad = Formula(Kind.DIALECT, identity=Identity(("amsgrad",)))
    assert recognition._verdict("load-forgets-peak", amsgrad, ["a formula"]) == Recognised.CANNOT_TELL
    assert recognition._verdict("load-forgets-peak", amsgrad, [RESUMED]) == Recognised.UNEXPLAINED
    assert recognition._verdict("load-forgets-step", amsgrad, []) == Recognised.WRONG


@pytest.mark.parametrize("jobs", [0, 2])
def test_every_bug_and_every_dialect_is_diagnosed_once(jobs):
    names = [name for part in recognition.work((), 1, 0, jobs) for name in part.arguments[0]]
    assert sorted(names) == sorted({*BUGS, *DEFINITIONS} - set(TEXTBOOK))
