"""The suite: runs claims and checks on targets, in parallel, and makes one report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adamcheck import __version__
from adamcheck.claims.claim import Claim, discover, named
from adamcheck.claims.figures import render
from adamcheck.examine.isolation import Examination, Examined, examination
from adamcheck.examine.plan import Plan
from adamcheck.examine.results import ClaimReport, LawSummary, Report, TargetReport
from adamcheck.support.processes import Interrupted, Progress, Work
from adamcheck.support.processes import run as in_parallel
from adamcheck.targets.find import Spec

NAMED = 5
"""The largest number of names in a message; there are dozens of claims."""


class Unfinished(KeyboardInterrupt):
    """Ctrl-C before everything was examined: the message names what was not, `report` is about the rest."""

    def __init__(self, report: Report, missing: Sequence[str]) -> None:
        more = f" and {len(missing) - NAMED} more" if missing[NAMED:] else ""
        super().__init__(f"not finished: {', '.join(missing[:NAMED])}{more}")
        self.report = report


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


def run(
    specs: Sequence[Spec],
    plan: Plan,
    *,
    claims: Sequence[Claim] | None = None,
    describe_claims: bool = True,
    jobs: int = 0,
    progress: Progress = lambda label, done, total: None,
) -> Report:
    """Examine some targets (and, with `describe_claims`, the claims themselves).

    jobs: other processes to use, 0 to work in this one; the report is the same either way.
    A target that cannot be found or loaded is a failure in the report, beside the others. Raises
    `TargetError` if there is no other, and `Unfinished`.
    """
    claims = discover() if claims is None else claims
    parts = _shared_out(_described(claims, plan), jobs) if describe_claims else []
    work = [
        *_examinations(specs, plan, [claim.name for claim in claims]),
        *(Work(part[-1], _examine_claims, (part, plan.seed), steps=len(part)) for part in parts),
    ]
    results = _finished(work, jobs, progress)
    for part in work:
        if len(specs) == 1 and isinstance(part.warden, Examination) and part.warden.unloaded:
            raise part.warden.unloaded
    count = len(plan.dtypes)
    examined = [(spec, results[i * count : (i + 1) * count]) for i, spec in enumerate(specs)]
    described = list(zip(parts, results[count * len(specs) :], strict=True))
    report = _report(plan, examined, described)
    missing = [spec.name for spec, found in examined if None in found]
    missing += [name for part, made in described if made is None for name in part]
    if missing:
        raise Unfinished(report, missing)
    return report


def _described(claims: Sequence[Claim], plan: Plan) -> list[str]:
    """The names of the claims that are examined themselves."""
    return [claim.name for claim in claims if not plan.only or claim.name in plan.only]


def _shared_out(names: list[str], jobs: int) -> list[list[str]]:
    """The names of claims in groups, since starting a process takes longer than examining most claims."""
    size = max(1, len(names) // (4 * jobs)) if jobs else 1
    return [names[i : i + size] for i in range(0, len(names), size)]


def _examinations(specs: Sequence[Spec], plan: Plan, claims: Sequence[str]) -> list[Work]:
    """The examinations of all targets, one per dtype."""
    return [examination(spec, dtype, plan, claims) for spec in specs for dtype in plan.dtypes]


def _finished(work: Sequence[Work], jobs: int, progress: Progress) -> list[Any]:
    """The results of all work; None for work that Ctrl-C interrupted."""
    try:
        return in_parallel(work, jobs, progress)
    except Interrupted as interrupted:
        return [interrupted.results.get(i) for i in range(len(work))]


def _report(
    plan: Plan,
    examined: Sequence[tuple[Spec, Sequence[Examined | None]]],
    described: Sequence[tuple[Sequence[str], Sequence[ClaimReport] | None]],
) -> Report:
    """The report on the finished work."""
    whole = [(spec, [part for part in found if part is not None]) for spec, found in examined]
    return Report(
        version=__version__,
        profile=plan.profile,
        examples=plan.examples,
        seed=plan.seed,
        claims=tuple(claim for _, made in described if made is not None for claim in made),
        targets=tuple(_assemble(spec, parts) for spec, parts in whole if len(parts) == len(plan.dtypes)),
        definition=str(plan.standard or ""),
    )


def _assemble(spec: Spec, parts: Sequence[Examined]) -> TargetReport:
    library, version, _ = max(parts, key=lambda part: part[0] != "")
    return TargetReport(spec.name, spec.keywords, library, version, tuple(part[2] for part in parts))


def _examine_claims(names: Sequence[str], seed: int) -> list[ClaimReport]:
    return [examine_claim(name, seed) for name in names]
