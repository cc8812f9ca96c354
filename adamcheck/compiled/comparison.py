"""Comparing observed updates with those of an evaluation, compiled."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from adamcheck.compiled import doubles
from adamcheck.compiled.caching import compiled

STEP, COORDINATE, OBSERVED, EXPECTED, RADIUS, RADII, ULPS = range(7)
"""The columns of an offence."""

WORST_ULPS, LARGEST_ERROR = range(2)

UNIT, TINY, NORMAL, HUGE, FLUSHES = range(5)
"""The columns of a format."""


@compiled
def compare(
    high, low, radius, before, after, format, step, begin, judged, outside, worst, largest, offence, fractions
):
    """Compare the updates of some coordinates in one step.

    Args:
        high, low: The expected updates; they may be more than the parameters.
        radius: How far they may be off, per allowance.
        before, after: The parameters, shape (n,).
        format: The constants of the format.
        step: The number of the step.
        begin: The number of the first coordinate.
        judged, outside: The counts per allowance, which are increased.
        worst: The largest errors as fractions of the radius, per allowance, which are increased.
        largest: The largest error in units in the last place of the update, and in the units of parameters.
        offence: The first update outside the most generous radius; its step is infinite if there is none.
        fractions: Receives the errors as fractions of the radius, -1 where they are not judged, shape
            (allowances, n), for those who count them.
    """
    unit, tiny, normal, huge, flushes = (
        format[UNIT],
        format[TINY],
        format[NORMAL],
        format[HUGE],
        format[FLUSHES] != 0,
    )
    allowances, n = radius.shape[0], before.size
    errors, spacings, margins, reached = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    for i in range(n):
        oh, ol = doubles.two_sum(after[i], -before[i])
        eh, el = doubles.two_sum(oh, -high[i])
        error = abs(eh + (el + (ol - low[i])))
        errors[i] = error if error == error else math.inf
        one, other = abs(before[i]), abs(after[i])
        margin = 2 * unit * (one if one > other or one != one else other)
        margin = (margin if margin < math.inf else 0.0) + tiny
        least = one if one < other or one != one else other
        margins[i] = margin + (2 * normal if flushes and least < normal else 0.0)
        reached[i] = abs(before[i] + high[i])
    exponents = np.abs(high[:n]).view(np.int64) & 0x7FF0000000000000
    powers = exponents.view(np.float64)
    for i in range(n):
        gap = 2 * unit * powers[i]
        spacings[i] = gap if gap > tiny else tiny
    seen = np.zeros(n, np.bool_)
    for a in range(allowances):
        count = beyond = 0
        for i in range(n):
            r = radius[a, i] + margins[i]
            known = reached[i] + r <= huge
            out = known and errors[i] > r
            fractions[a, i] = errors[i] / r if known else -1.0
            seen[i] |= known
            count += known
            beyond += out
        judged[a] += count
        outside[a] += beyond
        most = worst[a]
        for i in range(n):
            most = max(most, fractions[a, i])
        worst[a] = most
        if a == allowances - 1 and beyond > 0:
            _offend(
                high, radius[a], margins, before, after, errors, fractions[a], spacings, step, begin, offence
            )
    ulps, error = largest[WORST_ULPS], largest[LARGEST_ERROR]
    for i in range(n):
        if seen[i]:
            ulps = max(ulps, errors[i] / spacings[i])
            error = max(error, errors[i])
    largest[WORST_ULPS], largest[LARGEST_ERROR] = ulps, error


@njit(error_model="numpy")
def _offend(high, radius, margins, before, after, errors, fractions, spacings, step, begin, offence):
    """Remember the first update outside."""
    for i in range(before.size):
        r = radius[i] + margins[i]
        if fractions[i] < 0 or not errors[i] > r:
            continue
        if (step, begin + i) < (offence[STEP], offence[COORDINATE]):
            offence[STEP], offence[COORDINATE] = step, begin + i
            offence[OBSERVED], offence[EXPECTED] = after[i] - before[i], high[i]
            offence[RADIUS], offence[RADII], offence[ULPS] = r, fractions[i], errors[i] / spacings[i]
        return
