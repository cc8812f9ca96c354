"""What a row of the matrix says at a glance, as a whole and in each dtype: a symbol, a word, a colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from adamcheck.checks.check import FAILURES, Outcome
from adamcheck.diagnosis.formula import Kind
from adamcheck.examine.results import TARGET_FAILED, Absence
from adamcheck.report.matrix.findings import coarse
from adamcheck.report.matrix.saved import Part, Row
from adamcheck.report.summary import Tone
from adamcheck.variants.standard import Standard


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


def in_dtype(row: Row, dtype: str) -> tuple[Mark, ...]:
    """The verdict in one dtype, with a second one where what is not as expected is coarse as well."""
    part = row.dtypes.get(dtype)
    if part is None or part.absent is Absence.NOT_INSTALLED:
        return (replace(ABSENT, word="not tested"),)
    if part.absent is not None:
        return (ABSENT,)
    if part.failed:
        return (FAILED,)
    only = replace(COARSE, word=f"only {part.precision}")
    if part.kind in (Kind.EXPECTED, Kind.COARSE):
        return (only if part.precision != dtype else _of(part),)
    verdict = _of(part) if part.name == row.told.name else replace(_of(part), word=part.name or part.kind)
    return (verdict, only) if part.precision != dtype else (verdict,)


def _of(part: Part) -> Mark:
    """The verdict of a dtype by the kind of its formula alone."""
    if part.kind is Kind.EXPECTED and not Standard.parse(part.against).is_textbook:
        return replace(ACCURATE, word=part.against)
    return _KINDS[part.kind]


def overall(row: Row) -> tuple[Mark, ...]:
    """What a row is: its formula, a bug that it has, and whether it failed."""
    return tuple(_overall(row))


def is_known(row: Row) -> bool:
    """Whether the run that tells what a row computes came to its end, and to a result."""
    return row.told.kind is not Kind.UNKNOWN and not all(part.failed for part in row.tested.values())


def _overall(row: Row) -> Iterator[Mark]:
    part, known = row.told, is_known(row)
    if known:
        if part.kind is Kind.EXPECTED:
            yield replace(COARSE, word=_of(part).word) if coarse(row) else _of(part)
        elif part.kind not in (Kind.DIALECT, Kind.BUG):
            yield _of(part)
        if part.dialect:
            yield replace(ANOTHER, word=part.dialect)
        if part.bug:
            yield replace(WRONG, word=part.bug)
    if row.status == TARGET_FAILED:
        yield FAILED
    elif not known:
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

    counted: Counter[Outcome]

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
