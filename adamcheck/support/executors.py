"""Where the pieces of a long run are carried out: in processes here, on any executor, in shards.

A piece needs nothing of the others. On an executor each is carried out, with its warden, as here: in a
process of its own, on the machine of the worker. A worker that dies loses nothing: its pieces are carried
out again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future
from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from multiprocessing import current_process
from typing import Any

from adamcheck import __version__
from adamcheck.support import processes
from adamcheck.support.errors import Told
from adamcheck.support.part_files import Kept, Outcome, PartError
from adamcheck.support.processes import Enough, Heard, Interrupted, Progress, Work
from adamcheck.support.text import said

TRIES = 4
"""How often a piece is sent off, if the workers that have it die."""

WIDTH = 8
"""The number of processes that the pieces of a run are meant for which is not carried out here alone: so
they are the same on every machine."""

SECONDS = 10
"""Seconds in which a scheduler must answer."""


class ExecutorError(Told):
    """An executor that cannot be reached or used; the message is one line."""


@dataclass(frozen=True)
class Shard:
    """One of `count` parts of the pieces; `number` counts from 1."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """The shard I/N. Raises `ValueError` if it is none."""
        found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
        if not found or not 1 <= int(found[1]) <= int(found[2]):
            raise ValueError(f"{text!r}: expected I/N with I from 1 to N, for example 2/5")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def has(self, index: int) -> bool:
        """Whether a piece belongs to it."""
        return index % self.count == self.number - 1


class ShardDone(Exception):  # noqa: N818 - it ends a run that has a part to do, and has done it
    """All pieces of a shard are finished.

    Args:
        pieces: Their number.
        of: The number of all pieces.
    """

    def __init__(self, pieces: int, of: int) -> None:
        super().__init__()
        self.pieces, self.of = pieces, of


@dataclass(frozen=True)
class Machines:
    """Where the pieces are carried out, and which of them.

    Args:
        jobs: The number of processes here; 0 carries all pieces out in this process.
        executor: Carries the pieces out instead.
        shard: The part of the pieces to carry out; None for all.
        kept: What is finished, and where to keep the rest.
        whole: Whether all pieces must be finished already.
    """

    jobs: int = 0
    executor: Executor | None = None
    shard: Shard | None = None
    kept: Kept | None = None
    whole: bool = False

    @classmethod
    def of(cls, jobs: Jobs) -> Machines:
        """Those that a number of processes, or an executor, stands for."""
        if isinstance(jobs, Machines):
            return jobs
        return cls(executor=jobs) if isinstance(jobs, Executor) else cls(jobs)

    @property
    def width(self) -> int:
        """How many processes there should be pieces for; 0 if all is carried out in this process."""
        return self.jobs if self.executor is None and self.kept is None else WIDTH


Jobs = int | Executor | Machines
"""Where pieces are carried out: a number of processes here, an executor, or more exactly."""


def executor_of(text: str) -> Executor:
    """The executor of the command line: `dask:ADDRESS`.

    Raises:
        ValueError: It is something else.
        ExecutorError: It cannot be reached, or what it needs is not installed.
    """
    kind, _, address = text.partition(":")
    if kind != "dask" or not address:
        raise ValueError(f"{text!r}: expected dask:ADDRESS, for example dask:tcp://127.0.0.1:8786")
    try:
        from distributed import Client
    except ImportError:
        raise ExecutorError(f"--executor {text} needs Dask: pip install 'adamcheck[dask]'") from None
    try:
        client = Client(address, timeout=SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise ExecutorError(f"--executor {text}: no scheduler answers there: {said(error)}") from None
    made: Executor = client.get_executor(retries=TRIES)
    return made


def run(
    work: Sequence[Work],
    jobs: Jobs,
    progress: Progress,
    *,
    news: Heard = lambda index, thing: None,
    finished: Heard = lambda index, thing: None,
) -> list[Any]:
    """Make all calls, and return their results in order: the same ones wherever they are made.

    Args:
        work: The calls.
        jobs: Where they are made.
        progress: Called regularly.
        news: Called with what a call reports before its result.
        finished: Called with each result, in the order in which they arrive.

    Raises:
        Interrupted: After Ctrl-C, or after `finished` raised `Enough`.
        ShardDone: Only a part of the calls was to be made, and is.
        ExecutorError: The executor cannot be used.
        PartError: What was kept is of other work, or not all that there must be.
    """
    machines = Machines.of(jobs)
    if machines.kept is None and machines.executor is None:
        return processes.run(work, machines.jobs, progress, news=news, finished=finished)
    return _Run(work, machines, progress, news, finished).results()


class _Run:
    """Calls of which some are known, and some are for others."""

    def __init__(
        self, work: Sequence[Work], machines: Machines, progress: Progress, news: Heard, finished: Heard
    ) -> None:
        self._work, self._machines, self._progress = work, machines, progress
        self._news, self._finished = news, finished
        self._labels = [part.label for part in work]
        self._results: dict[int, Any] = {}
        self._shard = machines.shard or Shard(1, 1)
        self._mine = [index for index in range(len(work)) if self._shard.has(index)]

    def results(self) -> list[Any]:
        kept = self._machines.kept
        known = kept.outcomes(self._labels) if kept else {}
        todo = [index for index in self._mine if index not in known]
        if self._machines.whole and todo:
            raise PartError(
                f"{len(todo)} of {len(self._work)} pieces are missing, the first is "
                f"{self._labels[todo[0]]!r}: merge all shards, each finished"
            )
        try:
            for index in sorted(known):
                self._take(index, known[index])
            self._tell(todo)
            self._carry_out(todo)
        except (KeyboardInterrupt, Enough):
            raise Interrupted(self._results, {}) from None
        if self._machines.shard:
            if kept:
                kept.write()
            raise ShardDone(len(self._mine), len(self._work))
        return [self._results[index] for index in range(len(self._work))]

    def _take(self, index: int, outcome: Outcome) -> None:
        self._work[index].warden.fault = outcome.fault
        self._results[index] = outcome.result
        self._finished(index, outcome.result)

    def _keep(self, index: int, outcome: Outcome) -> None:
        if self._machines.kept:
            self._machines.kept.add(index, self._labels, outcome)
        self._take(index, outcome)

    def _tell(self, todo: Sequence[int]) -> None:
        current = next((index for index in todo if index not in self._results), None)
        if current is not None:
            steps = (self._work[index].steps for index in self._mine if index in self._results)
            self._progress(self._labels[current], sum(steps), self._all)

    @property
    def _all(self) -> int:
        return sum(self._work[index].steps for index in self._mine)

    def _carry_out(self, todo: Sequence[int]) -> None:
        if self._machines.executor is not None:
            _on_executor(
                {index: self._work[index] for index in todo},
                self._machines.executor,
                self._from_afar,
                lambda: self._tell(todo),
            )
        elif todo:
            before = self._all - sum(self._work[index].steps for index in todo)
            processes.run(
                [self._work[index] for index in todo],
                self._machines.jobs,
                lambda label, done, total: self._progress(label, before + done, before + total),
                news=lambda place, thing: self._news(todo[place], thing),
                finished=lambda place, result: self._keep(
                    todo[place], Outcome(result, self._work[todo[place]].warden.fault)
                ),
            )

    def _from_afar(self, index: int, outcome: Outcome) -> None:
        for thing in outcome.news:
            self._news(index, thing)
        self._keep(index, outcome)


def _on_executor(
    work: dict[int, Work], executor: Executor, done: Callable[[int, Outcome], None], tell: Callable[[], None]
) -> None:
    tries: Counter[int] = Counter()
    pending: dict[Future[Outcome | Exception], int] = {}

    def send(index: int, why: BaseException | None = None) -> None:
        tries[index] += 1
        if tries[index] > TRIES:
            raise _broken(work[index].label, why)
        try:
            pending[executor.submit(carry_out, work[index], __version__)] = index
        except Exception as error:
            raise _broken(work[index].label, why or error) from None

    try:
        for index in work:
            send(index)
        while pending:
            ended, _ = wait_for(pending, processes.TOLD, FIRST_COMPLETED)
            for future in ended:
                index = pending.pop(future)
                try:
                    outcome = future.result()
                except (Exception, CancelledError) as error:  # not of the piece, which catches its own
                    send(index, error)
                    continue
                if isinstance(outcome, Exception):
                    raise outcome
                done(index, outcome)
            tell()
    finally:
        for future in pending:
            future.cancel()


def _broken(label: str, error: BaseException | None) -> ExecutorError:
    why = said(error) if error else "its workers died"
    return ExecutorError(f"the executor cannot carry out {label!r}: {why}")


def carry_out(part: Work, version: str) -> Outcome | Exception:
    """Make a call on the machine of a worker.

    Args:
        part: The call.
        version: That of adamcheck where the results go.

    Returns:
        What came of it, or the exception that it raised.
    """
    if version != __version__:
        return ExecutorError(
            f"a worker has adamcheck {__version__}, not {version}: install the same everywhere"
        )
    if current_process().daemon:
        return ExecutorError(
            "the workers may start no processes: start them with --no-nanny, or with "
            "DASK_DISTRIBUTED__WORKER__DAEMON=False in their environment"
        )
    heard: list[Any] = []
    try:
        (result,) = processes.run(
            [part], 1, lambda label, done, total: None, news=lambda index, thing: heard.append(thing)
        )
    except Exception as error:
        return error
    return Outcome(result, part.warden.fault, tuple(heard))
