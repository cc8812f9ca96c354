"""Compiling a function once for all runs on a machine: Numba keeps the machine code beside the sources."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from numba import njit

_ROOMS = "adamcheck.compiled", "adamcheck.numbers.enclosure"
"""The rooms whose functions are part of the machine code."""


@cache
def _stamp() -> str:
    """A digest of all sources that the machine code depends on."""
    digest = hashlib.sha256()
    for room in _ROOMS:
        for source in sorted(files(room).iterdir(), key=lambda path: path.name):
            if source.name.endswith(".py"):
                digest.update(source.read_bytes())
    return digest.hexdigest()


def compiled(function: Any) -> Any:
    """A compiled function, whose machine code is kept until one of the sources changes.

    Numba itself looks at the file of the function alone, and not at those of the functions that it calls.
    """
    made: Any = njit(error_model="numpy", cache=True, nogil=True)(function)
    made._cache._cache_file._source_stamp = _stamp()  # there is no public way
    return made


def is_kept(function: Any) -> bool:
    """Whether the machine code of a compiled function is kept on this machine."""
    return bool(function._cache._cache_file._load_index())
