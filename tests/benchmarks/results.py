"""All results as ratios in `RESULTS.md` beside this file: `python tests/benchmarks/results.py FILE`.

FILE: what `library_tests.py` printed, which takes half an hour. Needs a quiet machine, the libraries of
`library_tests.py`, and `reports/power.json` of the code at hand.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import judge_speed
import library_tests
import power

from adamcheck.report.markdown import table

FILE = Path(__file__).with_name("RESULTS.md")


def paragraphs(of_libraries: str) -> Iterator[str]:
    yield "# Results of the benchmarks"
    yield "Written by `python tests/benchmarks/results.py FILE`. Ratios: times differ between machines."
    libraries = [library.name for library in library_tests.LIBRARIES.values() if not library.missing()]
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numpy-quaddtype", *libraries))
    cores = f"{os.cpu_count()} cores ({platform.machine()})"
    yield f"Machine: {cores}; Python {platform.python_version()}, {versions}."
    yield "## What it takes to notice a bug"
    yield "\n".join(f"- {line}" for line in power.lines(str(library_tests.POWER)))
    yield "## The judge beside other number systems"
    (_, judge), *others = judge_speed.compared()
    yield "The same definition at 10^4 coordinates, on one core."
    yield table(["number system", "judge is faster by"], [[n, f"{judge / rate:.3g}"] for n, rate in others])
    yield "## How the cost of judging grows"
    grown = list(judge_speed.growth())
    fastest = max(rate for _, _, rate in grown)
    rows = [[str(n), str(steps), f"{fastest / rate:.3g}"] for n, steps, rate in grown]
    yield "Time of a coordinate-step, as a multiple of the least."
    yield table(["coordinates", "steps", "time of one"], rows)
    yield "## The tests of libraries"
    yield "\n".join(f"- {line}" for line in of_libraries.splitlines())


def main(path: str) -> None:
    of_libraries = Path(path).read_text(encoding="utf-8")
    FILE.write_text("\n\n".join(paragraphs(of_libraries)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
