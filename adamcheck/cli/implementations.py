"""Commands about implementations: verify, matrix, judge, replay, protocol."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from adamcheck.choices import DTYPE_NAMES
from adamcheck.cli.options import (
    as_option,
    common_options,
    folder_option,
    jobs_option,
    renamed,
    setting,
    standard_of,
)
from adamcheck.cli.output import check_paths, make_folder, save_report, write
from adamcheck.cli.running import progress_bar, run_suite

HARNESSES = {
    "cpp": "adam.cpp",
    "go": "adam.go",
    "javascript": "adam.mjs",
    "python": "adam.py",
    "rust": "adam.rs",
}
"""For each language the file of its example program."""


@click.command()
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="An option for the target's constructor, for example fused=True; may be repeated.",
)
@click.option(
    "--map",
    "names",
    multiple=True,
    metavar="NAME=OURS",
    help="What your own calls a hyperparameter: b1=beta1, or betas=beta1,beta2; may be repeated.",
)
@click.option("--list", "as_list", is_flag=True, help="Your own takes and returns lists of arrays.")
@click.option(
    "--python",
    default="",
    metavar="PATH",
    help="The interpreter in which the targets live: it needs numpy and ml_dtypes, but no adamcheck.",
)
@click.option(
    "--save",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Also write what is found out of the targets as .html, .md or .json, or a .svg picture of this "
    "output; may be repeated.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    help="Only this check, or the laws of this claim (see `adamcheck list checks`); may be repeated.",
)
@as_option
@common_options
def verify(
    targets: Sequence[str],
    settings: Sequence[str],
    names: Sequence[str],
    as_list: bool,
    python: str,
    save: Sequence[Path],
    only: Sequence[str],
    definition: str | None,
    **common: Any,
) -> None:
    """Verify implementations of Adam.

    A TARGET is a known name (see `adamcheck list targets`), module:attribute,
    path/to/file.py:attribute, or "exec:COMMAND ARGUMENTS" (see `adamcheck protocol`). Your own is a
    function or class make(parameters, *, lr, beta1, beta2, eps) that returns
    step(gradient) -> parameters.
    """
    from adamcheck.targets.convention import Convention
    from adamcheck.targets.find import Spec

    check_paths(save)
    options = dict(setting(text) for text in settings)
    convention = Convention(dict(renamed(text) for text in names), as_list)
    specs = [Spec(name, options, python, convention) for name in targets]
    for spec in specs:
        spec.check()
    from adamcheck.report import terminal  # only now: a misspelt name is answered at once

    with run_suite(specs, describe_claims=False, only=tuple(only), definition=definition, **common) as report:
        terminal.print_targets(report)
        save_report(report, save)
    sys.exit(report.status)


@click.command()
@click.argument("targets", nargs=-1, metavar="[TARGET...]")
@click.option(
    "--python",
    "pythons",
    multiple=True,
    metavar="PATH",
    help="An interpreter in which known implementations may be installed too; may be repeated.",
)
@folder_option("matrix")
@common_options
def matrix(targets: Sequence[str], pythons: Sequence[str], output: Path, **common: Any) -> None:
    """Verify every known implementation that is installed, and write what each of them computes.

    With --python only those that are installed there, and without their checks of shared arrays. Rows of
    other targets that are in the folder's matrix.json already are kept, so that each library may
    live in an environment of its own. The exit status is 0 unless a named TARGET failed to run.
    """
    from adamcheck.examine.results import TARGET_FAILED
    from adamcheck.report import matrix as pages
    from adamcheck.targets.find import REFERENCE, Spec, installed, installed_in

    if pythons:
        places = [(name, python) for python in pythons for name in installed_in(python)]
        chosen = [(name, python) for name, python in places if not targets or name in targets]
        specs = [Spec(name, python=python, optional=True) for name, python in chosen]
    elif targets:
        specs = [Spec(name) for name in targets]
    else:
        specs = [Spec(REFERENCE), *(Spec(name, optional=True) for name in installed())]
    for spec in specs:
        spec.check()
    make_folder(output)
    path = output / "matrix.json"
    check_paths([path])
    pages.merged([], path)  # before the work: is what is there a matrix?
    with run_suite(specs, describe_claims=False, **common) as found:
        rows = pages.merged(pages.rows(found), path)
        made = pages.document(rows)
        write(path, pages.MATRIX.dumps(made))
        write(output / "matrix.md", pages.markdown(made).encode())
        write(output / "matrix.html", pages.html(made).encode())
        for row in pages.rows(found):
            click.echo(f"{row.name:22} {row.formula}")
        click.echo(
            f"\nWritten to {output}: matrix.html, matrix.md, matrix.json ({len(rows)} implementations)"
        )
    sys.exit(found.status if targets and found.status == TARGET_FAILED else 0)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--as",
    "definition",
    default="adam",
    show_default=True,
    metavar="DEFINITION",
    help="What the runs are held against (see `adamcheck list definitions`).",
)
@click.option(
    "--precision",
    type=click.Choice(DTYPE_NAMES),
    help="Judge at this precision where the recorded arrays are finer.",
)
def judge(file: Path, definition: str, precision: str | None) -> None:
    """Judge the recorded runs in FILE (.npz, .safetensors or .json) against a definition.

    Every trace is enclosed, coarse (right, but only to float32 precision), rejected or not judged.
    The exit status is 0 where none is rejected and at least one could be judged.
    """
    from adamcheck.diagnosis.diagnose import fitting_formulas
    from adamcheck.judge import Ruling
    from adamcheck.judge import judge as judge_trace
    from adamcheck.numbers.floats import format_of
    from adamcheck.report import formulas, terminal
    from adamcheck.traces.trace import load

    wanted = standard_of(definition).definition
    traces = load(file)
    format = format_of(precision) if precision else None
    verdicts = {name: judge_trace(trace, wanted, format) for name, trace in traces.items()}
    outcomes = {verdict.outcome for verdict in verdicts.values()}
    fitting = fitting_formulas(traces) if Ruling.REJECTED in outcomes else ()
    told = [formulas.described(hypothesis.identity) for hypothesis in fitting]
    terminal.print_judgements(verdicts, wanted, told)
    sys.exit(1 if Ruling.REJECTED in outcomes or outcomes == {Ruling.NOT_JUDGED} else 0)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@jobs_option()
def replay(file: Path, jobs: int) -> None:
    """Run every failure in a JSON report again, with its seed: FIXED or STILL FAILS.

    FILE is what `adamcheck verify TARGET --save FILE.json` wrote. The exit status is 0 where everything is
    fixed.
    """
    from adamcheck.report import terminal
    from adamcheck.report.replay import Fate
    from adamcheck.report.replay import replay as run_again

    with progress_bar("failures", "checks") as progress:
        replayed = run_again(file, jobs=jobs, progress=progress)
    terminal.print_replayed(replayed)
    sys.exit(0 if all(failure.verdict == Fate.FIXED for failure in replayed) else 1)


@click.command()
@click.argument("language", required=False, type=click.Choice(list(HARNESSES)))
def protocol(language: str | None) -> None:
    """Print how a program in any language is verified, or an example of one to start from.

    \b
    adamcheck protocol                     the protocol, on one page
    adamcheck protocol cpp > my_adam.cpp   a whole program that speaks it
    """
    from importlib.resources import files

    place = f"harnesses/{HARNESSES[language]}" if language else "protocol.md"
    click.echo((files("adamcheck.targets.programs") / place).read_text(encoding="utf-8"), nl=False)
