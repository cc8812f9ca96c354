"""The theory in a terminal: the theorems of each file, and what their proofs assume."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from adamcheck.proofs.coq.theorems import AXIOMS, Chapter
from adamcheck.report.terminal.console import stdout_console


def print_chapter(chapter: Chapter) -> None:
    """Print the theorems of one file, and why they are not proved if they are not."""
    console = stdout_console()
    told = ("proved by Coq", "green") if chapter.proved else ("not proved", "bold red")
    console.print(Text.assemble((f"{chapter.name}.v", "bold"), "  ", told))
    for theorem in chapter.theorems:
        console.print(Text(f"  {theorem}"))
    if chapter.failure:
        console.print(Text.assemble(("  ! ", "bold red"), f"coqc: {chapter.failure}"))
    for axiom in chapter.assumed:
        console.print(Text.assemble(("  ! ", "bold red"), f"assumed without a proof: {axiom}"))


def print_theory(chapters: Sequence[Chapter]) -> None:
    """Print the number of proved theorems, and the axioms that the proofs use."""
    console = stdout_console()
    proved = sum(len(chapter.theorems) for chapter in chapters if chapter.proved)
    console.print(f"\n{proved} theorems proved")
    axioms = dict.fromkeys(a for chapter in chapters for a in chapter.axioms if a in AXIOMS)
    if axioms:
        console.print(Text(f"axioms (those of Coq's real numbers): {', '.join(axioms)}", style="dim"))
