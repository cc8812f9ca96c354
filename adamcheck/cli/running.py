"""Run the suite for a command, and report its progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

import click

from adamcheck.cli.options import planned

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from adamcheck.examine.isolation import Answered
    from adamcheck.examine.plan import Plan
    from adamcheck.examine.results import Report, TargetReport
    from adamcheck.examine.suite import Listener
    from adamcheck.support.executors import Jobs
    from adamcheck.targets.find import Spec


@contextmanager
def run_suite(
    specs: Sequence[Spec],
    *,
    seed: int,
    profile: str,
    dtypes: tuple[str, ...],
    jobs: Jobs,
    timeout: float,
    accept: tuple[str, ...],
    expect: Path | Mapping[str, Mapping[str, str]] | None,
    in_process: bool,
    describe_claims: bool,
    only: tuple[str, ...] = (),
    definition: str | None = None,
    fail_fast: bool = False,
    partly: bool = True,
    show: Show | None = None,
    **what: Any,
) -> Iterator[Report]:
    """Run the suite on some targets, and give its report to the `with` block.

    The other arguments are the values of the common options.

    Args:
        partly: After Ctrl-C, give the block a report of the results finished by then, if there are any,
            and end the command after the block; otherwise end the command at once.
        show: Called with each target that is finished, in order, and with the unfinished ones at the end;
            its second argument is the plan, for the first target. Only with this are first answers printed:
            on stderr, since their order depends on the machine.
        **what: Other arguments of `examine.suite.run`.

    Raises:
        click.UsageError: The options contradict one another or have impossible values.
    """
    from adamcheck.examine.suite import Unfinished, run
    from adamcheck.judge.preparation import prepare
    from adamcheck.support.executors import Machines
    from adamcheck.targets.time_limit import exit_as_told

    plan, odd = plan_of(
        specs,
        seed=seed,
        profile=profile,
        dtypes=dtypes,
        timeout=timeout,
        accept=accept,
        expect=expect,
        only=only,
        definition=definition,
        fail_fast=fail_fast,
    )
    if odd:
        click.echo(f"adamcheck: warning: {odd}", err=True)
    prepare(lambda: click.echo("adamcheck: compiling the judge, once on this machine", err=True))
    interrupt: Unfinished | None = None
    shown = _Shown(show, plan)
    try:
        things = "checks and claims" if describe_claims else "checks"
        with progress_bar(f"profile {plan.profile}, seed {plan.seed}", things) as progress:
            here = replace(Machines.of(jobs), jobs=0) if in_process else jobs
            what.update(describe_claims=describe_claims, jobs=here)
            report = run(specs, plan, progress=progress, listener=_listener(progress, shown), **what)
    except Unfinished as unfinished:
        interrupt, report = unfinished, unfinished.so_far if show else unfinished.report
        if not partly or not (report.targets or report.claims):
            raise KeyboardInterrupt from None
    if in_process:
        exit_as_told()
    for target in report.targets[shown.count :]:
        shown(target)
    if report.faulty:
        named = ", ".join(report.faulty)
        click.echo(f"adamcheck: faulty checks: {named}: fix them, or uninstall their pack", err=True)
    yield report
    if interrupt is not None:
        raise interrupt


def plan_of(
    specs: Sequence[Spec],
    *,
    seed: int,
    profile: str,
    dtypes: tuple[str, ...],
    timeout: float,
    accept: tuple[str, ...],
    expect: Path | Mapping[str, Mapping[str, str]] | None,
    only: tuple[str, ...] = (),
    definition: str | None = None,
    fail_fast: bool = False,
    **_: Any,
) -> tuple[Plan, str]:
    """The plan of the common options, and a warning about it, as `options.planned` gives them."""
    names = [spec.name for spec in specs]
    return planned(
        names,
        dtypes,
        expect,
        definition,
        profile=profile,
        seed=seed,
        patience=timeout,
        only=only,
        accept=accept,
        fail_fast=fail_fast,
    )


class ProgressDisplay(Protocol):
    """Shows progress; what is printed elsewhere meanwhile goes into a `with` block of `aside`."""

    def __call__(self, label: str, done: int, total: int) -> None: ...

    def aside(self) -> AbstractContextManager[None]: ...


Show = Callable[["TargetReport", "Plan | None"], None]
"""Shows a target, and before the first one the plan."""


class _Shown:
    """Shows targets one after another."""

    def __init__(self, show: Show | None, plan: Plan) -> None:
        self.show = show
        self.count = 0
        self._plan = plan

    def __call__(self, target: TargetReport) -> None:
        if self.show is not None:
            self.show(target, None if self.count else self._plan)
            self.count += 1


def _listener(progress: ProgressDisplay, shown: _Shown) -> Listener:
    """Prints first answers on stderr as they come, and shows finished targets."""
    from adamcheck.examine.suite import Listener, listed
    from adamcheck.report.summary import first_answer

    begun = monotonic()

    class Printer(Listener):
        def answered(self, answer: Answered) -> None:
            if shown.show is not None:
                with progress.aside():
                    click.echo(f"adamcheck: {first_answer(answer)} ({monotonic() - begun:.1f} s)", err=True)

        def finished(self, target: TargetReport) -> None:
            with progress.aside():
                shown(target)

        def stopped(self, missing: Sequence[str]) -> None:
            click.echo(f"adamcheck: stopped at the first failure, not finished: {listed(missing)}", err=True)

    return Printer()


EVERY = 30.0
"""Seconds between two lines of progress where there is no terminal."""


@contextmanager
def progress_bar(what: str, things: str) -> Iterator[ProgressDisplay]:
    """Show progress: a bar on a terminal, elsewhere a line on stderr every `EVERY` seconds.

    Args:
        what: The first text beside the bar.
        things: The noun for what is counted.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(things)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # Redirected, stdout would be printed on stderr.
    with Progress(
        *columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False
    ) as bar:
        yield _Bar(bar, bar.add_task(what, total=None))


class _Bar:
    """Progress as a bar, which is taken away while something else is printed."""

    def __init__(self, bar: Progress, task: TaskID) -> None:
        self._bar, self._task = bar, task

    def __call__(self, label: str, done: int, total: int) -> None:
        self._bar.update(self._task, completed=done, total=total, description=label)

    @contextmanager
    def aside(self) -> Iterator[None]:
        self._bar.stop()
        yield
        self._bar.start()


class _Lines:
    """Progress in lines, the first one after `EVERY` seconds."""

    def __init__(self, things: str) -> None:
        self._things = things
        self._begun = self._last = monotonic()

    def __call__(self, label: str, done: int, total: int) -> None:
        now = monotonic()
        if now - self._last >= EVERY:
            self._last = now
            taken = now - self._begun
            click.echo(f"adamcheck: {done} of {total} {self._things}, {taken:.0f} s ({label})", err=True)

    def aside(self) -> AbstractContextManager[None]:
        return nullcontext()
