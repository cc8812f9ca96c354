"""What it takes to notice each bug: `python tests/benchmarks/power.py [POWER.json]`.

Reads the kill matrix that `adamcheck power` wrote, and says after how many examples and seconds the first
law notices a bug: in the median, at worst, and where that is.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median


def lines(path: str) -> Iterator[str]:
    """What the matrix says, a line each."""
    bugs = json.loads(Path(path).read_text(encoding="utf-8"))["bugs"]
    for quantity, unit in (("examples", "examples"), ("seconds", "s")):
        least = {bug["name"]: min(k[quantity] for k in bug["killed_by"]) for bug in bugs if bug["killed_by"]}
        worst = max(least, key=lambda name: least[name])
        yield f"median {median(least.values()):g} {unit}, worst {least[worst]:g} {unit} ({worst})"
    alive = [bug["name"] for bug in bugs if not bug["killed_by"]]
    yield f"{len(bugs) - len(alive)} of {len(bugs)} noticed; not: {', '.join(alive) or 'none'}"


def main(path: str = "adamcheck-report/power.json") -> None:
    print("\n".join(lines(path)))


if __name__ == "__main__":
    main(*sys.argv[1:])
