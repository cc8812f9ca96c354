"""Processes that outlive the one that started them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress

import psutil

_GRACE = 2.0
"""Seconds in which helpers, such as those of `multiprocessing`, notice that their parent has ended."""


class Strays:
    """The processes that a process has started, directly or not.

    Those that stay in its group are always found; those that left it are found by `look`, while the
    chain of their parents lives, or have to be added.

    Args:
        pid: The process, the leader of a session of its own.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._seen: set[psutil.Process] = set()

    def look(self) -> None:
        """Remember the processes that it has started by now."""
        with suppress(psutil.Error):
            self._seen.update(psutil.Process(self._pid).children(recursive=True))

    def add(self, pids: Iterable[int]) -> None:
        """Remember the processes with these numbers, which the process itself knows of."""
        for pid in pids:
            with suppress(psutil.Error):
                self._seen.add(psutil.Process(pid))

    def end(self) -> int:
        """Kill those that are left shortly after the process has ended, and return their number."""
        deadline = time.monotonic() + _GRACE
        while self._alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        left = self._alive()
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)
        return len(left)

    def _alive(self) -> set[psutil.Process]:
        group = self._group() if self._has_group() else set[psutil.Process]()
        return {process for process in self._seen | group if _runs(process)}

    def _has_group(self) -> bool:
        """Whether any process is left in the group of the process."""
        try:
            os.killpg(self._pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def _group(self) -> set[psutil.Process]:
        found = set[psutil.Process]()
        for process in psutil.process_iter():
            with suppress(psutil.Error, ProcessLookupError):
                if os.getpgid(process.pid) == self._pid:
                    found.add(process)
        return found


def descendants() -> list[int]:
    """The numbers of the processes that this one has started, directly or not, as far as it can find out."""
    with suppress(psutil.Error, OSError):
        return [process.pid for process in psutil.Process().children(recursive=True)]
    return []


def _runs(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return bool(process.is_running()) and process.status() != psutil.STATUS_ZOMBIE
    return False
