"""The command `power`, about known bugs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from adamcheck.cli.options import folder_option, jobs_option, profile_option, seed_option
from adamcheck.cli.output import check_paths, make_folder, write
from adamcheck.cli.running import progress_bar


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
def power(
    seed: int,
    profile: str,
    only: Sequence[str],
    correct: Sequence[str],
    diagnosis: bool,
    jobs: int,
    output: Path,
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
                jobs=jobs,
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
