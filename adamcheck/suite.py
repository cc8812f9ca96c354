"""The suite: run claims and checks against targets, in parallel, into one report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from adamcheck import __version__, diagnose
from adamcheck.accuracy import measure
from adamcheck.assertions import Broken
from adamcheck.checks import BROKEN, CRASHED, PROFILES, Check, Result
from adamcheck.claims import Claim, discover, named
from adamcheck.conformance import CHECKS, probe
from adamcheck.diagnose import UNEXPLAINED, UNKNOWN, Formula
from adamcheck.hazards import hazards
from adamcheck.judge import judge
from adamcheck.names import nearest
from adamcheck.numbers.floats import format_of
from adamcheck.parallel import Progress, Work
from adamcheck.parallel import run as in_parallel
from adamcheck.patience import PATIENCE
from adamcheck.probes import probes
from adamcheck.report.figures import render
from adamcheck.report.model import ClaimReport, DtypeReport, LawSummary, Report, TargetReport
from adamcheck.targets.base import NotOffered, Target, TargetCrash, TargetHung
from adamcheck.targets.find import Spec
from adamcheck.trajectory import Subject


@dataclass(frozen=True)
class Plan:
    """How much to try.

    profile: examples for each check; dtypes: those of them that the target offers; patience: seconds that
    one call of a target may take; only: names of checks, or of claims whose laws are meant (default: all).
    """

    profile: str = "standard"
    seed: int = 0
    dtypes: tuple[str, ...] = ("float64", "float32")
    patience: float = PATIENCE
    only: tuple[str, ...] = ()

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


def examine_claim(name: str, seed: int) -> ClaimReport:
    """Derive, testify and draw one claim, found by name."""
    claim = named(name)
    return ClaimReport(
        name=claim.name,
        section=claim.section,
        title=claim.title,
        says=claim.says,
        source=claim.source,
        verdict=claim.verdict,
        statement=claim.statement,
        derivations=claim.derive(seed=seed),
        laws=tuple(LawSummary(law.name, law.statement) for law in claim.laws),
        witnesses=claim.testify(),
        figure=render(claim.drawing) if claim.drawing else "",
        caption=claim.drawing.caption if claim.drawing else "",
    )


def examine(target: Target, dtype: str, plan: Plan, claims: Sequence[Claim]) -> DtypeReport:
    """Everything about one target in one dtype; never raises for what the target does."""
    if dtype not in target.capabilities.dtypes:
        return DtypeReport(dtype, NOT_TESTED, offered=False, failure=f"{target.name} offers no {dtype}")
    subject = Subject(target, format_of(dtype), plan.patience)
    results: list[Result] = []
    try:
        probe(subject)
        for check in checks(claims):
            if plan.only and not {check.name, claim_of(check)} & set(plan.only):
                continue
            results.append(
                check.run(target, dtype, examples=plan.examples, seed=plan.seed, patience=plan.patience)
            )
        return _measured(subject, plan, tuple(results))
    except NotOffered as reason:
        return DtypeReport(dtype, NOT_TESTED, offered=False, failure=str(reason))
    except (TargetCrash, TargetHung) as crash:
        return DtypeReport(dtype, NOT_TESTED, tuple(results), failure=str(crash))
    except Broken as broken:
        return DtypeReport(dtype, Formula(UNEXPLAINED, str(broken)))


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


def _examine_spec(spec: Spec, dtype: str, plan: Plan, claims: Sequence[str]) -> tuple[str, str, DtypeReport]:
    target = spec.load()
    report = examine(target, dtype, plan, [named(name) for name in claims])
    return target.library, target.version, report


def run(
    specs: Sequence[Spec],
    plan: Plan,
    *,
    claims: Sequence[Claim] | None = None,
    describe_claims: bool = True,
    jobs: int = 0,
    progress: Progress = lambda done, parts: None,
) -> Report:
    """Examine some targets (and, with `describe_claims`, the claims themselves).

    jobs: other processes to use, 0 to work in this one; the report is the same either way.
    Raises `TargetError` for a target that cannot be found.
    """
    claims = discover() if claims is None else claims
    names = [claim.name for claim in claims]
    examinations = [
        Work(f"{spec.name} {dtype}", _examine_spec, (spec, dtype, plan, names), partial(_died, dtype))
        for spec in specs
        for dtype in plan.dtypes
    ]
    chosen = [name for name in names if describe_claims and (not plan.only or name in plan.only)]
    # A process takes longer to start than most claims to examine: each examines some.
    size = max(1, len(chosen) // (4 * jobs)) if jobs else 1
    descriptions = [
        Work(part[-1], _examine_claims, (part, plan.seed), partial(_lost, part))
        for part in (chosen[i : i + size] for i in range(0, len(chosen), size))
    ]
    results = in_parallel([*examinations, *descriptions], jobs, progress)
    examined = results[: len(examinations)]
    described = [report for part in results[len(examinations) :] for report in part]
    return Report(
        version=__version__,
        profile=plan.profile,
        examples=plan.examples,
        seed=plan.seed,
        claims=tuple(described),
        targets=tuple(
            _assemble(spec, examined[i * len(plan.dtypes) : (i + 1) * len(plan.dtypes)])
            for i, spec in enumerate(specs)
        ),
    )


def _assemble(spec: Spec, parts: Sequence[tuple[str, str, DtypeReport]]) -> TargetReport:
    library, version, _ = max(parts, key=lambda part: part[0] != "")
    return TargetReport(spec.name, spec.options, library, version, tuple(part[2] for part in parts))


def _died(dtype: str, end: str) -> tuple[str, str, DtypeReport]:
    return "", "", DtypeReport(dtype, NOT_TESTED, failure=end)


def _examine_claims(names: Sequence[str], seed: int) -> list[ClaimReport]:
    return [examine_claim(name, seed) for name in names]


def _lost(claims: Sequence[str], end: str) -> list[ClaimReport]:
    raise RuntimeError(f"not examined, {end}: {', '.join(claims)}")
