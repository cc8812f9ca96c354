"""Run the suite for a command, and tell how far it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

from adamcheck.cli.options import planned

if TYPE_CHECKING:
    from adamcheck.examine.results import Report
    from adamcheck.support.processes import Progress
    from adamcheck.targets.find import Spec


@contextmanager
def run_suite(
    specs: Sequence[Spec],
    *,
    seed: int,
    profile: str,
    dtypes: tuple[str, ...],
    jobs: int,
    timeout: float,
    accept: tuple[str, ...],
    expect: Path | None,
    in_process: bool,
    describe_claims: bool,
    only: tuple[str, ...] = (),
    definition: str | None = None,
    partly: bool = True,
    **what: Any,
) -> Iterator[Report]:
    """What the suite finds out about some targets, as the common options and `what` want it.

    partly: after Ctrl-C the block gets what was finished by then, if anything was, and the command ends
    with it; otherwise the command ends at once. Raises `click.UsageError` for options that make no sense.
    """
    from adamcheck.examine.suite import Unfinished, run

    options: dict[str, Any] = {
        "profile": profile,
        "seed": seed,
        "patience": timeout,
        "only": only,
        "accept": accept,
    }
    plan, odd = planned([spec.name for spec in specs], dtypes, expect, definition, **options)
    if odd:
        click.echo(f"adamcheck: warning: {odd}", err=True)
    interrupt: Unfinished | None = None
    try:
        things = "checks and claims" if describe_claims else "checks"
        with progress_bar(f"profile {plan.profile}, seed {plan.seed}", things) as progress:
            what.update(describe_claims=describe_claims, jobs=0 if in_process else jobs)
            report = run(specs, plan, progress=progress, **what)
    except Unfinished as unfinished:
        interrupt, report = unfinished, unfinished.report
        if not partly or not (report.targets or report.claims):
            raise KeyboardInterrupt from None
    if report.faulty:
        named = ", ".join(report.faulty)
        click.echo(f"adamcheck: faulty checks: {named}: mend them, or uninstall their pack", err=True)
    yield report
    if interrupt is not None:
        raise interrupt


EVERY = 30.0
"""Seconds between two lines that tell of progress where there is no terminal."""


@contextmanager
def progress_bar(what: str, things: str) -> Iterator[Progress]:
    """A progress bar on a terminal, and elsewhere a line on stderr now and then: the log of what takes long
    shows that it goes on.

    what: stands beside the bar at first; things: what is counted.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(things)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)

        def advance(label: str, done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, description=label)

        yield advance


def _lines(things: str) -> Progress:
    """Progress in lines, the first of them when `EVERY` seconds are over."""
    begun = last = monotonic()

    def tell(label: str, done: int, total: int) -> None:
        nonlocal last
        now = monotonic()
        if now - last >= EVERY:
            last = now
            click.echo(f"adamcheck: {done} of {total} {things}, {now - begun:.0f} s ({label})", err=True)

    return tell
