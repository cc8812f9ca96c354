"""Running a row: the target's answers, judged."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from adamcheck.adam import Adam
from adamcheck.checks.coverage.making import PERIOD, Input
from adamcheck.checks.subject import Subject
from adamcheck.judge import Judge, Judgement, Ruling, judge
from adamcheck.traces.trace import Trace

SHOWN = 1000
"""The largest number of coordinates judged among those that are copies of others but differ in some bit."""


@dataclass(frozen=True)
class Ran:
    """The run of a row, and its judgement.

    Attributes:
        parameters: The parameters before the first step and after each, shape (T+1, ...).
        trace: The coordinates that were judged.
        coordinates: Their flat indices.
        judgement: The judgement on them.
    """

    parameters: np.ndarray
    trace: Trace
    coordinates: np.ndarray
    judgement: Judgement

    @property
    def wrong(self) -> bool:
        return self.judgement.outcome in (Ruling.REJECTED, Ruling.COARSE)


def run(subject: Subject, given: Input, definition: type[Adam]) -> Ran:
    """Run a target on an input and judge it.

    All coordinates that have equal inputs and equal answers are judged once. Raises as `Subject.start` does.
    """
    running = subject.start(given.start, given.hyper, given.of_parameters)
    after, lr = [given.start], given.hyper.lr
    for step, rate in enumerate(given.rates):
        if rate != lr:
            running.change_lr(rate)
            lr = rate
        after.append(running.step(given.gradient(step), given.of_gradients))
    return _judged(given, np.stack(after), definition)


def _judged(given: Input, parameters: np.ndarray, definition: type[Adam]) -> Ran:
    steps = len(given.rates)
    flat = parameters.reshape(steps + 1, -1)
    chosen = _different(flat) if definition.coordinatewise else np.arange(flat.shape[1])
    gradients = given.gradients[:, chosen % given.gradients.shape[1]]
    trace = Trace(given.hyper, gradients, flat[:, chosen], given.format.flushes)
    if len(set(given.rates)) == 1 and given.rates[0] == given.hyper.lr:
        return Ran(parameters, trace, chosen, judge(trace, definition, given.format))
    judging = Judge(given.hyper, flat[0, chosen], definition, trace.precision(given.format))
    for rate, gradient, row in zip(given.rates, gradients, flat[1:, chosen], strict=True):
        judging.change(given.hyper.replace(lr=rate))
        judging.step(gradient, row)
    return Ran(parameters, trace, chosen, judging.judgement())


def _different(flat: np.ndarray) -> np.ndarray:
    """The coordinates of one period, and those whose bits differ from the coordinate that they repeat."""
    first = np.arange(min(PERIOD, flat.shape[1]))
    other = np.zeros(flat.shape[1], bool)
    for row in flat:
        due = np.resize(row[: len(first)], row.shape)
        other |= (row != due) & ~(np.isnan(row) & np.isnan(due))
    return np.concatenate([first, np.flatnonzero(other)[:SHOWN]])


def shown(ran: Ran) -> Judgement:
    """The judgement, with the coordinate of its offence as the target has it."""
    offence = ran.judgement.offence
    if offence is None:
        return ran.judgement
    place = int(ran.coordinates[offence.coordinate])
    return replace(ran.judgement, offence=replace(offence, coordinate=place))
