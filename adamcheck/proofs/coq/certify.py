"""Certification: the algebraic steps of derivations as theorems of Coq, checked by its kernel.

Every step becomes lemmas about Coq's real numbers, whose terms the definition itself builds: what it
states, and that every denominator in it is not 0 and every radicand at least 0. Of a limit the algebra is
exported, to which continuity reduces it (see `adamcheck.proofs.limits`). A fixed list of tactics searches
for proofs. Then `coqc` compiles a file with the proofs found, so that Coq's kernel checks every certified
step from its axioms of the reals. Sympy may suggest what a root or a difference equals, but Coq must prove
it.
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
from adamcheck.proofs.coq.terms import Names, hypotheses, named, relation, variables
from adamcheck.proofs.statement import Relationship, StepKind, obligations
from adamcheck.proofs.steps import Derivation, Question, questions
from adamcheck.proofs.terms import Sort, Term
from adamcheck.support.errors import Told


class Certification(StrEnum):
    """The outcomes of a step in Coq."""

    CERTIFIED = "certified"
    UNDECIDED = "not decided by Coq"
    REFUSED = "refused before it is exported"
    CONTRADICTORY = "refuted, its assumptions contradict each other"


SECONDS = 5
"""The default time limit of one tactic for one lemma, in seconds."""

PATIENCE = 6
"""How much longer a tactic may take at the second try, so that a busy machine changes no outcome."""


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
    """A step with its outcome and its lemmas, none if it is refused (see `steps.Refusal`)."""

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
    def upheld(self) -> bool:
        """Whether every step is certified."""
        return not self.failure and self.count(Certification.CERTIFIED) == len(self.steps)


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
    """The steps of a derivation with their lemmas."""
    known: dict[str, Lemma] = {}
    for number, question in enumerate(questions(derivation), start=1):
        if question.refusal is not None:
            yield CertifiedStep(name, question.kind, question.text, (), Certification.REFUSED)
            continue
        base = re.sub(r"\W", "_", f"{name}_{number}")
        lemmas = tuple(dict.fromkeys(_lemmas(base, question, known)))
        yield CertifiedStep(name, question.kind, question.text, lemmas, Certification.UNDECIDED)


def _lemmas(base: str, question: Question, known: dict[str, Lemma]) -> Iterator[Lemma]:
    """The lemmas of one step. Those that an earlier step has are shared with it."""
    asked = [(states, given, "") for states, given in question.goals]
    for states, given in question.goals:
        terms = [*states.terms, *(x for each in given for x in each.terms)]
        asked += [(obligation.states, given, "_defined") for obligation in obligations(terms)]
    for number, (states, given, suffix) in enumerate(asked, start=1):
        if suffix and not states.left.variables:
            continue  # a denominator that is a number
        lemma = _lemma(f"{base}{suffix}" if len(asked) == 1 else f"{base}{suffix}_{number}", states, given)
        yield known.setdefault(lemma.statement, lemma)


def _lemma(name: str, states: Relationship, given: Sequence[Relationship]) -> Lemma:
    names, known = Names(), dict[Term, Term]()

    def exported(each: Relationship) -> Relationship:
        left, right = (named(x, names, known) for x in each.terms)
        return Relationship(left, each.relation, right)

    goal, assumed = exported(states), [exported(each) for each in given]
    sorts = variables(x for each in (goal, *assumed) for x in each.terms)
    binders = [f"({v} : {'nat' if sort is Sort.TIME else 'R'})" for v, sort in sorts.items()]
    facts = {v: hypotheses(v, sort) for v, sort in sorts.items()}
    before = f"forall {' '.join(binders)}, " if binders else ""
    before += "".join(f"{fact} -> " for own in facts.values() for fact in own)
    before += "".join(f"{relation(each)} -> " for each in assumed)
    suggestions = Suggestions(facts, [(each.left, each.relation, each.right) for each in assumed])
    return Lemma(
        name,
        before + relation(goal),
        f"{before}False" if assumed else None,
        tuple(portfolio(goal.left, goal.relation, goal.right, suggestions)),
    )


# --- coqc ----------------------------------------------------------------------------------------


def _certify(claim: str, steps: tuple[CertifiedStep, ...], coqc: str, seconds: int) -> Certificate:
    lemmas = list({lemma.name: lemma for step in steps for lemma in step.lemmas}.values())
    if not lemmas:
        return Certificate(claim, steps, "")
    with tempfile.TemporaryDirectory() as folder:
        compile = _compiler(coqc, Path(folder))
        proofs, impossible = dict[str, str](), set[str]()
        for limit in (seconds, PATIENCE * seconds):
            left = [lemma for lemma in lemmas if lemma.name not in {*proofs, *impossible}]
            if not left:
                break
            searched = compile(PRELUDE + "".join(_search(lemma, limit) for lemma in left))
            if searched.returncode:
                return Certificate(claim, steps, "", failure=_last_line(searched.stderr))
            found = re.findall(r"^FOUND (\w+) (\d+)$", searched.stdout, re.MULTILINE)
            tactics = {lemma.name: lemma.tactics for lemma in left}
            proofs |= {name: tactics[name][int(number)] for name, number in found}
            impossible |= set(re.findall(r"^IMPOSSIBLE (\w+)$", searched.stdout, re.MULTILINE))
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
        return step.outcome
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
    stated = set[str]()
    for step in steps:
        text = re.sub(r"[^\w .,:;=<>+-]", " ", step.text)
        parts.append(f"\n(* {step.derivation}, {step.kind}: {text}")
        parts.append(" *)\n" if step.lemmas else "; refused, not exported *)\n")
        for lemma in step.lemmas:
            if lemma.name in stated:
                continue
            stated.add(lemma.name)
            proof = f"Proof. {proofs[lemma.name]}. Qed." if lemma.name in proofs else "Proof. Abort."
            parts.append(f"Lemma {lemma.name} : {lemma.statement}.\n{proof}\n")
    if proofs:
        parts.append(
            "\nDefinition all_certified := (" + ", ".join(["I", *(f"@{n}" for n in proofs)]) + ").\n"
        )
        parts.append("Print Assumptions all_certified.\n")
    return "".join(parts)
