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
from typing import Any

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


@cache
def laws() -> Mapping[str, Noticed]:
    """What is noticed by each law and each check of every implementation, by name."""
    shipped = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        name: Noticed(law["bugs"], shipped["bugs"], tuple(law["alone"]))
        for name, law in shipped["laws"].items()
    }


def sentence(law: str) -> str:
    """What a law notices, in words; "" for one that was not in the matrix."""
    found = laws().get(law)
    return found.sentence if found else ""


def shortened(power: Mapping[str, Any]) -> dict[str, Any]:
    """What is shipped of a kill matrix, which has it as plain data."""
    counts = Counter(law for bug in power["bugs"] for law in {kill["law"] for kill in bug["killed_by"]})
    laws = {law["name"]: {"bugs": counts[law["name"]], "alone": law["alone"]} for law in power["laws"]}
    return {"bugs": len(power["bugs"]), "laws": laws}


def main(path: str) -> None:
    """Write the shipped table from a kill matrix."""
    power = json.loads(Path(path).read_text(encoding="utf-8"))
    FILE.write_text(json.dumps(shortened(power), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
