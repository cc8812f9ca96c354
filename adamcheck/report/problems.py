"""What is wrong in a report, one by one, with its place in the source: what tools for code review show."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from adamcheck.checks.check import Outcome, Result
from adamcheck.examine.results import CONFORMS, TARGET_FAILED, DtypeReport, Report, TargetReport
from adamcheck.report import summary
from adamcheck.report.script import script

VERDICT = "verdict"
"""The rule that every target conforms; the other rules have the names of checks."""


class Severity(StrEnum):
    """How bad a problem is; the words are those of SARIF and of GitHub."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Place:
    """A line of a file. In GitHub Actions, a file of the repository is named from the root of the repository.

    Elsewhere, it is named from the working directory; a file that is not below it is named as the user does.
    """

    file: str
    line: int


@dataclass(frozen=True)
class Problem:
    """A reason why a command does not end with status 0, or a failure that the user expects.

    Attributes:
        rule: The name of a check or of a claim, or `VERDICT`.
        where: The target and the dtype, or "" for a claim.
        text: What is wrong, and how to repeat it where that is known.
        severity: Whether the target is to blame, or the check itself.
        place: Where the target is defined, if it is in a file.
        expected: Whether the user gave a reason for the failure.
    """

    rule: str
    where: str
    text: str
    severity: Severity = Severity.ERROR
    place: Place | None = None
    expected: bool = False


def problems(report: Report) -> Iterator[Problem]:
    """The problems of a report: target by target the verdict first, then its checks; at last the claims."""
    for target in report.targets:
        if not any(part.offered for part in target.dtypes):
            yield Problem(VERDICT, summary.label(target), unoffered(target), place=place(target.name))
        for part in target.dtypes:
            yield from _of_dtype(target, part)
    for claim in report.claims:
        if not claim.upheld:
            yield Problem(f"claim/{claim.name}", "", f"the claim {claim.name} is not upheld: {claim.title}")


def unoffered(target: TargetReport) -> str:
    """Why a target could be verified in no dtype."""
    return "; ".join(dict.fromkeys(part.failure for part in target.dtypes)) or "nothing was verified"


def _of_dtype(target: TargetReport, part: DtypeReport) -> Iterator[Problem]:
    where, at = f"{summary.label(target)} ({part.dtype})", place(target.name)
    if part.offered and part.status != CONFORMS:
        kind = "failed" if part.status == TARGET_FAILED else "does not conform"
        yield Problem(VERDICT, where, f"{kind}: {summary.headline(part)}", place=at)
    failed = {result.check for result in part.failures}
    for result in part.results:
        if result.check in failed:
            yield Problem(result.check, where, told(target, result), place=at)
        elif result.outcome is Outcome.EXPECTED:
            yield Problem(result.check, where, told(target, result), place=at, expected=True)
        elif result.outcome is Outcome.FAULTY:
            yield Problem(result.check, where, told(target, result), Severity.WARNING, at)


def told(target: TargetReport, result: Result) -> str:
    """What is said of a failed check, with the lines that repeat it."""
    code = script(target, result)
    head = f"{result.outcome}: {summary.message(result)}" if result.message else str(result.outcome)
    return f"{head}\n\nTo repeat:\n\n{code}" if code else head


def place(target: str) -> Place | None:
    """Where `path/to/file.py:attribute` is defined; the first line if that is not found.

    Returns:
        None for a target that is not named by a file.
    """
    file, _, attribute = target.partition(":")
    if not file.endswith(".py"):
        return None
    try:
        here = Path.cwd()
    except FileNotFoundError:  # it was deleted
        return Place(Path(file).as_posix(), 1)
    path = here / file
    line = _line(path, attribute.partition(".")[0])
    for folder in (Path(os.environ.get("GITHUB_WORKSPACE") or here), here):
        if path.is_relative_to(folder):
            return Place(path.relative_to(folder).as_posix(), line)
    return Place(Path(file).as_posix(), line)


@cache
def _line(path: Path, name: str) -> int:
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return 1
    return next((node.lineno for node in tree.body if getattr(node, "name", "") == name), 1)
