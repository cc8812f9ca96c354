"""Calls in other processes, which give the same results as in this one even if a process dies."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import tempfile
import threading
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context, parent_process, resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any

from adamcheck.support.files import SharedFile
from adamcheck.support.strays import Strays, descendants
from adamcheck.support.text import raised as summary

Progress = Callable[[str, int, int], None]
"""Called regularly with the name of an unfinished part of the work, the number of finished steps, and the
number of all steps."""

Heard = Callable[[int, Any], None]
"""Called with the position of a part of the work and what it reports."""

TOLD = 0.25
"""The largest number of seconds between two calls of these, if the work is done in other processes."""

LAST_WORDS = 5.0
"""Seconds that a process has to end after it has answered, since a target may have left threads running."""


WATCHED = 0.2
"""Seconds between two inspections of a process."""


class Warden:
    """Watches the process of a call. This base class imposes nothing on it."""

    output: SharedFile | None = None
    """The file that receives stdout of the process; None discards it."""
    errors: SharedFile | None = None
    """The file that receives stderr of the process; None shows it at once."""

    def begin(self) -> None:
        """Prepare for a process that is about to start."""

    def close(self) -> None:
        """Give back what `begin` took, after everything else."""

    def look(self, pid: int | None) -> str:
        """The reason to kill the process now, or ""; asked every `WATCHED` seconds."""
        return ""

    def done(self) -> int:
        """The number of finished steps of unfinished work."""
        return 0

    def news(self) -> Sequence[Any]:
        """What the process reports before it answers, each item once."""
        return ()

    so_far: Any = None
    """The result so far of work that was stopped; None for none."""
    fault: Exception | None = None
    """Why the work could not be begun, if its result says so."""

    def stopped(self) -> None:
        """Take note of `so_far`: the work has ended early, and with it the process."""

    def died(self, how: str) -> Any:
        """The result for a process that died without an answer, or further `Work` to do instead."""
        raise RuntimeError(how)

    def raised(self, error: Exception) -> Any:
        """The result for a call that raised an exception, or that could not be made for this reason."""
        raise error

    def ended(self, result: Any, how: str) -> Any:
        """The result for a process that has answered.

        Args:
            result: The answer.
            how: How the process ended afterwards; "" if it ended normally.
        """
        return result


@dataclass(frozen=True)
class Work:
    """A call to make in another process.

    Args:
        label: The name shown in the progress.
        function: A function of a module.
        arguments: Its arguments, which can be pickled.
        warden: Watches the process.
        steps: The number of steps that the call counts for in the progress.
    """

    label: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    warden: Warden = field(default_factory=Warden)
    steps: int = 1


class Enough(BaseException):
    """Raised by a listener: the rest of the work need not be done."""


class Unsendable(Exception):  # noqa: N818 - it is about another exception
    """An exception that cannot leave its process; the message is its summary."""


class Interrupted(KeyboardInterrupt):
    """The work ended early, after Ctrl-C or because a listener had enough.

    Args:
        results: The results of the finished calls, by their position in the work.
        partial: The results so far of the others, as their wardens tell them.
    """

    def __init__(self, results: Mapping[int, Any], partial: Mapping[int, Any]) -> None:
        super().__init__()
        self.results = results
        self.partial = partial


def shares(names: Sequence[str], count: int) -> list[list[str]]:
    """The names, dealt in turn into at most `count` parts, none of them empty."""
    return [list(names[i::count]) for i in range(min(count, len(names)))]


def _nothing(index: int, thing: Any) -> None:
    pass


def run(
    work: Sequence[Work],
    jobs: int,
    progress: Progress,
    *,
    news: Heard = _nothing,
    finished: Heard = _nothing,
) -> list[Any]:
    """Make all calls, each in a process of its own, and return their results in order.

    Args:
        work: The calls.
        jobs: The number of processes at a time; 0 makes all calls in this process.
        progress: Called regularly.
        news: Called with what a process reports before it answers.
        finished: Called with each result, in the order in which they arrive.

    Raises:
        Interrupted: After Ctrl-C, or after `finished` raised `Enough`.
    """
    results: dict[int, Any] = {}

    def done(index: int, result: Any) -> None:
        if jobs:  # in this process, all news is old
            hear(index)
        results[index] = result
        finished(index, result)
        tell()

    def hear(index: int) -> None:
        for item in work[index].warden.news():
            news(index, item)

    def tell() -> None:
        for index in range(len(work)):
            if jobs and index not in results:
                hear(index)
        steps = [
            part.steps if index in results else min(part.warden.done(), part.steps)
            for index, part in enumerate(work)
        ]
        current = next((part for index, part in enumerate(work) if index not in results), work[-1])
        progress(current.label, sum(steps), sum(part.steps for part in work))

    try:
        if jobs == 0:
            for index, part in enumerate(work):
                done(index, _here(part))
        else:
            _in_processes(work, jobs, done, tell)
    except (KeyboardInterrupt, Enough):
        partial = {i: part.warden.so_far for i, part in enumerate(work) if i not in results}
        raise Interrupted(results, partial) from None
    return [results[index] for index in range(len(work))]


def _here(part: Work) -> Any:
    """The result of a call in this process."""
    try:
        part.warden.begin()
        return part.function(*part.arguments)
    except Exception as error:
        return part.warden.raised(error)
    except KeyboardInterrupt:
        part.warden.stopped()
        raise
    except BaseException as error:
        return part.warden.raised(Unsendable(summary(error)))
    finally:
        part.warden.close()


def _in_processes(
    work: Sequence[Work], jobs: int, done: Callable[[int, Any], None], tell: Callable[[], None]
) -> None:
    resource_tracker.ensure_running()  # before any thread blocks signals, which its start would unblock
    processes = _Processes()
    with ThreadPoolExecutor(jobs, initializer=_block_interrupts) as threads:
        try:
            futures = {threads.submit(processes.result, part): index for index, part in enumerate(work)}
            pending = set(futures)
            while pending:
                ended, pending = wait_for(pending, TOLD, FIRST_COMPLETED)
                for future in ended:
                    done(futures[future], future.result())
                if not ended:
                    tell()
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            processes.end()
            raise


class _Processes:
    """Processes that can all be ended together; none is started afterwards.

    A pool of the standard library may start another worker while it is being ended, and leave it waiting
    for the lock of a killed one.
    """

    def __init__(self) -> None:
        # Spawn, not fork: a forked child inherits the locks of the threads of torch and JAX.
        self._context = get_context("spawn")
        self._lock = threading.Lock()
        self._running: set[Any] = set()
        self._ended = False
        self._folder, self._temporary = os.getcwd(), tempfile.gettempdir()

    def result(self, part: Work) -> Any:
        """The result of a call in a process of its own."""
        result: Any = part
        while isinstance(result, Work):
            warden = result.warden
            try:
                result = self._outcome(result)
            except Exception as error:
                result = warden.raised(error)
            finally:
                warden.close()
        return result

    def _outcome(self, part: Work) -> Any:
        warden = part.warden
        receiver, sender = self._context.Pipe(duplex=False)
        arguments = (sender, part.function, part.arguments, warden.output, warden.errors)
        process = self._context.Process(target=_answer, args=arguments)
        with self._lock:
            if self._ended:
                return None
            self._restore_folders()
            warden.begin()
            process.start()
            self._running.add(process)
        sender.close()
        assert process.pid is not None
        strays = Strays(process.pid)
        try:
            why, message = _attended(process, receiver, warden, strays)
        finally:
            receiver.close()
            late = self._end(process)
            left = strays.end()
        how = why or ("" if late or (message and not process.exitcode) else _how_it_ended(process.exitcode))
        remains = f"it left {left} process{'es' * (left > 1)} running" if left else ""
        how = ", and ".join(filter(None, (how, remains)))
        if message is None and self._ended:
            warden.stopped()
            return None
        if message is None:
            return warden.died(how)
        raised, answer = message
        if raised:
            raise answer
        return warden.ended(answer, how)

    def _end(self, process: Any) -> bool:
        """Wait until a process ends. Returns whether it had to be killed."""
        process.join(LAST_WORDS)
        late = bool(process.is_alive())
        process.kill()
        process.join()
        with self._lock:
            self._running.discard(process)
        return late

    def _restore_folders(self) -> None:
        """Make the folders again that a process has deleted and that the next one needs to start."""
        os.makedirs(self._temporary, exist_ok=True)
        if not os.path.isdir(self._folder):
            os.makedirs(self._folder)
            os.chdir(self._folder)

    def end(self) -> None:
        with self._lock:
            self._ended = True
            for process in self._running:
                process.kill()


def _attended(
    process: Any, receiver: Connection, warden: Warden, strays: Strays
) -> tuple[str, tuple[bool, Any] | None]:
    """Watch a process until it answers or ends.

    Returns:
        Why it was killed, or "", and what it sent: whether the call raised, and the result or exception;
        None if it ended before.
    """
    why = ""
    # What the process has started may hold its pipes open: that it has ended shows in its status alone.
    while process.exitcode is None and not wait([receiver, process.sentinel], WATCHED):
        strays.look()
        if why := warden.look(process.pid):
            process.kill()
            process.join()
    strays.look()
    try:
        if not receiver.poll():
            return why, None
        started, message = receiver.recv()
        strays.add(started)
        return why, pickle.loads(message)
    except (EOFError, OSError):
        return why, None


def _how_it_ended(code: int | None) -> str:
    if code is None or code >= 0:
        return f"its process ended with status {code}"
    return f"its process was killed by {signal.Signals(-code).name}"


def _block_interrupts() -> None:
    """Block SIGINT in this thread, and so in the processes that it starts, which Ctrl-C would reach."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _answer(
    sender: Connection,
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    output: SharedFile | None,
    errors: SharedFile | None,
) -> None:
    """Make the call in the other process, and send the result or the exception."""
    _lead()
    # Stdout belongs to the report, and a target that prints would print thousands of times.
    if output is not None:
        os.dup2(output.stream.fileno(), 1)
    else:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
    if errors is not None:
        os.dup2(errors.stream.fileno(), 2)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _warn_once()
    try:
        message = pickle.dumps((False, function(*arguments)))
    except BaseException as error:
        error.add_note(traceback.format_exc())
        message = _raised(error)
    sender.send((descendants(), message))


def _lead() -> None:
    """Lead a session, so that what this process starts can be ended with it, and adopt what it leaves."""
    if hasattr(os, "setsid"):
        os.setsid()
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


_PR_SET_CHILD_SUBREAPER = 36


def _warn_once() -> None:
    """Print each warning once in this process; random testing would repeat it at every step."""
    show, seen = warnings.showwarning, set()

    def show_once(message: Any, category: Any, *where: Any, **options: Any) -> None:
        if (key := (str(message), category)) not in seen:
            seen.add(key)
            show(message, category, *where, **options)

    warnings.showwarning = show_once


def _raised(error: BaseException) -> bytes:
    """What is sent of an exception: itself, or where it cannot be raised again there, what it says."""
    with suppress(Exception):
        message = pickle.dumps((True, error))
        pickle.loads(message)
        if isinstance(error, Exception):
            return message
    return pickle.dumps((True, Unsendable(summary(error))))


def _end_with_parent() -> None:
    """End this process when its parent process ends."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os.killpg(0, signal.SIGKILL)
