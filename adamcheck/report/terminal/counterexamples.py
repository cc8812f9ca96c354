"""The counterexamples of a target that a person reads first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.text import Text

from adamcheck.checks.calls import Started
from adamcheck.checks.check import Outcome, Result
from adamcheck.checks.conformance import REPEATED
from adamcheck.examine.results import TargetReport, is_between_tensors
from adamcheck.report import summary as words
from adamcheck.report.script import script
from adamcheck.report.terminal.console import STYLES, print_code, print_hanging

LISTED = 5
"""Checks that are named beside the counterexamples: a wrong formula breaks most of them."""


def print_counterexamples(target: TargetReport, console: Console) -> None:
    """Print the simplest failure of each kind in full, and name the others."""
    full, rest = _chosen(target)
    for result in full:
        _print_failure(target, result, console)
    if rest:
        named = ", ".join(rest[:LISTED])
        more = f" and {len(rest) - LISTED} more (--save report.md has them all)" if rest[LISTED:] else ""
        console.print()
        print_hanging(
            Text.assemble(("  also failing: ", STYLES[Outcome.BROKEN]), named, more), console, indent=4
        )


def _chosen(target: TargetReport) -> tuple[list[Result], list[str]]:
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
    simplest = {kind: min(_clear(results), key=_order) for kind, results in kinds.items()}
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


def _order(result: Result) -> tuple[bool, int]:
    """What goes wrong between tensors first, as it does in every run; then what is short to read."""
    return not is_between_tensors(result), _size(result)


def _size(result: Result) -> int:
    """How much there is to read in a counterexample."""
    if result.trace is not None and result.offence is not None:
        return len(result.trace.gradients) * int(np.prod(result.trace.gradients.shape[1:]))
    return sum(call.size for call in result.calls if not isinstance(call, Started)) + 1


def _print_failure(target: TargetReport, result: Result, console: Console) -> None:
    console.print()
    head = Text.assemble("  ", (result.outcome, STYLES[result.outcome]), f" {result.check} ({result.dtype})")
    print_hanging(head, console, indent=4)
    print_hanging(Text(f"    {words.message(result)}"), console, indent=4)
    code = script(target, result)
    if code:
        console.print(Text("    to repeat:", style="dim"))
        print_code(code, console)
