"""What a step of a derivation states, and what can be found about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any

from adamcheck.proofs.relation import Relation
from adamcheck.proofs.terms import Exponent, Operation, Term, subterms, term


class Answer(StrEnum):
    """The answers of an engine to a step."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNDECIDED = "undecided"
    EVALUATED = "evaluated"
    """The step holds at every point tried."""


class StepKind(StrEnum):
    """The kinds of step of a derivation."""

    IDENTITY = "identity"
    INDUCTION = "induction"
    INEQUALITY = "inequality"
    EVALUATION = "exact evaluation"
    LIMIT = "limit"
    DERIVATION = "derivation"
    """Not a step: what is wrong with the derivation as a whole."""


@dataclass(frozen=True)
class Relationship:
    """Two terms in a relation."""

    left: Term
    relation: Relation
    right: Term

    @property
    def terms(self) -> tuple[Term, Term]:
        """Both sides."""
        return self.left, self.right


def relationship(left: Any, relation: Any, right: Any) -> Relationship:
    """Two numbers in a relation. Raises `TypeError` or `ValueError` if they are none, or it is none."""
    known = Relation(relation)
    if known is Relation.TENDS_TO:
        raise ValueError("-> is not a relation between two numbers")
    return Relationship(term(left), known, term(right))


def relationships(given: Iterable[Any]) -> tuple[Relationship, ...]:
    """Assumed relations from triples (left, relation, right)."""
    return tuple(each if isinstance(each, Relationship) else relationship(*each) for each in given)


class Undefined(StrEnum):
    """The ways in which a term may have no value."""

    QUOTIENT = "quotient"
    ROOT = "root"


@dataclass(frozen=True)
class Obligation:
    """What must hold so that a term has a value: a denominator is not 0, a radicand at least 0."""

    kind: Undefined
    states: Relationship


_ZERO = term(0)


def obligations(terms: Iterable[Term]) -> tuple[Obligation, ...]:
    """What must hold so that terms have values, those of inner terms first."""
    found = list[Obligation]()
    for part in subterms(terms):
        match part.operation:
            case Operation.DIVIDE:
                denominator = part.operands[1].body
                found.append(
                    Obligation(Undefined.QUOTIENT, Relationship(denominator, Relation.DIFFERENT, _ZERO))
                )
            case Operation.ROOT:
                radicand = part.operands[0].body
                found.append(Obligation(Undefined.ROOT, Relationship(radicand, Relation.AT_LEAST, _ZERO)))
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class Step:
    """One step of a derivation: `left relation right`, under assumptions.

    Args:
        kind: The kind of step.
        text: A few words that describe it. Nothing checks them.
        left: The left side, a number or a sequence of numbers.
        relation: The relation.
        right: The right side.
        given: Assumed relations.
        variable: The variable of a limit.
        point: The point that the variable of a limit tends to.
        whole: The base and the step of the induction that this step is part of.

    Raises:
        TypeError: A side is not made of exact numbers.
        ValueError: The sides have different lengths.
    """

    kind: StepKind
    text: str
    left: Any
    relation: Relation
    right: Any
    given: tuple[Relationship, ...] = ()
    variable: Any = None
    point: Any = None
    whole: tuple[Relationship, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise TypeError(f"the text of a step must be words, not {self.text!r}")
        left, right = _entries(self.left), _entries(self.right)
        if len(left) != len(right):
            raise ValueError(f"a step compares {len(left)} numbers with {len(right)}")
        # Copies, so that nothing that a derivation does later changes what was stated.
        object.__setattr__(self, "left", left)
        object.__setattr__(self, "right", right)
        object.__setattr__(self, "relation", Relation(self.relation))
        object.__setattr__(self, "given", relationships(self.given))

    @property
    def goals(self) -> tuple[Relationship, ...]:
        """What is stated, entry by entry; of a limit, its expression and value."""
        return tuple(Relationship(a, self.relation, b) for a, b in zip(self.left, self.right, strict=True))

    @property
    def is_tautology(self) -> bool:
        """Whether both sides are the same term before anything is simplified."""
        return all(a == b for a, b in zip(self.left, self.right, strict=True))


def _entries(side: Any) -> tuple[Term, ...]:
    if isinstance(side, str | bytes):
        raise TypeError(f"not an exact real number: {side!r}")
    if isinstance(side, Sequence) or hasattr(side, "__len__"):
        return tuple(term(each) for each in side)
    return (term(side),)


class Fault(StrEnum):
    """Why a step or a derivation is refused."""

    EMPTY = "empty"
    TAUTOLOGY = "tautology"
    UNDEFINED = "undefined"
    VOID = "void"
    INCOMPLETE = "incomplete"
    CHANGES = "changes"
    RAISED = "raised"
    UNFIT = "unfit"


@dataclass(frozen=True)
class Refusal:
    """Why a step or a derivation is refused, before any engine is asked.

    Attributes:
        fault: What is wrong.
        detail: The part that is wrong: a relation that is not proved, an exception in one line.
        undefined: For an undefined term, how it is undefined.
    """

    fault: Fault
    detail: str = ""
    undefined: Undefined | None = None


@dataclass(frozen=True)
class Counterexample:
    """Values that refute a step, and both sides there.

    Attributes:
        values: The value of each quantity.
        left: The left side, "" if it has no value there.
        right: The right side.
        exact: Whether the step was evaluated exactly there.
    """

    values: tuple[tuple[str, str], ...]
    left: str
    right: str
    exact: bool = True


Values = dict[str, Fraction | int]
"""The value of each quantity at a point."""


def times(terms: Iterable[Term]) -> list[str]:
    """The names of the unknown exponents in some terms, in order."""
    found = {
        part.operands[1].name
        for part in subterms(terms)
        if part.operation is Operation.POWER and isinstance(part.operands[1], Exponent)
    }
    return sorted(found)
