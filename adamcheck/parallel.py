"""Calls in other processes: the same results as in this one, whatever dies on the way."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import active_children, get_context, parent_process, resource_tracker
from typing import Any

Progress = Callable[[str, int], None]
"""Called each time a part of the work is done, with its name and the number of parts in all."""


@dataclass(frozen=True)
class Work:
    """A call of a module's function on arguments that can be sent to a process.

    died: what takes the place of the result where the process dies, made from how it did.
    """

    label: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    died: Callable[[str], Any]


def run(work: Sequence[Work], jobs: int, progress: Progress, *, apart: bool = False) -> list[Any]:
    """The results of all calls, in order, from `jobs` other processes (in this one for 0).

    apart: each call has a process to itself, for what leaves traces in the process that it runs in.
    """
    results: dict[int, Any] = {}

    def done(index: int, result: Any) -> None:
        results[index] = result
        progress(work[index].label, len(work))

    if jobs == 0:
        for index, part in enumerate(work):
            done(index, part.function(*part.arguments))
    elif len(work) > 1:
        _in_pool(work, range(len(work)), jobs, done, apart=apart)
    # Where one process dies the whole pool is lost, and nobody knows whose fault it was: what is left
    # runs in a pool of its own each.
    for index, part in enumerate(work):
        if index not in results:
            end = _in_pool(work, [index], 1, done)
            if index not in results:
                done(index, part.died(end))
    return [results[index] for index in range(len(work))]


def _in_pool(
    work: Sequence[Work],
    chosen: Sequence[int],
    jobs: int,
    done: Callable[[int, Any], None],
    *,
    apart: bool = True,
) -> str:
    """Call `done` with each result; says how a process ended if one ended before its time."""
    # Spawned, not forked: a forked child inherits the locks of torch's and JAX's threads.
    pool = ProcessPoolExecutor(
        min(jobs, len(chosen)),
        get_context("spawn"),
        _start_worker,
        max_tasks_per_child=1 if apart else None,
    )
    before = set(active_children())
    processes: set[Any] = set()
    try:
        with _interrupts_held_back():
            futures = {pool.submit(work[i].function, *work[i].arguments): i for i in chosen}
            processes |= set(active_children()) - before
        for future in as_completed(futures):
            done(futures[future], future.result())
        pool.shutdown()
    except BrokenProcessPool:
        pool.shutdown()
        return _end_of(processes)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        _kill_all(before)
        pool.shutdown()
        raise
    return ""


def _kill_all(spared: set[Any]) -> None:
    """End the children that are not spared. Again and again: the pool may replace one that ended, and one
    that died with the lock of a queue in its hands leaves the others waiting for it."""
    while children := set(active_children()) - spared:
        for child in children:
            child.kill()
            child.join()


def _end_of(processes: set[Any]) -> str:
    codes = [process.exitcode for process in processes]
    code = next((code for code in codes if code not in (0, None, -signal.SIGTERM)), codes[0])
    if code is None or code >= 0:
        return f"its process ended with status {code}"
    return f"its process was killed by {signal.Signals(-code).name}"


def _start_worker() -> None:
    """Stdout is for the report, and a target that prints would print thousands of times. No worker
    outlives its parent."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Ctrl-C waits for the end of the block; processes that are started in it never see one."""
    if not hasattr(signal, "pthread_sigmask") or threading.current_thread() is not threading.main_thread():
        yield
        return
    resource_tracker.ensure_running()  # starting it later would lift the block
    held: list[int] = []
    # A process inherits what is blocked. Here the handler is needed too: a signal that one thread
    # blocks goes to another, of numpy's for instance.
    handler = signal.signal(signal.SIGINT, lambda number, frame: held.append(number))
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        signal.signal(signal.SIGINT, handler)
    if held:
        raise KeyboardInterrupt
