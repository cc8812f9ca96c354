"""Terms as Coq reads them, over its real numbers.

A term is printed as the definition built it, never simplified, so that Coq's kernel checks what the
definition computes. Only `printed` must be trusted.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache

from adamcheck.proofs.statement import Relationship
from adamcheck.proofs.terms import Exponent, Operation, Sort, Term

_PRECEDENCE = {Operation.ADD: 1, Operation.SUBTRACT: 1, Operation.MULTIPLY: 2, Operation.DIVIDE: 2}


_KEYWORDS = "as at cofix else end exists fix for forall fun if in is let match return then using where with"

_TAKEN = frozenset([*_KEYWORDS.split(), "R", "S", "O", "I", "nat", "pow", "sqrt"])
"""Keywords of Coq, and names that the exported statements use."""


def identifier(name: str) -> str:
    """The name of a quantity as a valid Coq identifier."""
    cleaned = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in name)
    return f"x{cleaned}" if cleaned in _TAKEN or not cleaned[0].isalpha() else cleaned


_HYPOTHESES: dict[Sort, tuple[str, ...]] = {
    Sort.REAL: (),
    Sort.POSITIVE: ("0 < {}",),
    Sort.NONNEGATIVE: ("0 <= {}",),
    Sort.DECAY: ("0 <= {}", "{} < 1"),
    Sort.TIME: ("(1 <= {})%nat",),
    Sort.VALUE: (),
}


def hypotheses(name: str, sort: Sort) -> list[str]:
    """What is assumed of a quantity."""
    return [fact.format(name) for fact in _HYPOTHESES[sort]]


class Names:
    """The identifiers of quantities. Raises `ValueError` if two quantities would have the same."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        found = identifier(name)
        if self._known.setdefault(found, name) != name:
            raise ValueError(f"two quantities are called {found}")  # the theorem would equate them
        return found


def named(x: Term, names: Names, known: dict[Term, Term]) -> Term:
    """A term with identifiers as names, and without the memory of stages."""
    if x.operation is Operation.STAGE:
        return named(x.operands[1], names, known)
    if x not in known:
        if x.operation is Operation.VARIABLE:
            known[x] = Term(x.operation, (names(x.operands[0]), x.operands[1]))
        else:
            known[x] = Term(x.operation, tuple(_operand(each, names, known) for each in x.operands))
    return known[x]


def _operand(x: object, names: Names, known: dict[Term, Term]) -> object:
    if isinstance(x, Term):
        return named(x, names, known)
    return Exponent(names(x.name), x.offset) if isinstance(x, Exponent) else x


def variables(terms: Iterable[Term]) -> dict[str, Sort]:
    """The quantities in terms with their sorts, by name."""
    found = {x.operands for each in terms for x in each.variables}
    return dict(sorted(found))


def relation(states: Relationship) -> str:
    """A relation as Coq reads it."""
    return f"{printed(states.left)} {states.relation.coq} {printed(states.right)}"


@lru_cache(maxsize=10_000)
def printed(x: Term) -> str:
    """The term as Coq reads it, in the scope of the reals."""
    return _print(x, 0)


def exponent(x: int | Exponent) -> str:
    """An exponent as Coq reads it."""
    if isinstance(x, int):
        return str(x)
    return f"({x.name} + {x.offset})" if x.offset else x.name


def _print(x: Term, around: int) -> str:
    operation, operands = x.operation, x.operands
    if operation is Operation.VARIABLE:
        return str(operands[0])
    if operation is Operation.NUMBER:
        return _number(operands[0])
    if operation in _PRECEDENCE:
        level = _PRECEDENCE[operation]
        shown = f"{_print(operands[0], level)} {operation} {_print(operands[1], level + 1)}"
        return f"({shown})" if level < around else shown
    if operation is Operation.OPPOSITE:
        return f"(- {_print(operands[0], 3)})"
    if operation is Operation.POWER:
        return f"({_print(operands[0], 4)} ^ {exponent(operands[1])})"
    return f"({operation} {' '.join(_print(each, 4) for each in operands)})"


def _number(x: Fraction) -> str:
    if x.denominator == 1:
        return str(x) if x >= 0 else f"({x})"
    return f"({x.numerator} / {x.denominator})"
