"""What each law notices of the zoo, as the last kill matrix has it; shipped, for pages that teach.

`python -m adamcheck.claims.detection POWER.json` writes it anew from what `adamcheck power` wrote.
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
    """How many of the known bugs a law notices, and the names of those that no other one does."""

    bugs: int
    of: int
    alone: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The same in words."""
        if not self.bugs:
            return f"notices none of {self.of} known bugs"
        others = f"alone {', '.join(self.alone)}" if self.alone else "none of them alone"
        return f"notices {self.bugs} of {self.of} known bugs, {others}"


class Share(msgspec.Struct, frozen=True):
    """How many bugs a law notices, and which of them nothing else does."""

    bugs: int
    alone: tuple[str, ...]


class Detection(msgspec.Struct, frozen=True):
    """What is shipped: how many known bugs there are, and what each law and check notices, by name."""

    bugs: int
    laws: dict[str, Share]


@cache
def laws() -> Mapping[str, Noticed]:
    """What is noticed by each law and each check of every implementation, by name."""
    shipped = msgspec.json.decode(FILE.read_bytes(), type=Detection)
    return {name: Noticed(law.bugs, shipped.bugs, law.alone) for name, law in shipped.laws.items()}


def sentence(law: str) -> str:
    """What a law notices, in words; "" for one that was not in the matrix."""
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
    """What counts here of a saved kill matrix; it has more."""

    bugs: tuple[_Bug, ...]
    laws: tuple[_Law, ...]


def shortened(power: bytes) -> Detection:
    """What is shipped of a saved kill matrix."""
    saved = msgspec.json.decode(power, type=_Power)
    counts = Counter(law for bug in saved.bugs for law in {kill.law for kill in bug.killed_by})
    shares = {law.name: Share(counts[law.name], law.alone) for law in saved.laws}
    return Detection(len(saved.bugs), shares)


def main(path: str) -> None:
    """Write the shipped table from a kill matrix."""
    plain = msgspec.to_builtins(shortened(Path(path).read_bytes()))
    FILE.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
