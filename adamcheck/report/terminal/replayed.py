"""What became of the failures of a saved report."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from adamcheck.report.replay import Fate, Replayed
from adamcheck.report.terminal.console import stdout_console


def print_replayed(replayed: Sequence[Replayed]) -> None:
    """The failures of a report, and what has become of each."""
    console = stdout_console()
    styles = {Fate.FIXED: "green", Fate.STILL_FAILS: "bold red"}
    for failure in replayed:
        where = f"{failure.target} ({failure.dtype}) {failure.check}"
        verdict = (f"{failure.verdict:11}", styles.get(failure.verdict, "yellow"))
        why = "" if failure.verdict == Fate.FIXED else f": {failure.outcome} {failure.message}".rstrip()
        console.print(Text.assemble(verdict, f"  {where}{why}"))
    fixed = sum(failure.verdict == Fate.FIXED for failure in replayed)
    console.print(f"{fixed} of {len(replayed)} fixed" if replayed else "no failures in this report")
