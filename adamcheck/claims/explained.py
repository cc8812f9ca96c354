"""Topics of `adamcheck explain`: claims, laws, checks, known bugs and definitions, by name."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache

from adamcheck.checks.conformance import CHECKS
from adamcheck.claims.claim import discover
from adamcheck.support.errors import Told
from adamcheck.support.text import nearest
from adamcheck.variants import DEFINITIONS
from adamcheck.zoo.bugs import BUGS


class Topic(StrEnum):
    """The kinds of topic."""

    CLAIM = "claim"
    CHECK = "check"
    BUG = "bug"
    DEFINITION = "definition"
    COVERAGE = "coverage"


COVERAGE = "coverage"
"""The topic of the dimensions of what a target is asked."""


class UnknownTopic(Told, LookupError):  # noqa: N818 - a name that was not found
    """There is no topic of this name; the message is one line."""


def find(name: str) -> tuple[Topic, str]:
    """The kind and the name of a topic; for a law, those of its claim.

    Raises:
        UnknownTopic: There is no such topic. The message suggests the nearest name.
    """
    known = _topics()
    if name not in known:
        raise UnknownTopic(
            f"no claim, law, check, bug or definition {name!r}{nearest(name, known)}; "
            "see adamcheck list claims|checks|bugs|definitions"
        )
    return known[name]


def names() -> tuple[str, ...]:
    """The names of all topics."""
    return tuple(_topics())


@cache
def _topics() -> Mapping[str, tuple[Topic, str]]:
    """Every topic. If a name means several things, the last line wins: a pack may name its claims freely."""
    laws = [(law.name, claim.name) for claim in discover() for law in claim.laws]
    return {
        COVERAGE: (Topic.COVERAGE, COVERAGE),
        **{law.partition("/")[2]: (Topic.CLAIM, claim) for law, claim in laws},
        **{name: (Topic.DEFINITION, name) for name in DEFINITIONS},
        **{name: (Topic.BUG, name) for name in BUGS},
        **{check.name: (Topic.CHECK, check.name) for check in CHECKS.values()},
        **{law: (Topic.CLAIM, claim) for law, claim in laws},
        **{claim.name: (Topic.CLAIM, claim.name) for claim in discover()},
    }
