"""Working precision: the definition with every operation on arrays rounded once to a floating-point format.

Scalars are double, as in most programs, until they meet an array; then they are rounded, too. For float16 and
float32 this is what numpy does; it has no such arithmetic for bfloat16.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import adamcheck as ac

_QUIET = np.errstate(all="ignore")
"""What overflows or is no number is what such a run is made to show."""


@_QUIET
def _rounded(values: Any, format: ac.Format) -> np.ndarray:
    return np.asarray(values, dtype=np.float64).astype(format.dtype).astype(np.float64)


@dataclass(frozen=True, eq=False)
class Working:
    """Numbers of a format, held in float64, which is so wide that rounding its results again does no harm."""

    value: np.ndarray
    format: ac.Format

    @classmethod
    def of(cls, values: Any, format: ac.Format) -> Working:
        """The numbers of the format that are nearest to `values`."""
        return cls(_rounded(values, format), format)

    def _met(self, other: Any) -> np.ndarray:
        return other.value if isinstance(other, Working) else _rounded(other, self.format)

    def _result(self, values: Any) -> Working:
        return Working.of(values, self.format)

    @_QUIET
    def __add__(self, other: Any) -> Working:
        return self._result(self.value + self._met(other))

    __radd__ = __add__

    @_QUIET
    def __sub__(self, other: Any) -> Working:
        return self._result(self.value - self._met(other))

    @_QUIET
    def __mul__(self, other: Any) -> Working:
        return self._result(self.value * self._met(other))

    __rmul__ = __mul__

    @_QUIET
    def __truediv__(self, other: Any) -> Working:
        return self._result(self.value / self._met(other))

    def __neg__(self) -> Working:
        return Working(-self.value, self.format)


@ac.sqrt.register
@_QUIET
def _(x: Working) -> Working:
    return Working.of(np.sqrt(x.value), x.format)
