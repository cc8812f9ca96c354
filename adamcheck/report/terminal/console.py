"""The console of a report, and the styles of verdicts and outcomes."""

from __future__ import annotations

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
    """The standard output, whether it is a terminal or not."""
    console = _Console(highlight=False)
    if console.is_terminal:
        return console
    # A pipe has no width; a fixed one gives tables the same layout everywhere, and no line is broken.
    return _Console(highlight=False, width=140, soft_wrap=True)


def print_code(code: str, console: Console) -> None:
    """Print lines that can be pasted into Python, indented."""
    # A broken line could not be pasted; only a picture must break lines.
    whole = console.is_terminal or console.soft_wrap
    for line in code.splitlines():
        console.print(Text(f"      {line}".rstrip(), style="cyan"), soft_wrap=whole)
