"""Conditions of a failure, and what a target was asked: facts about values of dimensions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from adamcheck.checks.coverage.dimensions import Choice, Dimension


class How(StrEnum):
    """How a failure depends on the value of a dimension."""

    FROM = "from"
    """It fails with this number and larger ones, and not with the number before it."""
    AT = "at"
    """It fails with this number, and not with the number before it nor with every larger one."""
    ONLY = "only"
    """It fails with this value, and not with the plain one."""


@dataclass(frozen=True)
class Condition:
    """A value without which a failure does not occur.

    Attributes:
        dimension: The dimension.
        how: How the failure depends on it.
        choice: The value.
    """

    dimension: Dimension
    how: How
    choice: Choice


class Standing(StrEnum):
    """What became of a value of a dimension."""

    ASKED = "asked"
    NOT_OFFERED = "not offered"
    """The target does not offer it, by its capabilities or by raising an exception."""
    NOT_IN_PROFILE = "not in this profile"


@dataclass(frozen=True)
class Answered:
    """What became of a value of a dimension in the rows of a check."""

    dimension: Dimension
    choice: Choice
    standing: Standing


@dataclass
class Asking:
    """Collects what became of the values of dimensions; what was asked once was asked."""

    found: dict[tuple[Dimension, Choice], Standing] = field(default_factory=dict)

    def asked(self, dimension: Dimension, choice: Choice) -> None:
        self.found[dimension, choice] = Standing.ASKED

    def not_offered(self, dimension: Dimension, choice: Choice) -> None:
        self.found.setdefault((dimension, choice), Standing.NOT_OFFERED)

    def of(self, values: Iterable[tuple[Dimension, Choice]]) -> tuple[Answered, ...]:
        """What became of all these values."""
        return tuple(
            Answered(dimension, choice, self.found.get((dimension, choice), Standing.NOT_IN_PROFILE))
            for dimension, choice in values
        )

    def everything(self) -> tuple[Answered, ...]:
        """What became of the values that were met."""
        return tuple(Answered(*value, standing) for value, standing in self.found.items())
