"""Verdicts of the judge on one trace under one definition."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from adamcheck.adam import Adam
from adamcheck.numbers.enclosure import Freedom
from adamcheck.support.display import Shown


class Ruling(StrEnum):
    """The verdicts of the judge."""

    ENCLOSED = "enclosed"
    COARSE = "coarse"
    """Enclosed only at a precision coarser than the dtype of the trace."""
    REJECTED = "rejected"
    NOT_JUDGED = "not judged"
    """No update had a finite radius."""


@dataclass(frozen=True)
class Offence:
    """The first update outside the enclosure.

    Attributes:
        step: The number of the step, from 1.
        coordinate: The flat index of the coordinate, from 0.
        observed: The observed update.
        expected: The update of the definition.
        radius: How far correct code may be off.
        radii: The error as a multiple of the radius.
        ulps: The error in units in the last place of the expected update.
    """

    step: int
    coordinate: int
    observed: float
    expected: float
    radius: float
    radii: float
    ulps: float


@dataclass(frozen=True)
class Grade:
    """The counts of a trace under one allowance.

    Attributes:
        allowance: The last freedom of the allowance.
        judged: The number of updates judged.
        not_judged: The number of updates with an infinite radius.
        outside: The number of judged updates outside the enclosure.
        worst: The largest error as a fraction of the radius.
    """

    allowance: Freedom
    judged: int
    not_judged: int
    outside: int
    worst: float

    @property
    def encloses(self) -> bool:
        return self.judged > 0 and self.outside == 0


@dataclass(frozen=True)
class Judgement(Shown):
    """The verdict on one trace under one definition.

    Attributes:
        definition: The definition that the trace was judged against.
        outcome: *enclosed*; *coarse* (enclosed only at the precision `format`, coarser than the dtype of the
            trace); *rejected*; *not judged* (no update had a finite radius).
        format: The name of the precision of the verdict; see `adamcheck.numbers.floats.precision_of`.
        grades: The counts, from the strictest allowance to the most generous.
        worst_ulps: The largest judged error in units in the last place of the update.
        largest_error: The largest judged error in the units of the parameters.
        offence: The first update outside the enclosure of the most generous allowance, if any.
    """

    definition: type[Adam]
    outcome: Ruling
    format: str
    grades: tuple[Grade, ...]
    worst_ulps: float
    largest_error: float
    offence: Offence | None

    def __repr__(self) -> str:
        worst = f"{self.grade.worst:.2g} of the {self.format} radius"
        return f"<Judgement: {self.outcome}, {worst} ({self.definition.title})>"

    @property
    def grade(self) -> Grade:
        """The strictest grade that encloses the trace, or the most generous one."""
        return next((g for g in self.grades if g.encloses), self.grades[-1])
