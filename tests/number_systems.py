"""Two more number systems for the definition, from libraries that share nothing with ours.

`arb`: balls with a rigorous radius (FLINT, through `python-flint`); `mpf`: floats of any precision (mpmath).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import flint
import mpmath
import numpy as np

from adamcheck import numbers
from adamcheck.adam import Adam, Hyperparameters
from adamcheck.numbers.enclosure import Allowance, Arithmetic, Enclosure, Freedom, allowances
from adamcheck.numbers.enclosure.allowances import Averages
from adamcheck.numbers.floats import Format
from adamcheck.numbers.quad import QUAD, UNIT, fraction, to_quad

numbers.sqrt.register(flint.arb, flint.arb.sqrt)
numbers.maximum.register(flint.arb, flint.arb.max)
numbers.zeros_like.register(flint.arb, lambda x: flint.arb(0))
numbers.sqrt.register(mpmath.mpf, mpmath.sqrt)
numbers.maximum.register(mpmath.mpf, max)
numbers.zeros_like.register(mpmath.mpf, lambda x: mpmath.mpf(0))

QUAD_FORMAT = Format(
    name="quad",
    dtype=QUAD,
    unit=UNIT,
    tiny=float(np.finfo(np.float64).smallest_subnormal),
    normal=float(np.finfo(np.float64).smallest_normal),
    huge=float(np.finfo(np.float64).max),
)
"""Quad as a format of its own: an enclosure in it bounds what quad arithmetic itself may be off by. Its
exponents are those of a double, for radii are doubles."""


@contextmanager
def ball_precision(bits: int) -> Iterator[None]:
    """Balls are rounded to so many bits inside."""
    before, flint.ctx.prec = flint.ctx.prec, bits
    try:
        yield
    finally:
        flint.ctx.prec = before


def ball(x: Any) -> flint.arb:
    """A float or fraction as a ball: a point if it is a float."""
    exact = Fraction(x)
    return flint.arb(flint.fmpq(exact.numerator, exact.denominator))


def ends(x: flint.arb) -> tuple[Fraction, Fraction]:
    """Midpoint and radius of a ball, exactly."""
    return _dyadic(x.mid()), _dyadic(x.rad())


def _dyadic(x: flint.arb) -> Fraction:
    mantissa, exponent = x.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def arithmetic_of(format: Format, averages: Averages = Averages.ANY) -> Arithmetic:
    """The arithmetic of one allowance that works in `format`."""
    return Arithmetic.of_arrays((Allowance(Freedom.PRODUCTS, format, format, averages),))


def enclosure(value: float, radius: float, format: Format, averages: Averages = Averages.ANY) -> Enclosure:
    """One number known to lie within `radius` of `value`, under one allowance that works in `format`."""
    arithmetic = arithmetic_of(format, averages)
    quad = to_quad([value])
    return Enclosure(quad, np.array([[radius]]), arithmetic, np.ones((1, 1)), np.abs(np.array([value])))


def radius_of(x: Enclosure) -> float:
    return float(x.radius[0, 0])


def radii(x: Enclosure) -> Any:
    """The radius in the shape (allowances, n)."""
    return np.broadcast_to(x.radius, (len(x.arithmetic.formats), x.value.size))


def contains(x: Enclosure, exact: Fraction, row: int = 0, coordinate: int = 0) -> bool:
    """Whether `exact` lies in the enclosure; an infinite radius contains everything."""
    radius = float(radii(x)[row, coordinate])
    return radius == np.inf or abs(fraction(x.value[coordinate]) - exact) <= Fraction(radius)


def enclosed_updates(
    definition: type[Adam], hyper: Hyperparameters, gradients: Any, modes: tuple[Allowance, ...] = ()
) -> list[Enclosure]:
    """The updates of a run from parameters 1, under `modes` or else the allowances of the dtype."""
    modes = modes or allowances(gradients.dtype)
    arrays, scalars = Arithmetic.of_arrays(modes), Arithmetic.of_scalars(modes)
    adam = definition(hyper.map(lambda x: Enclosure.rounded(x, scalars)))
    start = Enclosure.exact(np.ones(gradients.shape[1]), arrays)
    return [update for _, update in adam.run(start, [Enclosure.exact(row, arrays) for row in gradients])]
