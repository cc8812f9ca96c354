"""Quad precision: arrays of 113-bit numbers, by the library `numpy-quaddtype` where it is installed."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

QUAD: Any
Quad: Any
_each: Any = None
try:
    import numpy_quaddtype
except ImportError:  # there is no wheel for every platform
    from adamcheck.numbers import soft_quad

    QUAD, Quad = np.dtype(object), soft_quad.Quad
    _each = np.frompyfunc(Quad, 1, 1)
else:
    QUAD, Quad = numpy_quaddtype.QuadPrecDType(), numpy_quaddtype.QuadPrecision

UNIT = 2.0**-113


def to_quad(x: Any) -> Any:
    """Convert an array of any supported dtype to quads, exactly.

    Raises:
        TypeError: The dtype does not hold real numbers.
    """
    array = np.asarray(x)
    if array.dtype.kind == "V" and array.dtype.name == "bfloat16":
        array = array.astype(np.float32)
    if array.dtype.kind not in "fiub" and array.dtype != QUAD:
        raise TypeError(f"cannot read numbers of dtype {array.dtype} exactly")
    if _each is None:
        return array.astype(QUAD)
    if array.dtype == QUAD and not all(isinstance(each, Quad) for each in array.flat):
        raise TypeError(f"cannot read numbers of dtype {array.dtype} exactly")
    with np.errstate(all="ignore"):  # NaN
        return np.asarray(_each(array), dtype=object)


def is_nan(x: Any) -> Any:
    """Where quads are NaN."""
    return np.asarray(x != x, dtype=bool)


def difference(x: Any, y: Any) -> Any:
    """`x - y` as quads, for arrays of a supported dtype; as exact as their subtraction in quad.

    It is computed in two doubles (Knuth, The Art of Computer Programming, vol. 2, section 4.2.2, theorem B).
    The second one is mostly 0 and is then not converted, because conversions take most of the time.
    """
    a, b = np.asarray(x).astype(np.float64), -np.asarray(y).astype(np.float64)
    high = a + b
    of_b = high - a
    low = (a - (high - of_b)) + (b - of_b)
    result, inexact = to_quad(high), low != 0
    if inexact.any():
        result[inexact] += to_quad(low[inexact])
    return result


def fraction(x: Any) -> Fraction:
    """The exact rational value of one quad."""
    high = float(x)
    middle = float(x - Quad(high))
    low = float(x - Quad(high) - Quad(middle))
    return Fraction(high) + Fraction(middle) + Fraction(low)
