"""Runs in another process, each identified there by its number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from adamcheck.targets.base import BatchedRun, NotOffered, Refusal, TargetCrash, TensorsRun
from adamcheck.targets.programs import protocol
from adamcheck.targets.programs.channel import Channel, HarnessFault
from adamcheck.targets.programs.protocol import Message


class Asking:
    """A client for one run of the process, by its number."""

    def __init__(self, channel: Channel, number: int) -> None:
        self._channel = channel
        self._number = number

    def ask(self, operation: str, **arguments: Any) -> Message:
        """The answer to one operation on this run.

        Raises `NotOffered`, or `TargetCrash` for an error that the program tells.
        """
        answer = self._channel.ask({"op": operation, "run": self._number, **arguments})
        if "not_offered" in answer:
            raise _not_offered(answer)
        if "error" in answer:
            raise TargetCrash(str(answer["error"]))
        return answer

    def do(self, operation: str, **arguments: Any) -> None:
        """Do an operation whose only answer is that it was done."""
        answer = self.ask(operation, **arguments)
        if answer.get("ok") is not True:
            raise HarnessFault(f'the answer to "{operation}" is {short(answer)}, expected {{"ok":true}}')


def _not_offered(answer: Message) -> NotOffered:
    """What is not offered; our own program names the hyperparameters that are refused."""
    reason = str(answer["not_offered"])
    hyper = protocol.hyper_from(answer["hyper"]) if "hyper" in answer else None
    return NotOffered(Refusal(hyper, reason) if hyper else reason)


class ProcessRun(Asking, BatchedRun):
    """One run in the process."""

    def __init__(self, channel: Channel, number: int, shape: tuple[int, ...]) -> None:
        super().__init__(channel, number)
        self._shape = shape

    def steps(self, gradients: Sequence[np.ndarray]) -> list[Any]:
        answer = self.ask("step", gradients=[protocol.numbers(g) for g in gradients])
        rows = _rows(answer.get("parameters"), answer, len(gradients), "gradients")
        return [_read(row, self._shape, "parameters", "step") for row in rows]

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        answer = self.ask("moments")
        m, v = (_read(answer.get(name), self._shape, name, "moments") for name in "mv")
        return m, v

    def save(self) -> Any:
        answer = self.ask("save")
        if "state" not in answer:
            raise HarnessFault(f'the answer to "save" is {short(answer)}, expected {{"state":...}}')
        return answer["state"]

    def load(self, saved: Any) -> None:
        self.do("load", state=saved)

    def change_lr(self, lr: float) -> None:
        self.do("change_lr", lr=float(lr).hex())

    def count(self, steps: int) -> None:
        self.do("count", steps=steps)


class ProcessTensorsRun(Asking, TensorsRun):
    """One run of several tensors in the process."""

    def __init__(self, channel: Channel, number: int, shapes: list[tuple[int, ...]]) -> None:
        super().__init__(channel, number)
        self._shapes = shapes

    def step(self, gradients: Sequence[np.ndarray | None]) -> list[np.ndarray]:
        given = [None if gradient is None else protocol.numbers(gradient) for gradient in gradients]
        answer = self.ask("step", gradients=[given])
        (row,) = _rows(answer.get("parameters"), answer, 1, "gradients")
        tensors = _rows(row, answer, len(self._shapes), "tensors")
        return [_read(x, s, "parameters", "step") for x, s in zip(tensors, self._shapes, strict=True)]


def _rows(rows: Any, answer: Message, count: int, of: str) -> list[Any]:
    if not isinstance(rows, list) or len(rows) != count:
        got = f"{len(rows)} rows" if isinstance(rows, list) else short(answer)
        raise HarnessFault(
            f'the answer to "step" has {got}, expected "parameters" with a row for each of {count} {of}'
        )
    return rows


def _read(values: Any, shape: tuple[int, ...], what: str, operation: str) -> np.ndarray:
    """An array as float64, which holds the numbers of every dtype."""
    try:
        return protocol.array(values, shape)
    except ValueError as error:
        raise HarnessFault(f'the answer to "{operation}" has "{what}" that cannot be read: {error}') from None


def short(answer: Message) -> str:
    """An answer, or its beginning."""
    text = protocol.encode(answer).decode().strip()
    return text if len(text) < 80 else f"{text[:76]} ..."
