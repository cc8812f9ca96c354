"""Updates known up to a radius: predicted by a definition, or observed in a run.

The radius of a prediction is how far correct code may be off. It is computed by running the definition in
enclosure arithmetic on the same gradients. The value may come from another formula for the same number,
such as a closed form, and may be combined linearly with those of other runs, including the radii. No
tolerance is chosen by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.compiled.available import evaluation, rounding_of
from adamcheck.numbers.enclosure import Allowance, Arithmetic, Enclosure, allowances, magnitude_of
from adamcheck.numbers.enclosure.allowances import Floats
from adamcheck.numbers.floats import Format
from adamcheck.numbers.quad import QUAD, is_nan, to_quad
from adamcheck.traces.trace import Trace

if TYPE_CHECKING:
    from adamcheck.compiled.evaluation import Evaluation

_UP = 1 + 2.0**-40
"""Covers the rounding of sums of radii in float64, and of the values in quad."""

_QUIET = np.errstate(all="ignore")
"""Infinities and NaNs are expected: a radius may be infinite, and a target may overflow."""


@dataclass(frozen=True, eq=False)
class Updates:
    """Updates that are known up to a radius.

    Attributes:
        value: The updates theta_t - theta_{t-1} as quads, in the units of the parameters, shape (T, n).
        radius: How far each may be off, in float64, shape (T, n); infinite where the update is unknown.
    """

    value: Any
    radius: Floats

    @_QUIET
    def __add__(self, other: Updates) -> Updates:
        return Updates(self.value + other.value, (self.radius + other.radius) * _UP)

    @_QUIET
    def __sub__(self, other: Updates) -> Updates:
        return Updates(self.value - other.value, (self.radius + other.radius) * _UP)

    def __getitem__(self, index: Any) -> Updates:
        return Updates(self.value[index], self.radius[index])

    def at(self, value: Any) -> Updates:
        """The same radius around the value of another formula, broadcast to the shape of this one."""
        return Updates(np.zeros_like(self.value) + value, self.radius)

    @_QUIET
    def combined(self, weights: Any) -> Updates:
        """Linear combinations of the coordinates.

        Args:
            weights: The weights, exact in float64, shape (n, k).

        Returns:
            Updates of shape (T, k).
        """
        weights = np.asarray(weights, dtype=np.float64)
        used = weights != 0  # a coordinate with weight 0 adds nothing, even if its radius is infinite
        values = np.where(used, self.value[:, :, None] * to_quad(weights), to_quad(0.0))
        radii = np.where(used, self.radius[:, :, None] * np.abs(weights), 0.0)
        return Updates(values.sum(axis=1), radii.sum(axis=1) * _UP)

    @_QUIET
    def total(self) -> Updates:
        """The sum over the steps, shape (1, n): the difference of the last and the first parameters."""
        return Updates(self.value.sum(axis=0)[None], self.radius.sum(axis=0)[None] * _UP)

    @property
    def nonzero(self) -> np.ndarray:
        """Where the update is certainly not zero, shape (T, n)."""
        return np.isfinite(self.radius) & (magnitude_of(self.value) > self.radius)


@dataclass(frozen=True, eq=False)
class Prediction(Updates):
    """The updates that a definition predicts along its own path.

    Attributes:
        stored: What storing the parameters may further change in each update, in float64, shape (T, n);
            infinite where the parameters may leave the range of the format.
    """

    stored: Floats

    @property
    def visible(self) -> Updates:
        """The updates as differences of stored parameters, with the larger radius that this needs."""
        return Updates(self.value, self.radius + self.stored)


@dataclass(frozen=True)
class Enclosing:
    """The number system in which definitions enclose programs: enclosures with several allowances at once.

    Attributes:
        arrays: The arithmetic of parameters, gradients and moments.
        scalars: The arithmetic of hyperparameters.
    """

    arrays: Arithmetic
    scalars: Arithmetic

    @classmethod
    def under(cls, modes: tuple[Allowance, ...]) -> Enclosing:
        """The number system for some allowances."""
        return cls(Arithmetic.of_arrays(modes), Arithmetic.of_scalars(modes))

    def hyper(self, hyper: Hyperparameters) -> Hyperparameters:
        """Hyperparameters as enclosures, each rounded to the format of scalars."""
        return hyper.map(lambda x: Enclosure.hyperparameter(x, self.scalars))

    def parameters(self, parameters: np.ndarray) -> Enclosure:
        """Parameters of shape (n,) as enclosures; the program holds them exactly."""
        return Enclosure.exact(parameters, self.arrays).read()

    def gradient(self, gradient: np.ndarray) -> Enclosure:
        """Gradients of shape (n,) as enclosures; the program rounds them to its format."""
        return Enclosure.rounded(gradient, self.arrays)


@_QUIET
def stored(before: Any, after: Any, format: Format) -> Floats:
    """How much storing the parameters may change an update.

    The update is observed as the difference of two parameters, each of which is rounded to the format.

    Args:
        before: The parameters before the step, of any shape and real dtype, or their magnitudes.
        after: The parameters after the step, of the same shape.
        format: The working precision, which may flush subnormal numbers.

    Returns:
        A radius for each update, in float64; the smallest subnormal number where a parameter is not finite.
    """
    one, other = magnitude_of(before), magnitude_of(after)
    rounded = np.asarray(2 * format.unit * np.maximum(one, other))
    rounded[~np.isfinite(rounded)] = 0.0
    rounded += format.tiny
    if format.flushes:
        # The parameter before may be read as 0, and the one after may be written as 0.
        rounded += np.where(np.minimum(one, other) < format.normal, 2 * format.normal, 0.0)
    return rounded


@_QUIET
def in_range(before: Any, update: Any, radius: Floats, format: Format) -> np.ndarray:
    """Where the parameter after a step is expected within the range of the format.

    Args:
        before: The parameters before the step, as quads.
        update: The expected update, as quads.
        radius: How far the parameters after the step may be off, in float64.
        format: The working precision.

    Returns:
        A boolean array; False also where the parameter before the step is NaN.
    """
    return np.asarray(magnitude_of(before + update) + radius <= format.huge)


@_QUIET
def observed(trace: Trace) -> Updates:
    """The updates of a run, computed exactly from its parameters.

    Args:
        trace: A run with parameters of shape (T+1, ...).

    Returns:
        Its updates, shape (T, ...). The radius is how much storing the parameters may have changed them.
    """
    parameters = np.asarray(trace.parameters)
    value = np.diff(to_quad(parameters), axis=0)
    return Updates(value, stored(parameters[:-1], parameters[1:], trace.working))


@_QUIET
def prediction(
    definition: type[Adam],
    hyper: Hyperparameters,
    start: np.ndarray,
    gradients: np.ndarray,
    format: Format,
    *,
    allowance: Allowance | None = None,
) -> Prediction:
    """Run a definition in enclosure arithmetic along gradients, on its own path.

    Args:
        definition: Adam or a variant.
        hyper: The hyperparameters, as numbers.
        start: The parameters before the first step, shape (n,).
        gradients: The gradients, shape (T, n).
        format: The working precision.
        allowance: The roundings that correct code may make; by default the most generous allowance of the
            format.

    Returns:
        The updates, shape (T, n), with radii that correct code does not exceed.
    """
    modes = (allowance or allowances(format)[-1],)
    made = evaluation(definition, hyper, modes, start.size, start.astype(np.float64))
    if made is not None and len(gradients):
        return _compiled(made, start, gradients, format)
    number_system = Enclosing.under(modes)
    adam = definition(number_system.hyper(hyper))
    theta = number_system.parameters(start)
    state = adam.start(theta)
    values = np.empty(gradients.shape, QUAD)
    radii, roundings = np.empty(gradients.shape), np.empty(gradients.shape)
    for gradient, value, radius, rounding in zip(gradients, values, radii, roundings, strict=True):
        state, update = adam.update(state, theta, number_system.gradient(gradient))
        after = theta + update
        value[:], radius[:] = update.value, update.radius[-1]
        rounding[:] = stored(theta.magnitude, after.magnitude, format)
        rounding[~(after.magnitude + radius + rounding <= format.huge)] = np.inf
        theta = after
    return Prediction(values, radii, roundings)


def _compiled(made: Evaluation, start: np.ndarray, gradients: np.ndarray, format: Format) -> Prediction:
    """The prediction of a compiled program."""
    high, low, radii = (np.empty(gradients.shape) for _ in range(3))
    path = np.concatenate([start.astype(np.float64)[None], np.empty(gradients.shape)])

    def take(t: int, where: slice, *found: Floats) -> None:
        n = where.stop - where.start
        high[t, where], low[t, where] = found[0][:n], found[1][:n]
        radii[t, where], path[t + 1, where] = found[2][0, :n], found[3][:n]

    made.advance(gradients.astype(np.float64), None, rounding_of(gradients, format), take)
    roundings = stored(path[:-1], path[1:], format)
    roundings[~(np.abs(path[1:]) + radii + roundings <= format.huge)] = np.inf
    values = to_quad(high)
    inexact = low != 0
    values[inexact] += to_quad(low[inexact])
    return Prediction(values, radii, roundings)


class _Given:
    """A definition and the parts of a trace that its prediction depends on; equal if all bits are equal."""

    def __init__(self, definition: type[Adam], trace: Trace) -> None:
        self.definition, self.hyper, self.format = definition, trace.hyper, trace.working
        self.start, self.gradients = np.asarray(next(iter(trace.parameters))), np.asarray(trace.gradients)
        arrays = [(x.shape, x.dtype.name, x.tobytes()) for x in (self.start, self.gradients)]
        self._key = (definition, trace.hyper, self.format.name, self.format.flushes, *arrays)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Given) and self._key == other._key


@lru_cache(maxsize=4096)  # a law shows every target the same gradients
def _predicted(given: _Given) -> Prediction:
    return prediction(given.definition, given.hyper, given.start, given.gradients, given.format)


@_QUIET
def predicted(trace: Trace, definition: type[Adam] = Adam) -> Updates:
    """The updates that a definition predicts for the gradients of a trace.

    Args:
        trace: A run with gradients of shape (T, n).
        definition: Adam or a variant.

    Returns:
        The updates, shape (T, n), with radii that correct code does not exceed. As in the judge, a radius is
        infinite where the parameters of the trace may have left the range of its dtype.
    """
    own = _predicted(_Given(definition, trace))
    parameters = np.asarray(trace.parameters)
    radius = own.radius + stored(parameters[:-1], parameters[1:], trace.working)
    judged = in_range(to_quad(parameters[:-1]), own.value, radius, trace.working)
    return Updates(own.value, np.where(judged, own.radius, np.inf))


_TELLING = 3
"""The number of different significands, not counting powers of two, that show a format: by chance, one in
2**13 fits a format that is at least 13 bits narrower."""


@_QUIET
def held_in(trace: Trace, format: Format) -> bool:
    """Whether a run shows that it is computed in a format coarser than its arrays.

    It does if all its parameters are numbers of the coarser format, or if all its updates are, up to the
    rounding of stored parameters.

    Args:
        trace: A run.
        format: The coarser format.

    Returns:
        False also if the run has too few different numbers to decide.
    """
    kept, moved = _Held(format), _Held(format)
    rows = iter(trace.parameters)
    before = np.asarray(next(rows)).astype(np.float64)
    for row in rows:
        after = np.asarray(row).astype(np.float64)
        kept.show(after, np.zeros(after.shape))
        moved.show(after - before, stored(before, after, trace.working))
        if kept.refuted and moved.refuted:
            return False
        before = after
    return kept.shown or moved.shown


class _Held:
    """A test of whether all numbers of a sequence belong to a format."""

    def __init__(self, format: Format) -> None:
        self.format = format
        self.refuted = False
        self._significands: set[float] = set()

    def show(self, x: np.ndarray, radius: np.ndarray) -> None:
        """Test some numbers, each known up to a radius."""
        if self.refuted:
            return
        visible = np.isfinite(x) & (2 * radius < self.format.spacing(np.abs(x)) / 2)
        x, radius = x[visible], radius[visible]
        nearest = self.format.rounded(x)
        self.refuted = bool(np.any(np.abs(x - nearest) > radius))
        if len(self._significands) < _TELLING:
            significands, _ = np.frexp(np.abs(nearest[nearest != 0]))
            self._significands.update(significands[significands != 0.5].tolist())

    @property
    def shown(self) -> bool:
        """Whether all numbers belong to the format, and there are enough of them to decide."""
        return not self.refuted and len(self._significands) >= _TELLING


@_QUIET
def apart(one: Updates, other: Updates) -> np.ndarray:
    """Where two updates certainly differ: their distance exceeds the sum of both radii.

    Args:
        one: Some updates.
        other: Other updates, of the same shape.

    Returns:
        A boolean array. An update with an infinite radius differs from nothing, NaN from every number.
    """
    distance = magnitude_of(one.value - other.value)
    distance[np.isnan(distance)] = np.inf
    distance[(one.value == other.value) | (is_nan(one.value) & is_nan(other.value))] = 0.0
    radius = (one.radius + other.radius) * _UP
    return np.asarray(np.isfinite(radius) & (distance > radius))


def meets(one: Updates, other: Updates) -> bool:
    """Whether two updates may be the same: nowhere do they certainly differ."""
    return not bool(apart(one, other).any())
