"""Examine one target in one dtype: every check, then formula, accuracy and hazards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from adamcheck.adam import Adam
from adamcheck.checks.check import (
    BROKEN,
    CRASHED,
    DIALECT,
    EXPECTED,
    FAILURES,
    KEPT,
    NOT_APPLICABLE,
    NOT_RUN,
    PROFILES,
    TIMED_OUT,
    Check,
    Result,
)
from adamcheck.checks.conformance import CHECKS, PROBE, enclosure_checks
from adamcheck.checks.subject import Calls, Subject
from adamcheck.claims.claim import Claim, discover
from adamcheck.diagnosis import diagnose
from adamcheck.diagnosis.diagnose import BUG, COARSER, UNEXPLAINED, UNKNOWN, Formula
from adamcheck.diagnosis.diagnose import DIALECT as DIALECT_FORMULA
from adamcheck.examine.accuracy import measure
from adamcheck.examine.hazards import hazards
from adamcheck.examine.results import DtypeReport
from adamcheck.judge import ENCLOSED, judge
from adamcheck.numbers.floats import Format, format_of
from adamcheck.support.text import nearest
from adamcheck.targets.base import NotOffered, Target, TargetCrash, TargetHung
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.targets.time_limit import PATIENCE
from adamcheck.variants import DEFINITIONS


@dataclass(frozen=True)
class Plan:
    """How much to try.

    profile: examples for each check; dtypes: those of them that the target offers; patience: seconds that
    one call of a target may take; only: names of checks, or of claims whose laws are meant (default: all);
    memory: bytes that a target may occupy where it has a process of its own; accept: names of definitions
    that are as good as the textbook's; expected: for the name of a target the checks that are known to
    fail, each with the reason.
    """

    profile: str = "standard"
    seed: int = 0
    dtypes: tuple[str, ...] = ("float64", "float32")
    patience: float = PATIENCE
    only: tuple[str, ...] = ()
    memory: int = 1 << 33
    accept: tuple[str, ...] = ()
    expected: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            raise ValueError(f"no profile {self.profile!r}: expected one of {', '.join(PROFILES)}")
        for dtype in self.dtypes:
            format_of(dtype)
        for name in self.accept:
            if name not in DEFINITIONS:
                raise ValueError(f"no definition {name!r}{nearest(name, DEFINITIONS)}")
        for target, reasons in self.expected.items():
            for check, reason in reasons.items():
                if not reason.strip():
                    raise ValueError(f"{target}: {check}: the reason is empty: say why it fails")
        expected = {name for reasons in self.expected.values() for name in reasons}
        if self.only or expected:
            claims = discover()
            known = {check.name for check in (PROBE, *checks(claims))}
            for name in sorted(expected - known):
                raise ValueError(f"no check {name!r}{nearest(name, known)}")
            known |= {claim.name for claim in claims}
            for name in self.only:
                if name not in known:
                    raise ValueError(f"no check or claim {name!r}{nearest(name, known)}")

    @property
    def examples(self) -> int:
        return PROFILES[self.profile]

    def run(self, check: Check, target: Target, dtype: str, calls: Calls | None = None) -> Result:
        """The result of one check, with the examples, the seed and the patience of the plan."""
        return check.run(
            target, dtype, examples=self.examples, seed=self.seed, patience=self.patience, calls=calls
        )


NOT_TESTED = Formula(UNKNOWN, "not tested")


def checks(claims: Sequence[Claim]) -> tuple[Check, ...]:
    """What every implementation must do, and the laws of some claims."""
    return (*CHECKS, *(law for claim in claims for law in claim.laws))


def claim_of(check: Check) -> str:
    """The name of the claim that a law belongs to; of what belongs to none its own."""
    return check.name.partition("/")[0]


def chosen(plan: Plan, claims: Sequence[Claim]) -> Iterator[Check]:
    """The checks of a plan, in order."""
    for check in checks(claims):
        if not plan.only or {check.name, claim_of(check)} & set(plan.only):
            yield check


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


def in_dialect(
    check: Check,
    result: Result,
    target: Target,
    dtype: str,
    plan: Plan,
    definition: type[Adam],
    precision: str = "",
) -> Result:
    """The result of a check on a target that is a dialect: it may break what the dialect itself breaks.

    precision: the dtype in which the target computes, where that is coarser than the arrays.
    """
    if result.outcome != BROKEN:
        return result
    enclosing = {check.name: check for check in enclosure_checks(definition)}
    if check.name in enclosing or (precision and check.section == "formula"):
        due = enclosing.get(check.name, check)
        explained = plan.run(due, target, precision or dtype).outcome not in FAILURES
    else:
        itself = DefinitionTarget(definition, precision=precision)
        # What is kept in arrays of the precision itself is broken by the precision alone. Of the state that
        # says nothing: a checkpoint may round where arrays do not.
        coarse = bool(precision) and check.section == "laws"
        explained = (
            _encloses(definition, result, format_of(precision or dtype))
            or plan.run(check, itself, dtype).outcome == BROKEN
            or (coarse and plan.run(check, target, precision).outcome == KEPT)
        )
    return replace(result, outcome=DIALECT) if explained else result


def _encloses(definition: type[Adam], result: Result, format: Format) -> bool:
    """Whether all that a result has against a target is an update that a definition encloses."""
    if result.offence is None or result.trace is None:
        return False
    return judge(result.trace, definition, format).outcome == ENCLOSED


def as_expected(report: DtypeReport, expected: Mapping[str, str]) -> DtypeReport:
    """The report with the outcomes of the checks that may be known to fail."""
    return replace(report, results=tuple(with_expectations(result, expected) for result in report.results))


def with_expectations(result: Result, expected: Mapping[str, str]) -> Result:
    """The result of a check that may be known to fail; where it does not any more, it says so."""
    reason = expected.get(result.check)
    if reason is None or result.outcome in (EXPECTED, NOT_APPLICABLE, NOT_RUN):
        return result
    if result.outcome in (*FAILURES, DIALECT):
        return replace(result, outcome=EXPECTED, message=f"{reason}: {result.message}")
    stale = f"expected to fail ({reason}), but {result.outcome}: remove the expectation"
    return replace(result, notes=(*result.notes, stale))
