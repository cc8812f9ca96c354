"""Tallies: how many updates of an implementation were judged, and how near its errors come to the radius."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from msgspec import Meta

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.judge import Judge, Offence
from adamcheck.numbers.enclosure import Freedom
from adamcheck.traces.trace import Trace

BINS = 100
"""How finely fractions of the radius are counted."""


@dataclass(frozen=True)
class Tally:
    """How an implementation fared in a dtype: its updates, judged and not, and their errors."""

    name: Annotated[str, Meta(description="The implementation.")]
    of: Annotated[str, Meta(description="The definition that it is held against.")]
    dtype: Annotated[str, Meta(description="The working precision.")]
    refused: Annotated[int, Meta(description="Trajectories that it did not take.")]
    judged: Annotated[int, Meta(description="Updates of a coordinate that were judged.")]
    not_judged: Annotated[int, Meta(description="Updates about which nothing can be said.")]
    outside: Annotated[int, Meta(description="Updates outside the enclosure: alarms.")]
    worst: Annotated[float, Meta(description="The largest error as a fraction of the radius.")]
    quantiles: Annotated[
        tuple[float, float],
        Meta(description="What half and 99 of 100 errors are below, rounded up to hundredths of the radius."),
    ]
    alarm: Annotated[str, Meta(description="The first update outside, in words; empty where none is.")] = ""


@dataclass(frozen=True)
class Counted:
    """Some updates of an implementation in a dtype, counted so that counts can be added.

    Attributes:
        counts: The number of errors up to each hundredth of the radius, from 0, and above it.
        worst: The largest error as a fraction of the radius.

    The others are those of a `Tally`.
    """

    name: str
    of: str
    dtype: str
    refused: int
    judged: int
    not_judged: int
    outside: int
    worst: float
    counts: tuple[int, ...]
    alarm: str = ""


def tally(parts: Sequence[Counted]) -> Tally:
    """The tally of updates that were counted in parts."""
    first = parts[0]
    below = np.cumsum(np.sum([part.counts for part in parts], axis=0))
    half, most = (float(np.searchsorted(below, share * below[-1])) / BINS for share in (0.5, 0.99))
    return Tally(
        first.name,
        first.of,
        first.dtype,
        refused=sum(part.refused for part in parts),
        judged=sum(part.judged for part in parts),
        not_judged=sum(part.not_judged for part in parts),
        outside=sum(part.outside for part in parts),
        worst=round(max(part.worst for part in parts), 4),
        quantiles=(half, most),
        alarm=next((part.alarm for part in parts if part.alarm), ""),
    )


def tallies(parts: Iterable[Counted]) -> list[Tally]:
    """The tally of each implementation in each dtype, in the order in which they come first."""
    together: dict[tuple[str, str], list[Counted]] = {}
    for part in parts:
        together.setdefault((part.name, part.dtype), []).append(part)
    return [tally(each) for each in together.values()]


class _Counting(Judge):
    """Counts, under one allowance, the fractions of the radius that errors come to."""

    def __init__(self, trace: Trace, first: Any, definition: type[Adam], allowance: Freedom) -> None:
        super().__init__(trace.hyper, first, definition, trace.working)
        self._row = [mode.name for mode in self._modes].index(allowance)
        self.counts = np.zeros(BINS + 1, np.int64)

    def seen(self, begin: int, fractions: Any) -> None:
        judged = fractions[self._row, fractions[self._row] >= 0.0]
        bins = np.ceil(BINS * np.minimum(judged, 1.0)).astype(np.int64)
        self.counts += np.bincount(bins, minlength=BINS + 1)


class Account:
    """Adds up the traces of one implementation in one dtype."""

    def __init__(self, definition: type[Adam], allowance: Freedom) -> None:
        self._definition, self._allowance = definition, allowance
        self._counts = np.zeros(BINS + 1, np.int64)
        self._judged = self._not_judged = self._outside = 0
        self._worst = 0.0
        self._alarm = ""

    def add(self, trace: Trace) -> None:
        """Judge a trace."""
        rows = iter(trace.parameters)
        judging = _Counting(trace, next(rows), self._definition, self._allowance)
        for gradient, parameters in zip(trace.gradients, rows, strict=True):
            judging.step(gradient, parameters)
        judgement = judging.judgement()
        (grade,) = (grade for grade in judgement.grades if grade.allowance == self._allowance)
        self._counts += judging.counts
        self._judged += grade.judged
        self._not_judged += grade.not_judged
        self._outside += grade.outside
        self._worst = max(self._worst, grade.worst)
        if grade.outside and not self._alarm:
            self._alarm = _told(trace.hyper, grade.worst, judgement.offence)

    def counted(self, name: str, of: str, dtype: str, refused: int) -> Counted:
        """What was found."""
        numbers = refused, self._judged, self._not_judged, self._outside, self._worst
        return Counted(name, of, dtype, *numbers, tuple(self._counts.tolist()), self._alarm)


def _told(hyper: Hyperparameters, worst: float, offence: Offence | None) -> str:
    where = f", first in step {offence.step}: {offence}" if offence else ""
    return f"{worst:.3g} radii with {hyper}{where}"
