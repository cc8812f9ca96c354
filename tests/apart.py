"""Calls in a process of their own, for libraries that read their environment once, and some are heavy."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest

from adamcheck.targets.known import KNOWN


def apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """The result of a call in a new process."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def need(name: str) -> None:
    """Skip the test unless the libraries of a known implementation are installed."""
    if KNOWN[name].missing:
        pytest.skip(f"{KNOWN[name].missing} is not installed")
