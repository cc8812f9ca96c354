"""Other Python interpreters: whether a program is one, and what it has to say."""

from __future__ import annotations

import subprocess

from adamcheck.targets.base import TargetError

_PROOF, _PROVED = "print(6 * 7)\n", "42\n"
"""Other programs take `-c` too, and some print what they are given."""

_PATIENCE = 60
"""Seconds for a start: a folder in the network may be slow."""


def output_of(python: str, code: str = "", *arguments: str) -> str:
    """What an interpreter prints when it runs some code. Raises `TargetError` for what is no interpreter."""
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
        raise TargetError(f"{python} is no Python interpreter: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise TargetError(f"{python} is no Python interpreter: no end within {_PATIENCE} s") from None
    if done.returncode or not done.stdout.startswith(_PROVED):
        raise TargetError(f"{python} is no Python interpreter: expected one such as ~/venv/bin/python")
    return done.stdout.removeprefix(_PROVED)
