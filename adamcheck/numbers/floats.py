"""Floating-point formats: unit roundoff, underflow and overflow of each dtype."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

import numpy as np

from adamcheck.choices import DTYPE_NAMES


@dataclass(frozen=True)
class Format:
    """A binary floating-point format.

    Attributes:
        name: The name of the dtype, or of a format without one, such as "tf32".
        dtype: The narrowest dtype that holds its numbers.
        unit: The unit roundoff, half the gap above 1; in float64, like the other numbers.
        tiny: The smallest positive (subnormal) number.
        normal: The smallest normal number.
        huge: The largest finite number.
        flushes: Whether a program may read and write 0 instead of any number below `normal`.
    """

    name: str
    dtype: np.dtype[Any]
    unit: float
    tiny: float
    normal: float
    huge: float
    flushes: bool = False

    @property
    def narrow(self) -> bool:
        """Whether it has so few digits that experiments need a larger eps, and betas farther from 1."""
        return self.unit > 2.0**-20

    @property
    def loss(self) -> float:
        """The largest error of two roundings below the normal range.

        For one rounding it may be half of `tiny`, which float64 need not represent.
        """
        return 2 * self.normal if self.flushes else self.tiny

    def flushing(self, flushes: bool = True) -> Format:
        """This format in a program that flushes subnormal numbers to 0, if `flushes` is true.

        Processors flush in float32 and float64 only. They compute in float32 with bfloat16, which has the
        same exponents, and with float16, whose subnormal numbers are normal in float32 and never flushed.
        """
        return replace(self, flushes=flushes and self.name != "float16")

    @cached_property  # numpy makes the name of a dtype anew each time
    def has_dtype(self) -> bool:
        """Whether every number of its dtype belongs to this format."""
        return self.name == self.dtype.name

    def rounded(self, x: Any) -> Any:
        """The array `x` rounded to this format, in the dtype of `x`."""
        with np.errstate(all="ignore"):
            if self.has_dtype:
                return x.astype(self.dtype).astype(x.dtype)
            wide = x.astype(np.float64)
            _, exponent = np.frexp(wide)
            gap = np.maximum(np.ldexp(2 * self.unit, exponent - 1), self.tiny)
            nearest = np.rint(wide / gap) * gap
            return np.where(np.abs(nearest) > self.huge, np.copysign(np.inf, wide), nearest).astype(x.dtype)

    def represents(self, x: Any) -> Any:
        """Whether each number of the array `x` belongs to this format, as a boolean array."""
        return self.rounded(x) == x

    def spacing(self, magnitude: Any) -> Any:
        """The unit in the last place of this format at each float64 `magnitude`."""
        _, exponent = np.frexp(magnitude)
        gap = np.maximum(np.ldexp(2 * self.unit, exponent - 1), self.tiny)
        return np.where(magnitude == 0, self.tiny, gap)  # zero has no exponent


@cache
def format_of(dtype: Any) -> Format:
    """The `Format` of a dtype, given by name, `numpy.dtype` or scalar type.

    Raises:
        ValueError: The dtype is not float64, float32, float16 or bfloat16.
    """
    name = dtype if isinstance(dtype, str) else np.dtype(dtype).name
    if name not in DTYPE_NAMES:
        raise ValueError(f"unknown dtype {name!r}: expected one of {', '.join(DTYPE_NAMES)}")
    import ml_dtypes  # this import registers bfloat16 with numpy

    info: Any = ml_dtypes.finfo(name)  # type: ignore[no-untyped-call]
    return Format(
        name=name,
        dtype=np.dtype(name),
        unit=float(info.eps) / 2,
        tiny=float(info.smallest_subnormal),
        normal=float(info.smallest_normal),
        huge=float(info.max),
    )


TF32 = Format(
    name="tf32",
    dtype=np.dtype(np.float32),
    unit=2.0**-11,
    tiny=2.0**-136,
    normal=2.0**-126,
    huge=(2 - 2.0**-10) * 2.0**127,
)
"""The format in which tensor cores multiply: the exponents of float32 and 10 explicit significand bits."""


def precision_of(name: str) -> Format:
    """The `Format` of a working precision by name: a dtype or "tf32". Raises `ValueError` for other names."""
    return TF32 if name == TF32.name else format_of(name)


def coarser_precisions(format: Format) -> tuple[Format, ...]:
    """The coarser working precisions that may be hidden behind arrays of a format, from fine to coarse.

    It is empty for a narrow format, whose own radius is already so wide that a coarser one says little.
    """
    if format.narrow:
        return ()
    known = format_of("float32"), TF32, format_of("float16"), format_of("bfloat16")
    return tuple(other.flushing(format.flushes) for other in known if other.unit > format.unit)


def coarser(a: Format, b: Format) -> Format:
    """The format with the larger unit roundoff."""
    return a if a.unit >= b.unit else b
