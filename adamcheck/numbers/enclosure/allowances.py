"""Allowances: the formats, the orders of evaluation and the roundings that correct code may use.

This is the one list of what is meant by correct code: `Averages` and `Powers` name the orders of evaluation,
`Freedom` the steps of the ladder of allowances. `adamcheck.power.campaign.orders` evaluates them all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from adamcheck.numbers.enclosure.rules import DOWN
from adamcheck.numbers.floats import Format, coarser, format_of

Floats = npt.NDArray[np.float64]

ROUNDINGS = 4
"""The roundings allowed per operation of the definition: entry of a scalar, two products, a sum."""


class Averages(IntEnum):
    """How a moving average may be formed, with `c = 1 - beta`; each member allows those before it, too."""

    DIRECT = 0
    """`beta*old + c*new`."""
    ANY = 1
    """`old + c*(new - old)`, and the recursion on the corrected one, with the weight `c/(1 - beta**t)`."""
    ANCHORED = 2
    """`new + beta*(old - new)`, which rounds at the size of `new`."""


class Powers(IntEnum):
    """How a power `beta**t` may be formed; each member allows those before it, too."""

    POW = 0
    """As the best `pow` does: exact where the power belongs to the format, and else within an ulp."""
    EXP = 1
    """As `exp(t * log(beta))`, which is off by an ulp or two even for t = 1."""
    PRODUCT = 2
    """As a product of t factors, each rounded."""


class Freedom(StrEnum):
    """What correct code may do, from the strictest allowance to the most generous; each includes the last."""

    DIRECT = "direct"
    """One order of evaluation, the direct form of moving averages, powers by `pow`, scalars in double."""
    ORDERS = "any order"
    """Operations in any order, moving averages but the anchored ones in any form."""
    EXP = "exp-log"
    """Powers as `exp(t * log(beta))`."""
    PRODUCTS = "products"
    """Powers as running products."""
    WORKING = "working"
    """Scalars such as `1 - beta**t` formed in the working dtype."""
    ANCHORED = "anchored"
    """Moving averages as `new + beta*(old - new)`; only in formats that are not narrow."""


@dataclass(frozen=True)
class Allowance:
    """The formats, the orders of evaluation and the roundings that correct code may use.

    Attributes:
        name: The last freedom that it allows.
        arrays: The format of parameters, gradients and moments.
        scalars: The format of hyperparameters and bias corrections.
        averages: How moving averages may be formed.
        powers: How powers of the decay rates may be formed.
        roundings: The roundings per operation.
    """

    name: Freedom
    arrays: Format
    scalars: Format
    averages: Averages = Averages.ANY
    powers: Powers = Powers.PRODUCT
    roundings: int = ROUNDINGS


@lru_cache
def allowances(dtype: Any) -> tuple[Allowance, ...]:
    """The allowances for code that works in a dtype, from the strictest to the most generous.

    Args:
        dtype: A dtype or a `Format`.

    Returns:
        One for each `Freedom`; without `WORKING` where the scalars are in the working dtype anyway, and
        without `ANCHORED` in narrow formats, where such averages keep no digit.
    """
    working = dtype if isinstance(dtype, Format) else format_of(dtype)
    double = format_of("float64").flushing(working.flushes)
    # In one order of evaluation each number is rounded twice in an operation (a quotient by the reciprocal,
    # both terms of an average), and once more where a scalar enters a narrower format.
    direct = 2 if working == double else 3
    return (
        Allowance(Freedom.DIRECT, working, double, Averages.DIRECT, Powers.POW, direct),
        Allowance(Freedom.ORDERS, working, double, powers=Powers.POW),
        Allowance(Freedom.EXP, working, double, powers=Powers.EXP),
        Allowance(Freedom.PRODUCTS, working, double),
        *([] if working == double else [Allowance(Freedom.WORKING, working, working)]),
        *([] if working.narrow else [Allowance(Freedom.ANCHORED, working, working, Averages.ANCHORED)]),
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
    """The formats of several allowances, in one object. Compared by identity.

    Attributes:
        formats: The format of some numbers under each allowance.
        modes: The allowances.
    """

    formats: tuple[Format, ...]
    modes: tuple[Allowance, ...]

    @staticmethod
    def of_arrays(modes: tuple[Allowance, ...]) -> Arithmetic:
        return _arithmetic(tuple(mode.arrays for mode in modes), modes)

    @staticmethod
    def of_scalars(modes: tuple[Allowance, ...]) -> Arithmetic:
        return _arithmetic(tuple(mode.scalars for mode in modes), modes)

    @lru_cache  # noqa: B019 - there are a handful of arithmetics
    def join(self, other: Arithmetic) -> Arithmetic:
        """The arithmetic in which a result of operands from both is rounded: the coarser one."""
        formats = tuple(coarser(x, y) for x, y in zip(self.formats, other.formats, strict=True))
        return _arithmetic(formats, self.modes)

    @lru_cache  # noqa: B019 - there are a handful of arithmetics
    def same(self, other: Arithmetic) -> npt.NDArray[np.bool_]:
        """Whether numbers of both have one format, per allowance."""
        return np.array([x == y for x, y in zip(self.formats, other.formats, strict=True)])[:, None]

    @cached_property
    def rounding(self) -> Floats:
        """The largest relative error of the k roundings of an operation, `k*u / (1 - k*u)`, per allowance."""
        counts = [mode.roundings * f.unit for mode, f in zip(self.modes, self.formats, strict=True)]
        return _column([ku / (1 - ku) for ku in counts])

    @cached_property
    def underflow(self) -> Floats:
        """The largest absolute error of the roundings of an operation below the normal range."""
        return _column([m.roundings * f.loss / 2 for m, f in zip(self.modes, self.formats, strict=True)])

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
    def lerp(self) -> npt.NDArray[np.bool_]:
        """Whether a moving average may be formed otherwise than directly, per allowance."""
        return np.array([mode.averages >= Averages.ANY for mode in self.modes])[:, None]

    @cached_property
    def anchored(self) -> Floats:
        """The rounding of an operation where moving averages may be anchored at the new number, else 0."""
        allowed = [mode.averages >= Averages.ANCHORED for mode in self.modes]
        return np.where(np.array(allowed)[:, None], self.rounding, 0.0)


@lru_cache
def _arithmetic(formats: tuple[Format, ...], modes: tuple[Allowance, ...]) -> Arithmetic:
    """One shared object for equal arithmetics, so that most operands need no conversion."""
    return Arithmetic(formats, modes)


def _column(values: list[float]) -> Floats:
    return np.array(values, dtype=np.float64)[:, None]
