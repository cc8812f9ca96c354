"""Commands about implementations: verify, matrix, judge, replay, protocol."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

from adamcheck.choices import DTYPE_NAMES
from adamcheck.cli import completion
from adamcheck.cli.configuration import configured
from adamcheck.cli.machines import spread
from adamcheck.cli.options import (
    as_option,
    common_options,
    fixed,
    folder_option,
    jobs_option,
    renamed,
    setting,
    standard_of,
)
from adamcheck.cli.output import Printing, check_paths, make_folder, save_report, write
from adamcheck.cli.resuming import resumed
from adamcheck.cli.running import progress_bar, run_suite

if TYPE_CHECKING:
    from adamcheck.support.executors import Machines

HARNESSES = {
    "c": "adam.c",
    "cpp": "adam.cpp",
    "go": "adam.go",
    "javascript": "adam.mjs",
    "python": "adam.py",
    "rust": "adam.rs",
}
"""The file of the example program, by language."""


class _Verify(click.Command):
    """The command, which remembers its arguments, so that it can propose the next command."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        context.obj = ("verify", *arguments)
        return super().parse_args(context, arguments)


@click.command(cls=_Verify)
@click.argument("targets", nargs=-1, metavar="[TARGET...]", shell_complete=completion.targets)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Pass an option to the target's constructor, for example fused=True; may be repeated.",
)
@click.option(
    "--map",
    "names",
    multiple=True,
    metavar="NAME=OURS",
    help="The name that your target uses for a hyperparameter, for example b1=beta1 or "
    "betas=beta1,beta2; may be repeated.",
)
@click.option("--list", "as_list", is_flag=True, help="Your target takes and returns lists of arrays.")
@click.option(
    "--fix",
    "fixes",
    multiple=True,
    metavar="NAME=VALUE",
    help="The value of a hyperparameter that cannot be passed to your target, for example eps=1e-7 "
    "(by default it is looked for in the source); may be repeated.",
)
@click.option(
    "--as-called",
    "called",
    default="",
    metavar="CALL",
    help="A part of the call that is meant where your target can be called in several ways, for example "
    '"update(params, grads)".',
)
@click.option(
    "--explain-call",
    is_flag=True,
    help="Print the Python that calls your target, ready to copy, and verify nothing.",
)
@click.option(
    "--python",
    default="",
    metavar="PATH",
    help="Run the targets in this interpreter; it needs numpy and ml_dtypes, but not adamcheck.",
)
@click.option(
    "--save",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Also save the results as .html, .md, .json, .xml (JUnit) or .sarif, or this output as a .svg "
    "picture; may be repeated.",
)
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Run only what is missing in FILE, which an interrupted run of the same command saved as .json, and "
    "--save the whole as .json.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "junit", "sarif", "github"]),
    default="text",
    show_default=True,
    help="What to print: text, a document for a program, or annotations for GitHub Actions.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    shell_complete=completion.checks,
    help="Run only this check, or the laws of this claim (see `adamcheck list checks`); may be repeated.",
)
@click.option("-x", "--fail-fast", is_flag=True, help="Stop at the first failure.")
@click.option("-v", "--verbose", is_flag=True, help="Print the details of targets that conform, too.")
@as_option
@common_options
@configured(targets=True)
def verify(
    targets: Sequence[str],
    settings: Sequence[str],
    names: Sequence[str],
    as_list: bool,
    fixes: Sequence[str],
    called: str,
    explain_call: bool,
    python: str,
    save: Sequence[Path],
    resume: Path | None,
    form: str,
    only: Sequence[str],
    verbose: bool,
    definition: str | None,
    **common: Any,
) -> None:
    """Verify implementations of Adam.

    A TARGET is a known name (see `adamcheck list targets`), module:attribute,
    path/to/file.py:attribute, or "exec:COMMAND ARGUMENTS" (see `adamcheck protocol`). A class or
    function of your own is called as its signature asks; the report says how it was understood.

    \b
    Your own may declare, by attributes of the class or function:
      definition = "adamw"   what it is verified against
      in_place = True        it writes to the parameters that it is given
      vectors_only = True    it takes no arrays of several axes
      parameter_counts = (2, 2)  the fewest and most parameters (0: no most)
    and offer, by methods of what it makes:
      moments() -> (m, v)    save() -> state, load(state)

    The table [tool.adamcheck] of the pyproject.toml of this folder or one above may set targets,
    dtypes, profile, definition (as --as), accept and expect (a file, or its tables); options win.

    What a target is by its first steps is printed at once, on stderr; stdout gets each target when it is
    finished, in the order of the command, and after Ctrl-C the checks that were finished.
    """
    from adamcheck.targets.convention import Convention
    from adamcheck.targets.find import Spec

    check_paths(save)
    if resume and (form != "text" or not save or any(path.suffix != ".json" for path in save)):
        raise click.UsageError("--resume needs --save FILE.json, and saves or prints no other format")
    options = dict(setting(text) for text in settings)
    convention = Convention(
        dict(renamed(text) for text in names), as_list, dict(fixed(text) for text in fixes), called
    )
    specs = [Spec(name, options, python, convention) for name in targets]
    for spec in specs:
        spec.check()
    if explain_call:
        from adamcheck.targets.called import explained

        for spec in specs:
            click.echo(explained(spec.load(common["timeout"])), nl=False)
        return
    from adamcheck.report import terminal  # only now: a misspelt name is answered at once
    from adamcheck.report.formats import printed

    common.update(describe_claims=False, only=tuple(only), definition=definition)
    begun = monotonic()
    if resume:
        sys.exit(resumed(resume, specs, save, common, detailed=verbose))
    printing = Printing(last=not save)
    shown = partial(terminal.print_target, detailed=verbose)
    show = partial(printing, shown) if form == "text" else None
    with run_suite(specs, show=show, **common) as report:
        if form != "text":
            printing(partial(click.echo, nl=False), printed(report, form))
        save_report(report, save)
        if form == "text":
            said = click.get_current_context().obj
            printing(terminal.print_ending, report, said, monotonic() - begun)
        printing.end()
    sys.exit(report.status)


@click.command()
@click.argument("targets", nargs=-1, metavar="[TARGET...]", shell_complete=completion.targets)
@click.option(
    "--python",
    "pythons",
    multiple=True,
    metavar="PATH",
    help="Another interpreter with known implementations installed; may be repeated.",
)
@folder_option("matrix")
@common_options
@configured()
@spread("matrix")
def matrix(
    targets: Sequence[str], pythons: Sequence[str], output: Path, machines: Machines, **common: Any
) -> None:
    """Verify every installed known implementation, and write a table of what each one computes.

    With --python, the matrix covers only the implementations installed there, without the checks of
    shared arrays. Rows of other targets in an existing matrix.json are kept, so each library may have an
    environment of its own. A badge.json beside it is for the endpoint badge of shields.io. The exit
    status is 0 unless a named TARGET failed to run. Of [tool.adamcheck] in pyproject.toml it reads
    dtypes, profile, accept and expect.
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
    pages.merged([], path)  # fail before the work if the existing file is not a matrix
    with run_suite(specs, describe_claims=False, jobs=machines, **common) as found:
        rows = pages.merged(pages.rows(found), path)
        made = pages.document(rows)
        write(path, pages.MATRIX.dumps(made))
        write(output / "matrix.md", pages.markdown(made).encode())
        write(output / "matrix.html", pages.html(made).encode())
        write(output / "badge.json", pages.badge(made))
        for row in pages.rows(found):
            click.echo(f"{row.name:22} {row.formula}")
        click.echo(
            f"\nWritten to {output}: matrix.html, matrix.md, matrix.json, badge.json "
            f"({len(rows)} implementations)"
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
    shell_complete=completion.definitions,
    help="The definition to judge the runs against (see `adamcheck list definitions`).",
)
@click.option(
    "--precision",
    type=click.Choice(DTYPE_NAMES),
    help="Judge at this precision if the recorded arrays have a finer one.",
)
def judge(file: Path, definition: str, precision: str | None) -> None:
    """Judge the recorded runs in FILE (.npz, .safetensors or .json) against a definition.

    Every trace is enclosed, coarse (correct, but only to a lower precision than its arrays have),
    rejected or not judged. The exit status is 0 if none is rejected and at least one could be judged.
    """
    from adamcheck.diagnosis.diagnose import fitting_formulas
    from adamcheck.judge import Judgement, Ruling
    from adamcheck.judge import judge as judge_trace
    from adamcheck.numbers.floats import format_of
    from adamcheck.report import formulas, terminal
    from adamcheck.support.text import plain
    from adamcheck.traces.trace import load

    wanted = standard_of(definition).definition
    traces = load(file)
    format = format_of(precision) if precision else None
    verdicts: dict[str, Judgement] = {}
    with progress_bar("judging", "traces") as progress:
        for name, trace in traces.items():
            progress(plain(name), len(verdicts), len(traces))
            verdicts[name] = judge_trace(trace, wanted, format)
    outcomes = {verdict.outcome for verdict in verdicts.values()}
    fitting = fitting_formulas(traces) if Ruling.REJECTED in outcomes else ()
    told = [formulas.described(hypothesis.identity) for hypothesis in fitting]
    terminal.print_judgements(verdicts, wanted, told)
    sys.exit(1 if Ruling.REJECTED in outcomes or outcomes == {Ruling.NOT_JUDGED} else 0)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--run-programs",
    is_flag=True,
    help="Start the programs (exec:) and interpreters that the report names. Look at them first in a "
    "report that is not yours.",
)
@jobs_option()
def replay(file: Path, run_programs: bool, jobs: int) -> None:
    """Rerun every failure in a saved report with its seed: FIXED or STILL FAILS.

    FILE is a report that `adamcheck verify TARGET --save FILE.json` wrote. The exit status is 0 if
    every failure is fixed.
    """
    from adamcheck.report import terminal
    from adamcheck.report.replay import Fate
    from adamcheck.report.replay import replay as run_again

    with progress_bar("failures", "checks") as progress:
        replayed = run_again(file, jobs=jobs, progress=progress, run_programs=run_programs)
    terminal.print_replayed(replayed)
    sys.exit(0 if all(failure.verdict == Fate.FIXED for failure in replayed) else 1)


@click.command()
@click.argument("language", required=False, type=click.Choice(list(HARNESSES)))
def protocol(language: str | None) -> None:
    """Print the protocol that a program in any language can speak, or an example program.

    \b
    adamcheck protocol                     the protocol, on one page
    adamcheck protocol cpp > my_adam.cpp   a complete program that speaks it
    """
    from importlib.resources import files

    place = f"harnesses/{HARNESSES[language]}" if language else "protocol.md"
    click.echo((files("adamcheck.targets.programs") / place).read_text(encoding="utf-8"), nl=False)
