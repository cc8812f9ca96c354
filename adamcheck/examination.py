"""Examine one target in one dtype: every check, then formula, accuracy and hazards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adamcheck import diagnose
from adamcheck.accuracy import measure
from adamcheck.assertions import Broken
from adamcheck.checks import BROKEN, CRASHED, NOT_RUN, PROFILES, TIMED_OUT, Check, Result
from adamcheck.claims import Claim, discover
from adamcheck.conformance import CHECKS, probe
from adamcheck.diagnose import UNEXPLAINED, UNKNOWN, Formula
from adamcheck.hazards import hazards
from adamcheck.judge import judge
from adamcheck.names import nearest
from adamcheck.numbers.floats import format_of
from adamcheck.patience import PATIENCE
from adamcheck.probes import probes
from adamcheck.report.model import DtypeReport
from adamcheck.targets.base import NotOffered, Target, TargetCrash, TargetHung
from adamcheck.trajectory import Calls, Subject


@dataclass(frozen=True)
class Plan:
    """How much to try.

    profile: examples for each check; dtypes: those of them that the target offers; patience: seconds that
    one call of a target may take; only: names of checks, or of claims whose laws are meant (default: all);
    memory: bytes that a target may occupy where it has a process of its own.
    """

    profile: str = "standard"
    seed: int = 0
    dtypes: tuple[str, ...] = ("float64", "float32")
    patience: float = PATIENCE
    only: tuple[str, ...] = ()
    memory: int = 1 << 33

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            raise ValueError(f"no profile {self.profile!r}: expected one of {', '.join(PROFILES)}")
        for dtype in self.dtypes:
            format_of(dtype)
        if self.only:
            claims = discover()
            known = {check.name for check in checks(claims)} | {claim.name for claim in claims}
            for name in self.only:
                if name not in known:
                    raise ValueError(f"no check or claim {name!r}{nearest(name, known)}")

    @property
    def examples(self) -> int:
        return PROFILES[self.profile]


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
    if dtype not in target.capabilities.dtypes:
        return DtypeReport(dtype, NOT_TESTED, offered=False, failure=f"{target.name} offers no {dtype}")
    calls = Calls() if calls is None else calls
    subject = Subject(target, format_of(dtype), plan.patience, calls)
    results = list(done)
    try:
        if not done:
            probe(subject)
        for check in list(chosen(plan, claims))[len(done) :]:
            calls.begins(check.name)
            results.append(_run(check, target, dtype, plan, calls, results))
            calls.ends(results[-1])
        return _measured(subject, plan, tuple(results))
    except NotOffered as reason:
        return DtypeReport(dtype, NOT_TESTED, offered=False, failure=str(reason))
    except (TargetCrash, TargetHung) as crash:
        return DtypeReport(dtype, NOT_TESTED, tuple(results), failure=str(crash))
    except Broken as broken:
        return DtypeReport(dtype, Formula(UNEXPLAINED, str(broken)))


def _run(
    check: Check, target: Target, dtype: str, plan: Plan, calls: Calls, before: Sequence[Result]
) -> Result:
    if sum(result.outcome == TIMED_OUT for result in before) >= HANGS:
        return not_run(check, dtype, f"{HANGS} checks timed out")
    return check.run(
        target, dtype, examples=plan.examples, seed=plan.seed, patience=plan.patience, calls=calls
    )


def not_run(check: Check, dtype: str, reason: str) -> Result:
    """The result of a check that did not run."""
    return Result(check.name, check.section, dtype, NOT_RUN, message=reason)


def _measured(subject: Subject, plan: Plan, results: tuple[Result, ...]) -> DtypeReport:
    """The report on a target whose checks are done: its formula, accuracy and hazards."""
    dtype = subject.format.name
    try:
        traces = {name: subject.run(trajectory) for name, trajectory in probes(subject.format).items()}
    except TargetCrash as crash:
        shown = any(result.outcome == CRASHED for result in results)
        return DtypeReport(dtype, Formula(UNKNOWN, str(crash)), results, failure="" if shown else str(crash))
    judgements = {name: judge(trace) for name, trace in traces.items()}
    broken = [result.check for result in results if result.outcome == BROKEN]
    formula = diagnose.explain(
        subject, traces, judgements, broken=broken, examples=plan.examples, seed=plan.seed
    )
    return DtypeReport(dtype, formula, results, measure(judgements), hazards(subject))
