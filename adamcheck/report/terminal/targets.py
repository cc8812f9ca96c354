"""What became of each target: a row, and the details of one that does not conform."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.text import Text

from adamcheck.checks.check import Outcome, Result, Section
from adamcheck.examine.accuracy import Measure
from adamcheck.examine.plan import Plan
from adamcheck.examine.results import CONFORMS, DtypeReport, Report, TargetReport
from adamcheck.report import summary as words
from adamcheck.report.terminal.console import STYLES, print_hanging, stdout_console
from adamcheck.report.terminal.counterexamples import print_counterexamples
from adamcheck.targets.base import Refusal

_TONES = {words.Tone.GOOD: "green", words.Tone.QUIET: "dim"}
_LABEL = 10
"""Columns of the label of a detail."""


def print_targets(report: Report, console: Console | None = None) -> None:
    """Each target: a row, and where it does not conform its details and counterexamples."""
    console = console or stdout_console()
    _print_setting(report, console)
    for target in report.targets:
        _print_target(target, console, detailed=False)


def print_target(target: TargetReport, plan: Plan | None = None, *, detailed: bool = False) -> None:
    """One target.

    Args:
        target: The target.
        plan: The plan, which is told before the first target.
        detailed: Whether to tell the details also of a target that conforms.
    """
    console = stdout_console()
    if plan is not None:
        _print_setting(plan, console)
    _print_target(target, console, detailed)


def target_text(target: TargetReport) -> str:
    """What is printed of one target, with its details, as plain text."""
    console = Console(**_off_screen(), soft_wrap=True)
    _print_target(target, console, detailed=True)
    return console.export_text().lstrip("\n")


def picture(report: Report) -> str:
    """What `print_targets` shows on a terminal, as an SVG image that needs no font from elsewhere."""
    console = Console(**_off_screen(), color_system="truecolor")
    print_targets(report, console)
    names = " ".join(target.name for target in report.targets)
    svg = console.export_svg(title=f"adamcheck verify {names}", unique_id="adamcheck")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


def _off_screen() -> dict[str, Any]:
    """What makes a console that only records; in a notebook too, where it would show everything as well."""
    return {
        "highlight": False,
        "width": 110,
        "record": True,
        "file": io.StringIO(),
        "force_jupyter": False,
    }


def _print_setting(setting: Report | Plan, console: Console) -> None:
    told = f"profile {setting.profile} ({setting.examples} examples a check), seed {setting.seed}"
    console.print(Text(told, style="dim"))


def _print_target(target: TargetReport, console: Console, detailed: bool) -> None:
    console.print()
    print_hanging(_row(target), console, indent=4)
    whole = detailed or target.status != CONFORMS
    for label, texts in _shared(target, _details if whole else _always):
        for text in texts:
            print_hanging(Text.assemble(f"  {label:{_LABEL}}", text), console, indent=_LABEL + 2)
            label = ""
    print_counterexamples(target, console)


def _row(target: TargetReport) -> Text:
    """The verdict on a target: what it is, and in which dtypes."""
    origin = f" ({target.library} {target.version}".rstrip() + ")" if target.library else ""
    row = Text.assemble((words.label(target), "bold"), (origin, "dim"), ": ")
    told = [_verdict(list(parts)) for _, parts in groupby(target.dtypes, _said)]
    row.append_text(Text("; ").join(told))
    if target.status == CONFORMS:
        row.append(f" ({', '.join(_counted(target))})", "dim")
    return row


def _counted(target: TargetReport) -> Iterator[str]:
    """What there was in all dtypes."""
    outcomes = Counter(result.outcome for part in target.dtypes for result in part.results)
    yield from (f"{outcomes[outcome]} {outcome}" for outcome in Outcome if outcomes[outcome])
    hazards = [hazard for part in target.dtypes for hazard in part.hazards]
    notes = [note for part in target.dtypes for result in part.results for note in result.notes]
    yield from (
        words.number(things, name) for things, name in ((hazards, "hazard"), (notes, "note")) if things
    )


def _said(part: DtypeReport) -> tuple[words.Badge, str]:
    return words.dtype_badge(part), part.failure if not part.offered else words.headline(part)


def _verdict(parts: Sequence[DtypeReport]) -> Text:
    """The verdict that some dtypes share."""
    badge, why = _said(parts[0])
    dtypes = ", ".join(part.dtype for part in parts)
    return Text.assemble((badge.word, _TONES.get(badge.tone, "bold red")), f" in {dtypes}: {why}")


Detail = tuple[str, Text]
"""What is told of a target in one dtype, with its label."""


def _shared(
    target: TargetReport, told: Callable[[DtypeReport], Iterable[Detail]]
) -> Iterator[tuple[str, list[Text]]]:
    """Details label by label: once what is the same in all dtypes, else each with its dtype."""
    tested = [part for part in target.dtypes if part.offered and part.results]
    by_label: dict[str, dict[str, list[Text]]] = {}
    for part in tested:
        for label, text in told(part):
            by_label.setdefault(label, {}).setdefault(part.dtype, []).append(text)
    for label, by_dtype in by_label.items():
        first, *others = [by_dtype.get(part.dtype, []) for part in tested]
        if all(texts == first for texts in others):
            yield label, first
        else:
            yield label, [Text.assemble(f"{dtype}: ", text) for dtype in by_dtype for text in by_dtype[dtype]]


def _always(part: DtypeReport) -> Iterator[Detail]:
    """What is told of a target that conforms, too."""
    if part.called:
        yield "called", Text(part.called)
    for remark in words.remarks(part):
        yield "process", Text(remark, "yellow")
    for outcome, label in ((Outcome.EXPECTED, "expected"), (Outcome.FAULTY, "faulty")):
        for result in part.results:
            if result.outcome is outcome:
                yield label, Text(f"{result.check}: {result.message}", STYLES[outcome])


def _details(part: DtypeReport) -> Iterator[Detail]:
    if held := words.held_against(part):
        yield "against", Text(held)
    yield from _always(part)
    for section in Section:
        results = [result for result in part.results if result.section == section]
        if results:
            yield section, _counts(results)
    if asked := words.coverage(part.results):
        yield "coverage", Text(asked)
    for name, measure in _measures(part):
        yield "accuracy", Text(f"{name} hyperparameters: {words.accuracy(measure)}")
    for hazard in part.hazards:
        yield "hazard", Text(f"{hazard.situation}: {hazard.seen}", "yellow")
    for result in part.results:
        for note in result.notes:
            yield "note", Text(f"{result.check}: {note}")


def _reasons(results: Sequence[Result]) -> list[str]:
    """Why checks do not apply or did not run, each reason once, what is not offered in one of them."""
    missing = dict.fromkeys(need for result in results for need in result.lacking)
    named = ", ".join(need.replace("_", " ") for need in missing)
    others = [result for result in results if result.message and not result.lacking]
    refusals = dict.fromkeys(result.refusal for result in others if result.refusal)
    messages = dict.fromkeys(result.message for result in others if not result.refusal)
    return [*([f"not offered: {named}"] if missing else []), *_refused(refusals), *messages]


_NUMBER = re.compile(r"\d[\d.e+-]*")


def _refused(refusals: Iterable[Refusal]) -> Iterator[str]:
    """What is said of refused hyperparameters, once where it differs in nothing but numbers."""
    groups: dict[str, list[Refusal]] = {}
    for refusal in refusals:
        groups.setdefault(_NUMBER.sub("#", refusal.reason), []).append(refusal)
    for first, *others in groups.values():
        yield f"for some hyperparameters, {first.reason}" if others else str(first)


def _counts(results: Sequence[Result]) -> Text:
    """How many checks ended in each outcome, and why some were not applicable or did not run."""
    counted = Counter(result.outcome for result in results)
    told = {outcome: f"{counted[outcome]} {outcome}" for outcome in Outcome if counted[outcome]}
    for outcome in (Outcome.NOT_APPLICABLE, Outcome.NOT_RUN):
        reasons = _reasons([result for result in results if result.outcome is outcome])
        if reasons:
            told[outcome] += f" ({'; '.join(reasons)})"
    return Text(", ").join(Text(text, style=STYLES[outcome]) for outcome, text in told.items())


def _measures(part: DtypeReport) -> list[tuple[str, Measure]]:
    both = [("dyadic", part.accuracy.dyadic), ("decimal", part.accuracy.decimal)] if part.accuracy else []
    return [(name, measure) for name, measure in both if measure is not None]
