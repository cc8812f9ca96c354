"""The memory of a process."""

from __future__ import annotations

import os
from contextlib import suppress

import psutil


def resident(pid: int) -> int:
    """The resident memory, in bytes, of a process and its descendants in the same session.

    A program under test has a session of its own, and is watched separately.
    """
    total = 0
    with suppress(psutil.Error, ProcessLookupError):
        session = os.getsid(pid)
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.Error, ProcessLookupError):
                if os.getsid(one.pid) == session:
                    total += one.memory_info().rss
    return total
