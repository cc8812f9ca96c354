"""CPU seconds of whole commands, all their processes included: the least of some runs.

Run as `python tests/benchmarks/cpu.py [RUNS]`. The least, since other work on the machine only adds to it.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ADAM = Path(__file__).parents[1] / "examples" / "adams" / "numpy_update.py"
"""A NumPy Adam as many people write it."""

_COMMAND = ["-c", "from adamcheck.cli import main\nif __name__ == '__main__':\n    main()"]

COMMANDS = {
    "import numpy": ["-c", "import numpy"],
    "import adamcheck": ["-c", "import adamcheck"],
    "adamcheck --help": [*_COMMAND, "--help"],
    "adamcheck verify, a NumPy Adam, float64, profile quick": [
        *_COMMAND,
        *("verify", f"{ADAM}:Adam", "--dtype", "float64", "--profile", "quick"),
    ],
}


def _spent() -> float:
    """CPU seconds of all processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def seconds(arguments: list[str]) -> float:
    """CPU seconds of one command of Python."""
    before = _spent()
    subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
    return _spent() - before


def least(runs: int = 5) -> Iterator[tuple[str, float]]:
    """Each command, and its CPU seconds."""
    for command, arguments in COMMANDS.items():
        yield command, min(seconds(arguments) for _ in range(runs))


def main() -> None:
    """Print one line a command."""
    for command, taken in least(*map(int, sys.argv[1:])):
        print(f"{taken:7.2f} s  {command}")


if __name__ == "__main__":
    main()
