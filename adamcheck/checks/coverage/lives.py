"""Lives: what happens to the instances of an optimizer, and beside them, while one of them is observed."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from adamcheck.checks.calls import Elsewhere
from adamcheck.checks.coverage.dimensions import Dimension, Groups, Life, Tensors, Way
from adamcheck.checks.coverage.making import Input
from adamcheck.checks.coverage.rows import Row
from adamcheck.checks.subject import GuardedRun, GuardedTensors, Subject
from adamcheck.targets.base import TargetHung

_Answer = TypeVar("_Answer")

FORMER = 12
"""The number of instances that are deleted before as many are made that are observed."""


def live(subject: Subject, row: Row, tensors: Sequence[Input]) -> list[tuple[Input, list[np.ndarray]]]:
    """Run the tensors of a row in one optimizer.

    Args:
        subject: The target.
        row: The row.
        tensors: What the target gets for each tensor. With `Groups.LATE`, the last one comes after a step.

    Returns:
        What each observed tensor got, and its parameters before its first step and after each. There are
        those of the instance beside it or of the original of a copy, too. Raises as `Subject.start` does.
    """
    life = row[Dimension.LIFE]
    if life == Life.THREAD:
        return _in_a_thread(lambda: live(subject, row.but(Dimension.LIFE, Life.ALONE), tensors), subject)
    if life == Life.AFTER:
        former = [_Instance.started(subject, row, tensors) for _ in range(FORMER)]
        for each in former:
            each.step()
            subject.drop(each.run)
        del former, each
        gc.collect()  # now the ids of their objects are used again
    here = _Instance.started(subject, row, tensors)
    observed = [here]
    if life == Life.AFTER:  # some of these have the id of an instance that was deleted
        observed += [_Instance.started(subject, row, tensors) for _ in range(FORMER - 1)]
    if life == Life.BESIDE:
        observed.append(_Instance.started(subject, row, [each.turned(lr=2.0) for each in tensors]))
    half = max(1, here.steps // 2)
    while here.at < here.steps:
        if here.at == half and len(observed) == 1:
            observed += _successor(subject, row, here, life)
        for each in observed:
            if each.at < each.steps:
                each.step()
    others = [each for each in observed[1:] if life != Life.AFTER or not each.answered_as(here)]
    return [pair for each in (here, *others) for pair in each.seen]


def _successor(subject: Subject, row: Row, here: _Instance, life: object) -> list[_Instance]:
    """What becomes of an instance halfway: the instances that go on beside it."""
    if life in (Life.COPIED, Life.PICKLED):
        return [here.copied(pickled=life == Life.PICKLED)]
    return [here.resumed(subject, row)] if life == Life.RESUMED else []


@dataclass
class _Instance:
    """An optimizer that takes steps.

    Attributes:
        run: The run.
        way: How it is called.
        tensors: What it gets for each tensor.
        late: The number of steps before the last tensor comes; 0 if it is there from the start.
        after: The parameters of each tensor before its first step and after each.
        at: The number of steps so far.
        lrs: The learning rates in use.
    """

    run: GuardedRun | GuardedTensors
    way: object
    tensors: Sequence[Input]
    late: int
    after: list[list[np.ndarray]]
    at: int
    lrs: list[float]

    @classmethod
    def started(cls, subject: Subject, row: Row, tensors: Sequence[Input]) -> _Instance:
        late = int(row[Dimension.GROUPS] == Groups.LATE)
        here = tensors[: len(tensors) - late]
        run = _start(subject, row, here, [each.start for each in here])
        after = [[each.start] for each in tensors]
        return cls(run, row[Dimension.CALL], tensors, late, after, 0, [each.hyper.lr for each in here])

    @property
    def steps(self) -> int:
        return len(self.tensors[0].rates)

    @property
    def seen(self) -> list[tuple[Input, list[np.ndarray]]]:
        """What each tensor got, and its parameters before its first step and after each."""
        return [(given, after) for given, after in zip(self.tensors, self.after, strict=True) if after[1:]]

    def answered_as(self, other: _Instance) -> bool:
        """Whether the answers were bitwise those of another instance."""
        return all(
            np.array_equal(np.stack(mine), np.stack(its), equal_nan=True)
            for mine, its in zip(self.after, other.after, strict=True)
        )

    def step(self) -> None:
        """Take the next step, after the changes that come before it."""
        if self.late and self.at == self.late:
            assert isinstance(self.run, GuardedTensors), "one tensor has no groups"
            self.run.add_group(self.tensors[-1].start, self.tensors[-1].hyper)
            self.lrs.append(self.tensors[-1].hyper.lr)
        here = self.tensors[: len(self.lrs)]
        places = [self.at - self._begin(each) for each in here]
        rates = [each.rates[place] for each, place in zip(here, places, strict=True)]
        gradients = [each.gradient(place) for each, place in zip(here, places, strict=True)]
        if isinstance(self.run, GuardedTensors):
            if rates != self.lrs:
                self.run.change_lrs(rates)
            take = self.run.step_in_closure if self.way == Way.CLOSURE else self.run.step
            answers = take(gradients)
        else:
            if rates != self.lrs:
                self.run.change_lr(rates[0])
            alone = self.run.step_in_closure if self.way == Way.CLOSURE else self.run.step
            answers = [alone(gradients[0])]
        self.lrs = rates
        for rows, answer in zip(self.after, answers, strict=False):
            rows.append(answer)
        self.at += 1

    def _begin(self, given: Input) -> int:
        return self.late if self.late and given is self.tensors[-1] else 0

    def copied(self, *, pickled: bool) -> _Instance:
        """A copy that gets the same gradients; the original gets others from now on."""
        run = self.run.copied(pickled=pickled)
        copy = _Instance(
            run,
            self.way,
            self.tensors,
            self.late,
            [list(rows) for rows in self.after],
            self.at,
            list(self.lrs),
        )
        self.tensors = [each.turned(since=self.at - self._begin(each)) for each in self.tensors]
        return copy

    def resumed(self, subject: Subject, row: Row) -> _Instance:
        """Another instance that loads the state of this one."""
        saved = self.run.save()
        here = self.tensors[: len(self.lrs)]
        run = _start(subject, row, here, [rows[-1] for rows in self.after[: len(here)]])
        run.load(saved)
        after = [list(rows) for rows in self.after]
        # A checkpoint need not have the learning rate: where it changes, the next step sets it.
        lrs = [each.hyper.lr if len(set(each.rates)) == 1 else np.nan for each in here]
        return _Instance(run, self.way, self.tensors, self.late, after, self.at, lrs)


def _start(
    subject: Subject, row: Row, tensors: Sequence[Input], parameters: Sequence[np.ndarray]
) -> GuardedRun | GuardedTensors:
    hyper, array_lr = tensors[0].hyper, row[Dimension.CALL] == Way.ARRAY_LR
    if row[Dimension.TENSORS] == Tensors.ONE:
        start = subject.start_with_array_lr if array_lr else subject.start
        return start(parameters[0], hyper)
    groups = [each.hyper for each in tensors] if row[Dimension.GROUPS] != Groups.ONE else []
    return subject.start_tensors(parameters, hyper, groups, array_lr=array_lr)


def _in_a_thread(work: Callable[[], _Answer], subject: Subject) -> _Answer:
    """What `work` returns or raises, done in another thread."""
    answers: list[_Answer] = []
    errors: list[BaseException] = []

    def do() -> None:
        try:
            answers.append(work())
        except BaseException as error:
            errors.append(error)

    subject.calls.append(Elsewhere(0))
    subject.calls.answered()
    thread = threading.Thread(target=do, daemon=True)
    thread.start()
    thread.join(subject.patience)
    if thread.is_alive():
        raise TargetHung(f"calls in another thread took longer than {subject.patience:g} s")
    if errors:
        raise errors[0]
    return answers[0]
