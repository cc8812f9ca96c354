"""Claims in a terminal: a line each, or one in detail, and the result of its certification by Coq."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from adamcheck.checks.check import Outcome
from adamcheck.claims.statement import Standing
from adamcheck.examine.results import ClaimReport, Report
from adamcheck.proofs.coq.certify import Certificate, Certification
from adamcheck.proofs.statement import StepKind
from adamcheck.report.mathematics import plain, plain_formula
from adamcheck.report.summary import detected, proofs_of, rejected, steps
from adamcheck.report.terminal.console import STYLES, print_code, stdout_console
from adamcheck.report.terminal.targets import print_targets

_MARKS = {
    Standing.PROVED: ("  + ", "green"),
    Standing.BY_ONE_ENGINE: ("  + ", "yellow"),
    Standing.NOT_PROVED: ("  ! ", "bold red"),
    Standing.PROSE: ("    ", "dim"),
}

_FORMULA_WIDTH = 100
"""The length of the longest formula shown; longer ones are on the HTML page only."""


def print_report(report: Report) -> None:
    """Print the claims and the targets, one line each, then the failures."""
    console = stdout_console()
    table = Table(box=None, pad_edge=False)
    table.add_column("claim", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for column in ("steps proved", "by two engines", "witnesses", "laws kept", "on examples"):
        table.add_column(column, justify="right")
    for claim in report.claims:
        table.add_row(claim.name, _verdict(claim), *_proof(claim), _witnesses(claim), *_laws(report, claim))
    console.print(table)
    console.print()
    print_targets(report, console)


def _verdict(claim: ClaimReport) -> Text:
    return Text(claim.verdict.kind, style=STYLES[claim.verdict.kind])


def _proof(claim: ClaimReport) -> tuple[str, str]:
    steps = [step for derived in claim.derivations for step in derived.steps]
    held = sum(step.holds for step in steps)
    return _of(held, len(steps)), _of(sum(step.engines_agree for step in steps), len(steps))


def _witnesses(claim: ClaimReport) -> str:
    return _of(sum(w.holds for w in claim.witnesses), len(claim.witnesses))


def _laws(report: Report, claim: ClaimReport) -> tuple[str, str]:
    """Counts over all targets and dtypes to which the laws apply, whatever the targets compute."""
    results = [r for law in claim.laws for _, r in report.law_results(law.name)]
    kept = [r for r in results if r.outcome == Outcome.KEPT]
    applied = [r for r in results if r.outcome != Outcome.NOT_APPLICABLE]
    return _of(len(kept), len(applied)), str(sum(r.examples for r in kept)) if kept else "-"


def _of(some: int, all_of_them: int) -> str:
    return f"{some}/{all_of_them}" if all_of_them else "-"


def print_claim(claim: ClaimReport) -> None:
    """Print one claim with everything that decides it."""
    console = stdout_console()
    console.print(Text(claim.title, style="bold"))
    console.print(Text(f"source: {claim.source}\n", style="dim"))
    console.print(Text.assemble(("says       ", "bold"), plain(claim.says)))
    verdict = Text.assemble(("verdict    ", "bold"), _verdict(claim))
    console.print(verdict.append(f" {plain(claim.verdict.condition)}"))
    console.print(Text("statement", style="bold"))
    for part in claim.statement:
        by = f": {proofs_of(part)}" if part.by else ""
        standing = (f"  [{part.standing}{by}]", "dim")
        mark = _MARKS[part.standing]
        console.print(Text.assemble(mark, plain(part.text), standing))
    for derived in claim.derivations:
        console.print(Text.assemble(("\nproof      ", "bold"), plain(derived.statement)))
        for step in derived.steps:
            mark = ("  + ", "green") if step.holds else ("  ! ", "bold red")
            cost = (f"[{steps.engines(step)}; {step.seconds:.2f} s]", "dim")
            console.print(Text.assemble(mark, f"{step.kind}: {plain(step.text)}  ", cost))
            formula = plain_formula(step.formula)
            if formula and len(formula) <= _FORMULA_WIDTH:
                console.print(Text(f"      {formula}"))
            if told := steps.failure(step):
                console.print(Text.assemble(("      not proved: ", "bold red"), plain(told)))
    for law in claim.laws:
        console.print(
            Text.assemble(("\nlaw        ", "bold"), plain(law.statement), (f"  {law.name}", "dim"))
        )
        _print_noticed(law.name, console)
    for witness in claim.witnesses:
        console.print(Text.assemble(("\nwitness    ", "bold"), plain(witness.statement)))
        for fact in witness.comparisons:
            mark = ("  + ", "green") if fact.holds else ("  ! ", "bold red")
            console.print(Text.assemble(mark, f"{fact.text}: {fact.left} {fact.relation} {fact.right}"))
        print_code(witness.script, console)
    if found := rejected(claim.name):
        console.print(Text("\nwrong definitions", style="bold"))
        for sentence in found.sentences:
            console.print(Text(f"  {sentence}"))


def print_check(name: str, statement: str) -> None:
    """Print a conformance check: its statement and the known bugs that it detects."""
    console = stdout_console()
    console.print(Text.assemble(("check      ", "bold"), plain(statement), (f"  {name}", "dim")))
    _print_noticed(name, console)


def _print_noticed(law: str, console: Console) -> None:
    if told := detected(law):
        console.print(Text.assemble(("           ", "dim"), told))


def print_certificate(certificate: Certificate, width: int = 0) -> None:
    """Print one line for the claim, and one for each step that Coq did not certify."""
    console = stdout_console()
    certified, total = certificate.count(Certification.CERTIFIED), len(certificate.steps)
    style = "green" if certified == total else "yellow"
    told = f"{certified}/{total} steps certified by Coq"
    limits = sum(step.kind is StepKind.LIMIT for step in certificate.steps)
    rest = f"; of {limits} {'limit' if limits == 1 else 'limits'} the algebra" if limits else ""
    console.print(Text.assemble((certificate.claim.ljust(width), "bold"), "  ", (told, style), (rest, "dim")))
    if certificate.failure:
        console.print(Text.assemble(("  ! ", "bold red"), f"coqc: {certificate.failure}"))
    for step in certificate.steps:
        if step.outcome is not Certification.CERTIFIED:
            undecided = step.outcome is Certification.UNDECIDED
            mark = ("  ? ", "yellow") if undecided else ("  ! ", "bold red")
            where = (f"  [{step.derivation}]", "dim")
            console.print(Text.assemble(mark, f"{step.outcome}: {step.kind}: {plain(step.text)}", where))


def print_certified(certificates: Sequence[Certificate]) -> None:
    """Print the number of certified steps, and the axioms that the proofs use."""
    console = stdout_console()
    total = sum(len(certificate.steps) for certificate in certificates)
    certified = sum(certificate.count(Certification.CERTIFIED) for certificate in certificates)
    console.print(f"\n{certified} of {total} steps certified; of limits, the algebra that continuity leaves")
    axioms = dict.fromkeys(axiom for certificate in certificates for axiom in certificate.axioms)
    if axioms:
        console.print(Text(f"axioms (those of Coq's real numbers): {', '.join(axioms)}", style="dim"))
