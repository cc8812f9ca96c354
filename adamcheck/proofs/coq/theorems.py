"""The theory: theorems in Coq, written by hand, about the judge's radius rules and about Adam.

Unlike the derivations of claims, which `certify` exports and finds proofs for, these are files that ship with
their proofs. `coqc` compiles a copy of them, and Coq says on which axioms the proofs rest.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from adamcheck.adam import Adam, State
from adamcheck.proofs.coq.terms import exponent, printed
from adamcheck.proofs.given import Given
from adamcheck.support.errors import Told

_FOLDER = Path(__file__).parents[1] / "theory"

AXIOMS = frozenset(
    {
        "ClassicalDedekindReals.sig_forall_dec",
        "ClassicalDedekindReals.sig_not_dec",
        "Classical_Prop.classic",
        "FunctionalExtensionality.functional_extensionality_dep",
    }
)
"""The axioms of Coq's classical real numbers. A proof that rests on another is not one."""


_GENERATED = "Agreement"
"""The name of the file that ties the Adam of Coq to that of Python; it is written when it is needed."""


class Part(Enum):
    """The parts of the theory: the files of each, a file after those that it imports."""

    JUDGE = (
        *("Rounding", "Radius", "Arithmetic", "Powers", "Formats", "Trees", "Averages", "Updates"),
        *("Adam", _GENERATED, "Step"),
    )
    """Every evaluation stays within the radius of the judge."""

    ADAM = ("Adam", _GENERATED, "Limits", "Claims")
    """What Adam does in the real numbers."""


@dataclass(frozen=True)
class Chapter:
    """The outcome of one file.

    Attributes:
        name: The name of the file, without its suffix.
        theorems: The names of its theorems, in its order.
        axioms: The axioms on which their proofs rest. What is stated without a proof is among them.
        failure: Why Coq did not accept the file; "" if it did.
    """

    name: str
    theorems: tuple[str, ...]
    axioms: tuple[str, ...] = ()
    failure: str = ""

    @property
    def assumed(self) -> tuple[str, ...]:
        """The axioms that are not those of the real numbers."""
        return tuple(axiom for axiom in self.axioms if axiom not in AXIOMS)

    @property
    def proved(self) -> bool:
        """Whether Coq accepted the file, and the axioms of the reals suffice for each of its theorems."""
        return not self.failure and bool(self.theorems) and not self.assumed


class LibraryMissing(Told):
    """Coq lacks a library that the theory needs; the message is one line."""


def sources(*parts: Part) -> dict[str, str]:
    """The files of some parts: the source of each by its name, a file after those that it imports."""
    names = dict.fromkeys(name for part in parts for name in part.value)
    return {name: _definition() if name == _GENERATED else _shipped(name) for name in names}


def _shipped(name: str) -> str:
    return (_FOLDER / f"{name}.v").read_text(encoding="utf-8")


def _definition() -> str:
    """A theorem that a step of Adam.v, from any state, is one of the definition, run on terms of Coq."""
    given = Given()
    t, m, v, g = given.time("t"), given.real("m"), given.nonnegative("v"), given.real("g")
    after, update = Adam(given.hyper()).update(State(t, m, v, 0 * v), 0 * v, g)
    return f"""(* The Adam of Coq is that of adamcheck/adam.py, which computes what follows each `=`. *)

Require Import Reals Lia.
From Adamcheck Require Import Adam.
Open Scope R_scope.

Theorem one_step_of_the_definition (lr beta1 beta2 eps m v g : R) (t : nat) :
  let after := next beta1 beta2 (State t m v) g in
  step after = {exponent(after.step)}%nat
  /\\ first after = {printed(after.m)}
  /\\ second after = {printed(after.v)}
  /\\ update lr beta1 beta2 eps after
     = {printed(update)}.
Proof. simpl step. replace (t + 1)%nat with (S t) by lia. repeat split. Qed.
"""


def prove(files: Mapping[str, str], coqc: str) -> Iterator[Chapter]:
    """Compile files and ask Coq about their theorems.

    Args:
        files: The source of each file by its name, a file after those that it imports.
        coqc: The path of `coqc`.

    Yields:
        The outcome of each file. Nothing follows a file that Coq does not accept.

    Raises:
        LibraryMissing: Coq lacks a library that a file imports.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, source in files.items():
            done = _compile(coqc, folder, name, source)
            if done.returncode:
                yield Chapter(name, (), failure=_reason(done.stderr))
                return
            yield _asked(coqc, folder, name, tuple(re.findall(r"^Theorem (\w+)", source, re.MULTILINE)))


def _asked(coqc: str, folder: Path, name: str, theorems: tuple[str, ...]) -> Chapter:
    """What Coq says about the theorems of a compiled file."""
    # One question for all, since Coq walks through the libraries for each.
    together = ", ".join(["I", *(f"@{theorem}" for theorem in theorems)])
    question = f"Definition together := ({together}).\nPrint Assumptions together.\n"
    done = _compile(coqc, folder, "Question", f"From Adamcheck Require Import {name}.\n{question}")
    if done.returncode:
        return Chapter(name, theorems, failure=_reason(done.stderr))
    axioms = re.findall(r"^([\w.]+)\s*:", done.stdout, re.MULTILINE)
    return Chapter(name, theorems, tuple(axiom for axiom in axioms if axiom != "Axioms"))


def _compile(coqc: str, folder: Path, name: str, source: str) -> subprocess.CompletedProcess[str]:
    file = folder / f"{name}.v"
    file.write_text(source, encoding="utf-8")
    command = [coqc, "-q", "-w", "none", "-Q", str(folder), "Adamcheck", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


def _reason(printed: str) -> str:
    """The error of `coqc` in one line, without the path of the temporary file.

    Raises:
        LibraryMissing: The reason is a missing library.
    """
    if missing := re.search(r"bound to logical path\s+\S+\s+with\s+prefix\s+(\w+)", printed):
        library = missing.group(1)
        package = f"libcoq-{library.lower()}"
        raise LibraryMissing(
            f"Coq's library {library} was not found; install it (Debian: apt-get install {package})"
        )
    line = re.search(r'^File ".*?", (line \d+)', printed, re.MULTILINE)
    error = " ".join(printed.partition("Error:")[2].split()) or "coqc failed without a message"
    return f"{line.group(1)}: {error}" if line else error
