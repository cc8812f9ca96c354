"""The arrays of a row: parameters and gradients that repeat a few coordinates, so that judging is cheap."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass, replace

import numpy as np

from adamcheck import regimes
from adamcheck.adam import Hyperparameters
from adamcheck.checks.calls import Layout
from adamcheck.checks.coverage.dimensions import Course, Dimension, Groups, LrCourse, Numbers, Tensors
from adamcheck.checks.coverage.layouts import BROADCAST, LAYOUTS
from adamcheck.checks.coverage.rows import Row
from adamcheck.numbers.floats import Format, coarser, format_of
from adamcheck.traces.trace import Trace

PERIOD = 7
"""The number of different coordinates. It divides no vector width, so that each occurs at every position."""


@dataclass(frozen=True, eq=False)
class Input:
    """What a target gets in a row.

    Attributes:
        hyper: The hyperparameters at the start.
        rates: The learning rate of each step.
        shape: The shape of the parameters.
        parameters: The different coordinates of the parameters, shape (P,).
        gradients: The different coordinates of the gradients, shape (T, P).
        of_parameters: The layout of the parameters; index order if None.
        of_gradients: The layout of the gradients.
        format: The precision by which the run is judged.
    """

    hyper: Hyperparameters
    rates: tuple[float, ...]
    shape: tuple[int, ...]
    parameters: np.ndarray
    gradients: np.ndarray
    of_parameters: Layout | None
    of_gradients: Layout | None
    format: Format

    @property
    def start(self) -> np.ndarray:
        """The parameters before the first step, in their shape."""
        return np.resize(self.parameters, self.shape)

    def gradient(self, step: int) -> np.ndarray:
        """The gradient of a step (from 0), in the shape of the parameters."""
        return np.resize(self.gradients[step], self.shape)

    def trace_of(self, parameters: np.ndarray) -> Trace:
        """The trace of a whole run with these parameters before the first step and after each."""
        gradients = np.stack([self.gradient(step) for step in range(len(self.rates))])
        return Trace(self.hyper, gradients, parameters, self.format.flushes)

    def turned(self, lr: float = 1.0, since: int = 0) -> Input:
        """A copy with the gradients negated from a step (from 0) on, and `lr` times the learning rates."""
        gradients = self.gradients.copy()
        gradients[since:] *= -1
        hyper = self.hyper.replace(lr=lr * self.hyper.lr)
        rates = tuple(lr * rate for rate in self.rates)
        return replace(self, gradients=gradients, hyper=hyper, rates=rates)


def make_tensors(row: Row, format: Format) -> list[Input]:
    """What a target gets for each tensor of a row; the gradients of each are negated and shifted."""
    size = row.number_of(Dimension.SIZE)
    other = format_of("float32" if format.name != "float32" else "float64")
    by_name: dict[object, list[tuple[tuple[int, ...], Format]]] = {
        Tensors.ONE: [((size,), format)],
        Tensors.TWO: [((size,), format), ((size,), format)],
        Tensors.SHAPES: [((size,), format), ((2, 2), format), ((1,), format), ((size, 3), format)],
        Tensors.DTYPES: [((size,), format), ((size,), other.flushing(format.flushes))],
    }
    kinds = by_name[row[Dimension.TENSORS]]
    tensors = [_tensor(row, number, *kind) for number, kind in enumerate(kinds)]
    late = tensors[-1]
    if row[Dimension.GROUPS] == Groups.LATE:  # it misses the first step
        tensors[-1] = replace(late, gradients=late.gradients[1:], rates=late.rates[1:])
    return tensors


def _tensor(row: Row, number: int, shape: tuple[int, ...], format: Format) -> Input:
    given = make(row, format)
    rolled = np.roll(given.gradients, number, axis=1) * given.gradients.dtype.type((-1) ** number)
    hyper, groups = given.hyper, row[Dimension.GROUPS]
    if groups != Groups.ONE and number:
        hyper = hyper.replace(lr=hyper.lr * 2.0**-number)
    if groups == Groups.ALL and number:
        hyper = hyper.replace(beta1=0.75, beta2=1 - 2.0 ** -(3 + number), eps=2.0 ** -(3 + number))
    factor = hyper.lr / given.hyper.lr
    rates = tuple(rate * factor for rate in given.rates)
    return replace(given, shape=shape, gradients=rolled, hyper=hyper, rates=rates)


def make(row: Row, format: Format) -> Input:
    """The input of a row for a target in a format. It depends on the row and the format only."""
    given = row[Dimension.GRADIENT_DTYPE]
    gradients_in = format if given == "same" else format_of(given)
    coarse = coarser(format, gradients_in).flushing(format.flushes)
    steps, shape = row.number_of(Dimension.STEPS), shape_of(row)
    of_gradients = LAYOUTS.get(str(row[Dimension.GRADIENT_LAYOUT]))
    columns = 1 if of_gradients is LAYOUTS[BROADCAST] else PERIOD
    rng = np.random.default_rng(zlib.crc32(f"{row.room}/{row.number}".encode()))
    parameters = _parameters(row, rng, coarse.huge).astype(coarse.dtype).astype(format.dtype)
    gradients = _gradients(row, rng, steps, coarse)[:, :columns]
    with np.errstate(over="ignore", under="ignore"):
        gradients = gradients.astype(coarse.dtype).astype(gradients_in.dtype)
    hyper = Hyperparameters(
        *(float(row[each]) for each in (Dimension.LR, Dimension.BETA1, Dimension.BETA2, Dimension.EPS))
    )
    return Input(
        hyper,
        rates_of(row, hyper.lr, steps),
        shape,
        parameters,
        gradients,
        LAYOUTS.get(str(row[Dimension.PARAMETER_LAYOUT])),
        of_gradients,
        coarse,
    )


def shape_of(row: Row) -> tuple[int, ...]:
    """The shape with these axes, with the size of the row or the next larger one that they allow."""
    size, axes = row.number_of(Dimension.SIZE), str(row[Dimension.AXES])
    if axes == "()":
        return ()
    lengths = [each.strip() for each in axes.strip("()").split(",")]
    fixed = math.prod(int(each) for each in lengths if each != "n")
    return tuple(-(-size // fixed) if each == "n" else int(each) for each in lengths)


def rates_of(row: Row, lr: float, steps: int) -> tuple[float, ...]:
    """The learning rate of each step."""
    course = row[Dimension.LR_COURSE]
    if course == LrCourse.HALVED:
        return tuple(lr if step < steps // 2 else lr / 2 for step in range(steps))
    if course == LrCourse.WARMUP:
        return tuple(lr * (1 + step % 16) / 16 for step in range(steps))
    if course == LrCourse.PAUSED:
        return tuple(0.0 if step == steps // 2 else lr for step in range(steps))
    return (lr,) * steps


def _parameters(row: Row, rng: np.random.Generator, huge: float) -> np.ndarray:
    short = rng.integers(8, 16, PERIOD) / 8 * regimes.signs(rng, PERIOD)
    size = row[Dimension.PARAMETERS]
    scales = 10.0 ** np.arange(-3, PERIOD - 3) if size == "mixed" else np.full(PERIOD, float(size))
    scales = np.minimum(scales, huge / 64)
    nearest: np.ndarray = np.where(scales > 0, 2.0 ** np.round(np.log2(np.maximum(scales, 1e-9))), 0.0)
    result: np.ndarray = short * nearest
    return result


def _gradients(row: Row, rng: np.random.Generator, steps: int, format: Format) -> np.ndarray:
    """The gradients of each step, in float64; a shorter row has the first of those of a longer one."""
    signs = regimes.signs(rng, steps, PERIOD) if steps else np.empty((0, PERIOD))
    kind = row[Dimension.NUMBERS]
    values = _numbers(kind, rng, steps)
    values = (
        abs(values)
        if kind == Numbers.POSITIVE
        else -abs(values)
        if kind == Numbers.NEGATIVE
        else values * signs
    )
    values = _along(row[Dimension.COURSE], row.number_of(Dimension.STRETCH), values)
    # Squares stay normal numbers, with room for what is added to them.
    reach = int(min(np.log2(format.huge), -np.log2(format.normal)) - 10) // 2
    exponent = round(math.log2(10) * float(row[Dimension.GRADIENT_DECADE]))
    scaled: np.ndarray = np.ldexp(values, max(-reach, min(reach, exponent)))
    return scaled


def _numbers(kind: object, rng: np.random.Generator, steps: int) -> np.ndarray:
    """Positive numbers near 1, shape (steps, PERIOD)."""
    if kind == Numbers.FULL:
        return rng.uniform(0.5, 2, (steps, PERIOD))
    if kind == Numbers.POWERS:
        powers: np.ndarray = 2.0 ** rng.integers(-3, 4, (steps, PERIOD))
        return powers
    if kind == Numbers.INTEGERS:
        return rng.integers(1, 9, (steps, PERIOD)).astype(float)
    short: np.ndarray = rng.integers(8, 16, (steps, PERIOD)) / 8
    apart: np.ndarray = short * 2.0 ** (3 * np.arange(PERIOD) - 9)
    return apart if kind == Numbers.MIXED else short


def _along(course: object, stretch: int, values: np.ndarray) -> np.ndarray:
    """The values with a course for the stretch."""
    steps = np.arange(len(values))[:, np.newaxis]
    if course == Course.ZEROS_AFTER_ONE:
        return np.where((steps >= 1) & (steps <= stretch), 0.0, values)
    if course == Course.ZEROS_FIRST:
        return np.where(steps < stretch, 0.0, values)
    if course == Course.CONSTANT:
        return np.where(steps <= stretch, values[:1], values)
    if course == Course.ALTERNATING:
        return np.where(steps <= stretch, values[:1] * (-1.0) ** steps, values)
    if course == Course.SPARSE:
        return np.where((steps + np.arange(PERIOD)) % 3 == 0, values, 0.0)
    return values
