"""Kernels for the scalars of a run, such as powers of decay rates; their coordinates are the steps."""

from __future__ import annotations

import math
from typing import Any

from numba import njit

from adamcheck.compiled import doubles
from adamcheck.compiled.kernels import (
    FINITE,
    FLUSHED,
    GROWTH,
    HUGE,
    LERP,
    NORMAL,
    POWERS,
    ROUNDING,
    TINY,
    UNDERFLOW,
    UNIT,
    finished,
    kernel,
)
from adamcheck.numbers.enclosure.allowances import Powers
from adamcheck.numbers.enclosure.rules import DOWN

POW, EXP = int(Powers.POW), int(Powers.EXP)
LEAST = 2.0**-1022
LONGEST = 64
"""More bits than any format has."""


@njit(error_model="numpy")
def significant_bits(number: float, exponent: int) -> int:
    """The bits of a power from the first to the last that is 1; `LONGEST` if there are too many."""
    mantissa, _ = math.frexp(number)
    integer = int(math.ldexp(mantissa, 53))
    if integer == 0:
        return 0
    while integer % 2 == 0:
        integer //= 2
    if integer == 1:
        return 1
    power = 1.0
    for _ in range(exponent):
        power *= integer
        if power > 2.0**53:
            return LONGEST
    whole, bits = int(power), 0
    while whole >> bits:
        bits += 1
    return bits


@njit(error_model="numpy")
def power_error(
    size: Any, low: Any, radius: Any, exponent: Any, unit: Any, rounding: Any, powers: Any
) -> Any:
    """How far a power may be off, before the error of underflow; see `enclosure.powers`."""
    if exponent < 0:
        return math.inf
    upper = size + radius
    spread = exponent * radius * upper ** max(exponent - 1, 0) if radius > 0 else 0.0
    largest = upper**exponent
    _, binade = math.frexp(largest)
    ulp = math.ldexp(unit, binade)
    if powers == POW:
        known = radius == 0 and low == 0
        if exponent <= 1 or (known and 2.0 ** -significant_bits(size, exponent) >= unit):
            return spread
        return spread + ulp
    lower = size * DOWN - radius
    logarithm = abs(math.log(max(upper, LEAST)))
    if lower > 0:
        logarithm = max(logarithm, abs(math.log(max(lower, LEAST))))
    if powers == EXP:
        return spread + math.expm1(2 * exponent * logarithm * math.log1p(unit)) * largest + ulp
    grown = math.expm1(exponent * max(1.0, 2 * logarithm) * math.log1p(unit))
    return spread + (grown + rounding * (1 + grown)) * largest


@kernel
def power(zh, zl, zr, xh, xl, xr, xs, f, t, b, exponents, each, wide):
    """`x` to an exponent: that of the step, or, of scalars, that of `each` step."""
    for i in range(b):
        exponent = exponents[i if each else t]
        zh[i], zl[i] = doubles.power(xh[i], xl[i] if wide else 0.0, exponent)
        for a in range(zr.shape[0]):
            r = power_error(
                abs(xh[i]), xl[i], xr[a, i], exponent, f[UNIT, a], f[ROUNDING, a], int(f[POWERS, a])
            )
            zr[a, i] = finished(abs(zh[i]), r, xs[a, i], f[UNDERFLOW, a], f[FINITE, a], f[GROWTH, a])


@kernel
def weigh(v, w, bh, bl, br, ch, cl, cr, dh, dl, dr, f, g, b, first):
    """The weights of a moving average in some steps.

    Args:
        v: Receives the values of the decay rate and its complement, as pairs, shape (4, steps).
        w: Receives the upper end of the decay rate, the error of the weight of the old average, the upper end
            of the complement, the error of its weight, and its lower end, shape (5, allowances, steps).
        bh, bl, br: The decay rate in the arithmetic of the average.
        ch, cl, cr: Its complement.
        dh, dl, dr: The decay rate in its own arithmetic.
        f, g: The constants of the arithmetics of the average and of the decay rate.
        b: The number of steps.
        first: The number of the first of them in the average, from 1; 0 if the old number is not an average.
    """
    before = 1 - abs(dh[0]) ** (first - 1) if first > 1 else math.nan
    for t in range(b):
        v[0, t], v[1, t], v[2, t], v[3, t] = bh[t], bl[t], ch[t], cl[t]
        steps = first + t if first > 0 else 1
        total = 1 - abs(dh[t]) ** steps
        b, c = abs(bh[t]), abs(ch[t])
        for a in range(w.shape[1]):
            rounding, lerp, unit = f[ROUNDING, a], f[LERP, a] != 0.0, g[UNIT, a]
            b_upper, c_upper, of_corrected = b + br[a, t], c + cr[a, t], 0.0
            if lerp:
                error = power_error(
                    abs(dh[t]), dl[t], dr[a, t], steps, unit, g[ROUNDING, a], int(g[POWERS, a])
                )
                error += unit * total
                of_corrected = c_upper * ((error / (total - error) if error < total else math.inf) + unit)
            w[0, a, t] = b_upper
            w[1, a, t] = br[a, t] + rounding * (1 + c_upper if lerp else b_upper)
            w[2, a, t] = c_upper
            w[3, a, t] = cr[a, t] + rounding * c_upper + of_corrected
            w[4, a, t] = max(c * DOWN - cr[a, t], 0.0)
            if before == before and of_corrected > 0.0:
                w[1, a, t] += of_corrected / before
        if first > 0:
            before = total


@kernel
def number(zh, zl, zr, f, b, values):
    """Numbers in a formula, one a step, which every program represents exactly."""
    for i in range(b):
        zh[i] = values[i]
        zl[i] = 0.0
        for a in range(zr.shape[0]):
            zr[a, i] = 0.0 if abs(values[i]) <= f[HUGE, a] else math.inf


@kernel
def enter(zh, zl, zr, zb, xh, xl, xr, xb, f, b):
    """Numbers as they enter a coarser arithmetic; what they may lose is below the normal range."""
    for i in range(b):
        zh[i], zl[i] = xh[i], xl[i]
        for a in range(zr.shape[0]):
            lost = max(f[TINY, a], f[FLUSHED, a]) if abs(xh[i]) - xr[a, i] < f[NORMAL, a] else 0.0
            zr[a, i] = xr[a, i] + lost
            zb[a, i] = xb[a, i]


@kernel
def widen(zh, zl, zr, xh, xl, xr, b, unit):
    """Numbers that are known up to `unit` of their magnitude."""
    for i in range(b):
        zh[i], zl[i] = xh[i], xl[i]
        for a in range(zr.shape[0]):
            zr[a, i] = xr[a, i] + unit * abs(xh[i])


@kernel
def choose(zh, zl, zr, zs, zb, xh, xl, xr, xs, xb, yh, yl, yr, ys, yb, ch, cl, cr, t, b, bound, each):
    """`x` where a scalar exceeds the bound, else `y`; unknown where it may lie on either side."""
    for i in range(b):
        at = i if each else t
        above = ch[at] - bound + cl[at]
        zh[i] = xh[i] if above > 0.0 else yh[i]
        zl[i] = xl[i] if above > 0.0 else yl[i]
        for a in range(zr.shape[0]):
            known = 0.0 if abs(above) > cr[a, at] else math.inf
            zr[a, i] = (xr[a, i] if above > 0.0 else yr[a, i]) + known
            zs[a, i] = xs[a, i] if above > 0.0 else ys[a, i]
            zb[a, i] = xb[a, i] if above > 0.0 else yb[a, i]
