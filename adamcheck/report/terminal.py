"""The report in a terminal: what a person reads first."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from adamcheck.accuracy import Measure
from adamcheck.adam import Adam
from adamcheck.certify import CERTIFIED, CONTRADICTORY, NOT_EXPORTED, Certificate
from adamcheck.checks import (
    BROKEN,
    CRASHED,
    DIALECT,
    EXPECTED,
    KEPT,
    NOT_APPLICABLE,
    NOT_RUN,
    OUTCOMES,
    TIMED_OUT,
    UNJUDGED,
    Result,
)
from adamcheck.conformance import REPEATED
from adamcheck.judge import COARSE, ENCLOSED, NOT_JUDGED, REJECTED, Judgement
from adamcheck.replay import FIXED, STILL_FAILS, Replayed
from adamcheck.report import summary as words
from adamcheck.report.mathematics import plain, plain_formula
from adamcheck.report.model import ClaimReport, DtypeReport, Report, TargetReport
from adamcheck.report.script import script

_STYLES = {
    KEPT: "green",
    BROKEN: "bold red",
    CRASHED: "bold red",
    TIMED_OUT: "bold red",
    DIALECT: "yellow",
    EXPECTED: "yellow",
    NOT_RUN: "yellow",
    NOT_APPLICABLE: "dim",
    UNJUDGED: "yellow",
    ENCLOSED: "green",
    COARSE: "yellow",
    REJECTED: "bold red",
    "holds": "green",
    "holds if": "yellow",
    "false as stated": "red",
    "measured": "cyan",
}

LISTED = 5
"""Checks that are named beside the counterexamples: a wrong formula breaks most of them."""

_SECTIONS = ("formula", "laws", "state")


_FORMULA_WIDTH = 100
"""Longer formulas are for the page, where mathematics is set as mathematics."""


def _console() -> Console:
    console = Console(highlight=False)
    if console.is_terminal:
        return console
    # A pipe has no width: a fixed one lays tables out the same everywhere, and no line is broken.
    return Console(highlight=False, width=140, soft_wrap=True)


def print_report(report: Report) -> None:
    """The claims and the targets, one line each, then what is broken."""
    console = _console()
    table = Table(box=None, pad_edge=False)
    table.add_column("claim", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for column in ("steps proved", "by two engines", "witnesses", "laws kept", "on examples"):
        table.add_column(column, justify="right")
    for claim in report.claims:
        table.add_row(claim.name, _verdict(claim), *_proof(claim), _witnesses(claim), *_laws(report, claim))
    console.print(table)
    console.print()
    print_targets(report, console)


def _verdict(claim: ClaimReport) -> Text:
    return Text(claim.verdict.kind, style=_STYLES[claim.verdict.kind])


def _proof(claim: ClaimReport) -> tuple[str, str]:
    steps = [step for derived in claim.derivations for step in derived.steps]
    held = sum(step.holds for step in steps)
    return _of(held, len(steps)), _of(sum(step.engines_agree for step in steps), len(steps))


def _witnesses(claim: ClaimReport) -> str:
    return _of(sum(w.holds for w in claim.witnesses), len(claim.witnesses))


def _laws(report: Report, claim: ClaimReport) -> tuple[str, str]:
    """Over all targets and dtypes to which the laws apply, those that are no textbook Adam included."""
    results = [r for law in claim.laws for _, r in report.law_results(law.name)]
    kept = [r for r in results if r.outcome == KEPT]
    applied = [r for r in results if r.outcome != NOT_APPLICABLE]
    return _of(len(kept), len(applied)), str(sum(r.examples for r in kept)) if kept else "-"


def _of(some: int, all_of_them: int) -> str:
    return f"{some}/{all_of_them}" if all_of_them else "-"


def print_targets(report: Report, console: Console | None = None) -> None:
    """Each target: a verdict line a dtype with its details, and the counterexamples."""
    console = console or _console()
    console.print(
        f"[dim]profile {report.profile} ({report.examples} examples a check), seed {report.seed}[/dim]"
    )
    for target in report.targets:
        console.print()
        _print_target(target, console)


def target_text(target: TargetReport) -> str:
    """What is printed of one target, as plain text."""
    console = Console(highlight=False, width=110, soft_wrap=True, record=True, file=io.StringIO())
    _print_target(target, console)
    return console.export_text()


def picture(report: Report) -> str:
    """What `print_targets` shows on a terminal, as an SVG image that needs no font from elsewhere."""
    console = Console(highlight=False, width=110, record=True, file=io.StringIO(), color_system="truecolor")
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
        console.print(Text.assemble(("\n  also failing: ", _STYLES[BROKEN]), named, more))


def _dtype_lines(part: DtypeReport) -> Iterable[Text]:
    if not part.offered:
        yield Text.assemble(f"  {part.dtype:9}", (f"not applicable: {part.failure}", "dim"))
        return
    badge = words.dtype_badge(part)
    style = "green" if badge.tone == words.GOOD else "bold red"
    yield Text.assemble(f"  {part.dtype:9}", (badge.word, style), ": ", part.failure or _sentence(part))
    for section in _SECTIONS:
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
        for note in result.notes:
            yield Text(f"    note      {result.check}: {note}")


def _sentence(part: DtypeReport) -> str:
    if part.accepted and not part.failures:
        return f"the accepted dialect {part.formula.dialect}"
    broken = dict.fromkeys(result.section for result in part.failures)
    if part.formula.conforms and broken:
        return f"the formula is the textbook's; failing: {', '.join(broken)}"
    return part.formula.sentence


def _reasons(messages: Sequence[str]) -> list[str]:
    """Why checks do not apply or did not run, each reason once, what is not offered in one of them."""
    lacking = [message for message in messages if message.startswith("offers no ")]
    missing = dict.fromkeys(
        need for each in lacking for need in each.removeprefix("offers no ").split(", no ")
    )
    others = dict.fromkeys(message for message in messages if message not in lacking)
    named = ", ".join(need.replace("_", " ") for need in missing)
    return [*([f"not offered: {named}"] if missing else []), *others]


def _counts(results: Sequence[Result]) -> Text:
    """How many checks ended in each outcome, and why some were not applicable or did not run."""
    counted = Counter(result.outcome for result in results)
    told = {outcome: f"{counted[outcome]} {outcome}" for outcome in OUTCOMES if counted[outcome]}
    for outcome in (NOT_APPLICABLE, NOT_RUN):
        reasons = _reasons([r.message for r in results if r.outcome == outcome and r.message])
        if reasons:
            told[outcome] += f" ({'; '.join(reasons)})"
    return Text(", ").join(Text(text, style=_STYLES[outcome]) for outcome, text in told.items())


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
    simplest: dict[str, Result] = {}
    for results in failures.values():
        result = results[0]
        kind = result.outcome if result.outcome in (CRASHED, TIMED_OUT) else result.section
        simplest[kind] = min(simplest.get(kind, result), result, key=_size)
    if REPEATED in failures:
        simplest = {"state": failures[REPEATED][0]}
    if "formula" in simplest:
        simplest.pop("laws", None)
    full = [simplest[kind] for kind in (CRASHED, TIMED_OUT, "formula", "state", "laws") if kind in simplest]
    tested = [part.dtype for part in target.dtypes if part.results]
    rest = []
    for check, results in failures.items():
        if check not in {result.check for result in full}:
            dtypes = [result.dtype for result in results if result.outcome != DIALECT]
            if not dtypes:  # as the verdict says already
                continue
            rest.append(check if dtypes == tested else f"{check} ({', '.join(dtypes)})")
    return full, rest


def _size(result: Result) -> int:
    """How much there is to read in a counterexample."""
    if result.trace is not None and result.offence is not None:
        return len(result.trace.gradients) * int(np.prod(result.trace.gradients.shape[1:]))
    return sum(np.size(call.argument) for call in result.calls if not call.method.startswith("start")) + 1


def _print_failure(target: TargetReport, result: Result, console: Console) -> None:
    head = Text.assemble(
        "\n  ", (result.outcome, _STYLES[result.outcome]), f" {result.check} ({result.dtype})"
    )
    console.print(head)
    console.print(Text(f"    {result.message}"))
    code = script(target, result)
    if code:
        console.print(Text("    to repeat:", style="dim"))
        _print_code(code, console)


def _print_code(code: str, console: Console) -> None:
    # A broken line could not be pasted; only a picture has to break it.
    whole = console.is_terminal or console.soft_wrap
    for line in code.splitlines():
        console.print(Text(f"      {line}".rstrip(), style="cyan"), soft_wrap=whole)


def print_replayed(replayed: Sequence[Replayed]) -> None:
    """The failures of a report, and what has become of each."""
    console = _console()
    styles = {FIXED: "green", STILL_FAILS: "bold red"}
    for failure in replayed:
        where = f"{failure.target} ({failure.dtype}) {failure.check}"
        verdict = (f"{failure.verdict:11}", styles.get(failure.verdict, "yellow"))
        why = "" if failure.verdict == FIXED else f": {failure.outcome} {failure.message}".rstrip()
        console.print(Text.assemble(verdict, f"  {where}{why}"))
    fixed = sum(failure.verdict == FIXED for failure in replayed)
    console.print(f"{fixed} of {len(replayed)} fixed" if replayed else "no failures in this report")


def print_claim(claim: ClaimReport) -> None:
    """One claim, everything that decides it."""
    console = _console()
    console.print(Text(claim.title, style="bold"))
    console.print(Text(f"source: {claim.source}\n", style="dim"))
    console.print(Text.assemble(("says       ", "bold"), plain(claim.says)))
    verdict = Text.assemble(("verdict    ", "bold"), _verdict(claim))
    console.print(verdict.append(f" {plain(claim.verdict.condition)}"))
    console.print(Text.assemble(("statement  ", "bold"), plain(claim.statement)))
    for derived in claim.derivations:
        console.print(Text.assemble(("\nproof      ", "bold"), plain(derived.statement)))
        for step in derived.steps:
            engines = ", ".join(f"{engine}: {answer}" for engine, answer in step.engines)
            mark = ("  + ", "green") if step.holds else ("  ! ", "bold red")
            cost = (f"[{engines}; {step.seconds:.2f} s]", "dim")
            console.print(Text.assemble(mark, f"{step.kind}: {plain(step.text)}  ", cost))
            formula = plain_formula(step.formula)
            if len(formula) <= _FORMULA_WIDTH:
                console.print(Text(f"      {formula}"))
    for law in claim.laws:
        console.print(
            Text.assemble(("\nlaw        ", "bold"), plain(law.statement), (f"  {law.name}", "dim"))
        )
    for witness in claim.witnesses:
        console.print(Text.assemble(("\nwitness    ", "bold"), plain(witness.statement)))
        for fact in witness.comparisons:
            mark = ("  + ", "green") if fact.holds else ("  ! ", "bold red")
            console.print(Text.assemble(mark, f"{fact.text}: {fact.left} {fact.relation} {fact.right}"))
        _print_code(witness.script, console)


def print_certificate(certificate: Certificate, width: int = 0) -> None:
    """One line for the claim, and one for each step that Coq did not certify."""
    console = _console()
    limits = certificate.count(NOT_EXPORTED)
    style = "green" if certificate.count(CERTIFIED) == certificate.algebraic else "yellow"
    told = f"{certificate.count(CERTIFIED)}/{certificate.algebraic} algebraic steps certified by Coq"
    rest = f"; {limits} {'limit' if limits == 1 else 'limits'} not exported" if limits else ""
    console.print(Text.assemble((certificate.claim.ljust(width), "bold"), "  ", (told, style), (rest, "dim")))
    if certificate.failure:
        console.print(Text.assemble(("  ! ", "bold red"), f"coqc: {certificate.failure}"))
    for step in certificate.steps:
        if step.outcome not in (CERTIFIED, NOT_EXPORTED):
            mark = ("  ! ", "bold red") if step.outcome == CONTRADICTORY else ("  ? ", "yellow")
            where = (f"  [{step.derivation}]", "dim")
            console.print(Text.assemble(mark, f"{step.outcome}: {step.kind}: {plain(step.text)}", where))


def print_certified(certificates: Sequence[Certificate]) -> None:
    """How much Coq certified in all, and the axioms that it rests on."""
    console = _console()
    total = sum(certificate.algebraic for certificate in certificates)
    certified = sum(certificate.count(CERTIFIED) for certificate in certificates)
    console.print(f"\n{certified} of {total} algebraic steps certified; limits are not exported to Coq")
    axioms = dict.fromkeys(axiom for certificate in certificates for axiom in certificate.axioms)
    if axioms:
        console.print(Text(f"axioms (those of Coq's real numbers): {', '.join(axioms)}", style="dim"))


def print_list(what: str) -> None:
    """One line for each claim, target, definition, check or bug."""
    listing: dict[str, Callable[[], Iterable[tuple[str, str]]]] = {
        "claims": _list_claims,
        "targets": _list_targets,
        "definitions": _list_definitions,
        "checks": _list_checks,
        "bugs": _list_bugs,
    }
    console = _console()
    entries = list(listing[what]())
    width = max(len(name) for name, _ in entries)
    for name, text in entries:
        line = Text.assemble((name.ljust(width), "bold"), "  ", text)
        # One line each: cut on a terminal, whole in a pipe.
        console.print(
            line, no_wrap=True, overflow="ellipsis" if console.is_terminal else "ignore", crop=False
        )


def _list_claims() -> Iterable[tuple[str, str]]:
    from adamcheck.claims import discover

    return [(claim.name, f"{claim.verdict.kind}: {plain(claim.says)}") for claim in discover()]


def _list_targets() -> Iterable[tuple[str, str]]:
    from adamcheck.targets.find import KNOWN, REFERENCE

    yield REFERENCE, "the definition itself, in floats"
    for name, known in KNOWN.items():
        options = "".join(f" {key}={value}" for key, value in known.options.items())
        yield name, f"{known.spec}{options}" + ("" if known.installed else " (not installed)")


def _list_definitions() -> Iterable[tuple[str, str]]:
    from adamcheck.variants import DEFINITIONS, source

    return [(name, f"{definition.title}. {source(definition)}") for name, definition in DEFINITIONS.items()]


def _list_checks() -> Iterable[tuple[str, str]]:
    from adamcheck.claims import discover
    from adamcheck.examination import checks

    return [(f"{check.section}: {check.name}", plain(check.statement)) for check in checks(discover())]


def _list_bugs() -> Iterable[tuple[str, str]]:
    from adamcheck.variants.bugs import BUGS, FAMILIES

    bugs = sorted(BUGS.values(), key=lambda bug: list(FAMILIES).index(bug.family))
    return [(f"{bug.family}: {bug.name}", f"of {bug.of}: {bug.says} [{bug.source}]") for bug in bugs]


def print_judgements(
    verdicts: Mapping[str, Judgement], definition: type[Adam], fitting: Sequence[str]
) -> None:
    """The verdict on each trace of a file, then on all of them; `fitting` encloses every trace."""
    console = _console()
    columns = ("trace", "outcome", "worst", "allowance", "judged", "first offence")
    table = Table(*columns, box=None, pad_edge=False)
    for name, verdict in verdicts.items():
        table.add_row(escape(name), *_judgement(verdict))
    console.print(table)
    outcomes = {verdict.outcome for verdict in verdicts.values()}
    console.print()
    console.print(_conclusion(outcomes, definition.title))
    if REJECTED in outcomes:
        told = "; ".join(fitting) or "no formula that is known here"
        console.print(Text(f"what encloses every trace: {told}"))


def _judgement(verdict: Judgement) -> tuple[Any, ...]:
    grade, offence = verdict.grade, verdict.offence
    where = ""
    if offence is not None:
        where = f"step {offence.step}, coordinate {offence.coordinate}: {offence.observed:.9g}"
        where += f", due {offence.expected:.9g} +- {offence.radius:.1g}"
    outcome = Text(verdict.outcome, style=_STYLES.get(verdict.outcome, "yellow"))
    judged = f"{grade.judged}" + (f" (not {grade.not_judged})" if grade.not_judged else "")
    return outcome, f"{grade.worst:.2g} radii", f"{grade.allowance} {verdict.format}", judged, where


def _conclusion(outcomes: set[str], title: str) -> Text:
    if REJECTED in outcomes:
        return Text.assemble(("rejected", "bold red"), f": not {title}")
    if outcomes == {NOT_JUDGED}:
        return Text.assemble(("not judged", "yellow"), ": every radius is infinite, so nothing can be said")
    if COARSE in outcomes:
        return Text.assemble(("accepted", "green"), f": {title}, but float64 arrays hold float32 precision")
    return Text.assemble(("accepted", "green"), f": {title}")
