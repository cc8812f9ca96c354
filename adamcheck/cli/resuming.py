"""`adamcheck verify --resume`: the rest of an interrupted run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

from adamcheck.cli.output import Printing, write
from adamcheck.cli.running import plan_of, run_suite

if TYPE_CHECKING:
    from adamcheck.targets.find import Spec


def resumed(
    before: Path, specs: Sequence[Spec], save: Sequence[Path], common: Mapping[str, Any], detailed: bool
) -> int:
    """Run the targets that a saved report lacks, print them, and save the whole.

    Args:
        before: The saved report.
        specs: The targets of the whole run.
        save: The JSON files to write.
        common: The arguments of `run_suite`.
        detailed: Print the details of targets that conform, too.

    Returns:
        The exit status of the whole.

    Raises:
        ReportError: The report is one of another run.
    """
    from adamcheck.report import terminal
    from adamcheck.report.resume import Resumed
    from adamcheck.report.saved import REPORT

    plan, _ = plan_of(specs, **common)
    run = Resumed(before, specs, plan)
    click.echo(f"adamcheck: {len(run.missing)} of {len(specs)} targets are missing in {before}", err=True)
    printing = Printing(last=False)
    rest = {**common, "expect": plan.expected}  # a file of known failures may be about the others alone
    begun = monotonic()
    show = partial(printing, partial(terminal.print_target, detailed=detailed))
    with run_suite(run.missing, show=show, **rest) as report:
        whole = run.whole(report)
        for path in save:
            write(path, REPORT.dumps(whole))
        if run.missing:
            said = click.get_current_context().obj
            printing(terminal.print_ending, report, said, monotonic() - begun)
        printing.end()
    return whole.status
