"""Replay: run the failures of a saved report again."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum

from adamcheck.checks.check import FAILURES, Outcome
from adamcheck.checks.conformance import PROBE
from adamcheck.claims.catalogue import checks
from adamcheck.claims.claim import discover
from adamcheck.examine.plan import Plan
from adamcheck.examine.results import Report
from adamcheck.examine.suite import run
from adamcheck.report.documents import ReportError
from adamcheck.report.saved import REPORT, SavedTarget
from adamcheck.support.processes import Progress
from adamcheck.targets.base import TargetError
from adamcheck.targets.find import EXEC, Spec
from adamcheck.variants.standard import Standard, StandardError

NOT_STARTED = "the report names a program to start: --run-programs starts it"
"""Why a target was not run."""

FAILING = (*FAILURES, Outcome.DIALECT)


class Fate(StrEnum):
    """The verdicts on a failure that was run again."""

    FIXED = "FIXED"
    STILL_FAILS = "STILL FAILS"
    CANNOT_TELL = "CANNOT TELL"


@dataclass(frozen=True)
class Replayed:
    """A failure of a report, and its result when run again, with the new `outcome` and `message`."""

    target: str
    dtype: str
    check: str
    verdict: Fate
    outcome: str
    message: str = ""


def replay(
    path: str | os.PathLike[str], *, jobs: int, progress: Progress, run_programs: bool = False
) -> tuple[Replayed, ...]:
    """What has become of every failure in the JSON report in a file, tried with its seed and profile.

    Targets are held against what the report names, else against what each says of itself.
    The same examples are drawn again, so that the counterexample of the report is among them.

    Args:
        path: The file.
        jobs: The number of processes.
        progress: Called regularly.
        run_programs: Whether to start the programs and interpreters that the report names, whoever wrote it.

    Raises:
        ReportError: The file is not a report, or names what this version does not have.
    """
    saved = REPORT.load(path)
    try:
        standard = Standard.parse(saved.definition) if saved.definition else None
    except StandardError as error:
        raise ReportError(f"{path}: {error}") from None
    known = {check.name for check in (PROBE, *checks(discover()))}
    replayed: list[Replayed] = []
    for target in saved.targets:
        failed = [
            (dtype.dtype, result.check)
            for dtype in target.dtypes
            for result in dtype.results
            if result.outcome in FAILING
        ]
        for _, check in failed:
            if check not in known:
                raise ReportError(f"{path}: no check {check!r} in this version of adamcheck")
        if failed and not run_programs and _is_program(target):
            replayed += [_untried(target.name, *each, NOT_STARTED) for each in failed]
        elif failed:
            only = tuple(dict.fromkeys(check for _, check in failed))
            dtypes = tuple(dtype.dtype for dtype in target.dtypes)
            try:
                plan = Plan(saved.profile, saved.seed, dtypes, only=only, standard=standard)
            except ValueError as error:
                raise ReportError(f"{path}: {error}") from None
            try:
                spec = Spec.of(target.name, target.options)
                report = run([spec], plan, describe_claims=False, jobs=jobs, progress=progress)
            except TargetError as error:
                replayed += [_untried(target.name, *each, str(error)) for each in failed]
            else:
                replayed += [_compared(report, target.name, *each) for each in failed]
    return tuple(replayed)


def _is_program(target: SavedTarget) -> bool:
    """Whether a target names a program or an interpreter to start."""
    return target.name.startswith(EXEC) or "python" in target.options


def _untried(target: str, dtype: str, check: str, why: str) -> Replayed:
    return Replayed(target, dtype, check, Fate.CANNOT_TELL, Outcome.NOT_RUN, f"({why})")


def _compared(report: Report, target: str, dtype: str, check: str) -> Replayed:
    part = next(part for part in report.targets[0].dtypes if part.dtype == dtype)
    result = next((result for result in part.results if result.check == check), None)
    if result is None and check == PROBE.name and not part.failure:  # told of only where it fails
        return Replayed(target, dtype, check, Fate.FIXED, Outcome.KEPT)
    if result is None or result.outcome == Outcome.NOT_RUN:
        return Replayed(target, dtype, check, Fate.CANNOT_TELL, part.failure or Outcome.NOT_RUN)
    if result.outcome == Outcome.KEPT:
        return Replayed(target, dtype, check, Fate.FIXED, Outcome.KEPT)
    verdict = Fate.STILL_FAILS if result.outcome in FAILING else Fate.CANNOT_TELL
    return Replayed(target, dtype, check, verdict, result.outcome, result.message)
