"""What was found of a row beside its formula, each thing said once with the dtypes that it is true of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from adamcheck.checks.check import Outcome, Section
from adamcheck.choices import DTYPE_NAMES
from adamcheck.diagnosis.formula import Kind
from adamcheck.examine.results import Absence
from adamcheck.report.matrix.saved import Part, Row
from adamcheck.report.summary import check_words


@dataclass(frozen=True)
class Finding:
    """Something that is so in some dtypes; of a check that fails: its `outcome`, and what happened once."""

    says: str
    dtypes: tuple[str, ...]
    outcome: Outcome | None = None
    example: str = ""

    @property
    def where(self) -> str:
        return ", ".join(self.dtypes)


def broken(row: Row) -> list[Finding]:
    """The laws and checks that a row breaks, but for laws that no target with its bug can keep."""
    explained = row.told.kind not in (Kind.EXPECTED, Kind.DIALECT)
    return [
        Finding(check_words(found.check), in_order(found.dtypes), found.outcome, found.message)
        for found in row.broken
        if found.section is Section.STATE or not explained
    ]


def coarse(row: Row) -> list[str]:
    """The dtypes whose arrays hold the precision of a smaller one."""
    narrow = {dtype: part.precision for dtype, part in row.tested.items() if part.precision != dtype}
    return [f"{dtype} is only {narrow[dtype]}" for dtype in in_order(narrow)]


def failed(row: Row) -> list[Finding]:
    """What happened where a row failed; nothing where its formula says so already."""
    return _untold(row, {dtype: part for dtype, part in row.dtypes.items() if part.failed})


def not_offered(row: Row) -> list[Finding]:
    """Why dtypes were not tested, where there is more to say than that the library lacks them."""
    known = (None, Absence.LACKED)
    return _untold(row, {dtype: part for dtype, part in row.dtypes.items() if part.absent not in known})


def _untold(row: Row, parts: Mapping[str, Part]) -> list[Finding]:
    """What parts say, but for what the row's formula says for one of them."""
    together = _together({dtype: [part.says] for dtype, part in parts.items()})
    return [found for found in together if row.of not in found.dtypes]


def hazards(row: Row) -> list[Finding]:
    """The ordinary inputs for which the arithmetic of a dtype goes wrong."""
    return _together(
        {
            dtype: [f"{hazard.situation}: {hazard.seen}" for hazard in part.hazards]
            for dtype, part in row.dtypes.items()
        }
    )


def in_order(dtypes: Iterable[str]) -> tuple[str, ...]:
    """Dtypes, the widest first."""
    named = set(dtypes)
    return tuple(dtype for dtype in DTYPE_NAMES if dtype in named)


def _together(told: Mapping[str, Iterable[str]]) -> list[Finding]:
    """What is told of each dtype, each thing once."""
    found: dict[str, list[str]] = {}
    for dtype in in_order(told):
        for says in told[dtype]:
            found.setdefault(says, []).append(dtype)
    return [Finding(says, tuple(dtypes)) for says, dtypes in found.items()]
