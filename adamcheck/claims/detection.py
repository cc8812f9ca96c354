"""Detection: what the laws and the proofs of claims reject, according to the tables shipped with the package.

Of each law: the known bugs that it detects, according to the kill matrix. Of each claim: the wrong
definitions of Adam that its derivations, its witnesses and its laws reject. `adamcheck.power.detection`
measures both.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from adamcheck.proofs.redefinition import Manner

LAWS = Path(__file__).with_name("detection.json")
CLAIMS = Path(__file__).with_name("rejections.json")


class Share(msgspec.Struct, frozen=True):
    """What a law detects.

    Attributes:
        bugs: The number of known bugs that it detects.
        alone: Names of the bugs that no other law detects.
    """

    bugs: int
    alone: tuple[str, ...]


class Rejecting(msgspec.Struct, frozen=True):
    """A step, a comparison or a law, and what it rejects.

    Attributes:
        by: `NAME: TEXT` for a step of a derivation or a comparison of a witness, the name of a derivation or
            a witness that cannot be run, or that of a law.
        manner: How it rejects them.
        definitions: Names of wrong definitions.
    """

    by: str
    manner: Manner
    definitions: tuple[str, ...]


class Rejections(msgspec.Struct, frozen=True):
    """The wrong definitions that a claim rejects: for each, the first step, comparison and law that does."""

    derivations: tuple[Rejecting, ...] = ()
    witnesses: tuple[Rejecting, ...] = ()
    laws: tuple[Rejecting, ...] = ()

    @property
    def rejected(self) -> frozenset[str]:
        """The names of the definitions that are rejected by anything."""
        return names_of((*self.derivations, *self.witnesses, *self.laws))


class Detection(msgspec.Struct, frozen=True):
    """The table of laws.

    Attributes:
        bugs: The number of known bugs.
        laws: What each law and each conformance check detects, by name.
    """

    bugs: int
    laws: dict[str, Share]


class Rejected(msgspec.Struct, frozen=True):
    """The table of claims.

    Attributes:
        definitions: Names of the wrong definitions that were tried.
        claims: What each claim rejects, by name; none of another package is in it.
    """

    definitions: tuple[str, ...]
    claims: dict[str, Rejections]


@cache
def laws() -> Detection:
    """The shipped table of laws."""
    return msgspec.json.decode(LAWS.read_bytes(), type=Detection)


@cache
def claims() -> Rejected:
    """The shipped table of claims."""
    return msgspec.json.decode(CLAIMS.read_bytes(), type=Rejected)


def names_of(rejecting: tuple[Rejecting, ...]) -> frozenset[str]:
    """The names of the definitions that something rejects."""
    return frozenset(name for each in rejecting for name in each.definitions)
