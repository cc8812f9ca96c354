"""The suite: runs claims and checks on targets, in parallel, and makes one report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adamcheck import __version__
from adamcheck.claims.claim import Claim, discover, named
from adamcheck.claims.figures import render
from adamcheck.claims.statement import stated
from adamcheck.examine.isolation import Answered, Examined, examination
from adamcheck.examine.plan import Plan
from adamcheck.examine.results import CONFORMS, ClaimReport, LawSummary, Report, TargetReport
from adamcheck.examine.target import agreeing
from adamcheck.support.executors import Jobs, Machines
from adamcheck.support.executors import run as in_parallel
from adamcheck.support.processes import Enough, Interrupted, Progress, Work
from adamcheck.targets.find import Spec

NAMED = 5
"""The largest number of names in a message; there are dozens of claims."""


class Listener:
    """Hears of the results as they arrive. This base class does nothing."""

    def answered(self, answer: Answered) -> None:
        """A target has its first answer, before its checks."""

    def finished(self, target: TargetReport) -> None:
        """A target is finished in every dtype, and so are those before it."""

    def stopped(self, missing: Sequence[str]) -> None:
        """The run stopped at the first failure, and did not finish these targets."""


class Unfinished(KeyboardInterrupt):
    """Ctrl-C before everything was examined: the message names what was not.

    Args:
        report: The report on what was finished.
        so_far: The same, with the targets of which some checks were finished.
        missing: What was not finished.
    """

    def __init__(self, report: Report, so_far: Report, missing: Sequence[str]) -> None:
        super().__init__(f"not finished: {listed(missing)}")
        self.report = report
        self.so_far = so_far


def listed(names: Sequence[str]) -> str:
    """Some names, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if names[NAMED:] else ""
    return f"{', '.join(names[:NAMED])}{more}"


def examine_claim(name: str, seed: int) -> ClaimReport:
    """Derive, testify and draw one claim, found by name."""
    claim = named(name)
    derivations, witnesses = claim.derive(seed=seed), claim.testify()
    return ClaimReport(
        name=claim.name,
        section=claim.section,
        title=claim.title,
        says=claim.says,
        source=claim.source,
        verdict=claim.verdict,
        statement=stated(claim.statement, derivations, witnesses),
        derivations=derivations,
        laws=tuple(LawSummary(law.name, law.statement) for law in claim.laws),
        witnesses=witnesses,
        figure=render(claim.drawing) if claim.drawing else "",
        caption=claim.drawing.caption if claim.drawing else "",
    )


def run(
    specs: Sequence[Spec],
    plan: Plan,
    *,
    claims: Sequence[Claim] | None = None,
    describe_claims: bool = True,
    jobs: Jobs = 0,
    progress: Progress = lambda label, done, total: None,
    listener: Listener | None = None,
) -> Report:
    """Examine some targets (and, with `describe_claims`, the claims themselves).

    A target that cannot be found or loaded is a failure in the report, beside the others.

    Args:
        specs: The targets.
        plan: The checks to run on them, and how.
        claims: The claims; all by default.
        describe_claims: Whether to examine the claims themselves.
        jobs: The number of other processes to use, 0 to work in this one, or an executor; the report is
            the same.
        progress: Called regularly.
        listener: Hears of first answers (unless jobs is 0) and of finished targets.

    Raises:
        TargetError: The only target cannot be found or loaded.
        Unfinished: After Ctrl-C.
    """
    listener = listener or Listener()
    claims = discover() if claims is None else claims
    parts = _shared_out(_described(claims, plan), Machines.of(jobs).width) if describe_claims else []
    work = [
        *_examinations(specs, plan, [claim.name for claim in claims]),
        *(Work(part[-1], _examine_claims, (part, plan.seed), steps=len(part)) for part in parts),
    ]
    stream = _Stream(specs, plan, listener)
    results, partial = _finished(work, jobs, progress, stream)
    for part in work:
        if len(specs) == 1 and part.warden.fault:
            raise part.warden.fault
    count = len(plan.dtypes)
    examined = [(spec, results[i * count : (i + 1) * count]) for i, spec in enumerate(specs)]
    described = list(zip(parts, results[count * len(specs) :], strict=True))
    report = _report(plan, [(spec, found) for spec, found in examined if None not in found], described)
    missing = [spec.name for spec, found in examined if None in found]
    missing += [name for part, made in described if made is None for name in part]
    if missing and stream.enough:
        listener.stopped(missing)
        return _report(plan, examined, described)
    if missing:
        known = [result or partial.get(i) for i, result in enumerate(results)]
        examined = [(spec, known[i * count : (i + 1) * count]) for i, spec in enumerate(specs)]
        raise Unfinished(report, _report(plan, examined, described), missing)
    return report


class _Stream:
    """Collects the parts of each target, and tells a listener of whole targets in order.

    Attributes:
        enough: Whether a failure ends the run.
    """

    def __init__(self, specs: Sequence[Spec], plan: Plan, listener: Listener) -> None:
        self._specs, self._count, self._listener = specs, len(plan.dtypes), listener
        self._fail_fast = plan.fail_fast
        self.enough = False
        self._parts: dict[int, Examined] = {}
        self._next = 0

    def news(self, index: int, answer: Answered) -> None:
        """Tell of a first answer, of the first dtype only: others may tell less, and nothing else."""
        if index % self._count == 0:
            self._listener.answered(answer)

    def finished(self, index: int, result: Any) -> None:
        """Tell of the targets that are whole with this part. Raises `Enough` after a final failure."""
        if index < len(self._specs) * self._count:
            self._parts[index] = result
            self._tell()
            report = result[-1]
            if self._fail_fast and report.offered and report.status != CONFORMS:
                self.enough = True
                raise Enough

    def _tell(self) -> None:
        while self._next < len(self._specs):
            positions = range(self._next * self._count, (self._next + 1) * self._count)
            if not all(i in self._parts for i in positions):
                return
            spec = self._specs[self._next]
            self._listener.finished(_assemble(spec, [self._parts[i] for i in positions]))
            self._next += 1


def _described(claims: Sequence[Claim], plan: Plan) -> list[str]:
    """The names of the claims that are examined themselves."""
    return [claim.name for claim in claims if not plan.only or claim.name in plan.only]


def _shared_out(names: list[str], width: int) -> list[list[str]]:
    """The names of claims in groups, since starting a process takes longer than examining most claims."""
    size = max(1, len(names) // (4 * width)) if width else 1
    return [names[i : i + size] for i in range(0, len(names), size)]


def _examinations(specs: Sequence[Spec], plan: Plan, claims: Sequence[str]) -> list[Work]:
    """The examinations of all targets, one per dtype."""
    return [examination(spec, dtype, plan, claims) for spec in specs for dtype in plan.dtypes]


def _finished(
    work: Sequence[Work], jobs: Jobs, progress: Progress, stream: _Stream
) -> tuple[list[Any], Mapping[int, Any]]:
    """The results of all work, None for what Ctrl-C interrupted; and what there is of that, by position."""
    try:
        return in_parallel(work, jobs, progress, news=stream.news, finished=stream.finished), {}
    except Interrupted as early:
        return [early.results.get(i) for i in range(len(work))], early.partial


def _report(
    plan: Plan,
    examined: Sequence[tuple[Spec, Sequence[Examined | None]]],
    described: Sequence[tuple[Sequence[str], Sequence[ClaimReport] | None]],
) -> Report:
    """The report on the finished work."""
    known = [(spec, [part for part in found if part is not None]) for spec, found in examined]
    return Report(
        version=__version__,
        profile=plan.profile,
        examples=plan.examples,
        seed=plan.seed,
        claims=tuple(claim for _, made in described if made is not None for claim in made),
        targets=tuple(_assemble(spec, parts) for spec, parts in known if parts),
        definition=str(plan.standard or ""),
        asked=plan.asked,
    )


def _assemble(spec: Spec, parts: Sequence[Examined]) -> TargetReport:
    library, version, _ = max(parts, key=lambda part: part[0] != "")
    return TargetReport(spec.name, spec.keywords, library, version, agreeing([part[2] for part in parts]))


def _examine_claims(names: Sequence[str], seed: int) -> list[ClaimReport]:
    return [examine_claim(name, seed) for name in names]
