"""Run the suite for a command, with a progress bar on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adamcheck.cli.options import DTYPES, expectations, unmatched

if TYPE_CHECKING:
    from adamcheck.examination import Plan
    from adamcheck.report.model import Report
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
    only: tuple[str, ...] = (),
    **what: Any,
) -> Iterator[Report]:
    """What the suite finds out about some targets, as the common options and `what` want it.

    After Ctrl-C the block gets what was finished by then, if anything was, and the command ends with it.
    Raises `click.UsageError` for options that make no sense.
    """
    from adamcheck.examination import Plan
    from adamcheck.suite import Unfinished, run

    chosen = DTYPES if "all" in dtypes else tuple(dict.fromkeys(dtypes))
    try:
        expected = expectations(expect) if expect else {}
        plan: Plan = Plan(profile, seed, chosen, timeout, only, accept=accept, expected=expected)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if expect:
        _check_matches(expect, expected, [spec.name for spec in specs])
    interrupt: Unfinished | None = None
    try:
        with progress_bar(f"profile {plan.profile}, seed {plan.seed}") as progress:
            report = run(specs, plan, jobs=0 if in_process else jobs, progress=progress, **what)
    except Unfinished as unfinished:
        interrupt, report = unfinished, unfinished.report
        if not (report.targets or report.claims):
            raise KeyboardInterrupt from None
    yield report
    if interrupt is not None:
        raise interrupt


def _check_matches(path: Path, tables: Collection[str], names: Sequence[str]) -> None:
    """A table of known failures that is about no target is misspelt, or, beside others that are about
    one, perhaps of another run that shares the file."""
    told = unmatched(path, tables, names)
    if told and not set(tables) & set(names):
        raise click.UsageError(told)
    if told:
        click.echo(f"adamcheck: warning: {told}", err=True)


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[str, int], None]]:
    """A progress bar on a terminal; nothing elsewhere, so that logs and pipes stay clean."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda label, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)

        def advance(label: str, total: int) -> None:
            bar.update(task, advance=1, total=total, description=label)

        yield advance
