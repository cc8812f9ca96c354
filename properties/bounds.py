"""Bounds on updates, and whether a target stays within them; steps that are left out of a comparison.

A theorem bounds the update of exact arithmetic. What correct code may be off by is the radius of the
definition, run on the same gradients: so far outside the bounds an observed update may lie, and no farther.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import adamcheck as ac


@np.errstate(invalid="ignore")  # a bound or an update may be infinite, or no number
def assert_between(
    observed: ac.Updates, low: Any, high: Any, predicted: ac.Updates, what: str, trace: ac.Trace
) -> None:
    """Every observed update that can be judged lies between `low` and `high`, widened by both radii.

    The bounds are numbers or quads that broadcast to the shape (T, n) of the updates. Raises `Broken`,
    which says `what` was observed and shows `trace`, or `NotJudged`.
    """
    radius = (observed - predicted).radius
    below = (low - observed.value).astype(np.float64)
    above = (observed.value - high).astype(np.float64)
    outside = ~(np.maximum(below, above) <= radius)
    judged = np.isfinite(radius)
    if not judged.any():
        raise ac.NotJudged
    found = np.argwhere(judged & outside)
    if found.size:
        step, coordinate = found[0]
        at = step, coordinate
        ends = [float(np.broadcast_to(end, observed.value.shape)[at]) for end in (low, high)]
        raise ac.Broken(
            f"{what}: {float(observed.value[at]):.17g} in step {step + 1}, coordinate {coordinate}, "
            f"expected between {ends[0]:.17g} and {ends[1]:.17g} +- {radius[at]:.2g}",
            trace,
        )


def from_step(first: int, due: Any, predicted: ac.Updates) -> ac.Updates:
    """Another formula's value from the step `first` (counted from 1) on; of the steps before nothing is
    known.

    due: quads that broadcast to the shape of the updates from there on."""
    radius = predicted.radius.copy()
    radius[: first - 1] = np.inf
    value = predicted.value.copy()
    value[first - 1 :] = due
    return ac.Updates(value, radius)
