"""Evaluations: the updates of a definition along gradients, step by step, with their radii."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from adamcheck.adam import Hyperparameters
from adamcheck.compiled import kernels
from adamcheck.compiled.execution import execute
from adamcheck.compiled.program import Program, Step, numbers_of
from adamcheck.compiled.recording import Counted, Op
from adamcheck.numbers.enclosure import Allowance, Arithmetic, Enclosure
from adamcheck.numbers.enclosure.rules import UP

Floats = npt.NDArray[np.float64]
Take: TypeAlias = Callable[[int, slice, Floats, Floats, Floats, Floats], None]
"""Receives of each step and some coordinates: its place in the call, these coordinates, the high and low
parts of the updates, their radii, per allowance, and the parameters after the step where the definition
reaches them itself. The arrays are reused, and may be longer than the coordinates are many."""

CHUNK = 2**10
"""The coordinates that go through the steps of a call together: their registers fit into the cache."""

STEPS = 2**5
"""The steps whose scalars are formed together."""

_UP_DOUBLE = 1 + 2.0**-24
"""Covers the roundings of values in double beside radii of formats with at most 24 bits: each is at most
2**-29 of the radius, and an operation has fewer than 32."""

_LOST = 2.0**-1071
"""What the low parts of double-doubles may lose by underflow in an operation."""


@lru_cache
def _constants(modes: tuple[Allowance, ...]) -> tuple[Floats, Floats, bool]:
    """The constants of both arithmetics, shape (2, columns, allowances): in instructions for arrays, and in
    those for scalars, whose values are always wide; and whether those of arrays are."""
    arrays, of_scalars = Arithmetic.of_arrays(modes), Arithmetic.of_scalars(modes)
    wide = bool(arrays.unit.min() < 2.0**-40)
    found = []
    for a in (arrays, of_scalars):
        columns: list[npt.NDArray[Any]] = [np.empty((len(modes), 1))] * 13
        columns[kernels.ROUNDING], columns[kernels.UNDERFLOW] = a.rounding, a.underflow + _LOST
        columns[kernels.FINITE], columns[kernels.HUGE] = a.finite.each, a.huge.each
        columns[kernels.GROWTH] = np.full(a.unit.shape, UP)
        columns[kernels.SAME], columns[kernels.LERP] = arrays.same(of_scalars), a.lerp
        columns[kernels.ANCHOR], columns[kernels.UNIT] = a.anchored, a.unit
        columns[kernels.POWERS] = np.array([[int(mode.powers)] for mode in modes])
        columns[kernels.TINY], columns[kernels.FLUSHED], columns[kernels.NORMAL] = a.tiny, a.flushed, a.normal
        found.append(np.array([np.asarray(column, np.float64).ravel() for column in columns]))
    in_scalars = np.array(found)
    in_arrays = in_scalars.copy()
    in_arrays[:, kernels.GROWTH] = UP if wide else _UP_DOUBLE
    return in_arrays, in_scalars, wide


class Registers:
    """Registers of some coordinates: the values in two parts, their radii, stretches and lower bounds."""

    def __init__(self, sizes: tuple[int, ...], allowances: int, n: int) -> None:
        self.high, self.low = np.zeros((sizes[0], n)), np.zeros((sizes[0], n))
        self.radius = np.zeros((sizes[0], allowances, n))
        self.stretch = np.ones((sizes[1], allowances, n))
        self.least = np.full((sizes[2], allowances, n), -np.inf)
        self.all = self.high, self.low, self.radius, self.stretch, self.least


_NONE = np.zeros(0)


@dataclass(frozen=True, eq=False)
class Window:
    """The scalars of some steps, which are the same in every run with these hyperparameters.

    Attributes:
        registers: Those of scalars, whose coordinates are the steps.
        numbers, exponents: What instructions for arrays read.
        weights: Those of averages.
        factors: For each instruction for arrays, the factor of its first operand.
    """

    registers: Registers
    numbers: Floats
    exponents: npt.NDArray[np.int64]
    weights: tuple[Floats, Floats]
    factors: Floats


@lru_cache(maxsize=512)
def _window(
    found: Program,
    index: int,
    hyper: Hyperparameters,
    modes: tuple[Allowance, ...],
    first: int,
    before: int,
    steps: int,
) -> Window:
    """The scalars of some steps.

    Args:
        found: The program.
        index: Which of its steps these are.
        hyper: The hyperparameters.
        modes: The allowances.
        first: The number of the first of them since the start, from 1.
        before: The number of steps counted before the start.
        steps: Their number.
    """
    step, registers = found.steps[index], Registers(found.sizes[:3], len(modes), steps)
    arithmetic, factors = Arithmetic.of_scalars(modes), {}
    given = [(i, Enclosure.hyperparameter(x, arithmetic)) for i, x in enumerate(numbers_of(hyper))]
    for register, of, change, error in found.adjusted:
        number = float(numbers_of(hyper)[of])
        rounded = Enclosure.rounded(change(number), arithmetic)
        given.append((register, rounded.widened(np.full((1, 1), error(number)))))
    for register, x in given:
        registers.high[register] = x.magnitude[0] if x.value[0] >= 0 else -x.magnitude[0]
        registers.radius[register] = x.radius.reshape(-1, 1)
        factors[register] = x.factor
    times = range(before + first, before + first + steps)
    numbers, exponents = _table(step.numbers, times, np.float64), _table(step.exponents, times, np.int64)
    count = max(found.sizes[6], 1)
    v, w = np.zeros((count, 4, steps)), np.zeros((count, 5, len(modes), steps))
    of_scalars = _factors(step.scalars, factors, {})
    _, f, _ = _constants(modes)
    execute(
        step.scalars, step.bounds, of_scalars, *registers.all, *registers.all, numbers, exponents, v, w, f,
        _NONE, _NONE, _NONE, 0, steps, True, True, first,
    )  # fmt: skip
    return Window(registers, numbers, exponents, (v, w), _factors(step.arrays, {}, factors))


def _factors(code: npt.NDArray[np.int64], own: dict[int, float], of_scalars: dict[int, float]) -> Floats:
    """For each instruction the factor of its first operand: the product of the small hyperparameters in it.

    Args:
        code: The instructions.
        own: The factors of registers, to which those of results are added.
        of_scalars: The factors of registers of scalars.
    """
    found = []
    for op, z, x, y, *_ in code.tolist():
        first, second = own.get(x, 1.0), own.get(y, 1.0)
        found.append(first)
        if op == Op.MULTIPLY:
            own[z] = first * second
        elif op in (Op.ENTER, Op.WIDEN):
            own[z] = first
        elif op == Op.SPREAD:
            own[z] = of_scalars.get(x, 1.0)
        elif op == Op.CHOOSE:
            own[z] = min(first, second)
    return np.array(found, dtype=np.float64)


@lru_cache(maxsize=16)
def _workspace(found: Program, allowances: int, width: int) -> Registers:
    """Registers that evaluations share, each for the length of a call."""
    return Registers(found.sizes[3:6], allowances, width)


class Evaluation:
    """A definition along gradients, evaluated by a program.

    Args:
        found: The program.
        hyper: The hyperparameters.
        modes: The allowances.
        coordinates: The number of coordinates.
        start: The parameters at the start, if the program carries them, shape (n,).
        steps_before: The number of steps counted before.
    """

    def __init__(
        self,
        found: Program,
        hyper: Hyperparameters,
        modes: tuple[Allowance, ...],
        coordinates: int,
        start: Floats | None = None,
        steps_before: int = 0,
    ) -> None:
        self._program, self._hyper, self._modes, self._n = found, hyper, modes, coordinates
        self._f, _, self._wide = _constants(modes)
        self._before, self._taken = steps_before, 0
        counts = found.slots.max(axis=0, initial=-1) + 1
        self._state = np.zeros((2, counts[0], coordinates))
        self._radius = np.zeros((counts[0], len(modes), coordinates))
        self._stretch = np.ones((counts[1], len(modes), coordinates))
        self._least = np.full((counts[2], len(modes), coordinates), -np.inf)
        if start is not None:
            slot = found.slots[-1, 0]
            self._state[0, slot] = start
            size, f = np.abs(start), self._f[0, :, :, None]
            read = np.where(size < f[kernels.FLUSHED], size, 0.0)
            self._radius[slot] = np.where(size <= f[kernels.HUGE], read, np.inf)

    def change(self, hyper: Hyperparameters) -> None:
        """Evaluate the next steps by these hyperparameters."""
        self._hyper = hyper

    def advance(
        self, gradients: Floats, parameters: Floats | None, errors: Floats | None, take: Take
    ) -> None:
        """Evaluate some steps.

        Args:
            gradients: The gradient of each, shape (steps, n).
            parameters: The parameters before each, shape (steps, n); None where the program carries them.
            errors: How far the gradients may be off, in the shape of these; None if they are exact.
            take: Receives the updates.
        """
        # Rows of another memory order would have the loops compiled once more.
        gradients = np.ascontiguousarray(gradients)
        parameters = None if parameters is None else np.ascontiguousarray(parameters)
        errors = None if errors is None else np.ascontiguousarray(errors)
        done, last = 0, len(self._program.steps) - 1
        while done < len(gradients):
            index, place, length = min(self._taken, last), 0, 1
            if index == last:
                # Windows begin at the same steps in every run, so that runs share them.
                place, length = (self._taken - last) % STEPS, STEPS
            count = min(len(gradients) - done, length - place)
            first = self._taken - place + 1
            window = _window(self._program, index, self._hyper, self._modes, first, self._before, length)
            part = slice(done, done + count)
            self._advance(
                self._program.steps[index], window, place, part, gradients, parameters, errors, take
            )
            self._taken += count
            done += count

    def _advance(
        self,
        step: Step,
        window: Window,
        place: int,
        part: slice,
        gradients: Floats,
        parameters: Floats | None,
        errors: Floats | None,
        take: Take,
    ) -> None:
        width = min(CHUNK, self._n)
        r = _workspace(self._program, len(self._modes), width)
        fixed = (
            step.arrays, step.bounds, window.factors, *r.all, *window.registers.all, window.numbers,
            window.exponents, *window.weights, self._f,
        )  # fmt: skip
        update, reached, copies = step.update[0], step.kept[-1, 0], self._copies(step, r)
        for begin in range(0, self._n, width):
            b = min(width, self._n - begin)
            where = slice(begin, begin + b)
            self._move(r, where, b, store=False)
            high, low, radius, after = r.high[update], r.low[update], r.radius[update], r.high[reached]
            for t in range(part.start, part.stop):
                theta = _NONE if parameters is None else parameters[t, where]
                error = _NONE if errors is None else errors[t, where]
                at = place + t - part.start
                execute(*fixed, gradients[t, where], theta, error, at, b, False, self._wide, 0)
                take(t, where, high, low, radius, after)
                for to, of in copies:
                    to[...] = of
            self._move(r, where, b, store=True)

    def _move(self, r: Registers, where: slice, b: int, *, store: bool) -> None:
        """Load the state of some coordinates into the first registers, or store it."""
        for k, (value, stretch, least) in enumerate(self._program.slots.tolist()):
            pairs = []
            if value >= 0:
                pairs += [
                    (r.high[k, :b], self._state[0, value, where]),
                    (r.low[k, :b], self._state[1, value, where]),
                ]
                pairs.append((r.radius[k, :, :b], self._radius[value, :, where]))
            if stretch >= 0:
                pairs.append((r.stretch[1 + k, :, :b], self._stretch[stretch, :, where]))
            if least >= 0:
                pairs.append((r.least[1 + k, :, :b], self._least[least, :, where]))
            for register, kept in pairs:
                to, of = (kept, register) if store else (register, kept)
                to[...] = of

    def _copies(self, step: Step, r: Registers) -> list[tuple[Floats, Floats]]:
        """What becomes the state of the next step."""
        copies = []
        for k, ((value, stretch, least), kept) in enumerate(zip(self._program.slots, step.kept, strict=True)):
            if value >= 0 and kept[0] != k:
                copies += [(each[k], each[kept[0]]) for each in (r.high, r.low, r.radius)]
            if stretch >= 0 and kept[1] != 1 + k:
                copies.append((r.stretch[1 + k], r.stretch[kept[1]]))
            if least >= 0 and kept[2] != 1 + k:
                copies.append((r.least[1 + k], r.least[kept[2]]))
        return copies


def _table(of: tuple[Counted, ...], times: range, dtype: Any) -> npt.NDArray[Any]:
    """Numbers that depend on the step, for some steps, shape (n, steps)."""
    return np.array([[each.of(t) for t in times] for each in of], dtype=dtype).reshape(len(of), len(times))
