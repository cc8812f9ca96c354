"""The command line: verify, report, matrix, power, replay, explain, certify, list and judge.

Only click is imported here; everything else is imported by the command that needs it, so that help
and typing errors are answered at once.
"""

from __future__ import annotations

import io
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adamcheck import __version__

if TYPE_CHECKING:
    from adamcheck.examination import Plan
    from adamcheck.report.model import Report
    from adamcheck.targets.find import Spec

DTYPES = ("float64", "float32", "float16", "bfloat16")


BUG = 70
"""Exit status of what must not happen: EX_SOFTWARE."""


class _Group(click.Group):
    """Turns what users get wrong into one line and the documented exit status."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        from adamcheck.names import nearest

        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            raise click.UsageError(f"no command {args[0]!r}{nearest(args[0], self.commands)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")  # a pipe may have no code for some letter
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            click.echo("adamcheck: interrupted, nothing was written", err=True)
            sys.exit(130)
        except Exception as error:
            status = _status_of(error)
            if status is None:
                traceback.print_exc()
                error = RuntimeError("this is a bug in adamcheck, or in an installed pack of claims")
            click.echo(f"adamcheck: {error}", err=True)
            sys.exit(BUG if status is None else status)


_STATUSES = {
    "TargetError": 2,
    "TargetFailed": 3,
    "TraceError": 2,
    "UnknownClaim": 2,
    "ReportError": 2,
    "OutputError": 2,
    "CoqMissing": 2,
    "TargetCrash": 3,
}
"""The exit status of each error of this package that is the user's or the target's, by name: the modules
that define them are slow to load, and loaded by whoever raises one."""


def _status_of(error: Exception) -> int | None:
    """The exit status of an error, None for a bug of ours."""
    names = [kind.__name__ for kind in type(error).__mro__ if kind.__module__.startswith("adamcheck")]
    return next((_STATUSES[name] for name in names if name in _STATUSES), None)


class OutputError(Exception):
    """A file that cannot be written; the message is one line."""


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="adamcheck")
def main() -> None:
    """Verify implementations of the Adam optimizer, and look up what is true about it.

    \b
    adamcheck verify torch.optim:Adam      is this Adam the textbook's? if not, what is it?
    adamcheck verify my_adam.py:make       the same for your own
    adamcheck report                       every claim proved and tested, every library verified
    adamcheck explain CLAIM                one claim: statement, proof, laws, exact witnesses
    adamcheck judge run.npz                a recorded run, judged against the definition
    adamcheck power                        which law notices which of the known bugs
    adamcheck replay report.json           the failures of a saved report again: fixed?
    adamcheck certify CLAIM                its algebra, checked by the kernel of Coq
    adamcheck protocol                     how a program in any language is verified

    Exit status: 0 conforms, 1 does not, 2 unusable input, 3 the target itself failed.
    """


def _common(command: Callable[..., Any]) -> Callable[..., Any]:
    options = [
        click.option("--seed", default=0, show_default=True, help="Seed of all random testing."),
        click.option(
            "--profile",
            type=click.Choice(["quick", "standard", "thorough"]),
            default="standard",
            show_default=True,
            help="How many examples each check tries: 10, 25 or 1000.",
        ),
        click.option(
            "--dtype",
            "dtypes",
            type=click.Choice([*DTYPES, "all"]),
            multiple=True,
            default=("float64", "float32"),
            show_default=True,
            help="Working precision; may be repeated.",
        ),
        click.option("--jobs", type=click.IntRange(min=1), help="Processes to use (default: all cores)."),
        click.option(
            "--timeout",
            type=click.FloatRange(min=0, min_open=True),
            default=60,
            show_default=True,
            help="Seconds that one step of a target may take.",
        ),
        click.option(
            "--accept",
            multiple=True,
            metavar="DEFINITION",
            help="Good enough instead of the textbook's formula, for example eps-hat; may be repeated.",
        ),
        click.option(
            "--expect",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help='Known failures: TOML with a table a target, in it CHECK = "reason".',
        ),
        click.option("--in-process", is_flag=True, help="Run everything in this process, for a debugger."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@main.command()
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
    help="Also write a .html, .md or .json report, or a .svg picture of this output; may be repeated.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    help="Only this check, or the laws of this claim (see `adamcheck list checks`); may be repeated.",
)
@_common
def verify(
    targets: Sequence[str],
    settings: Sequence[str],
    names: Sequence[str],
    as_list: bool,
    python: str,
    save: Sequence[Path],
    only: Sequence[str],
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

    _check_paths(save)
    options = dict(_setting(text) for text in settings)
    convention = Convention(dict(_renamed(text) for text in names), as_list)
    specs = [Spec(name, options, python, convention) for name in targets]
    for spec in specs:
        spec.check()
    from adamcheck.report import terminal  # only now: a misspelt name is answered at once

    report = _run(specs, describe_claims=bool(save), only=tuple(only), **common)
    terminal.print_targets(report)
    _save(report, save)
    sys.exit(max(target.status for target in report.targets))


@main.command()
@click.argument("targets", nargs=-1, metavar="[TARGET...]")
@click.option("--only", multiple=True, metavar="CLAIM", help="Only this claim; may be repeated.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("adamcheck-report"),
    show_default=True,
    help="Folder for report.html, report.md and report.json.",
)
@_common
def report(targets: Sequence[str], only: Sequence[str], output: Path, **common: Any) -> None:
    """Prove and test every claim, verify every known implementation, write the report.

    Without TARGETs the report covers the reference and each known implementation that is installed.
    The exit status then speaks of the claims and the reference; named targets count too.
    """
    from adamcheck.claims import named
    from adamcheck.report import terminal
    from adamcheck.targets.find import REFERENCE, Spec, installed

    claims = [named(name) for name in only] or None
    specs = [Spec(name) for name in targets or [REFERENCE]]
    specs += [] if targets else [Spec(name, optional=True) for name in installed()]
    for spec in specs:
        spec.check()
    _make_folder(output)
    _check_paths([output / "report.html"])
    result = _run(specs, describe_claims=True, claims=claims, **common)
    _save(result, [output / f"report{suffix}" for suffix in (".html", ".md", ".json")])
    terminal.print_report(result)
    click.echo(f"\nWritten to {output}: report.html, report.md, report.json")
    sys.exit(result.status_of(targets or [REFERENCE]))


@main.command()
@click.argument("targets", nargs=-1, metavar="[TARGET...]")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("adamcheck-report"),
    show_default=True,
    help="Folder for matrix.html, matrix.md and matrix.json.",
)
@_common
def matrix(targets: Sequence[str], output: Path, **common: Any) -> None:
    """Verify every known implementation that is installed, and write what each of them computes.

    Rows of other targets that are in the folder's matrix.json already are kept, so that each library may
    live in an environment of its own. The exit status is 0 unless a named TARGET failed to run.
    """
    from adamcheck.report import matrix as pages
    from adamcheck.report.model import TARGET_FAILED
    from adamcheck.targets.find import REFERENCE, Spec, installed

    specs = [Spec(name) for name in targets]
    specs = specs or [Spec(REFERENCE), *(Spec(name, optional=True) for name in installed())]
    for spec in specs:
        spec.check()
    _make_folder(output)
    path = output / "matrix.json"
    _check_paths([path])
    pages.merged([], path)  # before the work: is what is there a matrix?
    found = _run(specs, describe_claims=False, **common)
    rows = pages.merged(pages.rows(found), path)
    made = pages.document(rows, version=found.version, profile=found.profile, seed=found.seed)
    _write(path, pages.dumps(made))
    _write(output / "matrix.md", pages.markdown(made).encode())
    _write(output / "matrix.html", pages.html(made).encode())
    for row in pages.rows(found):
        click.echo(f"{row['name']:22} {row['formula']}")
    click.echo(f"\nWritten to {output}: matrix.html, matrix.md, matrix.json ({len(rows)} implementations)")
    sys.exit(found.status if targets and found.status == TARGET_FAILED else 0)


@main.command()
@click.option("--seed", default=0, show_default=True, help="Seed of all random testing.")
@click.option(
    "--profile",
    type=click.Choice(["quick", "standard", "thorough"]),
    default="standard",
    show_default=True,
    help="How many examples each law tries: 10, 25 or 1000.",
)
@click.option("--only", multiple=True, metavar="BUG", help="Only this bug or rewrite; may be repeated.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes to use (default: all cores).")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("adamcheck-report"),
    show_default=True,
    help="Folder for power.html, power.md and power.json.",
)
def power(seed: int, profile: str, only: Sequence[str], jobs: int | None, output: Path) -> None:
    """Try every law on every known bug, and write which law notices which.

    The exit status is 1 where nothing notices some bug, or where a correct rewrite is taken for wrong.
    """
    import os

    from adamcheck.checks import PROFILES
    from adamcheck.power import measure
    from adamcheck.report import power as pages

    _make_folder(output)
    _check_paths([output / "power.json"])
    count = jobs or os.cpu_count() or 1
    try:
        with _progress(f"profile {profile}, seed {seed}") as progress:
            found = measure(profile, PROFILES[profile], seed, only=only, jobs=count, progress=progress)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    _write(output / "power.json", pages.dumps(found))
    _write(output / "power.md", pages.markdown(found).encode())
    _write(output / "power.html", pages.html(found).encode())
    for sentence in pages.in_short(found):
        click.echo(sentence)
    click.echo(f"\nWritten to {output}: power.html, power.md, power.json")
    sys.exit(1 if found.alive or found.alarms else 0)


@main.command()
@click.argument("claim")
def explain(claim: str) -> None:
    """Explain one claim: statement, proof steps, laws, exact witnesses."""
    from adamcheck.claims import named
    from adamcheck.report import terminal
    from adamcheck.suite import examine_claim

    explained = examine_claim(named(claim).name, seed=0)
    terminal.print_claim(explained)
    sys.exit(0 if explained.upheld else 1)


@main.command()
@click.argument("claims", nargs=-1, metavar="[CLAIM...]")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder in which to keep the Coq files, one a claim.",
)
@click.option("--jobs", type=click.IntRange(min=1), help="Claims to work on at a time (default: all cores).")
@click.option(
    "--timeout",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Seconds that one tactic may take on one lemma; more on a busy machine.",
)
def certify(claims: Sequence[str], output: Path | None, jobs: int | None, timeout: int) -> None:
    """Have Coq check the algebraic steps of the proofs: of each CLAIM, or of all.

    Needs `coqc`. Limits are not exported, and what the tactics cannot prove is listed. The exit status is
    0 unless Coq refutes a step, or certifies none of a claim that has algebraic steps.
    """
    import os

    from adamcheck.certify import certify as certify_claims
    from adamcheck.certify import find_coqc
    from adamcheck.claims import discover, named
    from adamcheck.report import terminal

    chosen = [named(name) for name in dict.fromkeys(claims)] or discover()
    coqc = find_coqc()
    if output is not None:
        _make_folder(output)
    width, certificates = max(len(claim.name) for claim in chosen), []
    for certificate in certify_claims(chosen, coqc, jobs or os.cpu_count() or 1, timeout):
        certificates.append(certificate)
        terminal.print_certificate(certificate, width)
        if output is not None and certificate.source:
            path = output / f"{certificate.claim.replace('-', '_')}.v"
            _write(path, certificate.source.encode())
    terminal.print_certified(certificates)
    sys.exit(0 if all(certificate.upheld for certificate in certificates) else 1)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--jobs", type=click.IntRange(min=1), help="Processes to use (default: all cores).")
def replay(file: Path, jobs: int | None) -> None:
    """Run every failure in a JSON report again, with its seed: FIXED or STILL FAILS.

    FILE is what `adamcheck verify TARGET --save FILE.json` wrote. The exit status is 0 where everything is
    fixed.
    """
    import os

    from adamcheck.replay import FIXED
    from adamcheck.replay import replay as run_again
    from adamcheck.report import terminal

    with _progress("failures") as progress:
        replayed = run_again(file, jobs=jobs or os.cpu_count() or 1, progress=progress)
    terminal.print_replayed(replayed)
    sys.exit(0 if all(failure.verdict == FIXED for failure in replayed) else 1)


@main.command("list")
@click.argument("what", type=click.Choice(["claims", "targets", "definitions", "checks", "bugs"]))
@click.option("--markdown", "as_table", is_flag=True, help="Claims as a Markdown table.")
def list_(what: str, as_table: bool) -> None:
    """List claims, targets, definitions, checks or known bugs, one line each."""
    from adamcheck.report import terminal

    if as_table and what != "claims":
        raise click.UsageError("--markdown goes with claims")
    if as_table:
        from adamcheck.claims import discover
        from adamcheck.report import markdown

        click.echo(markdown.overview(discover()))
    else:
        terminal.print_list(what)


@main.command()
@click.argument("language", required=False, type=click.Choice(["cpp", "javascript", "python", "rust"]))
def protocol(language: str | None) -> None:
    """Print how a program in any language is verified, or an example of one to start from.

    \b
    adamcheck protocol                     the protocol, on one page
    adamcheck protocol cpp > my_adam.cpp   a whole program that speaks it
    """
    from importlib.resources import files

    harnesses = {"cpp": "adam.cpp", "javascript": "adam.mjs", "python": "adam.py", "rust": "adam.rs"}
    place = f"harnesses/{harnesses[language]}" if language else "protocol.md"
    click.echo((files("adamcheck.targets") / place).read_text(encoding="utf-8"), nl=False)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--definition", default="adam", show_default=True, help="See `adamcheck list definitions`.")
@click.option(
    "--precision",
    type=click.Choice(DTYPES),
    help="Judge at this precision where the recorded arrays are finer.",
)
def judge(file: Path, definition: str, precision: str | None) -> None:
    """Judge the recorded runs in FILE (.npz, .safetensors or .json) against a definition.

    Every trace is enclosed, coarse (right, but only to float32 precision), rejected or not judged.
    The exit status is 0 where none is rejected and at least one could be judged.
    """
    from adamcheck.diagnose import fitting_formulas
    from adamcheck.judge import NOT_JUDGED, REJECTED
    from adamcheck.judge import judge as judge_trace
    from adamcheck.names import nearest
    from adamcheck.numbers.floats import format_of
    from adamcheck.report import terminal
    from adamcheck.trace import load
    from adamcheck.variants import DEFINITIONS

    if definition not in DEFINITIONS:
        raise click.UsageError(f"no definition {definition!r}{nearest(definition, DEFINITIONS)}")
    traces, wanted = load(file), DEFINITIONS[definition]
    format = format_of(precision) if precision else None
    verdicts = {name: judge_trace(trace, wanted, format) for name, trace in traces.items()}
    outcomes = {verdict.outcome for verdict in verdicts.values()}
    fitting = fitting_formulas(traces) if REJECTED in outcomes else ()
    terminal.print_judgements(verdicts, wanted, [hypothesis.says for hypothesis in fitting])
    sys.exit(1 if REJECTED in outcomes or outcomes == {NOT_JUDGED} else 0)


def _run(
    specs: Sequence[Spec],
    *,
    seed: int,
    profile: str,
    dtypes: tuple[str, ...],
    jobs: int | None,
    timeout: float,
    accept: tuple[str, ...],
    expect: Path | None,
    in_process: bool,
    only: tuple[str, ...] = (),
    **what: Any,
) -> Report:
    import os

    from adamcheck.examination import Plan
    from adamcheck.suite import run

    chosen = DTYPES if "all" in dtypes else tuple(dict.fromkeys(dtypes))
    try:
        expected = _expectations(expect) if expect else {}
        plan: Plan = Plan(profile, seed, chosen, timeout, only, accept=accept, expected=expected)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    with _progress(f"profile {plan.profile}, seed {plan.seed}") as progress:
        count = 0 if in_process else jobs or os.cpu_count() or 1
        return run(specs, plan, jobs=count, progress=progress, **what)


def _expectations(path: Path) -> Any:
    """The known failures in a TOML file. Raises `ValueError`."""
    import tomllib

    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no TOML: {error}") from None
    for target, reasons in tables.items():
        if not isinstance(reasons, dict) or not all(isinstance(reason, str) for reason in reasons.values()):
            raise ValueError(f'{path}: {target}: expected a table of CHECK = "reason"')
    return tables


@contextmanager
def _progress(what: str) -> Iterator[Callable[[str, int], None]]:
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


def _setting(text: str) -> tuple[str, Any]:
    import ast

    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise click.UsageError(f"--set {text!r}: expected NAME=VALUE, for example --set fused=True")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value


def _renamed(text: str) -> tuple[str, str | tuple[str, ...]]:
    theirs, _, ours = text.partition("=")
    names = tuple(ours.split(","))
    if not all(name.isidentifier() for name in (theirs, *names)):
        raise click.UsageError(
            f"--map {text!r}: expected NAME=OURS, for example --map b1=beta1 or --map betas=beta1,beta2"
        )
    return theirs, names if len(names) > 1 else ours


_SUFFIXES = (".html", ".md", ".json", ".svg")


def _check_paths(paths: Sequence[Path]) -> None:
    """Find out before the work whether its result can be written."""
    from adamcheck.files import check_folder

    for path in paths:
        if path.suffix not in _SUFFIXES:
            raise click.UsageError(f"--save {path}: expected a file ending in {', '.join(_SUFFIXES)}")
        if path.is_dir():
            raise OutputError(f"cannot write {path}: it is a folder")
        try:
            check_folder(path.parent)
        except OSError as error:
            raise OutputError(f"cannot write {path}: {path.parent}: {error.strerror}") from None


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot create the folder {folder}: {error.strerror}") from None


def _save(report: Report, paths: Sequence[Path]) -> None:
    from adamcheck.report import html, json, markdown, terminal

    renderers: dict[str, Callable[[Report], bytes]] = {
        ".html": lambda r: html.render(r).encode(),
        ".md": lambda r: markdown.render(r).encode(),
        ".json": json.dumps,
        ".svg": lambda r: terminal.picture(r).encode(),
    }
    for path in paths:
        _write(path, renderers[path.suffix](report))


def _write(path: Path, content: bytes) -> None:
    from adamcheck.files import write_atomically

    try:
        write_atomically(path, content)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}") from None
