"""Runs the command line as a user does, and checks what holds of every run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).with_name("examples")

COMMAND = Path(sys.executable).with_name("adamcheck")

QUICK = (
    "--profile",
    "quick",
    "--dtype",
    "float64",
    "--only",
    "updates-are-enclosed-with-dyadic-hyperparameters",
)
"""One check in one dtype: for what has nothing to do with how much is tested."""


@dataclass(frozen=True)
class Output:
    """What a command printed."""

    out: str
    err: str

    @property
    def error(self) -> str:
        """The last line on standard error: the one that says what is wrong."""
        return self.err.strip().splitlines()[-1]


def adamcheck(*arguments: Any, status: int, folder: Path = EXAMPLES, **environment: str) -> Output:
    """Run `adamcheck ARGUMENTS` in a folder: it must end with this status, and without a traceback."""
    done = subprocess.run(
        [COMMAND, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    told = f"{done.stdout}\n{done.stderr}"
    assert done.returncode == status, told
    assert "Traceback" not in told
    assert "\x1b" not in told, "colours belong on a terminal only"
    return Output(done.stdout, without_progress(done.stderr))


def without_progress(err: str) -> str:
    """What stands on standard error, without progress: lines that depend on how fast the machine is."""
    progress = r"^adamcheck: (\d+ of \d+ .*, \d+ s \(.*\)|.*: first answer: .* \(\d+\.\d s\))\n"
    return re.sub(progress, "", err, flags=re.MULTILINE)
