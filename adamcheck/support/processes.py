"""Calls in other processes: the same results as in this one, whatever dies on the way."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from dataclasses import dataclass, field
from multiprocessing import get_context, parent_process, resource_tracker
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

Progress = Callable[[str, int, int], None]
"""Called now and then with the name of a part of the work that is not done, and with the number of steps
that are done and that there are in all."""

TOLD = 1.0
"""Seconds between two calls of it at the most, where the work is done in other processes."""

LAST_WORDS = 5.0
"""Seconds that a process gets to end after it has answered: a target may have left threads that do not."""


WATCHED = 0.2
"""Seconds between two looks at a process."""


class Warden:
    """What becomes of a call beside its result. This one lets a process do what it likes."""

    output: Path | None = None
    """The file for what the process prints on stdout, if it is not to be thrown away."""
    errors: Path | None = None
    """The same for stderr, if it is not to be shown at once."""

    def look(self, pid: int | None) -> str:
        """Asked every `WATCHED` seconds: why the process is to be killed now, if it is."""
        return ""

    def done(self) -> int:
        """How many steps of the work are done while it goes on."""
        return 0

    def died(self, how: str) -> Any:
        """The result of a process that died without one; or the work with which to go on."""
        raise RuntimeError(how)

    def ended(self, result: Any, how: str) -> Any:
        """The result of a process that has answered; `how` it ended then, if not well."""
        return result


@dataclass(frozen=True)
class Work:
    """A call of a module's function on arguments that can be sent to a process, watched by a warden.

    steps: what it counts for in the progress.
    """

    label: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    warden: Warden = field(default_factory=Warden)
    steps: int = 1


class Interrupted(KeyboardInterrupt):
    """Ctrl-C before all calls were made; `results`: those of the others, by their place in the work."""

    def __init__(self, results: Mapping[int, Any]) -> None:
        super().__init__()
        self.results = results


def shares(names: Sequence[str], count: int) -> list[list[str]]:
    """The names dealt out in turn, in `count` parts at the most, none of them empty."""
    return [list(names[i::count]) for i in range(min(count, len(names)))]


def run(work: Sequence[Work], jobs: int, progress: Progress) -> list[Any]:
    """The results of all calls, in order; each has a process of its own, `jobs` of them at a time.

    With 0 jobs all calls are made here. Raises `Interrupted`.
    """
    results: dict[int, Any] = {}

    def done(index: int, result: Any) -> None:
        results[index] = result
        tell()

    def tell() -> None:
        steps = [
            part.steps if index in results else min(part.warden.done(), part.steps)
            for index, part in enumerate(work)
        ]
        current = next((part for index, part in enumerate(work) if index not in results), work[-1])
        progress(current.label, sum(steps), sum(part.steps for part in work))

    try:
        if jobs == 0:
            for index, part in enumerate(work):
                done(index, part.function(*part.arguments))
        else:
            _in_processes(work, jobs, done, tell)
    except KeyboardInterrupt:
        raise Interrupted(results) from None
    return [results[index] for index in range(len(work))]


def _in_processes(
    work: Sequence[Work], jobs: int, done: Callable[[int, Any], None], tell: Callable[[], None]
) -> None:
    resource_tracker.ensure_running()  # starting it lifts what a thread blocks
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
    """Processes that can be ended all at once, after which none is started any more.

    A pool of the standard library may start another worker while it is being ended, and leave it waiting
    for the lock of one that was killed.
    """

    def __init__(self) -> None:
        # Spawned, not forked: a forked child inherits the locks of torch's and JAX's threads.
        self._context = get_context("spawn")
        self._lock = threading.Lock()
        self._running: set[Any] = set()
        self._ended = False

    def result(self, part: Work) -> Any:
        """The result of a call in a process of its own. Raises what the call raises."""
        result: Any = part
        while isinstance(result, Work):
            result = self._outcome(result)
        return result

    def _outcome(self, part: Work) -> Any:
        warden = part.warden
        receiver, sender = self._context.Pipe(duplex=False)
        arguments = (sender, part.function, part.arguments, warden.output, warden.errors)
        process = self._context.Process(target=_answer, args=arguments)
        with self._lock:
            if self._ended:
                return None
            process.start()
            self._running.add(process)
        sender.close()
        why = ""
        try:
            while not wait([receiver, process.sentinel], WATCHED):
                if why := warden.look(process.pid):
                    process.kill()
            raised, answer = receiver.recv()
        except (EOFError, OSError):
            process.join()
            how = why or _how_it_ended(process.exitcode)
            return None if self._ended else warden.died(how)
        finally:
            receiver.close()
            process.join(LAST_WORDS)
            late = process.is_alive()
            process.kill()
            process.join()
            with self._lock:
                self._running.discard(process)
        if raised:
            raise answer
        return warden.ended(answer, "" if late or not process.exitcode else _how_it_ended(process.exitcode))

    def end(self) -> None:
        with self._lock:
            self._ended = True
            for process in self._running:
                process.kill()


def _how_it_ended(code: int | None) -> str:
    if code is None or code >= 0:
        return f"its process ended with status {code}"
    return f"its process was killed by {signal.Signals(-code).name}"


def _block_interrupts() -> None:
    """Ctrl-C reaches every process of a terminal; those that this thread starts inherit what it blocks."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _answer(
    sender: Connection,
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    output: Path | None,
    errors: Path | None,
) -> None:
    """What a process does: make the call, and send what it returns or raises."""
    # Stdout is for the report, and a target that prints would print thousands of times.
    _send_to(output or Path(os.devnull), 1)
    if errors is not None:
        _send_to(errors, 2)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _warn_once()
    try:
        message = pickle.dumps((False, function(*arguments)))
    except Exception as error:
        error.add_note(traceback.format_exc())
        message = _raised(error)
    sender.send_bytes(message)


def _send_to(path: Path, stream: int) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(file, stream)
    os.close(file)


def _warn_once() -> None:
    """Print each warning once in this process: random testing would bring it up at every step."""
    show, seen = warnings.showwarning, set()

    def show_once(message: Any, category: Any, *where: Any, **options: Any) -> None:
        if (key := (str(message), category)) not in seen:
            seen.add(key)
            show(message, category, *where, **options)

    warnings.showwarning = show_once


def _raised(error: Exception) -> bytes:
    try:
        message = pickle.dumps((True, error))
        pickle.loads(message)
    except Exception:  # an error of somebody else's, that cannot be sent
        return pickle.dumps((True, RuntimeError("\n".join(traceback.format_exception(error)))))
    return message


def _end_with_parent() -> None:
    """No process outlives the one that wants its result."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
