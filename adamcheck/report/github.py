"""A report as annotations of GitHub Actions: one for each target and dtype, since a step shows only ten."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from adamcheck.examine.results import Report
from adamcheck.report import summary
from adamcheck.report.problems import VERDICT, Problem, Severity, problems

LISTED = 5
"""The largest number of failed checks in one annotation: a wrong formula breaks most of them."""


def render(report: Report) -> str:
    """The workflow commands: an error for what fails, a warning for a faulty check, a notice for the rest."""
    failing = [problem for problem in problems(report) if not problem.expected]
    lines = list(_errors(problem for problem in failing if problem.severity is Severity.ERROR))
    lines += [
        _command("warning", problem, f"faulty check {problem.rule}", f"{problem.where}: {problem.text}")
        for problem in failing
        if problem.severity is Severity.WARNING
    ]
    for target in report.targets:
        if target:
            dtypes = ", ".join(part.dtype for part in target.dtypes if part.offered)
            lines.append(f"::notice title=adamcheck::{_data(f'{summary.label(target)} conforms ({dtypes})')}")
    return "".join(f"{line}\n" for line in lines)


def _errors(failing: Iterable[Problem]) -> Iterator[str]:
    for _, group in groupby(failing, key=lambda problem: problem.where or problem.rule):
        head, *checks = group
        text = head.text
        if head.rule != VERDICT:
            text = f"{head.rule}: {text}"
        named = [f"{check.rule}: {check.text}" for check in checks[:1]]
        named += [f"{check.rule}: {check.text.splitlines()[0]}" for check in checks[1:LISTED]]
        more = [f"and {len(checks) - LISTED} more"] if checks[LISTED:] else []
        yield _command("error", head, head.where or head.rule, "\n".join([text, *named, *more]))


def _command(kind: str, problem: Problem, title: str, text: str) -> str:
    at = f"file={_property(problem.place.file)},line={problem.place.line}," if problem.place else ""
    return f"::{kind} {at}title={_property(f'adamcheck: {title}')}::{_data(text)}"


def _data(text: str) -> str:
    """A text as it may stand in a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
