"""Running a row: the target's answers, judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from adamcheck.adam import Adam
from adamcheck.checks.coverage.dimensions import Room
from adamcheck.checks.coverage.lives import live
from adamcheck.checks.coverage.making import PERIOD, Input, make, make_tensors
from adamcheck.checks.coverage.rows import Row
from adamcheck.checks.subject import Subject
from adamcheck.judge import Judge, Judgement, Ruling, judge
from adamcheck.traces.trace import Trace

SHOWN = 1000
"""The largest number of coordinates judged among those that are copies of others but differ in some bit."""


@dataclass(frozen=True)
class Ran:
    """The run of a tensor in a row, and its judgement.

    Attributes:
        given: What the target got for it.
        parameters: The parameters before the first step and after each, shape (T+1, ...).
        trace: The coordinates that were judged.
        coordinates: Their flat indices.
        judgement: The judgement on them.
        tensor: The number of the tensor, from 1; 0 if it is the only one.
    """

    given: Input
    parameters: np.ndarray
    trace: Trace
    coordinates: np.ndarray
    judgement: Judgement
    tensor: int = 0

    @property
    def wrong(self) -> bool:
        return self.judgement.outcome in (Ruling.REJECTED, Ruling.COARSE)

    @property
    def whole(self) -> Trace:
        """The trace of all coordinates."""
        return self.given.trace_of(self.parameters)

    @property
    def verdict(self) -> Judgement:
        """The judgement, with the coordinate of its offence as the target has it."""
        offence = self.judgement.offence
        if offence is None:
            return self.judgement
        place = int(self.coordinates[offence.coordinate])
        return replace(self.judgement, offence=replace(offence, coordinate=place))


def run(subject: Subject, row: Row, definition: type[Adam]) -> Ran:
    """Run a row on a target and judge it. Raises as `Subject.start` does.

    All coordinates that have equal inputs and equal answers are judged once.

    Returns:
        The first wrong run of a tensor; if there is none, the first one that could be judged.
    """
    if row.room is not Room.LIVES:
        return _alone(subject, make(row, subject.format), definition)
    tensors = make_tensors(row, subject.format)
    ran = [
        replace(_judged(given, after, definition), tensor=number if len(tensors) > 1 else 0)
        for number, (given, after) in enumerate(live(subject, row, tensors), start=1)
    ]
    judged = [each for each in ran if each.judgement.outcome is not Ruling.NOT_JUDGED]
    return next((each for each in ran if each.wrong), (judged or ran)[0])


def _alone(subject: Subject, given: Input, definition: type[Adam]) -> Ran:
    """The run of one array by one instance."""
    running = subject.start(given.start, given.hyper, given.of_parameters)
    after, lr = [given.start], given.hyper.lr
    for step, rate in enumerate(given.rates):
        if rate != lr:
            running.change_lr(rate)
            lr = rate
        after.append(running.step(given.gradient(step), given.of_gradients))
    return _judged(given, after, definition)


def _judged(given: Input, after: Sequence[np.ndarray], definition: type[Adam]) -> Ran:
    parameters = np.stack(after)
    flat = parameters.reshape(len(parameters), -1)
    chosen = _different(flat) if definition.coordinatewise else np.arange(flat.shape[1])
    gradients = given.gradients[:, chosen % given.gradients.shape[1]]
    trace = Trace(given.hyper, gradients, flat[:, chosen], given.format.flushes)
    if set(given.rates) == {given.hyper.lr}:
        return Ran(given, parameters, trace, chosen, judge(trace, definition, given.format))
    judging = Judge(given.hyper, flat[0, chosen], definition, trace.precision(given.format))
    lr = given.hyper.lr
    for rate, gradient, row in zip(given.rates, gradients, flat[1:, chosen], strict=True):
        if rate != lr:
            judging.change(given.hyper.replace(lr=rate))
            lr = rate
        judging.step(gradient, row)
    return Ran(given, parameters, trace, chosen, judging.judgement())


def _different(flat: np.ndarray) -> np.ndarray:
    """The coordinates of one period, and those whose bits differ from the coordinate that they repeat."""
    first = np.arange(min(PERIOD, flat.shape[1]))
    other = np.zeros(flat.shape[1], bool)
    for row in flat:
        due = np.resize(row[: len(first)], row.shape)
        other |= (row != due) & ~(np.isnan(row) & np.isnan(due))
    return np.concatenate([first, np.flatnonzero(other)[:SHOWN]])
