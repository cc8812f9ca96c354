"""Engines: how the updates of a run are compared with those of a definition.

Where a definition can be compiled, its values are double-doubles or doubles and the loops are compiled.
Elsewhere the values are quads, and each operation is a few calls of numpy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from adamcheck.adam import Adam, Hyperparameters, State
from adamcheck.compiled.available import evaluation, rounding_of
from adamcheck.judge.verdict import Offence
from adamcheck.numbers.enclosure import Allowance, Enclosure, magnitude_of
from adamcheck.numbers.floats import Format
from adamcheck.numbers.quad import difference
from adamcheck.updates import Enclosing, in_range, stored

if TYPE_CHECKING:
    from adamcheck.compiled.evaluation import Evaluation

Array = npt.NDArray[Any]

Seen = Callable[[int, npt.NDArray[np.float64]], None]
"""Receives the number of a coordinate, and the errors of it and the next ones as fractions of the radius, -1
where they are not judged, shape (allowances, n). The array is reused."""

CHUNK = 2**14
"""The coordinates that are judged at once in quads, which bounds the memory and keeps arrays in the cache."""


class Tally:
    """What is counted of a run.

    Args:
        allowances: Their number.

    Attributes:
        judged: Per allowance, the number of updates judged.
        outside: Per allowance, the number of these outside the enclosure.
        worst: Per allowance, the largest error as a fraction of the radius.
        largest: The largest error in units in the last place of the update, and in the units of the
            parameters.
        first: The first update outside the most generous enclosure, in the columns of `Offence`; its step is
            infinite if there is none.
    """

    def __init__(self, allowances: int) -> None:
        self.judged = np.zeros(allowances, np.int64)
        self.outside = np.zeros(allowances, np.int64)
        self.worst = np.zeros(allowances)
        self.largest = np.zeros(2)
        self.first = np.full(7, np.inf)

    @property
    def offence(self) -> Offence | None:
        """The first update outside the most generous enclosure."""
        step, coordinate, *rest = self.first.tolist()
        return Offence(int(step), int(coordinate), *rest) if step < np.inf else None


class Engine(Protocol):
    """Compares the updates of a run with those of a definition."""

    def change(self, hyper: Hyperparameters) -> None:
        """Judge the next steps by these hyperparameters."""

    def judge(self, gradients: Array, before: Array, after: Array) -> None:
        """Judge some steps.

        Args:
            gradients: The gradient of each, shape (steps, n).
            before: The parameters before each, shape (steps, n).
            after: The parameters after each, shape (steps, n).
        """


def engine(
    definition: type[Adam],
    hyper: Hyperparameters,
    format: Format,
    modes: tuple[Allowance, ...],
    coordinates: int,
    steps_before: int,
    tally: Tally,
    seen: Seen,
) -> Engine:
    """The fastest engine that can judge by a definition here."""
    made = evaluation(definition, hyper, modes, coordinates, steps_before=steps_before)
    if made is not None:
        return Compiled(made, format, tally, seen, min(coordinates, CHUNK))
    return InQuads(definition, hyper, format, modes, coordinates, steps_before, tally, seen)


class Compiled:
    """Judges by a compiled program."""

    def __init__(self, made: Evaluation, format: Format, tally: Tally, seen: Seen, width: int) -> None:
        self._evaluation, self._format, self._tally, self._seen = made, format, tally, seen
        flushes = float(format.flushes)
        self._constants = np.array([format.unit, format.tiny, format.normal, format.huge, flushes])
        self._fractions = np.empty((len(tally.judged), width))
        self._steps = 0

    def change(self, hyper: Hyperparameters) -> None:
        self._evaluation.change(hyper)

    def judge(self, gradients: Array, before: Array, after: Array) -> None:
        from adamcheck.compiled.comparison import compare  # imports Numba, which takes a while

        errors = rounding_of(gradients, self._format)
        given, one, other = (x.astype(np.float64) for x in (gradients, before, after))
        tally, fractions, steps, n = self._tally, self._fractions, self._steps, given.shape[1]

        def take(t: int, where: slice, high: Array, low: Array, radius: Array, _: Array) -> None:
            compare(
                high, low, radius, one[t, where], other[t, where], self._constants, steps + t + 1,
                where.start, tally.judged, tally.outside, tally.worst, tally.largest, tally.first, fractions,
            )  # fmt: skip
            self._seen(where.start, fractions[:, : min(where.stop, n) - where.start])

        self._evaluation.advance(given, one, errors, take)
        self._steps += len(given)


class InQuads:
    """Judges by enclosures of quads."""

    def __init__(
        self,
        definition: type[Adam],
        hyper: Hyperparameters,
        format: Format,
        modes: tuple[Allowance, ...],
        coordinates: int,
        steps_before: int,
        tally: Tally,
        seen: Seen,
    ) -> None:
        _keep_freed_memory()
        self._definition, self._format, self._tally, self._seen = definition, format, tally, seen
        self._enclosing = Enclosing.under(modes)
        self.change(hyper)
        self._slices = [slice(i, min(i + CHUNK, coordinates)) for i in range(0, coordinates, CHUNK)]
        self._states: list[State | None] = [None] * len(self._slices)
        self._steps_before = steps_before
        self._step = 0

    def change(self, hyper: Hyperparameters) -> None:
        self._adam = self._definition(self._enclosing.hyper(hyper))

    def judge(self, gradients: Array, before: Array, after: Array) -> None:
        for gradient, one, other in zip(gradients, before, after, strict=True):
            self._step += 1
            for index, part in enumerate(self._slices):
                self._judge_part(index, part, gradient[part], one[part], other[part])

    def _judge_part(self, index: int, part: slice, gradient: Array, before: Array, after: Array) -> None:
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
            fraction[~judged] = -1.0
            ulps = error / self._format.spacing(update.magnitude)  # infinite where the expected update is 0
        self._seen(part.start, fraction)
        tally, seen = self._tally, judged.any(axis=0)
        tally.judged += judged.sum(axis=1)
        tally.outside += outside.sum(axis=1)
        tally.worst = np.maximum(tally.worst, fraction.max(axis=1, initial=0.0))
        largest = ulps[seen].max(initial=0.0), error[seen].max(initial=0.0)
        tally.largest = np.maximum(tally.largest, largest)
        if tally.offence is None and outside[-1].any():
            i = int(np.argmax(outside[-1]))
            expected, found = float(update.value[i]), float(observed[i])
            error_of = radius[-1, i], fraction[-1, i], ulps[i]
            tally.first[:] = self._step, part.start + i, found, expected, *error_of

    def _may_be_judged(self, theta: Enclosure, update: Enclosure, radius: Array) -> Array:
        """Where the parameter before the step is a number and the one after it stays within the format."""
        largest = theta.magnitude + update.magnitude + radius
        if largest.max(initial=0.0) <= self._format.huge:
            return np.ones(radius.shape, bool)
        return in_range(theta.value, update.value, radius, self._format)


@cache
def _keep_freed_memory() -> None:
    """Make the C library reuse the memory of one operation for the next.

    glibc returns free memory beyond a threshold to the system, which must clear it again; that takes a fifth
    of the time of a step. The threshold grows to twice the largest block that was ever freed (mallopt(3)).
    """
    np.empty(2**20)
