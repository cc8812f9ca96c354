"""Allowances: the formats and the numbers of roundings that correct code may use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from adamcheck.numbers.floats import Format, coarser, format_of

Floats = npt.NDArray[np.float64]

UP, DOWN = 1 + 2.0**-45, 1 - 2.0**-45
"""Factors that cover the rounding of the radius arithmetic itself, which takes fewer than 2**7 float64
operations, including those of the magnitudes."""

ROUNDINGS = 4
"""The roundings allowed per operation of the definition: entry of a scalar, two products, a sum."""


@dataclass(frozen=True)
class Allowance:
    """The formats and the orders of evaluation that correct code may use.

    Attributes:
        name: The name.
        arrays: The format of parameters, gradients and moments.
        scalars: The format of hyperparameters and bias corrections.
        any_order: Whether the moving average may also be `old + (1 - beta) * (new - old)`, besides the
            direct form.
    """

    name: str
    arrays: Format
    scalars: Format
    any_order: bool = True


def allowances(dtype: Any) -> tuple[Allowance, ...]:
    """The allowances for code that works in a dtype, from the strictest to the most generous.

    *direct*: scalars such as `1 - beta**t` in double, moving averages in the direct form;
    *double*: any order of evaluation, scalars in double;
    *working*: any order of evaluation, scalars in the working dtype.

    Args:
        dtype: A dtype or a `Format`.
    """
    working = dtype if isinstance(dtype, Format) else format_of(dtype)
    double = format_of("float64").flushing(working.flushes)
    return (
        Allowance("direct", working, double, any_order=False),
        Allowance("double", working, double),
        Allowance("working", working, working),
    )


@dataclass(frozen=True, eq=False)
class Limit:
    """The largest numbers of several formats.

    Attributes:
        each: One per allowance, shape (allowances, 1).
        least: The least of them, because most magnitudes are below that.
    """

    each: Floats
    least: float

    @classmethod
    def of(cls, each: Floats) -> Limit:
        return cls(each, float(each.min()))


@dataclass(frozen=True, eq=False)
class Arithmetic:
    """The formats and `any_order` of several allowances, in one object. Compared by identity."""

    formats: tuple[Format, ...]
    any_order: tuple[bool, ...]

    @staticmethod
    def of_arrays(modes: tuple[Allowance, ...]) -> Arithmetic:
        return _arithmetic(tuple(a.arrays for a in modes), tuple(a.any_order for a in modes))

    @staticmethod
    def of_scalars(modes: tuple[Allowance, ...]) -> Arithmetic:
        return _arithmetic(tuple(a.scalars for a in modes), tuple(a.any_order for a in modes))

    @lru_cache  # noqa: B019 - there are a handful of arithmetics
    def join(self, other: Arithmetic) -> Arithmetic:
        """The arithmetic in which a result of operands from both is rounded: the coarser one."""
        formats = tuple(coarser(x, y) for x, y in zip(self.formats, other.formats, strict=True))
        return _arithmetic(formats, self.any_order)

    @cached_property
    def rounding(self) -> Floats:
        """The largest relative error of k = `ROUNDINGS` roundings, `k*u / (1 - k*u)`, per allowance."""
        return _column([ROUNDINGS * f.unit / (1 - ROUNDINGS * f.unit) for f in self.formats])

    @cached_property
    def underflow(self) -> Floats:
        """The largest absolute error of `ROUNDINGS` roundings below the normal range."""
        return _column([ROUNDINGS * f.loss / 2 for f in self.formats])

    @cached_property
    def unit(self) -> Floats:
        return _column([f.unit for f in self.formats])

    @cached_property
    def tiny(self) -> Floats:
        return _column([f.tiny for f in self.formats])

    @cached_property
    def flushed(self) -> Floats:
        """The smallest normal number, below which a number may be read as 0; 0 if nothing is flushed."""
        return _column([f.normal if f.flushes else 0.0 for f in self.formats])

    @cached_property
    def normal(self) -> Floats:
        return _column([f.normal for f in self.formats])

    @cached_property
    def huge(self) -> Limit:
        """The largest finite numbers."""
        return Limit.of(_column([f.huge for f in self.formats]))

    @cached_property
    def finite(self) -> Limit:
        """The largest numbers that are finite even if they were rounded down in double."""
        return Limit.of(self.huge.each * DOWN)

    @cached_property
    def lerp(self) -> Floats:
        """1 if any order is allowed, 0 if only the direct form of the moving average is."""
        return _column([float(a) for a in self.any_order])


@lru_cache
def _arithmetic(formats: tuple[Format, ...], any_order: tuple[bool, ...]) -> Arithmetic:
    """One shared object for equal arithmetics, so that most operands need no conversion."""
    return Arithmetic(formats, any_order)


def _column(values: list[float]) -> Floats:
    return np.array(values, dtype=np.float64)[:, None]
