"""What became of each target: its verdicts, and the counterexamples that a person reads first."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.text import Text

from adamcheck.checks.calls import Started
from adamcheck.checks.check import Outcome, Result, Section
from adamcheck.checks.conformance import REPEATED
from adamcheck.examine.accuracy import Measure
from adamcheck.examine.plan import Plan
from adamcheck.examine.results import DtypeReport, Report, TargetReport
from adamcheck.report import summary as words
from adamcheck.report.replay import Fate, Replayed
from adamcheck.report.script import script
from adamcheck.report.terminal.console import STYLES, print_code, stdout_console
from adamcheck.targets.base import Refusal

LISTED = 5
"""Checks that are named beside the counterexamples: a wrong formula breaks most of them."""


def print_targets(report: Report, console: Console | None = None) -> None:
    """Each target: a verdict line a dtype with its details, and the counterexamples."""
    console = console or stdout_console()
    _print_setting(report, console)
    for target in report.targets:
        console.print()
        _print_target(target, console)


def _off_screen() -> dict[str, Any]:
    """What makes a console that only records; in a notebook too, where it would show everything as well."""
    return {
        "highlight": False,
        "width": 110,
        "record": True,
        "file": io.StringIO(),
        "force_jupyter": False,
    }


def print_target(target: TargetReport, plan: Plan | None = None) -> None:
    """One target; the first one comes with the plan."""
    console = stdout_console()
    if plan is not None:
        _print_setting(plan, console)
    console.print()
    _print_target(target, console)


def _print_setting(setting: Report | Plan, console: Console) -> None:
    told = f"profile {setting.profile} ({setting.examples} examples a check), seed {setting.seed}"
    console.print(Text(told, style="dim"))


def target_text(target: TargetReport) -> str:
    """What is printed of one target, as plain text."""
    console = Console(**_off_screen(), soft_wrap=True)
    _print_target(target, console)
    return console.export_text()


def picture(report: Report) -> str:
    """What `print_targets` shows on a terminal, as an SVG image that needs no font from elsewhere."""
    console = Console(**_off_screen(), color_system="truecolor")
    print_targets(report, console)
    names = " ".join(target.name for target in report.targets)
    svg = console.export_svg(title=f"adamcheck verify {names}", unique_id="adamcheck")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


def _print_target(target: TargetReport, console: Console) -> None:
    origin = f"  {target.library} {target.version}".rstrip() if target.library else ""
    console.print(Text.assemble((words.label(target), "bold"), (origin, "dim")))
    for part in target.dtypes:
        for line in _dtype_lines(part):
            console.print(line)
    full, rest = _counterexamples(target)
    for result in full:
        _print_failure(target, result, console)
    if rest:
        named = ", ".join(rest[:LISTED])
        more = f" and {len(rest) - LISTED} more (--save report.md has them all)" if rest[LISTED:] else ""
        console.print(Text.assemble(("\n  also failing: ", STYLES[Outcome.BROKEN]), named, more))


def _dtype_lines(part: DtypeReport) -> Iterable[Text]:
    if not part.offered:
        yield Text.assemble(f"  {part.dtype:9}", (f"not applicable: {part.failure}", "dim"))
        return
    badge = words.dtype_badge(part)
    style = "green" if badge.tone == words.Tone.GOOD else "bold red"
    yield Text.assemble(f"  {part.dtype:9}", (badge.word, style), ": ", words.headline(part))
    if part.called:
        yield Text(f"    called    {part.called}")
    if held := words.held_against(part):
        yield Text(f"    against   {held}")
    for section in Section:
        results = [result for result in part.results if result.section == section]
        if results:
            yield Text.assemble(f"    {section:9} ", _counts(results))
    for label, (name, measure) in zip(("accuracy", ""), _measures(part), strict=False):
        yield Text(f"    {label:9} {name} hyperparameters: {words.accuracy(measure)}")
    for hazard in part.hazards:
        yield Text.assemble("    hazard    ", (f"{hazard.situation}: {hazard.seen}", "yellow"))
    for remark in words.remarks(part):
        yield Text.assemble("    process   ", (remark, "yellow"))
    for result in part.results:
        if result.outcome is Outcome.EXPECTED:
            yield Text.assemble(
                "    expected  ", (f"{result.check}: {result.message}", STYLES[Outcome.EXPECTED])
            )
        if result.outcome is Outcome.FAULTY:
            yield Text.assemble(
                "    faulty    ", (f"{result.check}: {result.message}", STYLES[Outcome.FAULTY])
            )
        for note in result.notes:
            yield Text(f"    note      {result.check}: {note}")


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


def _counterexamples(target: TargetReport) -> tuple[list[Result], list[str]]:
    """The simplest failure of each kind, to be shown in full, and the names of the others.

    Where the formula is wrong most laws break too, and their counterexamples show nothing new; where
    a run cannot be repeated no other counterexample can.
    """
    failures: dict[str, list[Result]] = {}
    for part in target.dtypes:
        for result in part.failures:
            failures.setdefault(result.check, []).append(result)
    kinds: dict[str, list[Result]] = {}
    for first, *_ in failures.values():
        kind = first.outcome if first.outcome in (Outcome.CRASHED, Outcome.TIMED_OUT) else first.section
        kinds.setdefault(kind, []).append(first)
    simplest = {kind: min(_clear(results), key=_size) for kind, results in kinds.items()}
    if REPEATED in failures:
        simplest = {"state": failures[REPEATED][0]}
    if "formula" in simplest:
        simplest.pop("laws", None)
    full = [
        simplest[kind]
        for kind in (Outcome.CRASHED, Outcome.TIMED_OUT, "formula", "state", "laws")
        if kind in simplest
    ]
    tested = [part.dtype for part in target.dtypes if part.results]
    rest = []
    for check, results in failures.items():
        if check not in {result.check for result in full}:
            dtypes = [result.dtype for result in results if result.outcome != Outcome.DIALECT]
            if not dtypes:  # as the verdict says already
                continue
            rest.append(check if dtypes == tested else f"{check} ({', '.join(dtypes)})")
    return full, rest


def _clear(results: Sequence[Result]) -> list[Result]:
    """Those of them that are not off by far less than another is: by less than the root of its radii."""
    clearest = max((r.offence.radii for r in results if r.offence), default=1.0)
    return [r for r in results if not r.offence or r.offence.radii**2 >= clearest]


def _size(result: Result) -> int:
    """How much there is to read in a counterexample."""
    if result.trace is not None and result.offence is not None:
        return len(result.trace.gradients) * int(np.prod(result.trace.gradients.shape[1:]))
    return sum(call.size for call in result.calls if not isinstance(call, Started)) + 1


def _print_failure(target: TargetReport, result: Result, console: Console) -> None:
    head = Text.assemble(
        "\n  ", (result.outcome, STYLES[result.outcome]), f" {result.check} ({result.dtype})"
    )
    console.print(head)
    console.print(Text(f"    {result.message}"))
    code = script(target, result)
    if code:
        console.print(Text("    to repeat:", style="dim"))
        print_code(code, console)


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
