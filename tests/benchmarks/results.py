"""All results as ratios in `RESULTS.md` beside this file: `python tests/benchmarks/results.py FILE`.

FILE: what `library_tests.py` printed, which takes half an hour. Needs a quiet machine, the libraries of
`library_tests.py`, and `reports/power.json` of the code at hand. The last section is kept: it is written by hand
from what `tests/mutation.py` prints.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import cpu
import judge_speed
import library_tests
import power
import protocol
import verify

from adamcheck.report.markdown import table
from adamcheck.targets.known import KNOWN

KINDS_MEAN = (
    "*target*: inside the implementation",
    "*judge*: enclosures of the definition, compared with its updates",
    "*laws*: what laws predict otherwise, and compare",
    "*drawing*: Hypothesis makes examples",
    "*records*: copies of what is done with the target, diagnosis, and the rest",
)

FILE = Path(__file__).with_name("RESULTS.md")

MUTANTS = "## Which changes of the program the tests detect"


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
    yield "## Where the time of a verification goes"
    yield "Of `verify`, once everything is imported: " + "; ".join(KINDS_MEAN) + "."
    names = ["reference", *(name for name in ("torch", "sklearn") if KNOWN[name].installed)]
    yield table(["target (float64)", *verify.KINDS], [[name, *_shares(name)] for name in names])
    yield "## What a command costs"
    yield "CPU time, all processes included, as a multiple of that of `import numpy`."
    (_, unit), *commands = cpu.least()
    yield table(["command", "cost"], [[command, f"{taken / unit:.2g}"] for command, taken in commands])
    yield "## The protocol for programs"
    yield f"Steps a second with {protocol.COORDINATES} coordinates, on the machine named above."
    heads = ["program in", f"{protocol.BATCH} in a request", "one by one"]
    rates = ([language, *(f"{rate:.2g}" for rate in both)] for language, *both in protocol.compared())
    yield table(heads, rates)
    yield "## The tests of libraries"
    yield "\n".join(f"- {line}" for line in of_libraries.splitlines())
    yield MUTANTS + FILE.read_text(encoding="utf-8").partition(MUTANTS)[2].rstrip()


def _shares(name: str) -> list[str]:
    """The share of each kind of work in a verification."""
    verify.measured(name, "float64", "quick")  # now everything is imported
    verify.measured(name, "float64", "quick")
    total = sum(verify.CLOCK.seconds.values())
    return [f"{verify.CLOCK.seconds[kind] / total:.0%}" for kind in verify.KINDS]


def main(path: str) -> None:
    of_libraries = Path(path).read_text(encoding="utf-8")
    FILE.write_text("\n\n".join(paragraphs(of_libraries)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
