"""Commands about claims: report, explain, certify, list."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adamcheck.cli import completion
from adamcheck.cli.configuration import configured
from adamcheck.cli.machines import spread
from adamcheck.cli.options import common_options, folder_option, jobs_option
from adamcheck.cli.output import check_paths, make_folder, save_report, write
from adamcheck.cli.running import run_suite

if TYPE_CHECKING:
    from adamcheck.claims.explained import Topic
    from adamcheck.support.executors import Machines


@click.command()
@click.argument("targets", nargs=-1, metavar="[TARGET...]", shell_complete=completion.targets)
@click.option(
    "--only",
    multiple=True,
    metavar="CLAIM",
    shell_complete=completion.claims,
    help="Report only this claim; may be repeated.",
)
@folder_option("report")
@common_options
@configured()
@spread("report")
def report(
    targets: Sequence[str], only: Sequence[str], output: Path, machines: Machines, **common: Any
) -> None:
    """Prove and test every claim, verify every known implementation, and write the report.

    Without TARGETs, the report covers the reference and every installed known implementation, and the
    exit status depends on the claims and the reference alone. Otherwise it depends on the claims and
    the named TARGETs. Of [tool.adamcheck] in pyproject.toml it reads dtypes, profile, accept and expect.
    """
    from adamcheck.claims.claim import named
    from adamcheck.report import terminal
    from adamcheck.targets.find import REFERENCE, Spec, installed

    claims = [named(name) for name in only] or None
    specs = [Spec(name) for name in targets or [REFERENCE]]
    specs += [] if targets else [Spec(name, optional=True) for name in installed()]
    for spec in specs:
        spec.check()
    make_folder(output)
    check_paths([output / "report.html"])
    # An interrupted run must not replace a complete report.
    common.update(describe_claims=True, claims=claims, partly=False, jobs=machines)
    with run_suite(specs, **common) as result:
        save_report(result, [output / f"report{suffix}" for suffix in (".html", ".md", ".json")])
        terminal.print_report(result)
        click.echo(f"\nWritten to {output}: report.html, report.md, report.json")
    sys.exit(result.status_of(targets or [REFERENCE]))


@click.command()
@click.argument("name", metavar="CLAIM|LAW|BUG|DEFINITION|coverage", shell_complete=completion.topics)
def explain(name: str) -> None:
    """Explain a claim, a law or check, a known bug or a definition (see `adamcheck list`), or coverage.

    A claim is shown with its statement, proof steps, laws, the known bugs that they detect, and exact
    witnesses. A law is shown with its claim; CLAIM/LAW and LAW both name it. `coverage` shows
    what a target is asked along each dimension. The exit status is 1 if a claim is not upheld.
    """
    from adamcheck.claims import explained as topics

    kind, found = topics.find(name)
    sys.exit(0 if _explained(kind, found) else 1)


def _explained(kind: Topic, name: str) -> bool:
    """Print an explanation, and return False for a claim that is not upheld."""
    from adamcheck.checks.conformance import CHECKS
    from adamcheck.claims import explained as topics
    from adamcheck.examine.suite import examine_claim
    from adamcheck.report import terminal

    if kind is topics.Topic.CLAIM:
        claim = examine_claim(name, seed=0)
        terminal.print_claim(claim)
        return claim.upheld
    if kind is topics.Topic.CHECK:
        terminal.print_check(name, CHECKS[name].statement)
    elif kind is topics.Topic.COVERAGE:
        terminal.print_coverage()
    elif kind is topics.Topic.BUG:
        terminal.print_bug(name)
    else:
        terminal.print_definition(name)
    return True


@click.command()
@click.argument("claims", nargs=-1, metavar="[CLAIM...]", shell_complete=completion.claims)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the Coq files in this folder, one per claim.",
)
@click.option("--judge", is_flag=True, help="Check instead that the judge's radius rules are proved.")
@click.option("--theory", is_flag=True, help="Check instead that the theorems about Adam are proved.")
@jobs_option("Claims to certify in parallel")
@click.option(
    "--timeout",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Time limit for one tactic on one lemma, in seconds; raise it on a busy machine.",
)
def certify(
    claims: Sequence[str], output: Path | None, judge: bool, theory: bool, jobs: int, timeout: int
) -> None:
    """Check the proof steps of each CLAIM, or of all claims, with Coq.

    Needs `coqc`. A step is certified if Coq proves what it states, and that every denominator in it is not 0
    and every radicand at least 0; of a limit, the algebra that continuity leaves. The exit status is 0 if
    every step is certified; others are listed.

    With --judge or --theory, Coq checks theorems that come with adamcheck instead: that each rule of the
    judge bounds what correct floating-point code may compute (needs Coq's library Flocq), and what Adam does
    in the real numbers (needs Coquelicot). The exit status is 0 if all are proved from the axioms of Coq's
    real numbers alone.
    """
    if judge or theory:
        if claims:
            raise click.UsageError("--judge and --theory go without a CLAIM")
        sys.exit(0 if _theorems_proved(output, judge, theory) else 1)
    from adamcheck.claims.claim import discover, named
    from adamcheck.proofs.coq.certify import certify as certify_claims
    from adamcheck.proofs.coq.certify import find_coqc
    from adamcheck.report import terminal

    chosen = [named(name) for name in dict.fromkeys(claims)] or discover()
    coqc = find_coqc()
    if output is not None:
        make_folder(output)
    width, certificates = max(len(claim.name) for claim in chosen), []
    for certificate in certify_claims(chosen, coqc, jobs, timeout):
        certificates.append(certificate)
        terminal.print_certificate(certificate, width)
        if output is not None and certificate.source:
            path = output / f"{certificate.claim.replace('-', '_')}.v"
            write(path, certificate.source.encode())
    terminal.print_certified(certificates)
    sys.exit(0 if all(certificate.upheld for certificate in certificates) else 1)


def _theorems_proved(output: Path | None, judge: bool, theory: bool) -> bool:
    """Print which theorems Coq proves, and return False if it does not accept all of them."""
    from adamcheck.proofs.coq.certify import find_coqc
    from adamcheck.proofs.coq.theorems import Part, prove, sources
    from adamcheck.report import terminal

    chosen = [part for part, asked in ((Part.JUDGE, judge), (Part.ADAM, theory)) if asked]
    coqc, files, chapters = find_coqc(), sources(*chosen), []
    if output is not None:
        make_folder(output)
        for name, source in files.items():
            write(output / f"{name}.v", source.encode())
    for chapter in prove(files, coqc):
        chapters.append(chapter)
        terminal.print_chapter(chapter)
    terminal.print_theory(chapters)
    return len(chapters) == len(files) and all(chapter.proved for chapter in chapters)


@click.command("list")
@click.argument("what", type=click.Choice(["claims", "targets", "definitions", "checks", "bugs", "packs"]))
@click.option("--markdown", "as_table", is_flag=True, help="Print the claims as a Markdown table.")
def list_(what: str, as_table: bool) -> None:
    """List claims, targets, definitions, checks, known bugs or installed packs, one per line."""
    from adamcheck.report import terminal

    if as_table and what != "claims":
        raise click.UsageError("--markdown goes with claims")
    if as_table:
        from adamcheck.claims.claim import discover
        from adamcheck.report import markdown

        click.echo(markdown.overview(discover()))
    else:
        terminal.print_list(what)
