"""The definition in enclosures: what is irrational and has no short exact form, between two rational ends."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from adamcheck import Hyperparameters
from adamcheck.numbers.enclosure import Arithmetic, Enclosure, allowances
from adamcheck.numbers.quad import fraction

_ALLOWANCES = allowances("float64")[-1:]
_ARRAYS, _SCALARS = Arithmetic.of_arrays(_ALLOWANCES), Arithmetic.of_scalars(_ALLOWANCES)


def enclosed(values: Any) -> Enclosure:
    """The float64 numbers of an array, exactly; operations on them enclose the real results."""
    return Enclosure.exact(np.atleast_1d(np.asarray(values, dtype=np.float64)), _ARRAYS)


def enclosed_hyper(**hyper: float) -> Hyperparameters:
    """Hyperparameters for `enclosed` gradients; those not given are the defaults."""
    return Hyperparameters(**hyper).map(lambda x: Enclosure.exact(float(x), _SCALARS))


def ends(x: Enclosure, coordinate: int = 0) -> tuple[Fraction, Fraction]:
    """The ends between which one coordinate lies."""
    middle, radius = fraction(x.value[coordinate]), Fraction(float(x.radius[0, coordinate]))
    return middle - radius, middle + radius
