"""How long the first answer of each door takes: medians over some runs, in seconds.

Run as `python tests/benchmarks/startup.py [RUNS]`.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

COMMAND = "from adamcheck.cli import main; main()"

DOORS = {
    "python -c pass": ["-c", "pass"],
    "import adamcheck": ["-c", "import adamcheck"],
    "import numpy": ["-c", "import numpy"],
    "import hypothesis": ["-c", "import hypothesis"],
    "import adamcheck.examine.suite": ["-c", "import adamcheck.examine.suite"],
    "every claim": ["-c", "from adamcheck.claims.claim import discover; discover()"],
    "adamcheck --help": ["-c", COMMAND, "--help"],
    "adamcheck verify torhc (misspelt)": ["-c", COMMAND, "verify", "torhc"],
    "adamcheck list checks": ["-c", COMMAND, "list", "checks"],
    "adamcheck explain loss-scale-invariance": ["-c", COMMAND, "explain", "loss-scale-invariance"],
}


def seconds(arguments: list[str], runs: int) -> Iterator[float]:
    """How long a command took, each time."""
    for _ in range(runs):
        begin = time.perf_counter()
        subprocess.run([sys.executable, *arguments], capture_output=True, check=False)
        yield time.perf_counter() - begin


def main() -> None:
    """Print one line a door."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    for door, arguments in DOORS.items():
        taken = list(seconds(arguments, runs))
        print(f"{door:42} {statistics.median(taken):6.2f}  (least {min(taken):.2f})")


if __name__ == "__main__":
    main()
