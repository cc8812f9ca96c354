"""Claims about Adam, one file each, with everything that decides them.

A claim file makes one `Claim` named `claim` and attaches derivations (proved), laws (random testing tries
to break them), witnesses (exact examples) and one figure. `discover` finds the files of every installed
pack of claims through the entry-point group `adamcheck.properties`.
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
from adamcheck.claims.statement import Derived, Proposition, prose
from adamcheck.proofs.steps import Derivation
from adamcheck.proofs.steps import check as check_derivation
from adamcheck.proofs.witness import Exact, Witnessed
from adamcheck.support.display import Shown
from adamcheck.support.errors import Told
from adamcheck.support.registry import Registry, Unfit


class VerdictKind(StrEnum):
    """The kinds of verdict on a claim."""

    HOLDS = "holds"
    HOLDS_IF = "holds if"
    FALSE = "false as stated"
    MEASURED = "measured"


@dataclass(frozen=True)
class Verdict:
    """The verdict on a claim.

    Args:
        kind: The kind of verdict.
        condition: The condition (holds if), the correction (false as stated) or the finding (measured).
    """

    kind: VerdictKind
    condition: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.condition}".strip()


def holds() -> Verdict:
    """A verdict: the claim is true as stated."""
    return Verdict(VerdictKind.HOLDS)


def holds_if(condition: str) -> Verdict:
    """A verdict: the claim is true under a condition that its source does not state."""
    return Verdict(VerdictKind.HOLDS_IF, condition)


def false_as_stated(correction: str) -> Verdict:
    """A verdict: the claim is refuted; `correction` is the nearest true statement."""
    return Verdict(VerdictKind.FALSE, correction)


def measured(finding: str) -> Verdict:
    """A verdict: there is no theorem either way; the claim was measured, and `finding` is the result."""
    return Verdict(VerdictKind.MEASURED, finding)


@dataclass(frozen=True)
class Figure:
    """A figure.

    Args:
        draw: A function that draws on matplotlib axes.
        caption: One or two sentences that describe the figure.
    """

    draw: Callable[[Any], None]
    caption: str


@dataclass
class Claim(Shown):
    """One claim about Adam. Texts may contain LaTeX between dollar signs.

    Args:
        title: A few words.
        says: The claim as its source makes it, paraphrased.
        source: The section, paper or issue that makes the claim.
        verdict: The verdict.
        statement: The precise theorem, with its quantifiers: parts made by `proposition` and `prose`. Plain
            text is prose.
        name: The name; by default that of the module, with hyphens.
        section: The title of the claim's folder, set by `discover`.
        derivations: Registered with `derivation`.
        laws: Registered with `law`.
        witnesses: Registered with `witness`.
        drawing: Registered with `figure`.
    """

    title: str
    says: str
    source: str
    verdict: Verdict
    statement: Sequence[Proposition]
    name: str = ""
    section: str = ""
    derivations: list[tuple[str, str, Derivation]] = field(default_factory=list)
    laws: list[Check] = field(default_factory=list)
    witnesses: list[tuple[str, str, Callable[[Exact], None]]] = field(default_factory=list)
    drawing: Figure | None = None

    def __post_init__(self) -> None:
        # Not `inspect.stack`, which searches every module for the source of every frame.
        module = sys._getframe(2).f_globals["__name__"]
        self.statement = _parts(self.statement)
        self.name = self.name or module.rpartition(".")[2].replace("_", "-")

    def __repr__(self) -> str:
        return f"<Claim {self.name}: {self.verdict.kind}>"

    def derivation(self, function: Derivation) -> Derivation:
        """Register a derivation: a generator of proof steps whose argument is a `Given`."""
        self.derivations.append((_name(function), _statement(function), function))
        return function

    def law(self, *, needs: tuple[str, ...] = (), **drawn: Any) -> Callable[[Any], Any]:
        """Register a law, as a decorator. The first argument of the function is the subject under test.

        Args:
            needs: Names of the `Capabilities` that the law needs.
            **drawn: A Hypothesis strategy per further argument, or a function that makes one for a `Format`.
        """

        def register(function: Callable[..., None]) -> Callable[..., None]:
            name = f"{self.name}/{_name(function)}"
            self.laws.append(Check(name, _statement(function), function, drawn, Section.LAWS, needs))
            return function

        return register

    def witness(self, function: Callable[[Exact], None]) -> Callable[[Exact], None]:
        """Register a witness: a function that runs the definition on exact numbers."""
        self.witnesses.append((_name(function), _statement(function), function))
        return function

    def figure(self, function: Callable[[Any], None]) -> Callable[[Any], None]:
        """Register the figure; the function's docstring is its caption."""
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


def _parts(statement: Any) -> tuple[Proposition, ...]:
    parts = (prose(statement),) if isinstance(statement, str) else tuple(statement)
    if not all(isinstance(part, Proposition) for part in parts):
        raise TypeError("the statement of a claim consists of parts made by `proposition` and `prose`")
    return parts


def _name(function: Callable[..., Any]) -> str:
    return function.__name__.replace("_", "-")


def _statement(function: Callable[..., Any]) -> str:
    if not function.__doc__:
        raise TypeError(f"{function.__module__}.{function.__name__} needs a docstring: reports show it")
    return inspect.cleandoc(function.__doc__).replace("\n", " ")


class UnknownClaim(Told, LookupError):  # noqa: N818 - a name that was not found
    """There is no claim of this name; the message is one line."""


def discover() -> tuple[Claim, ...]:
    """Every claim of every installed pack, each pack in the order of its `ORDER` of folders."""
    return tuple(CLAIMS.values())


def _pack(name: str, pack: Any) -> Mapping[str, Claim]:
    """The claims of a package by name."""
    if not hasattr(pack, "__path__"):
        raise Unfit(
            f"it refers to an object of type {type(pack).__name__}, expected a package of claim files"
        )
    claims = _claims_of(pack)
    names = [claim.name for claim in claims]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Unfit(f"two claims of the same name: {', '.join(twice)}")
    return dict(zip(names, claims, strict=True))


CLAIMS: Registry[Claim] = Registry("pack of claims", "adamcheck.properties", _pack)
"""Every claim by name; an entry point refers to a package with one file per claim."""


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
    """The claim of this name. Raises `UnknownClaim`, which suggests the nearest name."""
    if name not in CLAIMS:
        raise UnknownClaim(f"no claim {name!r}{CLAIMS.nearest(name)}")
    return CLAIMS[name]
