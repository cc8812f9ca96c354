"""The judge: decides whether a definition of Adam encloses the trace of a target.

The judge runs the definition in enclosure arithmetic on the recorded gradients and compares
*updates*: the observed `theta_t - theta_{t-1}`, exact in quad, with the enclosed one, whose radius is
widened by the rounding of stored parameters. An update with an infinite radius is counted as not judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any

import numpy as np

from adamcheck.adam import Adam, Hyperparameters, State
from adamcheck.numbers.enclosure import Enclosure, Freedom, allowances, magnitude_of
from adamcheck.numbers.floats import Format, coarser_precisions, format_of
from adamcheck.numbers.quad import difference
from adamcheck.support.display import Shown
from adamcheck.traces.trace import Trace
from adamcheck.updates import Enclosing, held_in, in_range, stored

CHUNK = 2**14
"""The number of coordinates judged at once, which bounds the memory and keeps arrays in the cache."""


class Ruling(StrEnum):
    """The verdicts of the judge."""

    ENCLOSED = "enclosed"
    COARSE = "coarse"
    """Enclosed only at a precision coarser than the dtype of the trace."""
    REJECTED = "rejected"
    NOT_JUDGED = "not judged"
    """No update had a finite radius."""


@dataclass(frozen=True)
class Offence:
    """The first update outside the enclosure.

    Attributes:
        step: The number of the step, from 1.
        coordinate: The flat index of the coordinate, from 0.
        observed: The observed update.
        expected: The update of the definition.
        radius: How far correct code may be off.
        radii: The error as a multiple of the radius.
        ulps: The error in units in the last place of the expected update.
    """

    step: int
    coordinate: int
    observed: float
    expected: float
    radius: float
    radii: float
    ulps: float


@dataclass(frozen=True)
class Grade:
    """The counts of a trace under one allowance.

    Attributes:
        allowance: The last freedom of the allowance.
        judged: The number of updates judged.
        not_judged: The number of updates with an infinite radius.
        outside: The number of judged updates outside the enclosure.
        worst: The largest error as a fraction of the radius.
    """

    allowance: Freedom
    judged: int
    not_judged: int
    outside: int
    worst: float

    @property
    def encloses(self) -> bool:
        return self.judged > 0 and self.outside == 0


@dataclass(frozen=True)
class Judgement(Shown):
    """The verdict on one trace under one definition.

    Attributes:
        definition: The definition that the trace was judged against.
        outcome: *enclosed*; *coarse* (enclosed only at the precision `format`, coarser than the dtype of the
            trace); *rejected*; *not judged* (no update had a finite radius).
        format: The name of the precision of the verdict; see `adamcheck.numbers.floats.precision_of`.
        grades: The counts, from the strictest allowance to the most generous.
        worst_ulps: The largest judged error in units in the last place of the update.
        largest_error: The largest judged error in the units of the parameters.
        offence: The first update outside the enclosure of the most generous allowance, if any.
    """

    definition: type[Adam]
    outcome: Ruling
    format: str
    grades: tuple[Grade, ...]
    worst_ulps: float
    largest_error: float
    offence: Offence | None

    def __repr__(self) -> str:
        worst = f"{self.grade.worst:.2g} of the {self.format} radius"
        return f"<Judgement: {self.outcome}, {worst} ({self.definition.title})>"

    @property
    def grade(self) -> Grade:
        """The strictest grade that encloses the trace, or the most generous one."""
        return next((g for g in self.grades if g.encloses), self.grades[-1])


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
        _keep_freed_memory()
        first = np.asarray(parameters)
        self._format = format or format_of(first.dtype)
        modes = allowances(self._format)
        self._names = [mode.name for mode in modes]
        self._enclosing = Enclosing.under(modes)
        self._definition = definition
        self.change(hyper)
        self._parameters = first.reshape(-1).copy()  # the target may keep writing to the array
        self._slices = [slice(i, i + CHUNK) for i in range(0, first.size, CHUNK)]
        self._states: list[State | None] = [None] * len(self._slices)
        self._steps_before = steps_before
        self._step = 0
        self._judged = np.zeros(len(modes), np.int64)
        self._total = 0
        self._outside = np.zeros(len(modes), np.int64)
        self._worst = np.zeros(len(modes))
        self._worst_ulps = 0.0
        self._largest_error = 0.0
        self._offence: Offence | None = None

    def change(self, hyper: Hyperparameters) -> None:
        """Judge the next steps by these hyperparameters."""
        self._adam = self._definition(self._enclosing.hyper(hyper))

    def step(self, gradient: Any, parameters: Any) -> None:
        """Judge one step.

        Args:
            gradient: The gradient passed, of the same size as the parameters at the start.
            parameters: The parameters after the step, of the same size.

        Raises:
            ValueError: The size of one differs from that of the parameters at the start.
        """
        shape = self._parameters.shape
        gradient, after = np.asarray(gradient).reshape(shape), np.asarray(parameters).reshape(shape)
        self._step += 1
        self._total += after.size
        for index, part in enumerate(self._slices):
            self._judge_part(index, part, gradient[part], self._parameters[part], after[part])
        self._parameters = after.copy()

    def _judge_part(self, index: int, part: slice, gradient: Any, before: Any, after: Any) -> None:
        theta = self._enclosing.parameters(before)
        state = self._states[index] or replace(self._adam.start(theta), step=self._steps_before)
        self._states[index], update = self._adam.update(state, theta, self._enclosing.gradient(gradient))
        with np.errstate(all="ignore"):
            observed = difference(after, before)
            error = magnitude_of(observed - update.value)
            error[np.isnan(error)] = np.inf
            radius = update.radius + stored(theta.magnitude, after, self._format)
            judged = self._may_be_judged(theta, update, radius)
            outside = judged & (error > radius)
            fraction = error / radius
            fraction[~judged] = 0.0
            ulps = error / self._format.spacing(update.magnitude)  # infinite where the expected update is 0
        self.seen(fraction, judged)
        self._judged += judged.sum(axis=1)
        self._outside += outside.sum(axis=1)
        self._worst = np.maximum(self._worst, fraction.max(axis=1, initial=0.0))
        seen = judged.any(axis=0)
        self._worst_ulps = max(self._worst_ulps, float(ulps[seen].max(initial=0.0)))
        self._largest_error = max(self._largest_error, float(error[seen].max(initial=0.0)))
        if self._offence is None and outside[-1].any():
            i = int(np.argmax(outside[-1]))
            self._offence = Offence(
                step=self._step,
                coordinate=part.start + i,
                observed=float(observed[i]),
                expected=float(update.value[i]),
                radius=float(radius[-1, i]),
                radii=float(fraction[-1, i]),
                ulps=float(ulps[i]),
            )

    def seen(self, fraction: Any, judged: Any) -> None:
        """A hook for statistics, called for every step with up to `CHUNK` coordinates at a time.

        Args:
            fraction: The errors as fractions of the radius, shape (allowances, coordinates).
            judged: Whether each is judged, in the same shape.
        """

    def _may_be_judged(self, theta: Enclosure, update: Enclosure, radius: Any) -> Any:
        """Where the parameter before the step is a number and the one after it stays within the format."""
        largest = theta.magnitude + update.magnitude + radius
        if largest.max(initial=0.0) <= self._format.huge:
            return np.ones(radius.shape, bool)
        return in_range(theta.value, update.value, radius, self._format)

    def judgement(self) -> Judgement:
        """The verdict on the steps so far."""
        grades = tuple(
            Grade(name, int(judged), self._total - int(judged), int(outside), float(worst))
            for name, judged, outside, worst in zip(
                self._names, self._judged, self._outside, self._worst, strict=True
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
            worst_ulps=self._worst_ulps,
            largest_error=self._largest_error,
            offence=self._offence,
        )


@cache
def _keep_freed_memory() -> None:
    """Make the C library reuse the memory of one operation for the next.

    glibc returns free memory beyond a threshold to the system, which must clear it again; that takes a fifth
    of the time of a step. The threshold grows to twice the largest block that was ever freed (mallopt(3)).
    """
    np.empty(2**20)


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
