"""The limits of one call of a target: its time, and its process."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import parent_process
from typing import Any, NoReturn

from adamcheck.targets.base import TargetCrash, TargetHung


@contextmanager
def time_limit(seconds: float, what: str = "a call") -> Iterator[None]:
    """Raise `TargetHung` if the block, named `what`, takes longer than `seconds`.

    This works in the main thread of a system with SIGALRM; elsewhere there is no limit. A copy of the
    process that the block forked ends here: it would do everything that follows a second time.
    """
    here = os.getpid()
    try:
        with _alarm(seconds, what), _no_exit(here):
            yield
    finally:
        if os.getpid() != here:
            os._exit(0)


@contextmanager
def _no_exit(here: int) -> Iterator[None]:
    """A context in which `os._exit` raises in this process, unless it is one of a target's own.

    In a process of its own, a target that ends is reported. Here, nothing would be, with an exit status of
    its choice.
    """
    if parent_process() is not None:
        yield
        return
    leave = os._exit

    def refuse(status: int) -> NoReturn:
        if os.getpid() != here:
            leave(status)
        raise TargetCrash(f"it called os._exit({status!r})")

    os._exit = refuse
    try:
        yield
    finally:
        os._exit = leave


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
