"""The limits of one call of a target: its time, and its process."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from adamcheck.targets.base import TargetHung


@contextmanager
def time_limit(seconds: float, what: str = "a call") -> Iterator[None]:
    """Raise `TargetHung` if the block, named `what`, takes longer than `seconds`.

    This works in the main thread of a system with SIGALRM; elsewhere there is no limit. A copy of the
    process that the block forked ends here: it would do everything that follows a second time.
    """
    here = os.getpid()
    try:
        with _alarm(seconds, what):
            yield
    finally:
        if os.getpid() != here:
            os._exit(0)


@contextmanager
def _alarm(seconds: float, what: str) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def ring(*_: Any) -> None:
        raise TargetHung(f"{what} took longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left, interval)
        signal.signal(signal.SIGALRM, before)
