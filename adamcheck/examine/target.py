"""Examination of one target in one dtype: every check, then formula, accuracy and hazards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from adamcheck.adam import Adam
from adamcheck.checks.calls import Calls
from adamcheck.checks.check import FAILURES, Check, Outcome, Result
from adamcheck.checks.conformance import PROBE
from adamcheck.checks.subject import Subject
from adamcheck.claims.claim import Claim
from adamcheck.diagnosis.diagnose import (
    Diagnosis,
    Effort,
    FirstAnswer,
    diagnose,
    explain_unusable,
    first_answer,
    stopped,
)
from adamcheck.diagnosis.finer import in_one_story, unseen
from adamcheck.diagnosis.formula import Cause, Formula, Identity, Kind
from adamcheck.examine.accuracy import measure
from adamcheck.examine.excuses import as_expected, in_dialect
from adamcheck.examine.hazards import hazards
from adamcheck.examine.plan import Plan, chosen
from adamcheck.examine.results import Absence, DtypeReport
from adamcheck.judge import Judgement, judge
from adamcheck.numbers.floats import format_of, precision_of
from adamcheck.targets.base import NotOffered, Target, TargetCrash, TargetHung
from adamcheck.variants.standard import Standard, suggested

NOT_TESTED = Formula(Kind.UNKNOWN, cause=Cause.NOT_TESTED)

HANGS = 2
"""The number of checks that may time out before the others are skipped."""

DEATHS = 10
"""The number of processes that a target may lose in one dtype before its other checks are skipped."""

FIRST_ANSWER = "first answer"
"""What is going on before the checks, as the calls are recorded."""

Tell = Callable[[Formula | None, str], None]
"""Called with the formula of the first answer (None if it has no name yet), and with the standard."""

STOPPED = "stopped at the first failure"
"""Why checks did not run after a failure that ends the examination."""

DEADLY = f"its process died {DEATHS} times"
"""The reason that is reported then."""


def examine(
    target: Target,
    dtype: str,
    plan: Plan,
    claims: Sequence[Claim],
    *,
    calls: Calls | None = None,
    done: Sequence[Result] = (),
    tell: Tell | None = None,
) -> DtypeReport:
    """Examine one target in one dtype. Errors of the target are reported, not raised.

    Args:
        target: The implementation.
        dtype: The working precision, by name.
        plan: The checks to run, and how.
        claims: The claims whose laws are checked.
        calls: Where to record the calls of the target.
        done: Results of checks that need not run again.
        tell: Called with the first answer, before the checks; None for no first answer.
    """
    plan = plan.against(target)
    report = _examined(target, dtype, plan, claims, Calls() if calls is None else calls, done, tell)
    printed, ended = target.close()
    named = "" if plan.standard else suggested(target.name)
    report = replace(report, printed=printed, ended=ended, suggested=named, called=target.called)
    return as_expected(report, plan.expected.get(target.name, {}))


def agreeing(reports: Sequence[DtypeReport]) -> tuple[DtypeReport, ...]:
    """The reports on one target; a dtype that cannot see what float64 tells says so."""
    finest = next((r for r in reports if r.dtype == "float64" and r.offered and not r.failure), None)
    if finest is None:
        return tuple(reports)
    return tuple(
        replace(r, formula=unseen(r.formula, finest.formula)) if r.offered and r is not finest else r
        for r in reports
    )


def _examined(
    target: Target,
    dtype: str,
    plan: Plan,
    claims: Sequence[Claim],
    calls: Calls,
    done: Sequence[Result],
    tell: Tell | None,
) -> DtypeReport:
    if dtype not in target.capabilities.dtypes:
        return DtypeReport(
            dtype, NOT_TESTED, absent=Absence.LACKED, failure=f"{target.name} offers no {dtype}"
        )
    subject = Subject(target, format_of(dtype), plan.patience, calls)
    run, results = list(chosen(plan, claims)), list(done)
    try:
        unusable = None if done else _unusable(subject, plan, run)
        if unusable is not None:
            return unusable
        first = _first_answer(subject, plan, tell) if tell and not done else None
        for check in run[len(done) :]:
            calls.begins(check.name)
            results.append(_run(check, target, dtype, plan, calls, results))
            calls.ends(results[-1])
            if _is_enough(results[-1], target, plan, first):
                results += [not_run(check, dtype, STOPPED) for check in run[len(results) :]]
                break
        return _measured(subject, plan, run, tuple(results), first)
    except NotOffered as reason:
        return DtypeReport(dtype, NOT_TESTED, absent=Absence.REFUSED, failure=str(reason))
    except (TargetCrash, TargetHung) as crash:
        return DtypeReport(dtype, NOT_TESTED, tuple(results), failure=str(crash))


def _is_enough(result: Result, target: Target, plan: Plan, first: FirstAnswer | None) -> bool:
    """Whether a result ends an examination that stops at the first failure."""
    if not plan.fail_fast or result.outcome not in FAILURES:
        return False
    if result.check in plan.expected.get(target.name, {}):
        return False
    formula = first.formula if first else None
    return formula is None or not _accepted(formula, _legitimate(formula, plan), plan)[1]


def _first_answer(subject: Subject, plan: Plan, tell: Tell) -> FirstAnswer | None:
    """Tell what the target is before its checks run; None if it cannot be run to the end."""
    subject.calls.begins(FIRST_ANSWER)
    try:
        first = first_answer(subject.afresh(), _effort(plan))
    except (NotOffered, TargetCrash, TargetHung):
        return None  # as the checks will show
    tell(first.formula, str(plan.held))
    return first


def _unusable(subject: Subject, plan: Plan, run: Sequence[Check]) -> DtypeReport | None:
    """The report on a target that fails in ordinary steps, so that no check can run; None where it does not.

    Raises `NotOffered` where it cannot be started.
    """
    dtype = subject.format.name
    subject.calls.begins(PROBE.name)
    result = plan.run(PROBE, subject.target, dtype, subject.calls)
    if result.outcome == Outcome.NOT_APPLICABLE:
        raise NotOffered(result.message)
    if result.outcome not in FAILURES:
        return None
    subject.calls.ends(result)
    report = unusable(result, run)
    return report if report.failure else replace(report, formula=_explained(subject, plan, result.message))


def unusable(result: Result, run: Sequence[Check]) -> DtypeReport:
    """The report on a target whose first steps failed with this result, so that no check can run."""
    rest = (not_run(check, result.dtype, "its first steps failed") for check in run)
    failure = result.message if result.outcome in (Outcome.CRASHED, Outcome.TIMED_OUT) else ""
    return DtypeReport(result.dtype, NOT_TESTED, (result, *rest), failure=failure)


def _run(
    check: Check, target: Target, dtype: str, plan: Plan, calls: Calls, before: Sequence[Result]
) -> Result:
    if sum(result.outcome == Outcome.TIMED_OUT for result in before) >= HANGS:
        return not_run(check, dtype, f"{HANGS} checks timed out")
    if target.deaths(dtype) >= DEATHS:
        return not_run(check, dtype, DEADLY)
    if not plan.holds_of_standard(check, dtype):
        message = f"{plan.held.title} does not keep it"
        return Result(check.name, check.section, dtype, Outcome.NOT_APPLICABLE, message=message)
    return plan.run(check, target, dtype, calls)


def not_run(check: Check, dtype: str, reason: str) -> Result:
    """The result of a check that did not run."""
    return Result(check.name, check.section, dtype, Outcome.NOT_RUN, message=reason)


def given_up(dtype: str, results: tuple[Result, ...]) -> DtypeReport:
    """The report on a target that died too often to be diagnosed."""
    return DtypeReport(dtype, Formula(Kind.UNKNOWN, cause=Cause.GIVEN_UP, said=DEADLY), results)


def _measured(
    subject: Subject,
    plan: Plan,
    run: Sequence[Check],
    results: tuple[Result, ...],
    first: FirstAnswer | None,
) -> DtypeReport:
    """The report on a target whose checks are done, with its formula, accuracy and hazards."""
    dtype = subject.format.name
    if subject.target.deaths(dtype) >= DEATHS:
        return given_up(dtype, results)
    try:
        effort = _effort(plan, results)
        found = diagnose(subject, effort, first)
        if not found.formula.conforms:
            found = in_one_story(subject, effort, found)
    except TargetCrash as crash:
        shown = any(result.outcome == Outcome.CRASHED for result in results)
        formula = stopped(str(crash), plan.held, Kind.UNKNOWN)
        return DtypeReport(dtype, formula, results, failure="" if shown else str(crash))
    definitions = _legitimate(found.formula, plan)
    formula, accepted = _accepted(found.formula, definitions, plan)
    for definition in definitions.values():
        results = tuple(
            in_dialect(check, result, subject.target, dtype, plan, definition, formula.precision)
            for check, result in zip(run, results, strict=True)
        )
    return DtypeReport(
        dtype,
        formula,
        results,
        measure(_judged_as(formula, definitions, found, dtype)),
        hazards(subject, plan.held.plain),
        accepted=accepted,
    )


def _effort(plan: Plan, results: Sequence[Result] = ()) -> Effort:
    broken = [result.check for result in results if result.outcome == Outcome.BROKEN]
    return Effort(broken, plan.examples, plan.seed, plan.held)


def _accepted(formula: Formula, definitions: Mapping[str, type[Adam]], plan: Plan) -> tuple[Formula, bool]:
    """The formula under the name of an accepted dialect, where it may be one; and whether it may."""
    if formula.kind is not Kind.DIALECT:
        return formula, False
    identities = (Identity(tuple(name.split(" + "))) for name in definitions)
    accepted = next((each for each in identities if set(each.definitions) <= set(plan.accepted)), None)
    if accepted is None:
        return formula, False
    others = [each for each in (formula.identity, *formula.same) if each != accepted]
    return replace(formula, identity=accepted, same=tuple(others)), True


def _judged_as(
    formula: Formula, definitions: Mapping[str, type[Adam]], found: Diagnosis, dtype: str
) -> Mapping[str, Judgement]:
    """The judgements on the fixed experiments, by the definition that the target follows."""
    if not definitions:
        return found.judgements
    definition, precision = definitions[formula.dialect], precision_of(formula.precision or dtype)
    return {name: judge(trace, definition, precision) for name, trace in found.traces.items()}


def _explained(subject: Subject, plan: Plan, reason: str) -> Formula:
    """The formula of a target whose first steps show that it cannot be Adam."""
    try:
        return explain_unusable(subject, reason, _effort(plan))
    except (NotOffered, TargetCrash, TargetHung):
        return stopped(reason, plan.held)


def _legitimate(formula: Formula, plan: Plan) -> Mapping[str, type[Adam]]:
    """The definition that a target keeps to, where that, or its precision, is another than expected.

    By its name; with those that nothing tells from it in this dtype. A bug beside a dialect explains less
    than the dialect does.
    """
    if formula.kind is Kind.COARSE:
        return {formula.dialect: plan.held.plain}
    if formula.kind not in (Kind.DIALECT, Kind.BUG) or not formula.identity.definitions:
        return {}
    siblings = formula.siblings if formula.kind is Kind.DIALECT else ()
    alike = (each.definitions for each in siblings if len(each.names) == 1 and each.definitions)
    return {" + ".join(names): Standard(names).plain for names in (formula.identity.definitions, *alike)}
