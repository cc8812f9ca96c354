"""Run the suite for a command, and report its progress."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
    expect: Path | Mapping[str, Mapping[str, str]] | None,
    in_process: bool,
    describe_claims: bool,
    only: tuple[str, ...] = (),
    definition: str | None = None,
    partly: bool = True,
    **what: Any,
) -> Iterator[Report]:
    """Run the suite on some targets, and give its report to the `with` block.

    The other arguments are the values of the common options.

    Args:
        partly: After Ctrl-C, give the block a report of the results finished by then, if there are any,
            and end the command after the block; otherwise end the command at once.
        **what: Other arguments of `examine.suite.run`.

    Raises:
        click.UsageError: The options contradict one another or have impossible values.
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
        click.echo(f"adamcheck: faulty checks: {named}: fix them, or uninstall their pack", err=True)
    yield report
    if interrupt is not None:
        raise interrupt


EVERY = 30.0
"""Seconds between two lines of progress where there is no terminal."""


@contextmanager
def progress_bar(what: str, things: str) -> Iterator[Progress]:
    """Show progress: a bar on a terminal, elsewhere a line on stderr every `EVERY` seconds.

    Args:
        what: The first text beside the bar.
        things: The noun for what is counted.
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
    """Progress in lines, the first one after `EVERY` seconds."""
    begun = last = monotonic()

    def tell(label: str, done: int, total: int) -> None:
        nonlocal last
        now = monotonic()
        if now - last >= EVERY:
            last = now
            click.echo(f"adamcheck: {done} of {total} {things}, {now - begun:.0f} s ({label})", err=True)

    return tell
