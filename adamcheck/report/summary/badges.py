"""What there is in short of a check or of many: badges, counts and names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sized
from dataclasses import dataclass
from enum import StrEnum

from adamcheck.checks.check import FAILURES, Outcome
from adamcheck.judge import Ruling


class Tone(StrEnum):
    """How a verdict looks where there are colours; the names of style sheets."""

    GOOD = "good"
    FAIR = "fair"
    NEUTRAL = "neutral"
    BAD = "bad"
    FAILED = "failed"
    QUIET = "quiet"


@dataclass(frozen=True)
class Badge:
    """A verdict in a word or two; `tone` is how it looks where there are colours."""

    word: str
    tone: Tone


FAILS = Badge("fails", Tone.BAD)


def number(things: Sized, name: str) -> str:
    """How many things of a name there are: `1 claim`, `2 claims`."""
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


def slug(name: str) -> str:
    """A name as it may stand in an anchor."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-")


def check_words(name: str) -> str:
    """The name of a check as words; the claim that a law belongs to stands first."""
    claim, slash, law = name.rpartition("/")
    words = law.replace("-", " ")
    return f"{claim}: {words}" if slash else words


def outcome_badge(outcome: Outcome) -> Badge:
    """How an outcome of a check looks."""
    if outcome in FAILURES:
        return Badge(outcome, Tone.BAD)
    return Badge(
        outcome, {Outcome.KEPT: Tone.GOOD, Outcome.NOT_APPLICABLE: Tone.QUIET}.get(outcome, Tone.FAIR)
    )


def ruling_badge(ruling: Ruling) -> Badge:
    """How a verdict of the judge looks."""
    return Badge(ruling, {Ruling.ENCLOSED: Tone.GOOD, Ruling.REJECTED: Tone.BAD}.get(ruling, Tone.FAIR))


def kept(counted: Counter[Outcome]) -> str:
    """`kept of applicable`, and what else there was; what did not run is never counted as kept."""
    applicable = counted.total() - counted[Outcome.NOT_APPLICABLE]
    rest = [f"{counted[name]} {name}" for name in list(Outcome)[1:] if counted[name]]
    return ", ".join([f"{counted[Outcome.KEPT]} of {applicable} kept", *rest]) if counted else "none run"


def kept_badge(counted: Counter[Outcome]) -> Badge:
    """`kept of applicable` alone, for a table."""
    applicable = counted.total() - counted[Outcome.NOT_APPLICABLE]
    if any(counted[outcome] for outcome in FAILURES):
        tone = Tone.BAD
    else:
        tone = Tone.QUIET if counted[Outcome.KEPT] == applicable else Tone.FAIR
    return Badge(f"{counted[Outcome.KEPT]} of {applicable}", tone)
