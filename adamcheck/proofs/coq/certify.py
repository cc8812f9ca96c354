"""Certification: the algebraic steps of derivations as theorems of Coq, checked by its kernel.

Every step except a limit becomes a lemma about Coq's real numbers, whose terms the definition itself
builds. A fixed list of tactics searches for proofs. Then `coqc` compiles a file with the proofs found, so
that Coq's kernel checks every certified step from its axioms of the reals. Sympy may suggest what a root or
a difference equals, but Coq must prove it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from adamcheck.proofs.coq.hints import Suggestions
from adamcheck.proofs.coq.prelude import PRELUDE
from adamcheck.proofs.coq.search import portfolio
from adamcheck.proofs.coq.terms import Exponent, Term, term
from adamcheck.proofs.given import CoqTerms
from adamcheck.proofs.relation import Relation
from adamcheck.proofs.steps import Derivation, Step, StepKind
from adamcheck.support.errors import Told


class Certification(StrEnum):
    """The outcomes of a step in Coq."""

    CERTIFIED = "certified"
    UNDECIDED = "not decided by Coq"
    NOT_EXPORTED = "not exported"
    CONTRADICTORY = "refuted, its assumptions contradict each other"


SECONDS = 5
"""The default time limit of one tactic for one lemma, in seconds."""


class CoqMissing(Told):
    """`coqc` is not on the path; the message is one line."""


@dataclass(frozen=True)
class Lemma:
    """One statement for Coq.

    Attributes:
        name: The name of the lemma.
        statement: The closed statement.
        impossible: The statement that its assumptions contradict each other; None if it has none besides
            those on single quantities.
        tactics: The tactics to try.
    """

    name: str
    statement: str
    impossible: str | None
    tactics: tuple[str, ...]


@dataclass(frozen=True)
class CertifiedStep:
    """A step with its outcome and its lemmas: one per entry of a vector, none for a limit."""

    derivation: str
    kind: StepKind
    text: str
    lemmas: tuple[Lemma, ...]
    outcome: Certification


@dataclass(frozen=True)
class Certificate:
    """The outcomes of the steps of one claim.

    Attributes:
        claim: The name of the claim.
        steps: The steps with their outcomes.
        source: The file that Coq compiled.
        axioms: The axioms that the proofs use.
        failure: Why the file could not be compiled; "" if it was.
    """

    claim: str
    steps: tuple[CertifiedStep, ...]
    source: str
    axioms: tuple[str, ...] = ()
    failure: str = ""

    def count(self, outcome: Certification) -> int:
        """The number of steps with this outcome."""
        return sum(step.outcome == outcome for step in self.steps)

    @property
    def algebraic(self) -> int:
        """The number of exported steps."""
        return len(self.steps) - self.count(Certification.NOT_EXPORTED)

    @property
    def upheld(self) -> bool:
        """Whether no step is refuted, and some step is certified if there is an algebraic one."""
        if self.failure or self.count(Certification.CONTRADICTORY):
            return False
        return self.count(Certification.CERTIFIED) > 0 or self.algebraic == 0


def find_coqc() -> str:
    """The path of `coqc`. Raises `CoqMissing`."""
    path = shutil.which("coqc")
    if path is None:
        raise CoqMissing("coqc was not found; install Coq (Debian: apt-get install coq)")
    return path


class Derived(Protocol):
    """Anything with a name and derivations, each with its name and statement, such as a claim."""

    name: str
    derivations: list[tuple[str, str, Derivation]]


def certify(claims: Sequence[Derived], coqc: str, jobs: int, seconds: int = SECONDS) -> Iterator[Certificate]:
    """Certify claims, up to `jobs` of them at a time, with a limit of `seconds` per tactic and lemma."""
    exported = [(claim.name, export(claim)) for claim in claims]  # sympy is not thread-safe
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(lambda each: _certify(each[0], each[1], coqc, seconds), exported)


def export(claim: Derived) -> tuple[CertifiedStep, ...]:
    """The steps of a claim's derivations with their lemmas, not decided yet."""
    return tuple(
        step for name, _, derivation in claim.derivations for step in export_derivation(name, derivation)
    )


def export_derivation(name: str, derivation: Derivation) -> Iterator[CertifiedStep]:
    """The steps of a derivation with their lemmas; a limit has none."""
    given = CoqTerms()
    for number, step in enumerate(list(derivation(given)), start=1):
        if step.kind is StepKind.LIMIT:
            yield CertifiedStep(name, step.kind, step.text, (), Certification.NOT_EXPORTED)
            continue
        pairs = _pairs(step)
        base = re.sub(r"\W", "_", f"{name}_{number}")
        names = [base] if len(pairs) == 1 else [f"{base}_{i}" for i in range(1, len(pairs) + 1)]
        lemmas = tuple(_lemma(n, *pair, step, given) for n, pair in zip(names, pairs, strict=True))
        yield CertifiedStep(name, step.kind, step.text, lemmas, Certification.UNDECIDED)


def _pairs(step: Step) -> list[tuple[Term, Term]]:
    left, right = step.left, step.right
    if not hasattr(left, "__len__"):
        left, right = [left], [right]
    return [(term(a), term(b)) for a, b in zip(left, right, strict=True)]


def _lemma(name: str, left: Term, right: Term, step: Step, given: CoqTerms) -> Lemma:
    assumed = [(term(a), relation, term(b)) for a, relation, b in step.given]
    used = _variables([left, right, *(x for a, _, b in assumed for x in (a, b))])
    declared = [v for v in given.variables if v in used]
    binders = [f"({v} : {given.variables[v]})" for v in declared]
    hypotheses = [fact for v in declared for fact in given.hypotheses[v]]
    hypotheses += [_relation(*each) for each in assumed]
    before = f"forall {' '.join(binders)}, " if binders else ""
    before += "".join(f"{fact} -> " for fact in hypotheses)
    suggestions = Suggestions(given.hypotheses, assumed)
    return Lemma(
        name,
        before + _relation(left, step.relation, right),
        f"{before}False" if assumed else None,
        tuple(portfolio(left, step.relation, right, suggestions)),
    )


def _variables(terms: Sequence[Term]) -> set[str]:
    found = set()
    for part in (part for each in terms for part in each.subterms()):
        if part.operation == "variable":
            found.add(part.operands[0])
        found |= {operand.name for operand in part.operands if isinstance(operand, Exponent)}
    return found


def _relation(left: Term, relation: Relation, right: Term) -> str:
    return f"{left.text} {relation.coq} {right.text}"


# --- coqc ----------------------------------------------------------------------------------------


def _certify(claim: str, steps: tuple[CertifiedStep, ...], coqc: str, seconds: int) -> Certificate:
    lemmas = [lemma for step in steps for lemma in step.lemmas]
    if not lemmas:
        return Certificate(claim, steps, "")
    with tempfile.TemporaryDirectory() as folder:
        compile = _compiler(coqc, Path(folder))
        searched = compile(PRELUDE + "".join(_search(lemma, seconds) for lemma in lemmas))
        if searched.returncode:
            return Certificate(claim, steps, "", failure=_last_line(searched.stderr))
        found = dict(re.findall(r"^FOUND (\w+) (\d+)$", searched.stdout, re.MULTILINE))
        impossible = set(re.findall(r"^IMPOSSIBLE (\w+)$", searched.stdout, re.MULTILINE))
        proofs = {x.name: x.tactics[int(found[x.name])] for x in lemmas if x.name in found}
        proofs = {name: tactic for name, tactic in proofs.items() if name not in impossible}
        source = _file(claim, steps, proofs)
        compiled = compile(source)
    if compiled.returncode:
        return Certificate(claim, steps, source, failure=_last_line(compiled.stderr))
    axioms = tuple(dict.fromkeys(re.findall(r"^([\w.]+)\s*:", compiled.stdout, re.MULTILINE)))
    outcomes = [_outcome(step, proofs, impossible) for step in steps]
    decided = [replace(s, outcome=outcome) for s, outcome in zip(steps, outcomes, strict=True)]
    return Certificate(claim, tuple(decided), source, tuple(a for a in axioms if a != "Axioms"))


def _outcome(step: CertifiedStep, proofs: dict[str, str], impossible: set[str]) -> Certification:
    if not step.lemmas:
        return Certification.NOT_EXPORTED
    if any(lemma.name in impossible for lemma in step.lemmas):
        return Certification.CONTRADICTORY
    return (
        Certification.CERTIFIED
        if all(lemma.name in proofs for lemma in step.lemmas)
        else Certification.UNDECIDED
    )


def _compiler(coqc: str, folder: Path) -> Callable[[str], subprocess.CompletedProcess[str]]:
    def compile(source: str) -> subprocess.CompletedProcess[str]:
        file = folder / "certificate.v"
        file.write_text(source, encoding="utf-8")
        command = [coqc, "-q", "-w", "none", str(file)]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)

    return compile


def _last_line(text: str) -> str:
    return " ".join(text.split()) or "coqc failed without a message"


def _search(lemma: Lemma, seconds: int) -> str:
    """Coq source that prints which tactic proves a lemma, and whether its assumptions are contradictory."""
    attempts = [
        f'(timeout {seconds} (solve [{tactic}]); idtac "FOUND {lemma.name} {number}")'
        for number, tactic in enumerate(lemma.tactics)
    ]
    text = f"\nGoal {lemma.statement}.\nProof. first [{' | '.join([*attempts, 'idtac'])}]. Abort.\n"
    if lemma.impossible is not None:
        attempt = f'(timeout {seconds} (solve [start; nra]); idtac "IMPOSSIBLE {lemma.name}")'
        text += f"Goal {lemma.impossible}.\nProof. first [{attempt} | idtac]. Abort.\n"
    return text


def _file(claim: str, steps: Sequence[CertifiedStep], proofs: dict[str, str]) -> str:
    """The file that coqc compiles. A lemma without a proof is stated and aborted."""
    parts = [f"(* {claim}: the algebraic steps of its derivations. *)\n\n{PRELUDE}"]
    for step in steps:
        text = re.sub(r"[^\w .,:;=<>+-]", " ", step.text)
        parts.append(f"\n(* {step.derivation}, {step.kind}: {text}")
        parts.append(" *)\n" if step.lemmas else "; a limit, not exported *)\n")
        for lemma in step.lemmas:
            proof = f"Proof. {proofs[lemma.name]}. Qed." if lemma.name in proofs else "Proof. Abort."
            parts.append(f"Lemma {lemma.name} : {lemma.statement}.\n{proof}\n")
    if proofs:
        parts.append(
            "\nDefinition all_certified := (" + ", ".join(["I", *(f"@{n}" for n in proofs)]) + ").\n"
        )
        parts.append("Print Assumptions all_certified.\n")
    return "".join(parts)
