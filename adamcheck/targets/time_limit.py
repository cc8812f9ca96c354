"""The time limit for one call of a target."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from adamcheck.targets.base import TargetHung


@contextmanager
def time_limit(seconds: float, what: str = "a call") -> Iterator[None]:
    """Raise `TargetHung` if the block, named `what`, takes longer than `seconds`.

    This works in the main thread of a system with SIGALRM; elsewhere there is no limit.
    """
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
