"""Detection: which known bugs each law detects, according to the kill matrix shipped with the package.

`python -m adamcheck.claims.detection POWER.json` updates the shipped table from a file of `adamcheck power`.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

FILE = Path(__file__).with_name("detection.json")


@dataclass(frozen=True)
class Noticed:
    """The known bugs that a law detects.

    Args:
        bugs: How many it detects.
        of: How many known bugs there are.
        alone: Names of the bugs that no other law detects.
    """

    bugs: int
    of: int
    alone: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """One sentence about the law."""
        if not self.bugs:
            return f"detects none of {self.of} known bugs"
        others = f"alone {', '.join(self.alone)}" if self.alone else "none of them alone"
        return f"detects {self.bugs} of {self.of} known bugs, {others}"


class Share(msgspec.Struct, frozen=True):
    """How many known bugs a law detects, and which of them no other law does."""

    bugs: int
    alone: tuple[str, ...]


class Detection(msgspec.Struct, frozen=True):
    """The shipped table: the number of known bugs, and what each law and check detects, by name."""

    bugs: int
    laws: dict[str, Share]


@cache
def laws() -> Mapping[str, Noticed]:
    """What each law and each conformance check detects, by its name."""
    shipped = msgspec.json.decode(FILE.read_bytes(), type=Detection)
    return {name: Noticed(law.bugs, shipped.bugs, law.alone) for name, law in shipped.laws.items()}


def sentence(law: str) -> str:
    """One sentence about what a law detects; "" for a law that is not in the matrix."""
    found = laws().get(law)
    return found.sentence if found else ""


class _Kill(msgspec.Struct, frozen=True):
    law: str


class _Bug(msgspec.Struct, frozen=True):
    killed_by: tuple[_Kill, ...]


class _Law(msgspec.Struct, frozen=True):
    name: str
    alone: tuple[str, ...]


class _Power(msgspec.Struct, frozen=True):
    """The part of a saved kill matrix that the table needs."""

    bugs: tuple[_Bug, ...]
    laws: tuple[_Law, ...]


def shortened(power: bytes) -> Detection:
    """The table to ship, from a saved kill matrix."""
    saved = msgspec.json.decode(power, type=_Power)
    counts = Counter(law for bug in saved.bugs for law in {kill.law for kill in bug.killed_by})
    shares = {law.name: Share(counts[law.name], law.alone) for law in saved.laws}
    return Detection(len(saved.bugs), shares)


def main(path: str) -> None:
    """Update the shipped table from the file of a kill matrix."""
    plain = msgspec.to_builtins(shortened(Path(path).read_bytes()))
    FILE.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
