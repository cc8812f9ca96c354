"""A target in a process of its own: whatever happens there is a finding, and the checks go on.

The process is a program in any language (`exec:COMMAND`), or a Python target that another interpreter
serves; see `protocol.md`.
"""

from __future__ import annotations

import ast
import os
import shlex
import shutil
import weakref
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.choices import DTYPE_NAMES, HYPERPARAMETERS
from adamcheck.support.text import nearest
from adamcheck.targets.base import (
    ANY_COUNT,
    Capabilities,
    NotOffered,
    Target,
    TargetCrash,
    TargetDied,
    TargetError,
    TargetFailed,
    TargetHung,
)
from adamcheck.targets.programs import protocol
from adamcheck.targets.programs.channel import Channel, HarnessFault, Limits
from adamcheck.targets.programs.interpreters import output_of
from adamcheck.targets.programs.protocol import Message
from adamcheck.targets.programs.remote import Asking, ProcessRun, ProcessTensorsRun
from adamcheck.targets.start import Start

_Asked = TypeVar("_Asked", bound=Asking)

_IMPORTING = 120.0
"""Time limit for another interpreter to load a library, in seconds."""

_LAST_SECONDS = 5.0
"""Time limit for a program to end after the request to stop, in seconds."""


class ProcessTarget(Target):
    """A target behind the protocol; a program that died is started anew for the next run.

    Raises `TargetError` where the program cannot be started, and `TargetFailed` where it does not
    describe itself, or fails the smoke stage: a few ordinary requests whose answers must be readable.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        limits: Limits | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self._command = list(command)
        self._limits = limits or Limits()
        self._environment = environment
        self._channel: Channel | None = None
        self._runs = 0
        self._ended: deque[int]
        self._working = ""
        self._deaths: Counter[str] = Counter()
        self._stray: list[str] = []
        try:
            self._describe(self._open())
            self._smoke()
        except HarnessFault as fault:
            raise TargetFailed(f"{name}: its harness is wrong: {fault} (see `adamcheck protocol`)") from None

    def _open(self) -> Channel:
        self._channel = Channel(self._command, self._limits, self._environment)
        self._ended = deque()  # its own: runs of the program before may be let go at any time
        return self._channel

    def _describe(self, channel: Channel) -> None:
        try:
            said = channel.ask({"op": "describe"}, self._limits.start)
        except HarnessFault:
            raise
        except TargetDied as death:
            raise TargetFailed(f'{self.name}: asked to "describe" itself: {death}') from None
        except TargetHung as hung:
            hint = "(is every answer flushed?)"
            raise TargetFailed(f'{self.name}: asked to "describe" itself: {hung} {hint}') from None
        if protocol.UNUSABLE in said:
            raise TargetError(str(said[protocol.UNUSABLE]))
        if said.get("protocol") != protocol.VERSION:
            raise HarnessFault(
                f'the answer to "describe" has "protocol":{said.get("protocol")!r}, '
                f"expected {protocol.VERSION}"
            )
        self.library, self.version = str(said.get("library", "")), str(said.get("version", ""))
        dtypes = _words(said, "dtypes", DTYPE_NAMES)
        offered = _words(
            said, "capabilities", (*protocol.CAPABILITIES, protocol.FLUSHES, protocol.VECTORS_ONLY)
        )
        if not dtypes:
            raise HarnessFault('the answer to "describe" has no "dtypes", for example ["float64"]')
        self.declares, self.called = str(said.get("definition", "")), str(said.get("called", ""))
        self.fixed = _fixed(said)
        can: dict[str, Any] = {name: name in offered for name in protocol.CAPABILITIES}
        self.capabilities = Capabilities(
            dtypes=tuple(name for name in DTYPE_NAMES if name in dtypes),
            shared_arrays=False,
            subnormals=protocol.FLUSHES not in offered,
            matrices=protocol.VECTORS_ONLY not in offered,
            parameter_counts=_counts(said),
            **can,
        )

    def _smoke(self) -> None:
        """Raise `HarnessFault` where ordinary requests get answers that cannot be read.

        That the program refuses, fails or dies is for the checks to find out.
        """
        hyper = Hyperparameters(lr=0.25, beta1=0.5, beta2=0.75, eps=2.0**-4)
        dtype = self.capabilities.dtypes[0]
        parameters = np.array([1.0, -2.0]).astype(dtype)
        try:
            run = self.start(parameters, hyper)
            after = run.steps([parameters, parameters / 4, -parameters])[-1]
            if self.capabilities.moments:
                run.moments()
            if self.capabilities.changing_lr:
                run.change_lr(hyper.lr)
            if self.capabilities.checkpoint:
                saved = run.save()
                self.start(after.astype(dtype), hyper).load(saved)
            if self.capabilities.counter:
                self.start(parameters, hyper).count(1)
            if self.capabilities.tensors:
                two = [parameters, parameters[:1]]
                together: Any = self.begin(Start(two, hyper))
                together.step(two)
        except HarnessFault:
            raise
        except TargetHung as hung:
            raise TargetFailed(f"{self.name}: in its first steps: {hung}") from None
        except (NotOffered, TargetCrash):
            return

    def prepare(self) -> None:
        if self._channel is None or not self._channel.alive:
            self._bury()
            self._describe(self._open())

    def _bury(self) -> None:
        """Record the remarks on a program that has ended."""
        if self._channel is not None:
            self._deaths[self._working] += 1
            self._stray += self._channel.stray
            self._channel = None

    def deaths(self, dtype: str) -> int:
        over = self._channel is not None and not self._channel.alive and self._working == dtype
        return self._deaths[dtype] + over

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> ProcessRun:
        start = Start(parameters, hyper)
        return self._started(ProcessRun(self._ready(start), self._runs, parameters.shape), start)

    def begin(self, start: Start) -> ProcessRun | ProcessTensorsRun:
        channel, shapes = self._ready(start), [each.shape for each in start.tensors]
        if start.together:
            return self._started(ProcessTensorsRun(channel, self._runs, shapes), start)
        return self._started(ProcessRun(channel, self._runs, shapes[0]), start)

    def _ready(self, start: Start) -> Channel:
        """The program, ready for a run with a new number."""
        self.prepare()
        channel = self._channel
        assert channel is not None
        self._working = start.dtype
        while self._ended:
            channel.ask({"op": "end", "run": self._ended.popleft()})
        self._runs += 1
        return channel

    def _started(self, run: _Asked, start: Start) -> _Asked:
        """The run, once the program has started it."""
        weakref.finalize(run, self._ended.append, self._runs).atexit = False
        message = protocol.start_message(start)
        run.do(message.pop("op"), **message)
        return run

    def close(self) -> tuple[str, str]:
        channel, ended = self._channel, ""
        if channel is not None and channel.alive:
            self._channel = None
            ended = channel.stop(min(_LAST_SECONDS, self._limits.seconds))
            self._stray += channel.stray
        return (self._stray or [""])[0], ended


def _words(said: Message, key: str, known: Sequence[str]) -> list[str]:
    words = said.get(key, [])
    if not isinstance(words, list):
        raise HarnessFault(f'the answer to "describe" has "{key}":{words!r}, expected a list')
    for word in words:
        if word not in known:
            guess = nearest(str(word), known) or f" (expected some of {', '.join(known)})"
            raise HarnessFault(f'the answer to "describe" has {word!r} among its "{key}"{guess}')
    return words


def _fixed(said: Message) -> dict[str, float]:
    """The hyperparameters that a program cannot be given, and their values."""
    values = said.get("fixed", {})
    try:
        return {name: float.fromhex(values[name]) for name in HYPERPARAMETERS if name in values}
    except (TypeError, ValueError):
        expected = 'for example {"eps":"0x1p-23"}'
        raise HarnessFault(f'the answer to "describe" has "fixed":{values!r}, {expected}') from None


def _counts(said: Message) -> tuple[int, int]:
    """The smallest and the largest number of parameters that a program takes."""
    match said.get("parameter_counts", list(ANY_COUNT)):
        case [int(fewest), int(most)] if 0 <= fewest <= (most or fewest):
            return fewest, most
        case other:
            expected = "for example [2,5], or [2,0] for no largest"
            raise HarnessFault(f'the answer to "describe" has "parameter_counts":{other!r}, {expected}')


def command_of(name: str) -> list[str]:
    """The command of an `exec:` target. Raises `TargetError` if there is no such program."""
    from adamcheck.targets.find import EXEC

    try:
        command = shlex.split(name.removeprefix(EXEC))
    except ValueError as error:
        raise TargetError(f"no target {name!r}: {error}") from None
    if not command:
        raise TargetError(f"no target {name!r}: expected a command, for example exec:./my_adam")
    command[0] = os.path.expanduser(command[0])
    if shutil.which(command[0]):
        return command
    program = Path(command[0])
    if program.is_dir():
        raise TargetError(f"no target {name!r}: {program} is a folder")
    if program.exists():
        raise TargetError(
            f"no target {name!r}: {command[0]} is not executable (chmod +x {shlex.quote(command[0])}, "
            "or name its interpreter first)"
        )
    there = [] if program.name == command[0] else [p.name for p in program.parent.glob("*")]
    raise TargetError(f"no target {name!r}: no program {command[0]}{nearest(program.name, there)}")


def program(name: str) -> ProcessTarget:
    """The target `exec:COMMAND`. Raises `TargetError`."""
    return ProcessTarget(name, command_of(name))


def served(name: str, keywords: Mapping[str, Any], python: str) -> ProcessTarget:
    """A Python target in another interpreter; `keywords` are for `load_target` there.

    Raises `TargetError`.
    """
    if not shutil.which(python):
        raise TargetError(f"no interpreter {python}")
    try:
        literal = ast.literal_eval(repr(dict(keywords)))
    except (ValueError, SyntaxError):
        raise TargetError(f"{name}: only literal options reach another interpreter, not {keywords}") from None
    loader = find_spec("lazy_loader")
    assert loader is not None
    script = Path(__file__).with_name("other_interpreter.py")
    command = [
        python,
        str(script),
        str(loader.origin),
        name,
        repr(literal),
    ]
    try:
        return ProcessTarget(name, command, limits=Limits(start=_IMPORTING))
    except TargetFailed:
        output_of(python)  # only now: nearly always it is one, and takes its time to start
        raise
