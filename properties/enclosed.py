"""The definition in enclosures: what is irrational and has no short exact form, between two rational ends."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

_ALLOWANCES = ac.allowances("float64")[-1:]
_ARRAYS, _SCALARS = ac.Arithmetic.of_arrays(_ALLOWANCES), ac.Arithmetic.of_scalars(_ALLOWANCES)


def enclosed(values: Any) -> ac.Enclosure:
    """The float64 numbers of an array, exactly; operations on them enclose the real results."""
    return ac.Enclosure.exact(np.atleast_1d(np.asarray(values, dtype=np.float64)), _ARRAYS)


def enclosed_hyper(**hyper: float) -> ac.Hyperparameters:
    """Hyperparameters for `enclosed` gradients; those not given are the defaults."""
    return ac.Hyperparameters(**hyper).map(lambda x: ac.Enclosure.exact(float(x), _SCALARS))


def ends(x: ac.Enclosure, coordinate: int = 0) -> tuple[Fraction, Fraction]:
    """The ends between which one coordinate lies."""
    middle, radius = ac.fraction(x.value[coordinate]), Fraction(float(x.radius[0, coordinate]))
    return middle - radius, middle + radius
