"""The limits of one call of a target: its time, and its process.

With this module, `os._exit` is one that does not end this process while a target is called: a target that
ends the process would end the examination, too, with an exit status of its choice.
"""

from __future__ import annotations

import atexit
import os
import signal
import threading
from collections.abc import Callable, Iterator
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


class _Exit:
    """`os._exit`, which raises in the process that must go on. In one of a target's own, its end is reported.

    It takes the place of `os._exit` for good, since a module of a target may take it by its name.
    """

    def __init__(self, leave: Callable[[int], NoReturn]) -> None:
        self.leave = leave
        self.staying = 0

    def __call__(self, status: int) -> NoReturn:
        if os.getpid() != self.staying:
            self.leave(status)
        raise TargetCrash(f"it called os._exit({status!r})")


_exit = _Exit(os._exit)
os._exit = _exit


@contextmanager
def _no_exit(here: int) -> Iterator[None]:
    """A context in which `os._exit` raises in this process, unless it is one of a target's own."""
    if parent_process() is not None:
        yield
        return
    before, _exit.staying = _exit.staying, here
    try:
        yield
    finally:
        _exit.staying = before


def exit_as_told() -> None:
    """Let nothing that a target has left for the end of this process choose its exit status."""
    atexit.register(vars(_exit).update, staying=os.getpid())  # it runs before what was registered earlier


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
