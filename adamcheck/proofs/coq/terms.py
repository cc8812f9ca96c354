"""Terms of Coq over its real numbers, as a number system in which the definition runs.

A term is a tree that prints itself as Coq source. It is never simplified, so that Coq's kernel checks what
the definition computes. Only `Term.text` must be trusted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from adamcheck import numbers

_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2}


_KEYWORDS = "as at cofix else end exists fix for forall fun if in is let match return then using where with"

_TAKEN = frozenset([*_KEYWORDS.split(), "R", "S", "O", "I", "nat", "pow", "sqrt"])
"""Keywords of Coq, and names that the exported statements use."""


def identifier(name: str) -> str:
    """The name of a quantity as a valid Coq identifier."""
    cleaned = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in name)
    return f"x{cleaned}" if cleaned in _TAKEN or not cleaned[0].isalpha() else cleaned


def term(x: Any) -> Term:
    """The Coq term of a `Term`, an integer or a fraction. Raises `TypeError` for any other type."""
    if isinstance(x, Term):
        return x
    if isinstance(x, int | Fraction):
        return Term("number", (Fraction(x),))
    raise TypeError(f"not an exact real number: {x!r}")


@dataclass(frozen=True)
class Exponent:
    """A natural number `name + offset` with `name >= 1`, used as an exponent."""

    name: str
    offset: int = 0

    def __add__(self, steps: int) -> Exponent:
        return Exponent(self.name, self.offset + steps)

    __radd__ = __add__

    def __sub__(self, steps: int) -> Exponent:
        return Exponent(self.name, self.offset - steps)

    def __rpow__(self, base: int | Fraction) -> Term:
        power: Term = term(base) ** self
        return power

    @property
    def text(self) -> str:
        return f"({self.name} + {self.offset})" if self.offset else self.name


@dataclass(frozen=True)
class Term:
    """A term of sort R.

    Attributes:
        operation: *variable*, *number*, one of `+ - * / ^`, *opposite*, *sqrt*, *Rabs* or *Rmax*.
        operands: The operands.
    """

    operation: str
    operands: tuple[Any, ...]

    def _with(self, operation: str, other: Any, *, swapped: bool = False) -> Any:
        """Combine with another number. Arrays are left to numpy, which calls this for each entry."""
        if not isinstance(other, Term | int | Fraction):
            return NotImplemented
        operands = (term(other), self) if swapped else (self, term(other))
        return Term(operation, operands)

    def __add__(self, other: Any) -> Any:
        return self._with("+", other)

    def __radd__(self, other: Any) -> Any:
        return self._with("+", other, swapped=True)

    def __sub__(self, other: Any) -> Any:
        return self._with("-", other)

    def __rsub__(self, other: Any) -> Any:
        return self._with("-", other, swapped=True)

    def __mul__(self, other: Any) -> Any:
        return self._with("*", other)

    def __rmul__(self, other: Any) -> Any:
        return self._with("*", other, swapped=True)

    def __truediv__(self, other: Any) -> Any:
        return self._with("/", other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with("/", other, swapped=True)

    def __neg__(self) -> Term:
        return Term("opposite", (self,))

    def __abs__(self) -> Term:
        return Term("Rabs", (self,))

    def __pow__(self, exponent: int | Exponent) -> Term:
        # In Coq, t - 1 at t = 0 is 0 in the natural numbers, which would be another statement.
        if (exponent.offset if isinstance(exponent, Exponent) else exponent) < 0:
            raise ValueError(f"an exponent that may be negative: {exponent}")
        return Term("^", (self, exponent))

    @property
    def text(self) -> str:
        """The term as Coq reads it, in the scope of the reals."""
        return self._print(0)

    def _print(self, around: int) -> str:
        operation, operands = self.operation, self.operands
        if operation == "variable":
            return str(operands[0])
        if operation == "number":
            return _number(operands[0])
        if operation in _PRECEDENCE:
            level = _PRECEDENCE[operation]
            text = f"{operands[0]._print(level)} {operation} {operands[1]._print(level + 1)}"
            return f"({text})" if level < around else text
        if operation == "opposite":
            return f"(- {operands[0]._print(3)})"
        if operation == "^":
            base, exponent = operands
            return f"({base._print(4)} ^ {exponent.text if isinstance(exponent, Exponent) else exponent})"
        return f"({operation} {' '.join(x._print(4) for x in operands)})"

    def subterms(self) -> Iterator[Term]:
        """The term and all its subterms, inner ones first."""
        for operand in self.operands:
            if isinstance(operand, Term):
                yield from operand.subterms()
        yield self


def _number(x: Fraction) -> str:
    if x.denominator == 1:
        return str(x) if x >= 0 else f"({x})"
    return f"({x.numerator} / {x.denominator})"


@numbers.sqrt.register
def _(x: Term) -> Term:
    return Term("sqrt", (x,))


@numbers.maximum.register
def _(x: Term, y: Any) -> Term:
    return Term("Rmax", (x, term(y)))


@numbers.zeros_like.register
def _(x: Term) -> Term:
    return term(0)
