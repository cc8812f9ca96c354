"""The sentence beside a verdict: it says why a target failed, and nothing that contradicts it."""

from __future__ import annotations

import pytest
from inline_snapshot import snapshot

from adamcheck.checks.check import Outcome, Result, Section
from adamcheck.diagnosis.formula import Cause, Formula, Identity, Kind, Loss
from adamcheck.examine.results import (
    CONFORMS,
    DOES_NOT_CONFORM,
    UNUSABLE,
    DtypeReport,
    Report,
    TargetReport,
)
from adamcheck.report.summary import headline

RIGHT = Formula(Kind.EXPECTED)
SEGV = "its process was killed by SIGSEGV in a call of step"
SLOW = "a call of step took longer than 1 s"
AS_FAR = "the formula is the textbook's as far as it could be determined"


def result(section: str, outcome: str, message: str = "") -> Result:
    return Result(f"{section}-{outcome}", section, "float64", outcome, message=message)


HUNG = (result("formula", Outcome.TIMED_OUT, SLOW), result("formula", Outcome.TIMED_OUT, SLOW))
DIED = (result("formula", Outcome.CRASHED, SEGV), result("state", Outcome.CRASHED, SEGV))


@pytest.mark.parametrize(
    ("formula", "results", "told"),
    [
        (RIGHT, HUNG, f"2 checks timed out (formula): {SLOW}; {AS_FAR}"),
        (
            RIGHT,
            (*HUNG[:1], result("state", Outcome.BROKEN)),
            f"1 check timed out (formula): {SLOW}; {AS_FAR}; also failing: state",
        ),
        (
            Formula(Kind.UNKNOWN, cause=Cause.GIVEN_UP, said="its process died 10 times"),
            (*DIED, result("laws", Outcome.NOT_RUN, "its process died 10 times")),
            f"2 checks crashed (formula, state): {SEGV}; what it computes could not be determined",
        ),
        (
            Formula(Kind.DIALECT, identity=Identity(("amsgrad",))),
            (*DIED, result("laws", Outcome.CRASHED, "bad"), HUNG[0]),
            f"3 checks crashed (formula, state, laws): for example {SEGV}; 1 check timed out (formula): "
            f"{SLOW}; this is AMSGrad (maximum of v), not textbook Adam",
        ),
        (
            Formula(Kind.EXPECTED, lost=Loss.SECOND_MOMENT),
            HUNG,
            f"2 checks timed out (formula): {SLOW}; {AS_FAR}; loading forgets the second moment",
        ),
        (
            RIGHT,
            (result("state", Outcome.BROKEN),),
            snapshot("the formula is the textbook's; failing: state"),
        ),
    ],
)
def test_why_a_target_failed_stands_first(formula, results, told):
    assert headline(DtypeReport("float64", formula, results)) == told


def test_a_process_that_ends_badly_is_why_a_target_failed():
    ended = DtypeReport("float64", RIGHT, ended="its process ended with status 7")
    assert headline(ended) == snapshot(
        "textbook Adam, but after the last check its process ended with status 7"
    )


def test_a_faulty_check_is_unusable_input_unless_there_is_worse():
    faulty = Result("mistaken", Section.LAWS, "float64", Outcome.FAULTY)
    broken = Result("a-law", Section.LAWS, "float64", Outcome.BROKEN)
    for results, status in (((), CONFORMS), ((faulty,), UNUSABLE), ((faulty, broken), DOES_NOT_CONFORM)):
        target = TargetReport("mine", {}, "", "", (DtypeReport("float64", RIGHT, results),))
        assert Report("1", "quick", 10, 0, (), (target,)).status == status
        assert bool(target) == (status == CONFORMS)
