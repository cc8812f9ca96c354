"""Claims: what somebody says about Adam, and everything that decides it, in one file each.

A claim file makes one `Claim` named `claim` and hangs on it derivations (proved), laws (random testing
tries to break them), witnesses (exact examples) and one figure. `discover` finds the files of every
installed pack of claims through the entry-point group `adamcheck.properties`.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from adamcheck.checks.check import Check, Section
from adamcheck.proofs.steps import CheckedStep, Derivation
from adamcheck.proofs.steps import check as check_derivation
from adamcheck.proofs.witness import Exact, Witnessed
from adamcheck.support.errors import Told
from adamcheck.support.registry import Registry, Unfit


class VerdictKind(StrEnum):
    """What became of a claim."""

    HOLDS = "holds"
    HOLDS_IF = "holds if"
    FALSE = "false as stated"
    MEASURED = "measured"


@dataclass(frozen=True)
class Verdict:
    """What became of a claim, and the condition, the correction or the finding."""

    kind: VerdictKind
    condition: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.condition}".strip()


def holds() -> Verdict:
    """The claim is true as it stands."""
    return Verdict(VerdictKind.HOLDS)


def holds_if(condition: str) -> Verdict:
    """The claim is true under a condition that the text does not state."""
    return Verdict(VerdictKind.HOLDS_IF, condition)


def false_as_stated(correction: str) -> Verdict:
    """The claim is refuted; `correction` is the nearest true statement."""
    return Verdict(VerdictKind.FALSE, correction)


def measured(finding: str) -> Verdict:
    """No theorem either way: the claim was measured, and `finding` is what came out."""
    return Verdict(VerdictKind.MEASURED, finding)


@dataclass(frozen=True)
class Derived:
    """A derivation with its checked steps."""

    name: str
    statement: str
    steps: tuple[CheckedStep, ...]

    @property
    def holds(self) -> bool:
        return all(step.holds for step in self.steps)


@dataclass(frozen=True)
class Figure:
    """A figure: `draw(axes)` fills matplotlib axes; the caption says what is seen."""

    draw: Callable[[Any], None]
    caption: str


@dataclass
class Claim:
    """One claim about Adam.

    title: a few words; says: the claim as the source makes it, paraphrased; source: section, paper or
    issue; verdict: what became of it; statement: the precise theorem, with its quantifiers. Texts may
    contain LaTeX between dollar signs. The name is that of the module; `discover` sets the section, the
    title of the folder.
    """

    title: str
    says: str
    source: str
    verdict: Verdict
    statement: str
    name: str = ""
    section: str = ""
    derivations: list[tuple[str, str, Derivation]] = field(default_factory=list)
    laws: list[Check] = field(default_factory=list)
    witnesses: list[tuple[str, str, Callable[[Exact], None]]] = field(default_factory=list)
    drawing: Figure | None = None

    def __post_init__(self) -> None:
        # Not `inspect.stack`, which looks for the source of every frame in every module.
        module = sys._getframe(2).f_globals["__name__"]
        self.name = self.name or module.rpartition(".")[2].replace("_", "-")

    def derivation(self, function: Derivation) -> Derivation:
        """Register a derivation: a generator of steps, given a `Given`."""
        self.derivations.append((_name(function), _statement(function), function))
        return function

    def law(self, *, needs: tuple[str, ...] = (), **drawn: Any) -> Callable[[Any], Any]:
        """Register a law over drawn arguments; the first argument is the subject under test."""

        def register(function: Callable[..., None]) -> Callable[..., None]:
            name = f"{self.name}/{_name(function)}"
            self.laws.append(Check(name, _statement(function), function, drawn, Section.LAWS, needs))
            return function

        return register

    def witness(self, function: Callable[[Exact], None]) -> Callable[[Exact], None]:
        """Register an exact witness: a function that runs the definition on exact numbers."""
        self.witnesses.append((_name(function), _statement(function), function))
        return function

    def figure(self, function: Callable[[Any], None]) -> Callable[[Any], None]:
        """Register the figure; the docstring is its caption."""
        self.drawing = Figure(function, _statement(function))
        return function

    def derive(self, *, seed: int = 0) -> tuple[Derived, ...]:
        """Check every derivation."""
        return tuple(
            Derived(name, statement, check_derivation(function, seed=seed))
            for name, statement, function in self.derivations
        )

    def testify(self) -> tuple[Witnessed, ...]:
        """Run every witness on exact numbers."""
        found = []
        for name, statement, function in self.witnesses:
            exact = Exact()
            function(exact)
            found.append(Witnessed(name, statement, tuple(exact.comparisons), exact.script()))
        return tuple(found)


def _name(function: Callable[..., Any]) -> str:
    return function.__name__.replace("_", "-")


def _statement(function: Callable[..., Any]) -> str:
    if not function.__doc__:
        raise TypeError(f"{function.__module__}.{function.__name__} needs a docstring: it is shown to people")
    return inspect.cleandoc(function.__doc__).replace("\n", " ")


class UnknownClaim(Told, LookupError):  # noqa: N818 - a name that was not found
    """No claim of this name; the message is one line."""


def discover() -> tuple[Claim, ...]:
    """Every claim of every installed pack, each pack in the order of its `ORDER` of folders."""
    return tuple(CLAIMS.values())


def _pack(name: str, pack: Any) -> Mapping[str, Claim]:
    """The claims of a package by name."""
    if not hasattr(pack, "__path__"):
        raise Unfit(f"it leads to a {type(pack).__name__}, expected a package of claim files")
    claims = _claims_of(pack)
    names = [claim.name for claim in claims]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Unfit(f"two claims of the same name: {', '.join(twice)}")
    return dict(zip(names, claims, strict=True))


CLAIMS: Registry[Claim] = Registry("pack of claims", "adamcheck.properties", _pack)
"""Every claim by name; an entry point leads to a package with a file each."""


def _claims_of(pack: Any) -> Sequence[Claim]:
    order: tuple[str, ...] = getattr(pack, "ORDER", ())
    found = []
    for module in pkgutil.walk_packages(pack.__path__, pack.__name__ + "."):
        loaded = importlib.import_module(module.name)
        if isinstance(getattr(loaded, "claim", None), Claim):
            folder = module.name.removeprefix(pack.__name__ + ".").partition(".")[0]
            place = order.index(folder) if folder in order else len(order)
            loaded.claim.section = _title(importlib.import_module(loaded.__name__.rpartition(".")[0]))
            found.append((place, module.name, loaded.claim))
    return [claim for _, _, claim in sorted(found, key=lambda x: x[:2])]


def _title(module: Any) -> str:
    """The first line of a module's docstring, without its full stop."""
    return (inspect.getdoc(module) or "").partition("\n")[0].rstrip(".")


def named(name: str) -> Claim:
    """The claim of this name. Raises `UnknownClaim`, which names the nearest one."""
    if name not in CLAIMS:
        raise UnknownClaim(f"no claim {name!r}{CLAIMS.nearest(name)}")
    return CLAIMS[name]
