"""Excused failures: those that a dialect explains, and those that the user expects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from adamcheck.adam import Adam
from adamcheck.checks.check import FAILURES, Check, Outcome, Result, Section
from adamcheck.checks.conformance import enclosure_checks
from adamcheck.examine.plan import Plan
from adamcheck.examine.results import DtypeReport
from adamcheck.judge import Ruling, judge
from adamcheck.numbers.floats import Format, precision_of
from adamcheck.targets.base import Target
from adamcheck.targets.reference import DefinitionTarget


def in_dialect(
    check: Check,
    result: Result,
    target: Target,
    dtype: str,
    plan: Plan,
    definition: type[Adam],
    precision: str = "",
) -> Result:
    """The result of a check on a target that is a dialect, which may break what the dialect itself breaks.

    What could not be judged because the formula is not the expected one is judged by that of the dialect.

    precision: the dtype in which the target computes, where that is coarser than the arrays.
    """
    if result.outcome not in (Outcome.BROKEN, Outcome.UNJUDGED):
        return result
    enclosing = {check.name: check for check in enclosure_checks(definition)}
    working = precision_of(precision or dtype)
    if result.outcome is Outcome.UNJUDGED:
        judgeable = check.name in enclosing and not precision
        return plan.run(enclosing[check.name], target, dtype) if judgeable else result
    if not working.has_dtype:  # nothing can be run in it: what was seen has to do
        explained = _encloses(definition, result, working)
    elif check.name in enclosing or (precision and check.section is Section.FORMULA):
        due = enclosing.get(check.name, check)
        explained = plan.run(due, target, working.name).outcome not in FAILURES
    else:
        itself = DefinitionTarget(definition, precision=precision)
        # What is kept in arrays of the precision itself is broken by the precision alone. Of the state that
        # says nothing: a checkpoint may round where arrays do not.
        coarse = bool(precision) and check.section is Section.LAWS
        explained = (
            _encloses(definition, result, working)
            or plan.run(check, itself, dtype).outcome == Outcome.BROKEN
            or (coarse and plan.run(check, target, precision).outcome == Outcome.KEPT)
        )
    return replace(result, outcome=Outcome.DIALECT) if explained else result


def _encloses(definition: type[Adam], result: Result, format: Format) -> bool:
    """Whether the only fault in a result is an update that a definition encloses."""
    if result.offence is None or result.trace is None:
        return False
    return judge(result.trace, definition, format).outcome == Ruling.ENCLOSED


def as_expected(report: DtypeReport, expected: Mapping[str, str]) -> DtypeReport:
    """The report with the outcomes of the checks that may be known to fail."""
    return replace(report, results=tuple(with_expectations(result, expected) for result in report.results))


def with_expectations(result: Result, expected: Mapping[str, str]) -> Result:
    """The result of a check that may be a known failure; a note says if it no longer fails."""
    reason = expected.get(result.check)
    if reason is None or result.outcome in (Outcome.EXPECTED, Outcome.NOT_APPLICABLE, Outcome.NOT_RUN):
        return result
    if result.outcome in (*FAILURES, Outcome.DIALECT):
        return replace(result, outcome=Outcome.EXPECTED, message=f"{reason}: {result.message}")
    stale = f"expected to fail ({reason}), but {result.outcome}: remove the expectation"
    return replace(result, notes=(*result.notes, stale))
