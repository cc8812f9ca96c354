"""What is said of claims in short."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from adamcheck.checks.check import Outcome
from adamcheck.claims.claim import Verdict, VerdictKind
from adamcheck.claims.statement import Derived, Standing, Stated
from adamcheck.examine.results import ClaimReport, LawSummary, Report
from adamcheck.report.summary.badges import Badge, Tone, number, slug


def title(report: Report) -> str:
    """What a report is about; that of some targets alone says nothing about claims."""
    told = ((report.claims, "claim"), (report.targets, "target"))
    return ", ".join(number(things, name) for things, name in told if things) or "nothing"


_VERDICT_TONES = {
    VerdictKind.HOLDS: Tone.GOOD,
    VerdictKind.HOLDS_IF: Tone.FAIR,
    VerdictKind.FALSE: Tone.BAD,
    VerdictKind.MEASURED: Tone.NEUTRAL,
}


def claim_anchor(claim: ClaimReport) -> str:
    """The anchor of a claim: `claim-NAME`."""
    return f"claim-{slug(claim.name)}"


def sections(report: Report) -> list[tuple[str, list[tuple[int, ClaimReport]]]]:
    """The claims with their numbers, in the sections that they stand in one after another."""
    numbered = enumerate(report.claims, start=1)
    return [(title, list(claims)) for title, claims in groupby(numbered, lambda entry: entry[1].section)]


def claim_badge(claim: ClaimReport) -> Badge:
    """The verdict of a claim, or that what should decide it failed."""
    if not claim.upheld:
        return Badge("not upheld", Tone.BAD)
    return verdict_badge(claim.verdict)


def verdict_badge(verdict: Verdict) -> Badge:
    """The kind of a verdict."""
    return Badge(verdict.kind, _VERDICT_TONES[verdict.kind])


def proof(derivations: tuple[Derived, ...]) -> Badge:
    """How far some derivations are proved, and by how many engines."""
    steps = [step for derivation in derivations for step in derivation.steps]
    if not steps:
        return Badge("no proof", Tone.QUIET)
    failed = sum(not step.holds for step in steps)
    if failed:
        return Badge(f"{failed} of {len(steps)} steps not proved", Tone.BAD)
    alone = sum(not step.engines_agree for step in steps)
    if alone:
        return Badge(f"proved, {alone} of {len(steps)} steps by one engine only", Tone.FAIR)
    return Badge(f"proved in {len(steps)} {'step' if len(steps) == 1 else 'steps'}", Tone.GOOD)


def witnesses(claim: ClaimReport) -> Badge:
    """How many exact witnesses a claim has, and whether one failed."""
    if not claim.witnesses:
        return Badge("none", Tone.QUIET)
    failed = sum(not witness.holds for witness in claim.witnesses)
    if failed:
        return Badge(f"{failed} of {len(claim.witnesses)} fail", Tone.BAD)
    return Badge(f"{len(claim.witnesses)} exact", Tone.GOOD)


def law_outcomes(report: Report, *laws: LawSummary) -> Counter[Outcome]:
    """The outcomes of some laws on every target and dtype."""
    return Counter(result.outcome for law in laws for _, result in report.law_results(law.name))


_STANDING_TONES = {
    Standing.PROVED: Tone.GOOD,
    Standing.BY_ONE_ENGINE: Tone.FAIR,
    Standing.NOT_PROVED: Tone.BAD,
    Standing.PROSE: Tone.QUIET,
}


def standing(part: Stated) -> Badge:
    """What became of a part of a statement."""
    return Badge(part.standing, _STANDING_TONES[part.standing])


def proofs_of(part: Stated) -> str:
    """The names of what proves a part of a statement, "" for prose."""
    return ", ".join(part.by)
