"""Execution: the instructions of a step, carried out by the kernels in one compiled call."""

from __future__ import annotations

from adamcheck.compiled import kernels, scalars
from adamcheck.compiled.caching import compiled
from adamcheck.compiled.recording import Op

(
    SPREAD, NUMBER, ADD, SUBTRACT, MULTIPLY, DIVIDE, NEGATE, MAGNITUDE, ROOT, LARGER, POWER, AVERAGE, WEIGHTS,
    ENTER, CHOOSE, WIDEN, READ,
) = (int(op) for op in Op)  # fmt: skip


@compiled
def execute(
    code, bounds, factors, hi, lo, rad, st, least, s_hi, s_lo, s_rad, s_st, s_least, numbers, exponents, v, w,
    f, gradient, parameters, errors, t, b, each, wide, first,
):  # fmt: skip
    """Carry out instructions.

    Args:
        code: The instructions, shape (n, columns).
        bounds: What instructions read of `number`.
        factors: What instructions read of factors, one each.
        hi, lo, rad, st, least: The registers of the instructions.
        s_hi, s_lo, s_rad, s_st, s_least: The registers of scalars, whose coordinates are steps.
        numbers, exponents: The numbers and exponents of each step, shape (n, steps).
        v, w: The weights of averages, shapes (n, 4, steps) and (n, 5, allowances, steps).
        f: The constants of the arithmetics of arrays and of scalars.
        gradient, parameters: Numbers to read, shape (b,).
        errors: How far the gradient may be off, shape (b,), or (0,).
        t: The place of the step among those of the scalars.
        b: The number of coordinates.
        each: Whether the coordinates are steps.
        wide: Whether values are double-doubles.
        first: The number of the first step since the start of the run, from 1.
    """
    for line in range(code.shape[0]):
        op, z, x, y = code[line, 0], code[line, 1], code[line, 2], code[line, 3]
        same, sz, sx, sy = code[line, 6], code[line, 7], code[line, 8], code[line, 9]
        bz, bx, by, extra, bound = (
            code[line, 10],
            code[line, 11],
            code[line, 12],
            code[line, 13],
            bounds[code[line, 14]],
        )
        c = f[code[line, 5]]
        if op == AVERAGE:
            kernels.average(
                hi[z], lo[z], rad[z], hi[x], lo[x], rad[x], least[bx], hi[y], lo[y], rad[y], st[sy], c, t, b,
                v[extra], w[extra], wide,
            )  # fmt: skip
        elif op == SPREAD:
            kernels.spread(
                hi[z], lo[z], rad[z], st[sz], least[bz], s_hi[x], s_lo[x], s_rad[x], s_st[sx], s_least[bx], t,
                b, sz > 0, bz > 0, wide,
            )  # fmt: skip
        elif op == DIVIDE:
            kernels.divide(
                hi[z], lo[z], rad[z], st[sz], hi[x], lo[x], rad[x], st[sx], hi[y], lo[y], rad[y], st[sy],
                least[by], c, b, factors[line], wide,
            )  # fmt: skip
        elif op == MULTIPLY:
            kernels.multiply(
                hi[z],
                lo[z],
                rad[z],
                st[sz],
                hi[x],
                lo[x],
                rad[x],
                st[sx],
                hi[y],
                lo[y],
                rad[y],
                st[sy],
                c,
                b,
                wide,
            )
        elif op == ADD:
            shared = sz == sx and sz == sy
            kernels.add(
                hi[z], lo[z], rad[z], st[sz], least[bz], hi[x], lo[x], rad[x], st[sx], least[bx], hi[y],
                lo[y], rad[y], st[sy], least[by], c, b, shared, bz > 0, wide,
            )  # fmt: skip
        elif op == SUBTRACT:
            shared = sz == sx and sz == sy
            kernels.subtract(
                hi[z], lo[z], rad[z], st[sz], hi[x], lo[x], rad[x], st[sx], hi[y], lo[y], rad[y], st[sy], c,
                b, same != 0, shared, wide,
            )  # fmt: skip
        elif op == ROOT:
            kernels.root(
                hi[z], lo[z], rad[z], st[sz], hi[x], lo[x], rad[x], st[sx], least[bx], c, b, extra != 0, wide
            )
        elif op == READ:
            kernels.read(hi[z], rad[z], c, b, gradient if x == 0 else parameters, errors, x == 0)
        elif op in (NEGATE, MAGNITUDE):
            kernels.turn(hi[z], lo[z], rad[z], hi[x], lo[x], rad[x], b, op == NEGATE)
        elif op == LARGER:
            kernels.larger(
                hi[z],
                lo[z],
                rad[z],
                st[sz],
                hi[x],
                lo[x],
                rad[x],
                st[sx],
                hi[y],
                lo[y],
                rad[y],
                st[sy],
                b,
                wide,
            )
        elif op == NUMBER:
            scalars.number(hi[z], lo[z], rad[z], c, b, numbers[x])
        elif op == POWER:
            scalars.power(
                hi[z], lo[z], rad[z], hi[x], lo[x], rad[x], st[sx], c, t, b, exponents[y], each, wide
            )
        elif op == WEIGHTS:
            scalars.weigh(
                v[extra], w[extra], hi[x], lo[x], rad[x], hi[y], lo[y], rad[y], hi[same], lo[same], rad[same],
                c, f[-1], b, first if bound >= 0 else 0,
            )  # fmt: skip
        elif op == ENTER:
            scalars.enter(hi[z], lo[z], rad[z], least[bz], hi[x], lo[x], rad[x], least[bx], c, b)
        elif op == WIDEN:
            scalars.widen(hi[z], lo[z], rad[z], hi[x], lo[x], rad[x], b, bound)
        elif op == CHOOSE:
            scalars.choose(
                hi[z], lo[z], rad[z], st[sz], least[bz], hi[x], lo[x], rad[x], st[sx], least[bx], hi[y],
                lo[y], rad[y], st[sy], least[by], s_hi[extra], s_lo[extra], s_rad[extra], t, b, bound, each,
            )  # fmt: skip
