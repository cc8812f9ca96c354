"""Examine one target in one dtype: every check, then formula, accuracy and hazards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from adamcheck.adam import Adam
from adamcheck.checks.calls import Calls
from adamcheck.checks.check import (
    BROKEN,
    CRASHED,
    FAILURES,
    NOT_APPLICABLE,
    NOT_RUN,
    TIMED_OUT,
    Check,
    Result,
)
from adamcheck.checks.conformance import PROBE
from adamcheck.checks.subject import Subject
from adamcheck.claims.claim import Claim
from adamcheck.diagnosis import diagnose
from adamcheck.diagnosis.diagnose import BUG, COARSER, UNEXPLAINED, UNKNOWN, Formula
from adamcheck.diagnosis.diagnose import DIALECT as DIALECT_FORMULA
from adamcheck.examine.accuracy import measure
from adamcheck.examine.excuses import as_expected, in_dialect
from adamcheck.examine.hazards import hazards
from adamcheck.examine.plan import Plan, chosen
from adamcheck.examine.results import DtypeReport
from adamcheck.judge import judge
from adamcheck.numbers.floats import format_of
from adamcheck.targets.base import NotOffered, Target, TargetCrash, TargetHung
from adamcheck.variants import DEFINITIONS

NOT_TESTED = Formula(UNKNOWN, "not tested")


HANGS = 2
"""Checks that may time out before the rest does not run: each of them costs all of the patience."""

DEATHS = 10
"""Processes that a target may lose in one dtype before the rest of its checks does not run."""

DEADLY = f"its process died {DEATHS} times"
"""Why nothing more is tried then."""


def examine(
    target: Target,
    dtype: str,
    plan: Plan,
    claims: Sequence[Claim],
    *,
    calls: Calls | None = None,
    done: Sequence[Result] = (),
) -> DtypeReport:
    """Everything about one target in one dtype; never raises for what the target does.

    calls: where to write down what is done with it; done: results of checks that need not run again.
    """
    report = _examined(target, dtype, plan, claims, Calls() if calls is None else calls, done)
    printed, ended = target.close()
    return as_expected(replace(report, printed=printed, ended=ended), plan.expected.get(target.name, {}))


def _examined(
    target: Target, dtype: str, plan: Plan, claims: Sequence[Claim], calls: Calls, done: Sequence[Result]
) -> DtypeReport:
    if dtype not in target.capabilities.dtypes:
        return DtypeReport(dtype, NOT_TESTED, offered=False, failure=f"{target.name} offers no {dtype}")
    subject = Subject(target, format_of(dtype), plan.patience, calls)
    run, results = list(chosen(plan, claims)), list(done)
    try:
        unusable = None if done else _unusable(subject, plan, run)
        if unusable is not None:
            return unusable
        for check in run[len(done) :]:
            calls.begins(check.name)
            results.append(_run(check, target, dtype, plan, calls, results))
            calls.ends(results[-1])
        return _measured(subject, plan, run, tuple(results))
    except NotOffered as reason:
        return DtypeReport(dtype, NOT_TESTED, offered=False, failure=str(reason))
    except (TargetCrash, TargetHung) as crash:
        return DtypeReport(dtype, NOT_TESTED, tuple(results), failure=str(crash))


def _unusable(subject: Subject, plan: Plan, run: Sequence[Check]) -> DtypeReport | None:
    """The report on a target that fails in ordinary steps, so that no check can run; None where it does not.

    Raises `NotOffered` where it cannot be started.
    """
    dtype = subject.format.name
    subject.calls.begins(PROBE.name)
    result = plan.run(PROBE, subject.target, dtype, subject.calls)
    if result.outcome == NOT_APPLICABLE:
        raise NotOffered(result.message)
    if result.outcome not in FAILURES:
        return None
    subject.calls.ends(result)
    report = unusable(result, run)
    return report if report.failure else replace(report, formula=_explained(subject, plan, result.message))


def unusable(result: Result, run: Sequence[Check]) -> DtypeReport:
    """The report on a target whose first steps had this result, and the checks that cannot run."""
    rest = (not_run(check, result.dtype, "its first steps failed") for check in run)
    failure = result.message if result.outcome in (CRASHED, TIMED_OUT) else ""
    return DtypeReport(result.dtype, NOT_TESTED, (result, *rest), failure=failure)


def _run(
    check: Check, target: Target, dtype: str, plan: Plan, calls: Calls, before: Sequence[Result]
) -> Result:
    if sum(result.outcome == TIMED_OUT for result in before) >= HANGS:
        return not_run(check, dtype, f"{HANGS} checks timed out")
    if target.deaths(dtype) >= DEATHS:
        return not_run(check, dtype, DEADLY)
    return plan.run(check, target, dtype, calls)


def not_run(check: Check, dtype: str, reason: str) -> Result:
    """The result of a check that did not run."""
    return Result(check.name, check.section, dtype, NOT_RUN, message=reason)


def given_up(dtype: str, results: tuple[Result, ...]) -> DtypeReport:
    """The report on a target that has died too often to be told what it is."""
    return DtypeReport(dtype, Formula(UNKNOWN, f"not told: {DEADLY}"), results)


def _measured(subject: Subject, plan: Plan, run: Sequence[Check], results: tuple[Result, ...]) -> DtypeReport:
    """The report on a target whose checks are done: its formula, accuracy and hazards."""
    dtype = subject.format.name
    if subject.target.deaths(dtype) >= DEATHS:
        return given_up(dtype, results)
    broken = [result.check for result in results if result.outcome == BROKEN]
    try:
        found = diagnose.diagnose(subject, broken=broken, examples=plan.examples, seed=plan.seed)
    except TargetCrash as crash:
        shown = any(result.outcome == CRASHED for result in results)
        return DtypeReport(dtype, Formula(UNKNOWN, str(crash)), results, failure="" if shown else str(crash))
    formula, judgements = found.formula, found.judgements
    definitions = _legitimate(formula)
    good = formula.kind == DIALECT_FORMULA
    accepted = next((name for name in definitions if good and name in plan.accept), "")
    if accepted:
        others = tuple(name for name in (formula.dialect, *formula.siblings) if name != accepted)
        formula = replace(formula, dialect=accepted, siblings=others)
    for definition in definitions.values():
        results = tuple(
            in_dialect(check, result, subject.target, dtype, plan, definition, formula.precision)
            for check, result in zip(run, results, strict=True)
        )
    if definitions:
        definition, precision = definitions[formula.dialect], format_of(formula.precision or dtype)
        judgements = {name: judge(trace, definition, precision) for name, trace in found.traces.items()}
    return DtypeReport(
        dtype,
        formula,
        results,
        measure(judgements),
        hazards(subject),
        accepted=bool(accepted),
    )


def _explained(subject: Subject, plan: Plan, reason: str) -> Formula:
    """What a target is whose first steps show that it cannot be Adam."""
    try:
        return diagnose.explain_unusable(subject, reason, examples=plan.examples, seed=plan.seed)
    except (NotOffered, TargetCrash, TargetHung):
        return Formula(UNEXPLAINED, reason)


def _legitimate(formula: Formula) -> Mapping[str, type[Adam]]:
    """The definition that a target keeps to, where that, or its precision, is another than expected.

    By its name; with those that nothing tells from it in this dtype. A bug beside a dialect explains less
    than the dialect does.
    """
    if formula.kind == COARSER:
        return {formula.dialect: Adam}
    alike = {DIALECT_FORMULA: formula.siblings, BUG: ()}
    if formula.kind not in alike or formula.dialect not in DEFINITIONS:
        return {}
    names = (formula.dialect, *alike[formula.kind])
    return {name: DEFINITIONS[name] for name in names if name in DEFINITIONS}
