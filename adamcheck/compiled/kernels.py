"""The kernels: one compiled loop over coordinates for each instruction, which serve every definition.

A register has the high and low parts of its values, shape (n,), its radii and stretches, shape (allowances,
n), and its lower bounds. Values are double-doubles where the format of arrays is float64 (`wide`), and else
doubles, which have 29 bits more than float32. The radii follow the rules of
`adamcheck.numbers.enclosure.rules`, compiled.

Arguments: `z` receives the result, `x` and `y` are the operands, each with the letters `h`, `l` (values),
`r` (radii),
`s` (stretches) and `b` (lower bounds). `f` are the constants of the arithmetic, shape (columns, allowances).
`t` is the place of the step among those whose scalars are known, `b` the number of coordinates.
"""

from __future__ import annotations

import math
from types import FunctionType
from typing import Any

from numba import njit

from adamcheck.compiled import doubles
from adamcheck.numbers.enclosure import rules

ROUNDING, UNDERFLOW, FINITE, GROWTH, SAME, ANCHOR, LERP, UNIT, POWERS, TINY, FLUSHED, NORMAL, HUGE = range(13)
"""The columns of `f`."""

SMALL = 2.0**-960
"""Below it, the low part of a quotient or a root may be lost."""

SUBNORMAL, NEGLIGIBLE = 2.0**-1022, 2.0**-970
"""Processors compute slowly with subnormal numbers. An error of underflow that is one does not count where
the radius is larger than the second, because it is less than the rounding of the radius itself."""

kernel = njit(error_model="numpy")


@njit(error_model="numpy")
def _where(condition: Any, x: Any, y: Any) -> Any:
    return x if condition else y


@njit(error_model="numpy")
def _larger(x: Any, y: Any) -> Any:
    """NaN where one is NaN."""
    return x if x > y or x != x else y


def _on_numbers(rule: Any) -> Any:
    """A rule on single numbers."""
    names = {"where": _where, "larger": _larger, "root": math.sqrt, "INFINITY": math.inf}
    return njit(error_model="numpy")(
        FunctionType(rule.__code__, names | {"UP": rules.UP, "DOWN": rules.DOWN})
    )


finished, lower_end = _on_numbers(rules.finished), _on_numbers(rules.lower_end)
of_sum, of_difference = _on_numbers(rules.of_sum), _on_numbers(rules.of_difference)
least_of_sum, of_product = _on_numbers(rules.least_of_sum), _on_numbers(rules.of_product)
of_quotient, of_root = _on_numbers(rules.of_quotient), _on_numbers(rules.of_root)
stretch_of_product, stretch_of_quotient = (
    _on_numbers(rules.stretch_of_product),
    _on_numbers(rules.stretch_of_quotient),
)
of_average, anchored = _on_numbers(rules.of_average), _on_numbers(rules.anchored)


@njit(error_model="numpy")
def finish(zh: Any, r: Any, s: Any, f: Any, a: int, b: int) -> None:
    """Finish the radii `r` of one allowance, with stretches `s`."""
    underflow, finite, up = f[UNDERFLOW, a], f[FINITE, a], f[GROWTH, a]
    if underflow < SUBNORMAL:
        small = 0
        for i in range(b):
            small += not r[i] >= NEGLIGIBLE * s[i]
        if small == 0:
            underflow = 0.0
    for i in range(b):
        r[i] = finished(abs(zh[i]), r[i], s[i], underflow, finite, up)


@kernel
def add(zh, zl, zr, zs, zb, xh, xl, xr, xs, xb, yh, yl, yr, ys, yb, f, b, shared, bounded, wide):
    """`x + y`, which is `bounded` where neither is negative."""
    if wide:
        for i in range(b):
            zh[i], zl[i] = doubles.add(xh[i], xl[i], yh[i], yl[i])
    else:
        for i in range(b):
            zh[i] = xh[i] + yh[i]
    for a in range(zr.shape[0]):
        rounding, underflow, r = f[ROUNDING, a], max(f[UNDERFLOW, a], SUBNORMAL), zr[a]
        if not shared:
            for i in range(b):
                zs[a, i] = _larger(xs[a, i], ys[a, i])
        s = xs[a] if shared else zs[a]
        for i in range(b):
            r[i] = of_sum(xr[a, i], abs(xh[i]) + xr[a, i], yr[a, i], abs(yh[i]) + yr[a, i], rounding)
        finish(zh, r, s, f, a, b)
        if bounded:
            for i in range(b):
                x, y = lower_end(abs(xh[i]), xr[a, i], xb[a, i]), lower_end(abs(yh[i]), yr[a, i], yb[a, i])
                lower = lower_end(abs(zh[i]), r[i], -math.inf)
                zb[a, i] = least_of_sum(lower, x, y, rounding, underflow, s[i])


@kernel
def subtract(zh, zl, zr, zs, xh, xl, xr, xs, yh, yl, yr, ys, f, b, same, shared, wide):
    """`x - y`, in the `same` arithmetic or not."""
    if wide:
        for i in range(b):
            zh[i], zl[i] = doubles.add(xh[i], xl[i], -yh[i], -yl[i])
    else:
        for i in range(b):
            zh[i] = xh[i] - yh[i]
    for a in range(zr.shape[0]):
        rounding, alike, r = f[ROUNDING, a], same or f[SAME, a] != 0.0, zr[a]
        if not shared:
            for i in range(b):
                zs[a, i] = _larger(xs[a, i], ys[a, i])
        for i in range(b):
            size, x, y, p, q = abs(zh[i]), abs(xh[i]), abs(yh[i]), xr[a, i], yr[a, i]
            r[i] = of_difference(size, x, p, x + p, y, q, y + q, rounding, alike)
        finish(zh, r, xs[a] if shared else zs[a], f, a, b)


@kernel
def multiply(zh, zl, zr, zs, xh, xl, xr, xs, yh, yl, yr, ys, f, b, wide):
    """`x * y`."""
    if wide:
        for i in range(b):
            zh[i], zl[i] = doubles.multiply(xh[i], xl[i], yh[i], yl[i])
    else:
        for i in range(b):
            zh[i] = xh[i] * yh[i]
    for a in range(zr.shape[0]):
        rounding, r, s = f[ROUNDING, a], zr[a], zs[a]
        for i in range(b):
            x, y, p, q = abs(xh[i]), abs(yh[i]), xr[a, i], yr[a, i]
            r[i] = of_product(x, p, x + p, q, y + q, rounding)
            s[i] = stretch_of_product(xs[a, i], x + p, ys[a, i], y + q)
        finish(zh, r, s, f, a, b)


@kernel
def divide(zh, zl, zr, zs, xh, xl, xr, xs, yh, yl, yr, ys, yb, f, b, factor, wide):
    """`x / y`, where `factor` is that of `x`."""
    if wide:
        for i in range(b):
            zh[i], zl[i] = doubles.divide(xh[i], xl[i], yh[i], yl[i])
    else:
        for i in range(b):
            zh[i] = xh[i] / yh[i]
    for a in range(zr.shape[0]):
        rounding, finite, r, s = f[ROUNDING, a], f[FINITE, a], zr[a], zs[a]
        for i in range(b):
            size, y, q = abs(zh[i]), abs(yh[i]), yr[a, i]
            low = lower_end(y, q, yb[a, i])
            lost = _where(abs(xh[i]) < SMALL, 2.0**-51 * size, 0.0)
            r[i] = of_quotient(size, xr[a, i], q, y + q, low, factor, rounding, finite) + lost
            s[i] = stretch_of_quotient(xs[a, i], ys[a, i], low)
        finish(zh, r, s, f, a, b)


@kernel
def root(zh, zl, zr, zs, xh, xl, xr, xs, xb, f, b, anything, wide):
    """The root of `x`, which may be `anything` or is not negative."""
    if wide:
        for i in range(b):
            zh[i], zl[i] = doubles.root(xh[i], xl[i])
    else:
        for i in range(b):
            zh[i] = math.sqrt(xh[i])
    for a in range(zr.shape[0]):
        rounding, r, s = f[ROUNDING, a], zr[a], zs[a]
        for i in range(b):
            size, x, p = abs(zh[i]), abs(xh[i]), xr[a, i]
            low = lower_end(x, p, xb[a, i])
            lost = _where(x < SMALL, 2.0**-51 * size, 0.0)
            r[i] = of_root(size, x, p, x + p, low, anything, rounding) + lost
            s[i] = math.sqrt(xs[a, i])
        finish(zh, r, s, f, a, b)


@kernel
def larger(zh, zl, zr, zs, xh, xl, xr, xs, yh, yl, yr, ys, b, wide):
    """The larger one."""
    for i in range(b):
        first = xh[i] > yh[i] or (xh[i] == yh[i] and (not wide or xl[i] >= yl[i])) or xh[i] != xh[i]
        zh[i] = xh[i] if first else yh[i]
        if wide:
            zl[i] = xl[i] if first else yl[i]
    for a in range(zr.shape[0]):
        for i in range(b):
            zr[a, i] = _larger(xr[a, i], yr[a, i])
            zs[a, i] = _larger(xs[a, i], ys[a, i])


@kernel
def average(zh, zl, zr, oh, ol, oldr, ob, nh, nl, nr, ns, f, t, b, v, w, wide):
    """A step of a moving average of the old `o` and the new `n`; `v` are its weights, `w` their bounds."""
    bh, bl, ch, cl = v[0, t], v[1, t], v[2, t], v[3, t]
    if wide:
        for i in range(b):
            ph, pl = doubles.multiply(bh, bl, oh[i], ol[i])
            qh, ql = doubles.multiply(ch, cl, nh[i], nl[i])
            zh[i], zl[i] = doubles.add(ph, pl, qh, ql)
    else:
        for i in range(b):
            zh[i] = bh * oh[i] + ch * nh[i]
    for a in range(zr.shape[0]):
        anchor, r = f[ANCHOR, a], zr[a]
        old, of_old, new, of_new, least = w[0, a, t], w[1, a, t], w[2, a, t], w[3, a, t], w[4, a, t]
        for i in range(b):
            p, q = oldr[a, i], nr[a, i]
            r[i] = of_average(p, abs(oh[i]) + p, q, abs(nh[i]) + q, old, of_old, new, of_new)
        if anchor > 0.0:
            for i in range(b):
                bound = _larger(lower_end(abs(oh[i]), oldr[a, i], ob[a, i]), 0.0)
                r[i] += anchored(bound, abs(nh[i]) + nr[a, i], old, least, anchor)
        finish(zh, r, ns[a], f, a, b)


@kernel
def spread(zh, zl, zr, zs, zb, xh, xl, xr, xs, xb, t, b, stretched, bounded, wide):
    """A scalar of the step as an array."""
    value, low = xh[t], xl[t]
    lost = 0.0 if wide or low == 0.0 else 2.0**-53 * abs(value)
    for i in range(b):
        zh[i] = value
        zl[i] = low
    for a in range(zr.shape[0]):
        radius, stretch, least = xr[a, t] + lost, xs[a, t], xb[a, t]
        for i in range(b):
            zr[a, i] = radius
        if stretched:
            for i in range(b):
                zs[a, i] = stretch
        if bounded:
            for i in range(b):
                zb[a, i] = least


@kernel
def turn(zh, zl, zr, xh, xl, xr, b, negative):
    """`-x` if `negative`, else its magnitude."""
    for i in range(b):
        turned = negative or xh[i] < 0.0
        zh[i] = -xh[i] if turned else xh[i]
        zl[i] = -xl[i] if turned else xl[i]
    for a in range(zr.shape[0]):
        for i in range(b):
            zr[a, i] = xr[a, i]


@kernel
def read(zh, zr, f, b, values, errors, erring):
    """Numbers that a program holds exactly up to `errors`; if it flushes, it may read a subnormal one as
    0."""
    for i in range(b):
        zh[i] = values[i]
    for a in range(zr.shape[0]):
        flushed, huge = f[FLUSHED, a], f[HUGE, a]
        for i in range(b):
            size = abs(values[i])
            zr[a, i] = _where(size <= huge, _where(size < flushed, size, 0.0), math.inf)
        if erring and errors.shape[0] > 0:
            for i in range(b):
                zr[a, i] += errors[i]
