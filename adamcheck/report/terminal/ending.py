"""The last line of a verification: how many targets conform, how long it took, and what to run next."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rich.text import Text

from adamcheck.checks.check import Outcome, Result
from adamcheck.diagnosis.formula import Kind
from adamcheck.examine.results import CONFORMS, TARGET_FAILED, DtypeReport, Report
from adamcheck.report import summary as words
from adamcheck.report.terminal.console import STYLES, print_hanging, stdout_console


class Aim(StrEnum):
    """What the command that is proposed next is for."""

    DEBUG = "the check that it failed in, for a debugger"
    ACCEPT = "if that is what you mean"
    READ = "a page with every failure and its run"
    MORE = "more examples"
    KEEP = "the same checks in your tests"


@dataclass(frozen=True)
class Next:
    """A command to run next.

    Attributes:
        words: The command.
        aim: What it is for.
    """

    words: tuple[str, ...]
    aim: Aim


def print_ending(report: Report, said: Sequence[str], seconds: float) -> None:
    """Print the last line.

    Args:
        report: What was found.
        said: The arguments of the command that found it.
        seconds: How long it took.
    """
    console = stdout_console()
    after = following(report, said)
    console.print()
    told = Text.assemble(_listed(_statuses(report)), ": ", _listed(_outcomes(report)), f" in {seconds:.0f} s")
    if after:
        told.append_text(Text.assemble("; next: ", (shlex.join(after.words), "bold"), f"  ({after.aim})"))
    print_hanging(told, console, indent=4)


def _listed(parts: Iterable[tuple[str, str]]) -> Text:
    return Text(", ").join(Text(text, style) for text, style in parts)


def _statuses(report: Report) -> Iterator[tuple[str, str]]:
    """How many targets got each verdict."""
    for status, count in Counter(target.status for target in report.targets).items():
        badge = words.status_badge(status, count)
        style = "green" if badge.tone is words.Tone.GOOD else "bold red"
        yield f"{count} of {len(report.targets)} {badge.word}" if report.targets[1:] else badge.word, style


def _outcomes(report: Report) -> Iterator[tuple[str, str]]:
    """How many checks ended in each outcome."""
    counted = Counter(result.outcome for result in _results(report))
    if not counted:
        yield "no checks", ""
    for outcome in Outcome:
        if counted[outcome]:
            of = f" of {counted.total()} checks" if outcome is Outcome.KEPT else ""
            yield f"{counted[outcome]}{of} {outcome}", STYLES[outcome]


def _parts(report: Report) -> Iterator[DtypeReport]:
    return (part for target in report.targets for part in target.dtypes)


def _results(report: Report) -> Iterator[Result]:
    return (result for part in _parts(report) for result in part.results)


def following(report: Report, said: Sequence[str]) -> Next | None:
    """What to run next, if anything.

    Args:
        report: What was found.
        said: The arguments of `adamcheck` that found it.
    """
    command = ("adamcheck", *_without(said, "--resume"))
    if report.status == TARGET_FAILED:
        stopped = (r.check for r in _results(report) if r.outcome in (Outcome.CRASHED, Outcome.TIMED_OUT))
        check = next(stopped, None)
        return Next((*command, "--only", check, "--in-process"), Aim.DEBUG) if check else None
    if report.status != CONFORMS:
        dialects = tuple(_dialects(report))
        if dialects and all(dialects):
            accepted = (word for dialect in dict.fromkeys(dialects) for word in ("--accept", dialect))
            return Next((*command, *accepted), Aim.ACCEPT)
        return Next((*command, "--save", "report.html"), Aim.READ)
    if report.profile == "quick":
        return Next((*_without(command, "--profile"), "--profile", "standard"), Aim.MORE)
    return Next(("pytest", *(word for t in report.targets for word in ("--adamcheck", t.name))), Aim.KEEP)


def _dialects(report: Report) -> Iterator[str]:
    """For each dtype that does not conform, its dialect if nothing else is wrong, else nothing."""
    for part in _parts(report):
        if part.offered and part.status != CONFORMS:
            only = part.formula.kind is Kind.DIALECT and all(
                result.outcome is Outcome.DIALECT for result in part.failures
            )
            yield part.formula.dialect if only else ""


def _without(command: Sequence[str], option: str) -> Iterator[str]:
    """A command without an option that takes a value."""
    skip = False
    for word in command:
        if not skip and word != option and not word.startswith(f"{option}="):
            yield word
        skip = word == option and not skip
