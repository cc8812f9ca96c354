"""Relations between two numbers, with their notation in every engine and on every page."""

from __future__ import annotations

import operator
from enum import StrEnum
from typing import Any


class Relation(StrEnum):
    """The relations that derivations and witnesses use."""

    EQUAL = "="
    DIFFERENT = "!="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="
    TENDS_TO = "->"
    """For limits; it is not a relation between two numbers."""

    def of(self, left: Any, right: Any) -> Any:
        """Whether two numbers are in this relation; for symbols, the statement that they are."""
        return _OPERATORS[self](left, right)

    @property
    def is_order(self) -> bool:
        """Whether it is an order relation."""
        return self in (Relation.LESS, Relation.AT_MOST, Relation.GREATER, Relation.AT_LEAST)

    @property
    def is_strict(self) -> bool:
        """Whether it excludes equal numbers."""
        return self in (Relation.LESS, Relation.GREATER, Relation.DIFFERENT)

    @property
    def is_descending(self) -> bool:
        """Whether the larger side comes first."""
        return self in (Relation.GREATER, Relation.AT_LEAST)

    @property
    def sympy_property(self) -> str:
        """The sympy property of the difference of the sides."""
        return _SYMPY[self]

    @property
    def latex(self) -> str:
        """The sign in LaTeX."""
        return _LATEX.get(self, self.value)

    @property
    def sign(self) -> str:
        """The sign in Unicode."""
        return _SIGNS.get(self, self.value)

    @property
    def coq(self) -> str:
        """The sign in Coq."""
        return "<>" if self is Relation.DIFFERENT else self.value


_OPERATORS = {
    Relation.EQUAL: operator.eq,
    Relation.DIFFERENT: operator.ne,
    Relation.LESS: operator.lt,
    Relation.AT_MOST: operator.le,
    Relation.GREATER: operator.gt,
    Relation.AT_LEAST: operator.ge,
}

_SYMPY = {
    Relation.EQUAL: "is_zero",
    Relation.DIFFERENT: "is_nonzero",
    Relation.LESS: "is_negative",
    Relation.AT_MOST: "is_nonpositive",
    Relation.GREATER: "is_positive",
    Relation.AT_LEAST: "is_nonnegative",
}

_LATEX = {Relation.DIFFERENT: r"\neq", Relation.AT_MOST: r"\leq", Relation.AT_LEAST: r"\geq"}

_SIGNS = {
    Relation.DIFFERENT: "\N{NOT EQUAL TO}",
    Relation.AT_MOST: "\N{LESS-THAN OR EQUAL TO}",
    Relation.AT_LEAST: "\N{GREATER-THAN OR EQUAL TO}",
    Relation.TENDS_TO: "\N{RIGHTWARDS ARROW}",
}
