"""The findings of a matrix in a few lines, counted from its rows: who computes what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from adamcheck.diagnosis.formula import Kind
from adamcheck.report.matrix.findings import coarse, in_order
from adamcheck.report.matrix.verdicts import (
    ACCURATE,
    ANOTHER,
    COARSE,
    FAILED,
    UNTOLD,
    WRONG,
    Kept,
    Mark,
    overall,
)
from adamcheck.report.summary import check_words, number

Row = Mapping[str, Any]

OURS = "adamcheck"
"""The library of the reference."""


@dataclass(frozen=True)
class Line:
    """Rows that have something in common; `groups` are what it is for each of them, where they differ."""

    verdict: Mark
    says: str
    groups: tuple[tuple[str, tuple[Row, ...]], ...]

    @property
    def count(self) -> int:
        return len({row["name"] for _, rows in self.groups for row in rows})


def how_many(matrix: Mapping[str, Any]) -> str:
    """The implementations and libraries of a matrix, the reference apart."""
    others = [row for row in matrix["targets"] if row["library"] != OURS]
    libraries = len({row["library"] for row in others})
    named = "library" if libraries == 1 else "libraries"
    told = f"{number(others, 'implementation')} from {libraries} {named}"
    return told if len(others) == len(matrix["targets"]) else f"{told}, and the reference"


def formulas(matrix: Mapping[str, Any]) -> list[Line]:
    """What the implementations compute."""
    return _lines(matrix, _FORMULAS)


def beside(matrix: Mapping[str, Any]) -> list[Line]:
    """What is true of some of them beside their formula."""
    return _lines(matrix, _BESIDE)


Sorter = Callable[[Row], Iterable[str]]
"""Under which heads a row stands in a line; none where it does not belong there."""


def _lines(matrix: Mapping[str, Any], kinds: Sequence[tuple[Mark, str, Sorter]]) -> list[Line]:
    made = (Line(verdict, says, _grouped(matrix["targets"], heads)) for verdict, says, heads in kinds)
    return [line for line in made if line.groups]


def _grouped(rows: Iterable[Row], heads: Sorter) -> tuple[tuple[str, tuple[Row, ...]], ...]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        for head in dict.fromkeys(heads(row)):
            found.setdefault(head, []).append(row)
    return tuple((head, tuple(those)) for head, those in found.items())


def _accurate(row: Row) -> Iterator[str]:
    if ACCURATE in overall(row):
        yield ""


def _coarse(row: Row) -> Iterable[str]:
    return coarse(row) if row["kind"] == Kind.EXPECTED else ()


def _coarse_as_well(row: Row) -> Iterable[str]:
    return coarse(row) if row["kind"] != Kind.EXPECTED else ()


def _dialect(row: Row) -> Iterator[str]:
    if row["dialect"] and row["kind"] != Kind.EXPECTED:
        yield row["dialect"]


def _unnamed(row: Row) -> Iterator[str]:
    if row["kind"] in (Kind.CHANGED, Kind.UNEXPLAINED):
        yield row["kind"]


def _untold(row: Row) -> Iterator[str]:
    if UNTOLD in overall(row):
        yield ""


def _bug(row: Row) -> Iterator[str]:
    if row["bug"]:
        yield row["bug"]


def _state(row: Row) -> Iterator[str]:
    for found in row["broken"]:
        if found["section"] == "state":
            yield check_words(found["check"])


def _laws(row: Row) -> Iterator[str]:
    if row["kind"] in (Kind.EXPECTED, Kind.DIALECT) and Kept.of(row["laws"]).failing:
        yield ""


def _failed(row: Row) -> Iterator[str]:
    if overall(row)[0] == FAILED:
        yield ""


def _failed_elsewhere(row: Row) -> Iterator[str]:
    if FAILED in overall(row)[1:]:
        yield ", ".join(in_order(row["failed"]))


_FORMULAS: tuple[tuple[Mark, str, Sorter], ...] = (
    (ACCURATE, "textbook Adam, as accurate as each dtype allows", _accurate),
    (replace(COARSE, word="textbook"), "textbook Adam, but coarse", _coarse),
    (ANOTHER, "another formula, a known dialect", _dialect),
    (replace(WRONG, word="no name"), "another formula, without a name", _unnamed),
    (UNTOLD, "not told", _untold),
    (FAILED, "failed", _failed),
)

_BESIDE: tuple[tuple[Mark, str, Sorter], ...] = (
    (WRONG, "with a known bug", _bug),
    (replace(WRONG, word="state"), "with trouble in state or arrays", _state),
    (replace(WRONG, word="laws"), "breaking laws for some inputs", _laws),
    (replace(FAILED, word="in some dtypes"), "failing in some dtypes", _failed_elsewhere),
    (COARSE, "coarse, beside another formula", _coarse_as_well),
)
