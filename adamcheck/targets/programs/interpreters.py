"""Other Python interpreters: whether a program is one, and the output of code in it."""

from __future__ import annotations

import subprocess

from adamcheck.targets.base import TargetError

_PROOF, _PROVED = "print(6 * 7)\n", "42\n"
"""Other programs accept `-c`, too, and some print their arguments."""

_PATIENCE = 60
"""Time limit for a start, in seconds; a network folder may be slow."""


def output_of(python: str, code: str = "", *arguments: str) -> str:
    """The output of some code in an interpreter. Raises `TargetError` if the program is not one."""
    command = [python, "-c", _PROOF + code, *arguments]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
            check=False,
        )
    except OSError as error:
        raise TargetError(f"{python} is not a Python interpreter: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise TargetError(f"{python} is not a Python interpreter: no end within {_PATIENCE} s") from None
    if done.returncode or not done.stdout.startswith(_PROVED):
        raise TargetError(f"{python} is not a Python interpreter: expected one such as ~/venv/bin/python")
    return done.stdout.removeprefix(_PROVED)
