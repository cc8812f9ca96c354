"""Judgements of recorded traces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from adamcheck.adam import Adam
from adamcheck.judge import Judgement, Ruling
from adamcheck.report.terminal.console import STYLES, stdout_console
from adamcheck.support.text import plain


def print_judgements(
    verdicts: Mapping[str, Judgement], definition: type[Adam], fitting: Sequence[str]
) -> None:
    """Print the verdict on each trace of a file, then on all of them; `fitting` are formulas that fit all."""
    console = stdout_console()
    columns = ("trace", "outcome", "worst", "allowance", "outside", "first offence")
    table = Table(*columns, box=None, pad_edge=False)
    outcomes = Counter(verdict.outcome for verdict in verdicts.values())
    shown = _shown(verdicts)
    for name in shown:
        table.add_row(escape(plain(name)), *_judgement(verdicts[name]))
    console.print(table)
    if len(shown) < len(verdicts):
        counts = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(outcomes.items()))
        console.print(f"{len(shown)} of {len(verdicts):,} traces shown: {counts}")
    console.print()
    console.print(_conclusion(verdicts.values(), definition.title))
    if Ruling.REJECTED in outcomes:
        told = "; ".join(fitting) or "no known formula"
        console.print(Text(f"formulas that enclose every trace: {told}"))


SHOWN = 100
"""The largest number of traces that are shown; a file may have thousands."""


def _shown(verdicts: Mapping[str, Judgement]) -> list[str]:
    """The names of the traces to show: all of them, or first those that are not enclosed."""
    if len(verdicts) <= SHOWN:
        return list(verdicts)
    return sorted(verdicts, key=lambda name: verdicts[name].outcome is Ruling.ENCLOSED)[:SHOWN]


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
        some = any(verdict.grade.not_judged for verdict in verdicts)
        why = "every radius is infinite" if some else "the traces have no numbers"
        return Text.assemble(("not judged", "yellow"), f": {why}")
    if Ruling.COARSE in outcomes:
        precisions = {verdict.format for verdict in verdicts if verdict.outcome == Ruling.COARSE}
        arrays = "float64 arrays" if precisions == {"float32"} else "the arrays"
        told = f": {title}, but {arrays} hold {' or '.join(sorted(precisions))} precision"
        return Text.assemble(("accepted", "green"), told)
    return Text.assemble(("accepted", "green"), f": {title}")
