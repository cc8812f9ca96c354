"""A child process and a conversation with it: one request, one answer, and limits on everything else.

Written for POSIX systems: it waits for pipes.
"""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from adamcheck.choices import TIME_LIMIT
from adamcheck.support.process_memory import resident
from adamcheck.targets.base import TargetDied, TargetError, TargetHung
from adamcheck.targets.programs import protocol
from adamcheck.targets.programs.protocol import Message

_SHOWN, _WIDEST = 60, 200
"""The numbers of characters of invalid output that a message shows, and that are kept."""

_CHUNK = 2**16

_ERROR = re.compile(r"(?=\S).*(error|exception|panic)", re.IGNORECASE)
"""A line of standard error that reports an error; lines of a stack trace are indented."""

_LOG = 2**24
"""The number of bytes at which standard error is truncated, since it may be endless."""

_PR_SET_PDEATHSIG = 1


class _Closable(Protocol):
    def close(self) -> None: ...


@dataclass(frozen=True)
class Limits:
    """The limits of a program.

    Attributes:
        seconds: The time for an answer, in seconds.
        start: The time for the first answer, in seconds.
        memory: Resident memory, in bytes.
        output: Output other than valid answers, in bytes.
    """

    seconds: float = TIME_LIMIT
    start: float = 30.0
    memory: int = 1 << 33
    output: int = 2**20


class HarnessFault(TargetDied):
    """The program answered, but not as the protocol requires: its harness is wrong, not its Adam."""


class Channel:
    """A running program. Raises `TargetError` where it cannot be started.

    stray: the first lines on its standard output that were no answers.
    """

    def __init__(
        self, command: Sequence[str], limits: Limits, environment: Mapping[str, str] | None = None
    ) -> None:
        self._limits = limits
        self._errors = tempfile.TemporaryFile("a+b")  # noqa: SIM115 - open as long as the program runs
        try:
            self._process = started(
                command,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env={**os.environ, **environment} if environment else None,
                start_new_session=True,  # Ctrl-C at the terminal is for this process to handle
                bufsize=0,
            )
        except OSError as error:
            self._errors.close()
            hint = " (the first line of a script names its interpreter: #!/usr/bin/env python3)"
            reason = f"{error.strerror}{hint if error.strerror == 'Exec format error' else ''}"
            raise TargetError(f"cannot start {shlex.join(command)}: {reason}") from None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input, self._output = self._process.stdin, self._process.stdout
        os.set_blocking(self._input.fileno(), False)
        self._poll = selectors.DefaultSelector()
        self._poll.register(self._output, selectors.EVENT_READ)
        self.stray: list[str] = []
        self._lines: deque[bytes] = deque()
        self._unfinished: list[bytes] = []
        self._received = 0
        self._largest_request = 0
        self._memory_checked = time.monotonic()
        files = (self._poll, self._input, self._output, self._errors)
        self.kill = weakref.finalize(self, _end, self._process, files)
        """End the program and the processes that it started, at the latest when this process ends."""

    @property
    def alive(self) -> bool:
        return self.kill.alive and self._process.poll() is None

    def ask(self, request: Message, seconds: float | None = None) -> Message:
        """The answer to a request.

        Raises `TargetDied` where the program ends, floods its output or takes too much memory,
        `TargetHung` where it takes longer than `seconds`, and `HarnessFault` where it answers with
        something else than one JSON object. Each time the program is over: nobody knows what it would
        answer next.
        """
        try:
            return self._ask(request, seconds or self._limits.seconds)
        except BaseException:
            self.kill()
            raise

    def _ask(self, request: Message, seconds: float) -> Message:
        if not self.alive:
            raise self._died("output") if self.kill.alive else TargetDied("the program has ended before")
        deadline = time.monotonic() + seconds
        data = protocol.encode(request)
        self._largest_request = max(self._largest_request, len(data))
        self._received = 0
        self._put_aside()
        self._send(data, deadline, seconds)
        while True:
            line = self._line(deadline, seconds)
            if not line.lstrip().startswith(b"{"):
                self._keep(line)
                continue
            try:
                return protocol.decode(line)
            except ValueError as error:
                raise HarnessFault(
                    f'the answer to "{request["op"]}" is no JSON ({error}): {_show(_text(line))}'
                ) from None

    def _put_aside(self) -> None:
        """Read what came after the last answer, since a second answer would be mistaken for the next one."""
        if self._poll.select(timeout=0):
            self._read_some()
        for line in (*self._lines, b"".join(self._unfinished)):
            if line.lstrip().startswith(b"{"):
                raise HarnessFault(f"more than one answer to a request: {_show(_text(line))}")
        for line in self._lines:
            self._keep(line)
        self._lines.clear()

    def _keep(self, line: bytes) -> None:
        if len(self.stray) < 10:
            self.stray.append(_text(line))

    def _send(self, data: bytes, deadline: float, seconds: float) -> None:
        """Write everything, and read what arrives meanwhile, since a child may answer before it has read."""
        view = memoryview(data)
        with self._broken_pipe():
            view = view[os.write(self._input.fileno(), view[:_CHUNK]) :]
            if not view:
                return
        self._poll.register(self._input, selectors.EVENT_WRITE)
        try:
            while view:
                ready = [key.fileobj for key, _ in self._poll.select(timeout=0.1)]
                if self._output in ready:
                    self._read_some()
                if self._input in ready:
                    with self._broken_pipe():
                        view = view[os.write(self._input.fileno(), view[:_CHUNK]) :]
                self._check(deadline, seconds)
        finally:
            self._poll.unregister(self._input)

    @contextlib.contextmanager
    def _broken_pipe(self) -> Iterator[None]:
        try:
            yield
        except BlockingIOError:
            pass
        except OSError:
            raise self._died("input") from None

    def _line(self, deadline: float, seconds: float) -> bytes:
        while not self._lines:
            if self._poll.select(timeout=0.1):
                self._read_some()
            self._check(deadline, seconds)
        return self._lines.popleft()

    def _read_some(self) -> None:
        chunk = os.read(self._output.fileno(), _CHUNK)
        if not chunk:
            raise self._died("output")
        self._received += len(chunk)
        *lines, rest = chunk.split(b"\n")
        for line in lines:
            self._lines.append(b"".join([*self._unfinished, line]))
            self._unfinished = []
        self._unfinished.append(rest)
        # An answer has the size of the arrays that were sent; sixteen times that size is not an answer.
        if self._received > self._limits.output + 16 * self._largest_request:
            self._keep(self._lines[0] if self._lines else b"".join(self._unfinished))
            raise TargetDied(f"endless output on stdout, beginning with {_show(self.stray[0])}")

    def _check(self, deadline: float, seconds: float) -> None:
        now = time.monotonic()
        if now > deadline:
            raise TargetHung(f"no answer within {seconds:g} s{self._printed()}")
        if now < self._memory_checked + 0.2:
            return
        self._memory_checked = now
        if os.fstat(self._errors.fileno()).st_size > _LOG:
            self._errors.truncate(0)
        if resident(self._process.pid) > self._limits.memory:
            raise TargetDied(f"took more than {self._limits.memory / 2**30:.3g} GiB of memory, and was ended")

    def _printed(self) -> str:
        return f" (but printed {_show(self.stray[0])})" if self.stray else ""

    def _died(self, closed: str) -> TargetDied:
        """The exception for a program that closed its standard input or output."""
        try:
            status = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return TargetDied(f"closed its standard {closed}, and was ended")
        said = self.last_error()
        return TargetDied(_how_it_ended(status) + (f" (stderr: {said})" if said else self._printed()))

    def last_error(self) -> str:
        """The last line that the program wrote to standard error, or the last that speaks of an error.

        Node and Go say what happened first, and then where.
        """
        size = os.fstat(self._errors.fileno()).st_size
        self._errors.seek(max(0, size - 4096))
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return next(filter(_ERROR.match, reversed(lines)), lines[-1] if lines else "").strip()

    def stop(self, seconds: float) -> str:
        """Ask the program to end, and return how it ended; "" for status 0."""
        with contextlib.suppress(OSError):
            os.write(self._input.fileno(), protocol.encode({"op": "stop"}))
        with contextlib.suppress(OSError):
            self._input.close()
        deadline = time.monotonic() + seconds
        try:
            # It may print on the way out, and must not wait for a reader that never comes.
            while chunk := self._last_output(deadline):
                for line in chunk.splitlines():
                    self._keep(line)
            status = self._process.wait(timeout=max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return f"asked to stop, it did not end within {seconds:g} s"
        finally:
            self.kill()
        return f"asked to stop, {_how_it_ended(status)}" if status else ""

    def _last_output(self, deadline: float) -> bytes:
        if not self._poll.select(timeout=max(0.0, deadline - time.monotonic())):
            return b""
        return os.read(self._output.fileno(), _CHUNK)


def _text(line: bytes) -> str:
    return line.decode(errors="replace").strip()[:_WIDEST]


def _show(text: str) -> str:
    return repr(text[:_SHOWN]) + (" ..." if len(text) > _SHOWN else "")


def _how_it_ended(status: int) -> str:
    """The exit status of a process in words; a negative status is the number of a signal."""
    if status >= 0:
        return f"the program ended with status {status}"
    return f"the program was ended by {signal.Signals(-status).name}"


def started(command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a program that reads requests from its standard input and ends with this process."""
    with warnings.catch_warnings():
        # Who has threads warns of every fork (JAX does), but all that the child does in Python is one call.
        warnings.filterwarnings("ignore", r".*\bfork\(\)")
        return subprocess.Popen(command, stdin=subprocess.PIPE, preexec_fn=_die_with_parent(), **options)


def _die_with_parent() -> Callable[[], None] | None:
    """What a child does before it runs the program: ask Linux to be ended along with its parent.

    A parent that is killed cannot end it. The kernel means the thread that started the child, so this is
    for the main thread only; elsewhere the program sees the end of its input.
    """
    if sys.platform != "linux" or threading.current_thread() is not threading.main_thread():
        return None
    import ctypes

    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _end(process: subprocess.Popen[bytes], files: Sequence[_Closable]) -> None:
    if process.poll() is None:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for file in files:
        file.close()
