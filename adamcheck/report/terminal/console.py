"""The console of a report, how it breaks lines, and the styles of verdicts and outcomes."""

from __future__ import annotations

import os

from rich.console import Console
from rich.text import Text

from adamcheck.checks.check import Outcome
from adamcheck.claims.claim import VerdictKind
from adamcheck.judge import Ruling

STYLES = {
    Outcome.KEPT: "green",
    Outcome.BROKEN: "bold red",
    Outcome.CRASHED: "bold red",
    Outcome.TIMED_OUT: "bold red",
    Outcome.DIALECT: "yellow",
    Outcome.EXPECTED: "yellow",
    Outcome.FAULTY: "yellow",
    Outcome.NOT_RUN: "yellow",
    Outcome.NOT_APPLICABLE: "dim",
    Outcome.UNJUDGED: "yellow",
    Ruling.ENCLOSED: "green",
    Ruling.COARSE: "yellow",
    Ruling.REJECTED: "bold red",
    VerdictKind.HOLDS: "green",
    VerdictKind.HOLDS_IF: "yellow",
    VerdictKind.FALSE: "red",
    VerdictKind.MEASURED: "cyan",
}
"""The styles of verdicts and outcomes."""


class _Console(Console):
    """A console that raises what writing raises; that of rich ends the process where a pipe is closed."""

    def on_broken_pipe(self) -> None:
        raise


def stdout_console() -> Console:
    """The standard output: as wide as the terminal or as COLUMNS says, and else without broken lines."""
    console = _Console(highlight=False)
    if console.is_terminal or os.environ.get("COLUMNS", "").isdigit():
        return console
    # A pipe has no width; a fixed one gives tables the same layout everywhere, and no line is broken.
    return _Console(highlight=False, width=140, soft_wrap=True)


def print_hanging(text: Text, console: Console, *, indent: int) -> None:
    """Print a paragraph; the lines after its first one are indented.

    Args:
        text: The paragraph, with the head that stands to the left of the indentation.
        console: Where to print.
        indent: Columns before each line after the first one.
    """
    if console.soft_wrap:
        console.print(text)
        return
    head, body = text[:indent], text[indent:]
    for line in body.wrap(console, max(console.width - indent, 20)):
        line.rstrip()
        console.print(Text.assemble(head, line))
        head = Text(" " * indent)


def print_code(code: str, console: Console) -> None:
    """Print lines that can be pasted into Python, indented."""
    # A broken line could not be pasted; only a picture must break lines.
    whole = console.soft_wrap or not console.record
    for line in code.splitlines():
        console.print(Text(f"      {line}".rstrip(), style="cyan"), soft_wrap=whole)
