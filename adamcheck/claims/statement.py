"""The statement of a claim: propositions, each tied to what proves it, and prose, which nothing proves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from adamcheck.proofs.steps import CheckedStep
from adamcheck.proofs.witness import Witnessed


class Standing(StrEnum):
    """What became of a part of a statement."""

    PROVED = "proved"
    BY_ONE_ENGINE = "proved by one engine only"
    NOT_PROVED = "not proved"
    PROSE = "prose, not proved"


@dataclass(frozen=True)
class Proposition:
    """A part of the statement of a claim, in words with LaTeX between dollar signs.

    Args:
        text: The part.
        by: What proves it: names of derivations, or of witnesses for what a concrete run decides.
            `NAME: TEXT` is one step of a derivation. Nothing proves prose.
    """

    text: str
    by: tuple[str, ...] = ()


def proposition(text: str, *by: str) -> Proposition:
    """A part of a statement that is proved (see `Proposition`). Raises `TypeError` if nothing proves it."""
    if not by:
        raise TypeError(f"say what proves {text!r}, or call it prose")
    return Proposition(text, by)


def prose(text: str) -> Proposition:
    """A part of a statement that nothing proves: the setting, or what follows by an argument in words."""
    return Proposition(text)


@dataclass(frozen=True)
class Derived:
    """A derivation with its checked steps."""

    name: str
    statement: str
    steps: tuple[CheckedStep, ...]

    @property
    def holds(self) -> bool:
        """Whether there are steps, and all of them hold."""
        return bool(self.steps) and all(step.holds for step in self.steps)


@dataclass(frozen=True)
class Stated:
    """A part of a statement, what proves it, and whether it does."""

    text: str
    by: tuple[str, ...]
    standing: Standing


def stated(
    statement: Sequence[Proposition], derivations: Sequence[Derived], witnesses: Sequence[Witnessed]
) -> tuple[Stated, ...]:
    """The parts of a statement with what became of them. What names nothing that exists is not proved."""
    return tuple(Stated(part.text, part.by, _standing(part, derivations, witnesses)) for part in statement)


def _standing(part: Proposition, derivations: Sequence[Derived], witnesses: Sequence[Witnessed]) -> Standing:
    if not part.by:
        return Standing.PROSE
    steps = list[CheckedStep]()
    for name in part.by:
        found = list(_steps(name, derivations))
        shown = any(witness.holds for witness in witnesses if witness.name == name)
        if not (found or shown) or not all(step.holds for step in found):
            return Standing.NOT_PROVED
        steps += found
    return Standing.PROVED if all(step.engines_agree for step in steps) else Standing.BY_ONE_ENGINE


def _steps(name: str, derivations: Sequence[Derived]) -> Iterator[CheckedStep]:
    derivation, _, text = name.partition(": ")
    for derived in derivations:
        if derived.name == derivation:
            yield from (step for step in derived.steps if not text or step.text == text)
