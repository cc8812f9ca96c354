"""What can be explained, by every name that people call it: claims, laws, checks, bugs, definitions."""

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
    """Kinds of things that can be explained."""

    CLAIM = "claim"
    CHECK = "check"
    BUG = "bug"
    DEFINITION = "definition"


class UnknownTopic(Told, LookupError):  # noqa: N818 - a name that was not found
    """Nothing of this name can be explained; the message is one line."""


def find(name: str) -> tuple[Topic, str]:
    """The kind of what is called so, and its name; of a law the claim that it belongs to.

    Raises `UnknownTopic`, which names what is nearest.
    """
    known = _topics()
    if name not in known:
        raise UnknownTopic(
            f"no claim, law, check, bug or definition {name!r}{nearest(name, known)}; "
            "see adamcheck list claims|checks|bugs|definitions"
        )
    return known[name]


@cache
def _topics() -> Mapping[str, tuple[Topic, str]]:
    """Of a name that means several things the last line counts: a pack may call its claims anything."""
    laws = [(law.name, claim.name) for claim in discover() for law in claim.laws]
    return {
        **{law.partition("/")[2]: (Topic.CLAIM, claim) for law, claim in laws},
        **{name: (Topic.DEFINITION, name) for name in DEFINITIONS},
        **{name: (Topic.BUG, name) for name in BUGS},
        **{check.name: (Topic.CHECK, check.name) for check in CHECKS.values()},
        **{law: (Topic.CLAIM, claim) for law, claim in laws},
        **{claim.name: (Topic.CLAIM, claim.name) for claim in discover()},
    }
