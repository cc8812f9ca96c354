"""Judgements of recorded traces."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from adamcheck.adam import Adam
from adamcheck.judge import Judgement, Ruling
from adamcheck.report.terminal.console import STYLES, stdout_console


def print_judgements(
    verdicts: Mapping[str, Judgement], definition: type[Adam], fitting: Sequence[str]
) -> None:
    """Print the verdict on each trace of a file, then on all of them; `fitting` are formulas that fit all."""
    console = stdout_console()
    columns = ("trace", "outcome", "worst", "allowance", "outside", "first offence")
    table = Table(*columns, box=None, pad_edge=False)
    for name, verdict in verdicts.items():
        table.add_row(escape(name), *_judgement(verdict))
    console.print(table)
    outcomes = {verdict.outcome for verdict in verdicts.values()}
    console.print()
    console.print(_conclusion(verdicts.values(), definition.title))
    if Ruling.REJECTED in outcomes:
        told = "; ".join(fitting) or "no known formula"
        console.print(Text(f"formulas that enclose every trace: {told}"))


def _judgement(verdict: Judgement) -> tuple[Any, ...]:
    grade, offence = verdict.grade, verdict.offence
    where = ""
    if offence is not None:
        where = f"step {offence.step}, coordinate {offence.coordinate}: {offence.observed:.9g}"
        where += f", expected {offence.expected:.9g} +- {offence.radius:.1g}"
    outcome = Text(verdict.outcome, style=STYLES.get(verdict.outcome, "yellow"))
    outside = f"{grade.outside:,} of {grade.judged:,} judged"
    outside += f" ({grade.not_judged:,} not judged)" if grade.not_judged else ""
    return outcome, f"{grade.worst:.2g} radii", f"{grade.allowance} {verdict.format}", outside, where


def _conclusion(verdicts: Collection[Judgement], title: str) -> Text:
    outcomes = {verdict.outcome for verdict in verdicts}
    if Ruling.REJECTED in outcomes:
        return Text.assemble(("rejected", "bold red"), f": not {title}")
    if outcomes == {Ruling.NOT_JUDGED}:
        return Text.assemble(("not judged", "yellow"), ": every radius is infinite")
    if Ruling.COARSE in outcomes:
        precisions = {verdict.format for verdict in verdicts if verdict.outcome == Ruling.COARSE}
        arrays = "float64 arrays" if precisions == {"float32"} else "the arrays"
        told = f": {title}, but {arrays} hold {' or '.join(sorted(precisions))} precision"
        return Text.assemble(("accepted", "green"), told)
    return Text.assemble(("accepted", "green"), f": {title}")
