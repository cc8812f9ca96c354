"""Where the lines of a report go, and how its words look there."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from adamcheck.checks.check import (
    BROKEN,
    CRASHED,
    DIALECT,
    EXPECTED,
    FAULTY,
    KEPT,
    NOT_APPLICABLE,
    NOT_RUN,
    TIMED_OUT,
    UNJUDGED,
)
from adamcheck.judge import COARSE, ENCLOSED, REJECTED

STYLES = {
    KEPT: "green",
    BROKEN: "bold red",
    CRASHED: "bold red",
    TIMED_OUT: "bold red",
    DIALECT: "yellow",
    EXPECTED: "yellow",
    NOT_RUN: "yellow",
    NOT_APPLICABLE: "dim",
    UNJUDGED: "yellow",
    FAULTY: "yellow",
    ENCLOSED: "green",
    COARSE: "yellow",
    REJECTED: "bold red",
    "holds": "green",
    "holds if": "yellow",
    "false as stated": "red",
    "measured": "cyan",
}
"""How verdicts and outcomes look."""


def stdout_console() -> Console:
    """The standard output, whether it is a terminal or not."""
    console = Console(highlight=False)
    if console.is_terminal:
        return console
    # A pipe has no width: a fixed one lays tables out the same everywhere, and no line is broken.
    return Console(highlight=False, width=140, soft_wrap=True)


def print_code(code: str, console: Console) -> None:
    """Lines that can be pasted into Python, indented."""
    # A broken line could not be pasted; only a picture has to break it.
    whole = console.is_terminal or console.soft_wrap
    for line in code.splitlines():
        console.print(Text(f"      {line}".rstrip(), style="cyan"), soft_wrap=whole)
