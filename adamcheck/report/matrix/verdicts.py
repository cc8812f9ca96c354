"""What a row of the matrix says at a glance, as a whole and in each dtype: a symbol, a word, a colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from adamcheck.checks.check import FAILURES, Outcome
from adamcheck.diagnosis.formula import Kind
from adamcheck.examine.results import TARGET_FAILED
from adamcheck.report.matrix.findings import coarse
from adamcheck.report.summary import Tone
from adamcheck.variants import DEFINITIONS


@dataclass(frozen=True)
class Mark:
    """`tone` is how it looks where there are colours; nothing is told by the colour alone."""

    symbol: str
    word: str
    tone: Tone

    def __str__(self) -> str:
        return f"{self.symbol} {self.word}"


ACCURATE = Mark("✓", "textbook", Tone.GOOD)
COARSE = Mark("◐", "coarse", Tone.FAIR)
ANOTHER = Mark("≠", "dialect", Tone.NEUTRAL)
WRONG = Mark("✗", "bug", Tone.BAD)
UNTOLD = Mark("?", "not judged", Tone.QUIET)
ABSENT = Mark("-", "not offered", Tone.QUIET)
FAILED = Mark("!", "failed", Tone.FAILED)

LEGEND = (
    (ACCURATE, "the textbook's formula, as accurate as the dtype allows"),
    (COARSE, "right, but only to the precision of a smaller dtype: float64 that is really float32"),
    (ANOTHER, "another formula, a known one"),
    (WRONG, "a known bug, or a formula without a name"),
    (FAILED, "crashed, took too long, or could not be started"),
    (ABSENT, "the library has no such dtype"),
)
"""What the verdicts mean, for people."""

_KINDS = {
    Kind.EXPECTED: ACCURATE,
    Kind.COARSE: COARSE,
    Kind.DIALECT: ANOTHER,
    Kind.BUG: WRONG,
    Kind.CHANGED: replace(WRONG, word=Kind.CHANGED),
    Kind.UNEXPLAINED: replace(WRONG, word=Kind.UNEXPLAINED),
    Kind.UNKNOWN: UNTOLD,
}


def in_dtype(row: Mapping[str, Any], dtype: str) -> tuple[Mark, ...]:
    """The verdict in one dtype, with a second one where what is no textbook is coarse as well."""
    if dtype in row["failed"]:
        return (FAILED,)
    if dtype not in row["precision"]:
        return (_untested(row, dtype),)
    precision, said = row["precision"][dtype], row["dtypes"][dtype]
    kind = _kind(row, said)
    only = replace(COARSE, word=f"only {precision}")
    if kind in (Kind.EXPECTED, Kind.COARSE):
        return (only if precision != dtype else _KINDS[kind],)
    verdict = _KINDS[kind]
    if said != _name(row):
        verdict = replace(verdict, word=said)
    return (verdict, only) if precision != dtype else (verdict,)


def _untested(row: Mapping[str, Any], dtype: str) -> Mark:
    # A target that is missing is said to offer no dtype at all.
    known = dtype in row["dtypes"] and (row["precision"] or row["status"] != TARGET_FAILED)
    return ABSENT if known else replace(ABSENT, word="not tested")


def _kind(row: Mapping[str, Any], said: str) -> Kind:
    if said == ACCURATE.word:
        return Kind.EXPECTED
    if said in set(Kind):
        return Kind(said)
    if said == _name(row):
        return Kind(row["kind"])
    return Kind.DIALECT if said in DEFINITIONS else Kind.BUG


def _name(row: Mapping[str, Any]) -> str:
    return " + ".join(name for name in (row["dialect"], row["bug"]) if name)


def overall(row: Mapping[str, Any]) -> tuple[Mark, ...]:
    """What a row is: its formula, a bug that it has, and whether it failed."""
    return tuple(_overall(row))


def _overall(row: Mapping[str, Any]) -> Iterator[Mark]:
    told = row["kind"] != Kind.UNKNOWN and not set(row["precision"]) <= set(row["failed"])
    if told:
        if row["kind"] == Kind.EXPECTED:
            yield replace(COARSE, word=ACCURATE.word) if coarse(row) else ACCURATE
        elif row["kind"] not in (Kind.DIALECT, Kind.BUG):
            yield _KINDS[row["kind"]]
        if row["dialect"]:
            yield replace(ANOTHER, word=row["dialect"])
        if row["bug"]:
            yield replace(WRONG, word=row["bug"])
    if row["status"] == TARGET_FAILED:
        yield FAILED
    elif not told:
        yield UNTOLD


# --- counts --------------------------------------------------------------------------------------

_TONES = {
    Outcome.KEPT: Tone.GOOD,
    Outcome.DIALECT: Tone.NEUTRAL,
    Outcome.BROKEN: Tone.BAD,
    Outcome.CRASHED: Tone.BAD,
    Outcome.TIMED_OUT: Tone.BAD,
}


@dataclass(frozen=True)
class Share:
    """How many checks had an outcome, and how that looks."""

    outcome: Outcome
    count: int
    tone: Tone


@dataclass(frozen=True)
class Kept:
    """The outcomes of all dtypes together. What is not applicable is no part of the whole."""

    counted: Counter[str]

    @classmethod
    def of(cls, by_dtype: Mapping[str, Mapping[str, int]]) -> Kept:
        together: Counter[str] = Counter()
        for outcomes in by_dtype.values():
            together.update(outcomes)
        return cls(together)

    @property
    def applicable(self) -> int:
        return self.counted.total() - self.counted[Outcome.NOT_APPLICABLE]

    @property
    def failing(self) -> bool:
        return any(self.counted[outcome] for outcome in FAILURES)

    @property
    def short(self) -> str:
        """`197/200`"""
        return f"{self.counted[Outcome.KEPT]}/{self.applicable}"

    @property
    def shares(self) -> tuple[Share, ...]:
        """The outcomes of what is applicable, what is kept first."""
        return tuple(
            Share(outcome, self.counted[outcome], _TONES.get(outcome, Tone.QUIET))
            for outcome in Outcome
            if self.counted[outcome] and outcome != Outcome.NOT_APPLICABLE
        )
