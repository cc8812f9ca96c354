"""What was found of a row beside its formula, each thing said once with the dtypes that it is true of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from adamcheck.choices import DTYPE_NAMES
from adamcheck.diagnosis.formula import Kind
from adamcheck.report.summary import check_words


@dataclass(frozen=True)
class Finding:
    """Something that is so in some dtypes; of a check that fails: its `outcome`, and what happened once."""

    says: str
    dtypes: tuple[str, ...]
    outcome: str = ""
    example: str = ""

    @property
    def where(self) -> str:
        return ", ".join(self.dtypes)


def broken(row: Mapping[str, Any]) -> list[Finding]:
    """The laws and checks that a row breaks, but for laws that no target with its bug can keep."""
    explained = row["kind"] not in (Kind.EXPECTED, Kind.DIALECT)
    return [
        Finding(check_words(found["check"]), in_order(found["dtypes"]), found["outcome"], found["message"])
        for found in row["broken"]
        if found["section"] == "state" or not explained
    ]


def coarse(row: Mapping[str, Any]) -> list[str]:
    """The dtypes whose arrays hold the precision of a smaller one."""
    narrow = {dtype: precision for dtype, precision in row["precision"].items() if precision != dtype}
    return [f"{dtype} is only {narrow[dtype]}" for dtype in in_order(narrow)]


def failed(row: Mapping[str, Any]) -> list[Finding]:
    """What happened where a row failed; nothing where its formula says so already."""
    return _together({dtype: [what] for dtype, what in row["failed"].items() if what != row["formula"]})


def not_offered(row: Mapping[str, Any]) -> list[Finding]:
    """Why dtypes were not tested, where there is more to say than that the library lacks them."""
    absent = set(row["dtypes"]) - set(row["precision"]) - set(row["failed"])
    reasons = {dtype: why for dtype, why in row["dtypes"].items() if dtype in absent}
    known = (row["formula"], *(f"{row['name']} offers no {dtype}" for dtype in absent))
    return _together({dtype: [why] for dtype, why in reasons.items() if why not in known})


def hazards(row: Mapping[str, Any]) -> list[Finding]:
    """The ordinary inputs for which the arithmetic of a dtype goes wrong."""
    return _together(row["hazards"])


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
