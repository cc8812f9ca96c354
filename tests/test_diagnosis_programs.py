"""Bugs that are no formula are recognised by what they do."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from diagnosing import told
from sampling import every

from adamcheck.adam import Adam
from adamcheck.checks.conformance import REPEATED, RESUMED
from adamcheck.checks.subject import Subject
from adamcheck.diagnosis.faulty_programs import PLAIN, like
from adamcheck.diagnosis.formula import Formula, Kind, Loss
from adamcheck.numbers.floats import format_of
from adamcheck.report import formulas
from adamcheck.targets.base import Target
from adamcheck.zoo.bugs import BUGS
from adamcheck.zoo.bugs.experiment import ORDINARY
from adamcheck.zoo.bugs.faulty import FaultyRun, FaultyTarget
from adamcheck.zoo.equivalents import EQUIVALENTS
from adamcheck.zoo.equivalents.orders import FusedMultiplyAdd, Lerp, RateOverFirstCorrection

FORMULA_OF_ONE_DTYPE = {"moments-restart-in-float16"}
"""In the one dtype in which it shows it is a formula with a name of its own."""

PROGRAMS = [b for b in BUGS.values() if b.definition is None and b.name not in FORMULA_OF_ONE_DTYPE]
"""Bugs that are no formula."""

DIFFERENT_EACH_TIME = {"rounded-at-random", "state-keyed-by-shape", "step-shared-by-runs"}


def broken_by(bug) -> tuple[str, ...]:
    """The check that is there for the kind of a bug."""
    return (bug.exposes.asked_by,)


@pytest.mark.slow
@pytest.mark.parametrize("bug", every(25, PROGRAMS), ids=lambda bug: bug.name)
def test_a_bug_that_is_no_formula_is_recognised_by_what_it_does(bug):
    if bug.name in DIFFERENT_EACH_TIME:
        found = told(bug.target(), broken=(REPEATED,))
        assert (found.kind, found.bug, set(found.sibling_names)) == (
            Kind.UNEXPLAINED,
            "",
            DIFFERENT_EACH_TIME,
        )
        return
    found = told(bug.target(), broken=broken_by(bug))
    assert (found.bug, found.sibling_names) == (bug.name, ())
    assert formulas.sentence(found, "float64").endswith(bug.source)


SAMPLE_OF_PROGRAMS = [
    "load-swaps-moments",
    "gradient-zeroed",
    "stepped-twice",
    "tail-not-corrected",
    "moments-of-the-first-tensor",
    "start-overwritten",
    "coordinates-count-their-own-steps",
]


@pytest.mark.parametrize("rewrite", [Lerp, RateOverFirstCorrection, FusedMultiplyAdd])
@pytest.mark.parametrize("name", SAMPLE_OF_PROGRAMS)
def test_a_faulty_program_is_named_in_another_order_of_evaluation_too(name, rewrite):
    bug = BUGS[name]
    target = FaultyTarget("somebody's", bug.target().run, rewrite)
    assert [
        found.name for found in like(subject_of(target), ("adam", "adam-l2"), broken_by(bug), decays=False)
    ] == [name]


def subject_of(target: Target, dtype: str = "float64") -> Subject:
    return Subject(target, format_of(dtype))


@pytest.mark.slow
@pytest.mark.parametrize(
    "rewrite", every(4, ["lerp", "reciprocals", "expm1-of-log1p", "scalars-in-the-dtype"])
)
@pytest.mark.parametrize("dtype", ["float64", "bfloat16"])
def test_correct_code_is_like_no_bug(rewrite, dtype):
    subject = subject_of(EQUIVALENTS[rewrite].target(), dtype)
    assert like(subject, PLAIN, (RESUMED, ORDINARY), decays=False) == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        *product(
            ["load-forgets-step", "stepped-twice", "gradient-zeroed", "tail-not-updated"],
            ["float32", "float16"],
        )
    ],
)
def test_a_bug_that_is_no_formula_is_recognised_in_a_coarse_dtype(name, dtype):
    found = told(BUGS[name].target(), dtype, broken=broken_by(BUGS[name]))
    assert (found.bug, found.sibling_names) == (name, ())


def test_two_faults_at_once_are_like_no_bug_and_what_is_lost_is_told_all_the_same():
    class ForgetsFirstMoment(FaultyRun):
        def load(self, saved):
            self.state = replace(saved, m=0 * saved.m)

    target = FaultyTarget("somebody's", ForgetsFirstMoment, Adam)
    found = told(target, broken=(RESUMED,))
    assert found == Formula(Kind.EXPECTED, lost=Loss.FIRST_MOMENT)


def test_a_dialect_that_loses_its_state_is_both():
    found = told(BUGS["load-forgets-peak"].target(), broken=(RESUMED,))
    assert (found.kind, found.name) == (Kind.DIALECT, "amsgrad + load-forgets-peak")


def test_a_bug_of_the_state_leaves_the_formula_the_textbooks():
    found = told(BUGS["load-forgets-step"].target(), broken=(RESUMED,))
    assert found.conforms
    assert formulas.sentence(found, "float64").startswith("textbook Adam, but ")
