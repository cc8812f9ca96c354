"""Functions of enclosures: square roots, maxima and zeros."""

from __future__ import annotations

import numpy as np

from adamcheck import numbers
from adamcheck.numbers.enclosure import rules
from adamcheck.numbers.enclosure.operators import (
    ANYTHING,
    DRIFTED,
    FRESH,
    NONNEGATIVE,
    Enclosure,
    drift_of,
    finish,
    magnitude_of,
    quiet,
)


@numbers.sqrt.register
@quiet
def _(x: Enclosure) -> Enclosure:
    """The radius is infinite where some evaluation may take the root of a negative number."""
    a = x.arithmetic
    value = np.sqrt(x.value)
    root, drift = np.sqrt(x.magnitude), x.drift + 1
    if drift > DRIFTED or x.within == ANYTHING:
        root, drift = magnitude_of(value), FRESH
    drift = drift_of(root, drift)
    anything = x.within == ANYTHING
    radius = rules.of_root(root, x.magnitude, x.radius, x.upper, x.lower, anything, a.rounding)
    return finish(value, root, radius, a, np.sqrt(x.stretch), max(x.within, NONNEGATIVE), drift)


@numbers.maximum.register
@quiet
def _(x: Enclosure, y: Enclosure) -> Enclosure:
    value, radius = np.maximum(x.value, y.value), np.maximum(x.radius, y.radius)
    stretch = np.maximum(x.stretch, y.stretch)
    within = max(min(x.within, y.within), min(max(x.within, y.within), NONNEGATIVE))
    return Enclosure(value, radius, x.arithmetic, stretch, magnitude_of(value), within)


@numbers.zeros_like.register
def _(x: Enclosure) -> Enclosure:
    return Enclosure.exact(np.zeros(x.value.shape), x.arithmetic)
