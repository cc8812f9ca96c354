"""The judge: decides whether a definition of Adam encloses the trace of a target.

The judge runs the definition in enclosure arithmetic on the recorded gradients and compares
*updates*: the observed `theta_t - theta_{t-1}`, exact, with the enclosed one, whose radius is
widened by the rounding of stored parameters. An update with an infinite radius is counted as not judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.judge.engines import Tally, engine
from adamcheck.judge.verdict import Grade as Grade
from adamcheck.judge.verdict import Judgement as Judgement
from adamcheck.judge.verdict import Offence as Offence
from adamcheck.judge.verdict import Ruling as Ruling
from adamcheck.numbers.enclosure import allowances
from adamcheck.numbers.floats import Format, coarser_precisions, format_of
from adamcheck.traces.trace import Trace
from adamcheck.updates import held_in

TOGETHER = 2**17
"""The updates that are judged in one call, which bounds the memory."""


class Judge:
    """Judges one run step by step, in memory that does not grow with the number of steps.

    Args:
        hyper: The hyperparameters of the run.
        parameters: The array before the first step, of any shape.
        definition: The definition that the run is judged against.
        format: The working precision, and whether it flushes subnormal numbers to 0; by default the dtype of
            the parameters.
        steps_before: The number of steps counted before, all with zero gradients.
    """

    def __init__(
        self,
        hyper: Hyperparameters,
        parameters: Any,
        definition: type[Adam] = Adam,
        format: Format | None = None,
        *,
        steps_before: int = 0,
    ) -> None:
        first = np.asarray(parameters)
        self._format = format or format_of(first.dtype)
        self._modes = allowances(self._format)
        self._definition = definition
        self._parameters = first.reshape(-1).copy()  # the target may keep writing to the array
        self._tally = Tally(len(self._modes))
        self._engine = engine(
            definition, hyper, self._format, self._modes, first.size, steps_before, self._tally, self.seen
        )
        self._total = 0
        self._waiting: list[tuple[Any, Any]] = []
        self._together = max(1, TOGETHER // max(1, first.size))

    def change(self, hyper: Hyperparameters) -> None:
        """Judge the next steps by these hyperparameters."""
        self._judge_waiting()
        self._engine.change(hyper)

    def step(self, gradient: Any, parameters: Any) -> None:
        """Judge one step.

        Args:
            gradient: The gradient passed, of the same size as the parameters at the start.
            parameters: The parameters after the step, of the same size.

        Raises:
            ValueError: The size of one differs from that of the parameters at the start.
        """
        shape = self._parameters.shape
        row = np.array(gradient).reshape(shape), np.array(parameters).reshape(shape)
        self._waiting.append(row)  # copies, because the target may keep writing to the arrays
        if len(self._waiting) >= self._together:
            self._judge_waiting()

    def _judge_waiting(self) -> None:
        """Judge the steps that have not been judged, which is faster for several at a time."""
        if not self._waiting:
            return
        gradients, after = (np.stack(rows) for rows in zip(*self._waiting, strict=True))
        self._waiting.clear()
        before = np.concatenate([self._parameters[None], after[:-1]])
        self._total += after.size
        self._engine.judge(gradients, before, after)
        self._parameters = after[-1].copy()

    def seen(self, begin: int, fractions: Any) -> None:
        """A hook for statistics, called for each step with some coordinates, by `judgement` at the latest.

        Args:
            begin: The number of the first of these coordinates, from 0.
            fractions: The errors as fractions of the radius, -1 where an update is not judged, shape
                (allowances, coordinates). The array is reused.
        """

    def judgement(self) -> Judgement:
        """The verdict on the steps so far."""
        self._judge_waiting()
        tally = self._tally
        grades = tuple(
            Grade(mode.name, int(judged), self._total - int(judged), int(outside), float(worst))
            for mode, judged, outside, worst in zip(
                self._modes, tally.judged, tally.outside, tally.worst, strict=True
            )
        )
        if any(grade.encloses for grade in grades):
            outcome = Ruling.ENCLOSED
        else:
            outcome = Ruling.REJECTED if all(grade.outside for grade in grades) else Ruling.NOT_JUDGED
        return Judgement(
            definition=self._definition,
            outcome=outcome,
            format=self._format.name,
            grades=grades,
            worst_ulps=float(tally.largest[0]),
            largest_error=float(tally.largest[1]),
            offence=tally.offence,
        )


def judge(trace: Trace, definition: type[Adam] = Adam, format: Format | None = None) -> Judgement:
    """Judge a whole trace.

    A rejected trace is judged again at coarser precisions, to separate code that computes in float32 behind
    float64 arrays, or in TF32 or bfloat16 behind float32 arrays (*coarse*), from a wrong formula. Two tests
    keep the wide radius of a coarse precision from hiding a wrong formula. The trace with every update
    negated must not be enclosed. Below float32, the numbers of the trace must belong to the coarser format,
    which a wrong formula in the working precision does not achieve.

    Args:
        trace: The run of a target.
        definition: The definition to judge it against.
        format: The working precision, if it is coarser than the arrays of the trace.

    Returns:
        The verdict. If it is *coarse*, the offence and the errors refer to the working precision, the grades
        and the name of the format to the coarser one.
    """
    working = trace.precision(format)
    verdict = _judge_at(trace, definition, working)
    if verdict.outcome != Ruling.REJECTED:
        return verdict
    for coarse in _precisions_shown(trace, working):
        wider = _judge_at(trace, definition, coarse)
        if wider.outcome != Ruling.ENCLOSED:
            continue
        if _judge_at(trace, definition, coarse, turned=True).outcome != Ruling.ENCLOSED:
            return replace(verdict, outcome=Ruling.COARSE, format=wider.format, grades=wider.grades)
    return verdict


def _precisions_shown(trace: Trace, working: Format) -> Iterator[Format]:
    """The coarser precisions in which a trace may have been computed, the most informative one first."""
    precisions = coarser_precisions(working)
    yield from (coarse for coarse in precisions if not coarse.narrow)
    # Numbers of a coarser format are also numbers of a finer one, so the coarsest format comes first.
    narrow = sorted((coarse for coarse in precisions if coarse.narrow), key=lambda coarse: -coarse.unit)
    yield from (coarse for coarse in narrow if held_in(trace, coarse))


def _judge_at(trace: Trace, definition: type[Adam], format: Format, *, turned: bool = False) -> Judgement:
    """The verdict at one precision; with `turned`, every update is negated."""
    rows = iter(trace.parameters)
    first = next(rows)
    judge = Judge(trace.hyper, first, definition, format)
    for gradient, parameters in zip(trace.gradients, rows, strict=True):
        judge.step(gradient, first + (first - parameters) if turned else parameters)
    return judge.judgement()
