"""Options that several commands share, and how their values are parsed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adamcheck.choices import DTYPE_NAMES, HYPERPARAMETERS, PROFILES, TIME_LIMIT
from adamcheck.cli import completion

if TYPE_CHECKING:
    from adamcheck.examine.plan import Plan
    from adamcheck.variants.standard import Standard

seed_option = click.option("--seed", default=0, show_default=True, help="Seed of all random testing.")

profile_option = click.option(
    "--profile",
    type=click.Choice(list(PROFILES)),
    default="standard",
    show_default=True,
    help=f"How many examples each check tries: {', '.join(map(str, PROFILES.values()))}.",
)


def jobs_option(what: str = "Processes to use") -> Callable[..., Any]:
    """The option for the number of parallel jobs; its value is a number even if the option is not given."""
    return click.option(
        "--jobs",
        type=click.IntRange(min=1),
        default=lambda: os.cpu_count() or 1,
        help=f"{what} (default: all cores).",
    )


def common_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that every command that runs the suite has."""
    options = [
        seed_option,
        profile_option,
        click.option(
            "--dtype",
            "dtypes",
            type=click.Choice([*DTYPE_NAMES, "all"]),
            multiple=True,
            default=("float64", "float32"),
            show_default=True,
            help="Working precision; may be repeated.",
        ),
        jobs_option(),
        click.option(
            "--timeout",
            type=click.FloatRange(min=0, min_open=True),
            default=TIME_LIMIT,
            show_default=True,
            help="Time limit for one step of a target, in seconds.",
        ),
        click.option(
            "--accept",
            multiple=True,
            metavar="DEFINITION",
            shell_complete=completion.definitions,
            help="Also accept this definition, for example eps-hat, or every known one: documented; "
            "may be repeated.",
        ),
        click.option(
            "--expect",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help='A TOML file of known failures: one table per target, with lines CHECK = "reason".',
        ),
        click.option("--in-process", is_flag=True, help="Run everything in this process, for a debugger."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


as_option = click.option(
    "--as",
    "definition",
    metavar="DEFINITION",
    shell_complete=completion.definitions,
    help="The definition to verify against, such as adamw, amsgrad+adam-l2 or nadam:momentum_decay=0.01 "
    "(see `adamcheck list definitions`; default: the one that the target declares, else textbook Adam).",
)
"""The option for the definition that targets are verified against."""


def folder_option(name: str) -> Callable[..., Any]:
    """The option for the folder that receives a page in three formats."""
    return click.option(
        "--output",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("adamcheck-report"),
        show_default=True,
        help=f"Folder for {name}.html, {name}.md and {name}.json.",
    )


def planned(
    names: Sequence[str],
    dtypes: Sequence[str],
    expect: Path | Mapping[str, Mapping[str, str]] | None,
    definition: str | None = None,
    **options: Any,
) -> tuple[Plan, str]:
    """The plan that the options ask for, and a warning about it ("" if there is none).

    Args:
        names: Names of the targets of the run.
        dtypes: Values of `--dtype`.
        expect: Value of `--expect`, or what is in such a file.
        definition: Value of `--as`.
        **options: Other fields of a `Plan`.

    Raises:
        click.UsageError: The options contradict one another or have impossible values.
    """
    from adamcheck.examine.plan import Plan

    standard = standard_of(definition) if definition else None
    chosen = DTYPE_NAMES if "all" in dtypes else tuple(dict.fromkeys(dtypes))
    try:
        expected = expectations(expect) if isinstance(expect, Path) else dict(expect or {})
        plan = Plan(dtypes=chosen, expected=expected, standard=standard, **options)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    told = unmatched(expect, expected, names) if isinstance(expect, Path) else ""
    # If no table is about a target of this run, a name is misspelt. If some are, the others may belong to
    # another run that shares the file.
    if told and not set(expected) & set(names):
        raise click.UsageError(told)
    return plan, told


def expectations(path: Path) -> Any:
    """Read the known failures in a TOML file.

    Raises:
        ValueError: The file cannot be read, or is not what `--expect` needs.
    """
    import tomllib

    from adamcheck.support.files import check_regular

    try:
        check_regular(path, 2**20)
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{path} is not a TOML file: {error}") from None
    for target, reasons in tables.items():
        if not isinstance(reasons, dict) or not all(isinstance(reason, str) for reason in reasons.values()):
            raise ValueError(f'{path}: {target}: expected a table of CHECK = "reason"')
    return tables


def unmatched(path: Path, tables: Iterable[str], names: Sequence[str]) -> str:
    """One line that names the tables of a file that match no target of a run; "" if all of them match."""
    from adamcheck.support.text import nearest

    told = [f"{table!r}{nearest(table, names)}" for table in tables if table not in names]
    if not told:
        return ""
    return f"{path}: no target {', no '.join(told)} in this run, which is of {', '.join(names)}"


def standard_of(text: str) -> Standard:
    """The definition named with `--as`.

    Raises:
        click.UsageError: There is no such definition; the message is one line.
    """
    from adamcheck.variants.standard import Standard, StandardError

    try:
        return Standard.parse(text)
    except StandardError as error:
        raise click.UsageError(str(error)) from None


def setting(text: str) -> tuple[str, Any]:
    """Split `NAME=VALUE` into the name and the value, which is a Python literal or else a string."""
    import ast

    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise click.UsageError(f"--set {text!r}: expected NAME=VALUE, for example --set fused=True")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value


def fixed(text: str) -> tuple[str, float]:
    """Split `NAME=VALUE` into a hyperparameter and its value."""
    name, _, value = text.partition("=")
    if name not in HYPERPARAMETERS:
        raise click.UsageError(f"--fix {text!r}: expected one of {', '.join(HYPERPARAMETERS)} before the =")
    try:
        return name, float(value)
    except ValueError:
        raise click.UsageError(f"--fix {text!r}: expected a number, for example --fix eps=1e-7") from None


def renamed(text: str) -> tuple[str, str | tuple[str, ...]]:
    """Split `NAME=OURS` into the target's name of a hyperparameter and our name, or several names of ours."""
    theirs, _, ours = text.partition("=")
    names = tuple(ours.split(","))
    if not all(name.isidentifier() for name in (theirs, *names)):
        raise click.UsageError(
            f"--map {text!r}: expected NAME=OURS, for example --map b1=beta1 or --map betas=beta1,beta2"
        )
    return theirs, names if len(names) > 1 else ours
