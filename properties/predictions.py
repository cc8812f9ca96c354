"""Updates with radii: what a law predicts, what a target did, and whether the two meet.

The radius of a prediction is always that of the definition, run in enclosure arithmetic on the same
gradients: how far correct code may be off. Its value may come from another formula for the same number
(a closed form, say) and be combined linearly with those of other runs, radii and all. Nothing is chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

import adamcheck as ac

_UP = 1 + 2.0**-40
"""Covers the rounding of sums of radii in float64, and of the values in quad."""

_QUIET = np.errstate(invalid="ignore")
"""Infinities and NaNs are expected here: an infinite radius, or a target that overflows."""


@dataclass(frozen=True, eq=False)
class Updates:
    """Updates (T, n) in quad, known up to a radius (T, n); where that is infinite nothing is known."""

    value: Any
    radius: np.ndarray

    @_QUIET
    def __add__(self, other: Updates) -> Updates:
        return Updates(self.value + other.value, (self.radius + other.radius) * _UP)

    @_QUIET
    def __sub__(self, other: Updates) -> Updates:
        return Updates(self.value - other.value, (self.radius + other.radius) * _UP)

    def __getitem__(self, index: Any) -> Updates:
        return Updates(self.value[index], self.radius[index])

    def at(self, value: Any) -> Updates:
        """The same radius around another formula's value, broadcast to the shape of this one."""
        return Updates(np.zeros_like(self.value) + value, self.radius)

    @_QUIET
    def combined(self, weights: Any) -> Updates:
        """Linear combinations (T, k) of the coordinates, with exact weights (n, k)."""
        weights = np.asarray(weights, dtype=np.float64)
        used = weights != 0  # a coordinate without weight adds nothing, even where nothing is known of it
        values = np.where(used, self.value[:, :, None] * ac.to_quad(weights), ac.to_quad(0.0))
        radii = np.where(used, self.radius[:, :, None] * np.abs(weights), 0.0)
        return Updates(values.sum(axis=1), radii.sum(axis=1) * _UP)

    @_QUIET
    def total(self) -> Updates:
        """The sum over the steps (1, n): the way from the first parameters to the last."""
        return Updates(self.value.sum(axis=0)[None], self.radius.sum(axis=0)[None] * _UP)

    @property
    def nonzero(self) -> Any:
        """Where the update is certainly not zero (T, n)."""
        return np.isfinite(self.radius) & (np.abs(self.value).astype(np.float64) > self.radius)


@_QUIET
def seen(trace: ac.Trace) -> Updates:
    """The updates of a target, exactly as observed; the radius is what storing its parameters rounds."""
    format = trace.working
    parameters = ac.to_quad(np.asarray(trace.parameters))
    size = np.abs(parameters.astype(np.float64))
    stored = 2 * format.unit * np.maximum(size[1:], size[:-1])
    return Updates(parameters[1:] - parameters[:-1], np.where(np.isfinite(stored), stored, 0.0) + format.tiny)


class _Given:
    """A definition, and all that its updates depend on in a trace; equal where all bits are."""

    def __init__(self, definition: type[ac.Adam], trace: ac.Trace) -> None:
        self.definition, self.hyper, self.working = definition, trace.hyper, trace.working.name
        self.start, self.gradients = np.asarray(next(iter(trace.parameters))), np.asarray(trace.gradients)
        arrays = [(x.shape, x.dtype.name, x.tobytes()) for x in (self.start, self.gradients)]
        self._key = (definition, trace.hyper, self.working, *arrays)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Given) and self._key == other._key


@lru_cache(maxsize=4096)  # a law shows every target the same gradients
def _enclosed(given: _Given) -> tuple[np.ndarray, np.ndarray]:
    """The updates and their radii, whatever the parameters do."""
    modes = ac.allowances(given.working)[-1:]
    arrays, scalars = ac.Arithmetic.of_arrays(modes), ac.Arithmetic.of_scalars(modes)
    adam = given.definition(given.hyper.map(lambda x: ac.Enclosure.hyperparameter(x, scalars)))
    gradients = (ac.Enclosure.rounded(row, arrays) for row in given.gradients)
    updates = [update for _, update in adam.run(ac.Enclosure.exact(given.start, arrays), gradients)]
    return np.stack([u.value for u in updates]), np.stack([u.radius[-1] for u in updates])


@_QUIET
def predict(trace: ac.Trace, definition: type[ac.Adam] = ac.Adam) -> Updates:
    """The updates of a definition on the gradients of a trace, with the radii that correct code stays within.

    As for the judge, the radius is infinite where the parameters seen may have left the range of the dtype.
    """
    parameters = np.asarray(trace.parameters)
    value, radius = _enclosed(_Given(definition, trace))
    due = np.abs(parameters[:-1].astype(np.float64) + value.astype(np.float64)) + radius
    in_range = due + seen(trace).radius <= trace.working.huge
    return Updates(value, np.where(in_range, radius, np.inf))


@_QUIET
def assert_met(observed: Updates, predicted: Updates, what: str, trace: ac.Trace) -> None:
    """Every observed update that can be judged is the predicted one, within both radii.

    Raises `Broken`, which says `what` was observed and shows `trace`, or `NotJudged`.
    """
    error = np.abs((observed.value - predicted.value).astype(np.float64))
    error = np.where(np.isnan(error), np.inf, error)
    radius = (observed.radius + predicted.radius) * _UP
    judged = np.isfinite(radius)
    if not judged.any():
        raise ac.NotJudged
    outside = np.argwhere(judged & (error > radius))
    if outside.size:
        at = tuple(outside[0])
        raise ac.Broken(
            f"{what}: {float(observed.value[at]):.17g} in step {at[0] + 1}, coordinate {at[1]}, "
            f"expected {float(predicted.value[at]):.17g} +- {radius[at]:.2g}",
            trace,
        )


def assert_met_and_not_zero(observed: Updates, predicted: Updates, what: str, trace: ac.Trace) -> None:
    """As `assert_met`, for what is predicted to be there: `NotJudged` where it may as well be zero."""
    assert_met(observed, predicted, what, trace)
    if not predicted.nonzero.any():
        raise ac.NotJudged


@_QUIET
def assert_bitwise_or_enclosed(
    moved: ac.Trace, expected: Any, trace: ac.Trace, remark: str, notes: ac.Notes
) -> None:
    """The parameters of the run `moved` are bitwise the `expected` ones, which are those of `trace` moved.

    Vectorised kernels treat the last coordinates apart from the rest, and may fuse a product and a sum in
    one place only. So bits may differ where both runs are enclosed by the definition: remarked with
    its size, not held against the target. Raises `Broken` or `NotJudged` where one of them is not enclosed.
    """
    observed = np.asarray(moved.parameters)
    same = (observed == expected) | (np.isnan(observed) & np.isnan(expected))
    if same.all():
        return
    ac.assert_enclosed(trace)
    ac.assert_enclosed(moved)
    reached, due = observed.astype(np.float64), np.asarray(expected).astype(np.float64)
    size = np.abs(due)
    size[1:] = np.maximum(size[1:], size[:-1])
    ulps = np.abs(reached - due) / ac.format_of(observed.dtype).spacing(size)
    ulps = ulps[~same & np.isfinite(ulps)]
    if not ulps.size:
        raise ac.NotJudged
    notes.measure(f"{remark}, in ulps", float(ulps.max()))
