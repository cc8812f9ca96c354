"""The commands `power` and `campaign`, about known bugs and correct code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adamcheck.cli.machines import spread
from adamcheck.cli.options import folder_option, jobs_option, profile_option, seed_option
from adamcheck.cli.output import check_paths, make_folder, write
from adamcheck.cli.running import ProgressDisplay, progress_bar

if TYPE_CHECKING:
    from adamcheck.power.campaign.tallies import Counted
    from adamcheck.support.executors import Machines


@click.command()
@seed_option
@profile_option
@click.option("--only", multiple=True, metavar="BUG", help="Try only this bug or rewrite; may be repeated.")
@click.option(
    "--correct",
    multiple=True,
    metavar="TARGET[=DEFINITION]",
    help="A target known to be correct, such as torch or keras=eps-hat, to judge in addition to the "
    "correct code of this package; may be repeated.",
)
@click.option(
    "--diagnosis",
    is_flag=True,
    help="Also diagnose every known bug and dialect in every dtype; takes some minutes.",
)
@jobs_option()
@folder_option("power")
@spread("power")
def power(
    seed: int,
    profile: str,
    only: Sequence[str],
    correct: Sequence[str],
    diagnosis: bool,
    output: Path,
    machines: Machines,
) -> None:
    """Measure which law detects which known bug, and judge correct code.

    Tries every law on every known bug. The exit status is 1 if no law detects some bug, if
    correct code is rejected, or if the diagnosis names something wrongly.
    """
    from adamcheck.choices import PROFILES
    from adamcheck.power.kill_matrix import measure
    from adamcheck.report import power as pages

    make_folder(output)
    check_paths([output / "power.json"])
    try:
        with progress_bar(f"profile {profile}, seed {seed}", "parts") as progress:
            found = measure(
                profile,
                PROFILES[profile],
                seed,
                only=only,
                correct=correct,
                diagnosis=diagnosis,
                jobs=machines,
                progress=progress,
            )
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    write(output / "power.json", pages.dumps(found))
    write(output / "power.md", pages.markdown(found).encode())
    write(output / "power.html", pages.html(found).encode())
    for sentence in pages.in_short(found):
        click.echo(sentence)
    click.echo(f"\nWritten to {output}: power.html, power.md, power.json")
    sys.exit(0 if found.passes else 1)


@click.command()
@seed_option
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="How often all of them are judged, each time on other random runs: half a billion updates a round.",
)
@click.option(
    "--correct",
    multiple=True,
    metavar="TARGET[=DEFINITION]",
    help="A target known to be correct, such as torch or keras=eps-hat, to judge, too; may be repeated.",
)
@jobs_option()
@folder_option("campaign")
@spread("campaign", always=True)
def campaign(seed: int, rounds: int, correct: Sequence[str], output: Path, machines: Machines) -> None:
    """Judge updates of correct code by the hundred million: no one may be an alarm.

    Textbook Adam in every order of evaluation, every correct rewrite, every definition and dialect, in every
    dtype. Finished pieces are saved in OUTPUT/campaign.part as they come, so that a campaign that is killed
    goes on where it was. The exit status is 1 if there is an alarm.
    """
    from adamcheck.judge.preparation import prepare
    from adamcheck.power import campaign as judging
    from adamcheck.report import campaign as pages
    from adamcheck.support.executors import run

    for name in correct:
        judging.vouched(name)
    make_folder(output)
    check_paths([output / "campaign.json"])
    prepare(lambda: click.echo("adamcheck: compiling the judge, once on this machine", err=True))
    with progress_bar(f"seed {seed}", "parts") as progress:
        count = _Count(progress)
        found = run(judging.rounds(correct, seed, rounds), machines, count, finished=count.add)
    tallies = sorted(judging.tallies(each for part in found for each in part), key=judging.place)
    saved = pages.saved(tallies, seed, rounds)
    write(output / "campaign.json", pages.CAMPAIGN.dumps(saved))
    write(output / "campaign.md", pages.page(saved).encode())
    click.echo(pages.sentence(tallies))
    click.echo(f"\nWritten to {output}: campaign.md, campaign.json")
    sys.exit(1 if any(tally.outside for tally in tallies) else 0)


class _Count:
    """Progress that says how many updates were judged, and how many of them are alarms."""

    def __init__(self, progress: ProgressDisplay) -> None:
        self._progress = progress
        self._judged = self._outside = 0

    def add(self, index: int, parts: Sequence[Counted]) -> None:
        """Count the updates of a part."""
        self._judged += sum(part.judged for part in parts)
        self._outside += sum(part.outside for part in parts)

    def __call__(self, label: str, done: int, total: int) -> None:
        alarms = f"{self._outside:,} alarms" if self._outside else "no alarm"
        self._progress(f"{self._judged:,} updates judged, {alarms}; {label}", done, total)
