"""The findings of a matrix in a few lines, counted from its rows: who computes what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from adamcheck.checks.check import Section
from adamcheck.diagnosis.formula import Kind
from adamcheck.examine.results import TARGET_FAILED
from adamcheck.report.matrix.findings import coarse, in_order
from adamcheck.report.matrix.saved import Matrix, Row
from adamcheck.report.matrix.verdicts import (
    ACCURATE,
    ANOTHER,
    COARSE,
    FAILED,
    UNTOLD,
    WRONG,
    Kept,
    Mark,
    is_known,
)
from adamcheck.report.summary import check_words, number
from adamcheck.variants.standard import Standard

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
        return len({row.name for _, rows in self.groups for row in rows})


def how_many(matrix: Matrix) -> str:
    """The implementations and libraries of a matrix, the reference apart."""
    others = [row for row in matrix.targets if row.library != OURS]
    libraries = len({row.library for row in others})
    named = "library" if libraries == 1 else "libraries"
    told = f"{number(others, 'implementation')} from {libraries} {named}"
    return told if len(others) == len(matrix.targets) else f"{told}, and the reference"


def formulas(matrix: Matrix) -> list[Line]:
    """What the implementations compute."""
    return _with_rows(matrix, _FORMULAS)


def beside(matrix: Matrix) -> list[Line]:
    """What is true of some of them beside their formula."""
    return _with_rows(matrix, _BESIDE)


Sorter = Callable[[Row], Iterable[str]]
"""Under which heads a row stands in a line; none where it does not belong there."""


def _with_rows(matrix: Matrix, kinds: Sequence[tuple[Mark, str, Sorter]]) -> list[Line]:
    made = (Line(verdict, says, _grouped(matrix.targets, heads)) for verdict, says, heads in kinds)
    return [line for line in made if line.groups]


def _grouped(rows: Iterable[Row], heads: Sorter) -> tuple[tuple[str, tuple[Row, ...]], ...]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        for head in dict.fromkeys(heads(row)):
            found.setdefault(head, []).append(row)
    return tuple((head, tuple(those)) for head, those in found.items())


_NOT_ANOTHER = (Kind.EXPECTED, Kind.COARSE)


def _accurate(row: Row) -> Iterator[str]:
    if _right(row) and not coarse(row) and _is_textbook(row):
        yield ""


def _own(row: Row) -> Iterator[str]:
    if _right(row) and not coarse(row) and not _is_textbook(row):
        yield row.told.against


def _coarse(row: Row) -> Iterable[str]:
    return coarse(row) if row.told.kind in _NOT_ANOTHER else ()


def _coarse_as_well(row: Row) -> Iterable[str]:
    return coarse(row) if row.told.kind not in _NOT_ANOTHER else ()


def _right(row: Row) -> bool:
    return row.told.kind is Kind.EXPECTED and is_known(row)


def _is_textbook(row: Row) -> bool:
    return Standard.parse(row.told.against).is_textbook


def _dialect(row: Row) -> Iterator[str]:
    if row.told.dialect and row.told.kind is not Kind.EXPECTED:
        yield row.told.dialect


def _unnamed(row: Row) -> Iterator[str]:
    if row.told.kind in (Kind.CHANGED, Kind.UNEXPLAINED):
        yield row.told.kind


def _untold(row: Row) -> Iterator[str]:
    if not is_known(row) and row.status != TARGET_FAILED:
        yield ""


def _bug(row: Row) -> Iterator[str]:
    if row.told.bug:
        yield row.told.bug


def _state(row: Row) -> Iterator[str]:
    for found in row.broken:
        if found.section is Section.STATE:
            yield check_words(found.check)


def _laws(row: Row) -> Iterator[str]:
    if row.told.kind in (Kind.EXPECTED, Kind.DIALECT) and Kept(row.counted(Section.LAWS)).failing:
        yield ""


def _failed(row: Row) -> Iterator[str]:
    if row.status == TARGET_FAILED and not is_known(row):
        yield ""


def _failed_elsewhere(row: Row) -> Iterator[str]:
    if row.status == TARGET_FAILED and is_known(row):
        yield ", ".join(in_order(dtype for dtype, part in row.dtypes.items() if part.failed))


_FORMULAS: tuple[tuple[Mark, str, Sorter], ...] = (
    (ACCURATE, "textbook Adam, as accurate as each dtype allows", _accurate),
    (replace(ACCURATE, word="as it says"), "the other formula that it says it is, as accurately", _own),
    (replace(COARSE, word="coarse"), "the formula that it should be, but coarse", _coarse),
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
