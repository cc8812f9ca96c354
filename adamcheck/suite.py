"""The suite: run claims and checks against targets, in parallel, into one report."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import active_children, get_context
from typing import Any

from adamcheck import __version__, diagnose
from adamcheck.accuracy import measure
from adamcheck.assertions import Broken
from adamcheck.checks import BROKEN, PROFILES, Check
from adamcheck.claims import Claim, discover, named
from adamcheck.conformance import CHECKS, probe
from adamcheck.diagnose import UNEXPLAINED, Formula
from adamcheck.hazards import hazards
from adamcheck.judge import judge
from adamcheck.numbers.floats import format_of
from adamcheck.probes import probes
from adamcheck.report.figures import render
from adamcheck.report.model import ClaimReport, DtypeReport, LawSummary, Report, TargetReport
from adamcheck.targets.base import NotOffered, Target, TargetCrash
from adamcheck.targets.find import Spec
from adamcheck.trajectory import Subject

Progress = Callable[[str, int], None]
"""Called each time a part of the work is done, with its name and the number of parts in all."""


@dataclass(frozen=True)
class Plan:
    """How much to try: examples for each check, the seed, and the dtypes (those the target offers)."""

    profile: str = "standard"
    seed: int = 0
    dtypes: tuple[str, ...] = ("float64", "float32")

    @property
    def examples(self) -> int:
        return PROFILES[self.profile]


def checks(claims: Sequence[Claim]) -> tuple[Check, ...]:
    """What every implementation must do, and the laws of some claims."""
    return (*CHECKS, *(law for claim in claims for law in claim.laws))


def examine_claim(name: str, seed: int) -> ClaimReport:
    """Derive, testify and draw one claim, found by name."""
    claim = named(name)
    return ClaimReport(
        name=claim.name,
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
    subject = Subject(target, format_of(dtype))
    unknown = Formula(UNEXPLAINED, "not tested")
    if dtype not in target.capabilities.dtypes:
        return DtypeReport(dtype, unknown, offered=False, failure=f"{target.name} offers no {dtype}")
    try:
        probe(subject)
        traces = {name: subject.run(trajectory) for name, trajectory in probes(subject.format).items()}
    except NotOffered as reason:
        return DtypeReport(dtype, unknown, offered=False, failure=str(reason))
    except TargetCrash as crash:
        return DtypeReport(dtype, unknown, failure=str(crash))
    except Broken as broken:
        return DtypeReport(dtype, Formula(UNEXPLAINED, str(broken)))
    judgements = {name: judge(trace) for name, trace in traces.items()}
    results = tuple(
        check.run(target, dtype, examples=plan.examples, seed=plan.seed) for check in checks(claims)
    )
    outside = any(result.outcome == BROKEN and result.section == "formula" for result in results)
    return DtypeReport(
        dtype,
        diagnose.explain(subject, traces, judgements, laws_broken=outside),
        results,
        measure(judgements),
        hazards(subject),
    )


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
    work: list[tuple[str, Callable[..., Any], tuple[Any, ...]]] = [
        (f"{spec.name} {dtype}", _examine_spec, (spec, dtype, plan, names))
        for spec in specs
        for dtype in plan.dtypes
    ]
    if describe_claims:
        work += [(name, examine_claim, (name, plan.seed)) for name in names]
    done = _in_parallel(work, jobs, progress)
    examined, described = done[: len(specs) * len(plan.dtypes)], done[len(specs) * len(plan.dtypes) :]
    targets = []
    for index, spec in enumerate(specs):
        parts = examined[index * len(plan.dtypes) : (index + 1) * len(plan.dtypes)]
        library, version, _ = parts[0]
        targets.append(
            TargetReport(spec.name, spec.options, library, version, tuple(part[2] for part in parts))
        )
    return Report(
        version=__version__,
        profile=plan.profile,
        examples=plan.examples,
        seed=plan.seed,
        claims=tuple(described),
        targets=tuple(targets),
    )


def _in_parallel(
    work: Sequence[tuple[str, Callable[..., Any], tuple[Any, ...]]], jobs: int, progress: Progress
) -> list[Any]:
    """The results of all calls, in order, in `jobs` other processes (in this one for 0)."""
    if jobs == 0:
        results = []
        for label, function, arguments in work:
            results.append(function(*arguments))
            progress(label, len(work))
        return results
    # Spawned, not forked: a forked child inherits the locks of torch's and JAX's threads.
    # They ignore Ctrl-C, which reaches the whole process group: this process ends them.
    pool = ProcessPoolExecutor(
        min(jobs, len(work)), get_context("spawn"), signal.signal, (signal.SIGINT, signal.SIG_IGN)
    )
    try:
        futures: dict[Future[Any], int] = {
            pool.submit(function, *arguments): index for index, (_, function, arguments) in enumerate(work)
        }
        for future in as_completed(futures):
            future.result()
            progress(work[futures[future]][0], len(work))
        return [future.result() for future in sorted(futures, key=futures.__getitem__)]
    except BaseException:
        for process in active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
