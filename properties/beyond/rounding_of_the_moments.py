r"""Rounding errors in the moments.

A moment is the result of thousands of operations, but a moving average forgets its rounding errors as it
forgets its gradients. However long the run, the error of m stays below some 20 units of roundoff times the
largest gradient, and that of v below some 2000 units times its square.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

from ..rounded import Roundings

claim = ac.Claim(
    title="Rounding errors in the moments",
    says="Over a long run the rounding errors in the moments add up without bound.",
    source='folklore; model of rounding: Higham, "Accuracy and Stability of Numerical Algorithms" (2002)',
    verdict=ac.false_as_stated(
        r"they are forgotten. With the unit roundoff u and gradients of at most G, to first order in u the "
        r"error of m is at most $\frac{2}{1-\beta_1} u G$ and that of v at most $\frac{3-\beta_2}{1-\beta_2} "
        r"u G^2$ at every t: $20\,u G$ and $2001\,u G^2$ at the default betas"
    ),
    statement=(
        ac.prose(
            "Let each operation have a relative error of at most u, without under- and overflow, and "
            r"let the betas and $1-\beta$ be exact."
        ),
        ac.proposition(
            r"For all gradients with $|g_i| \leq G$ and all t, if $\beta_1 (1+u)^2 < 1$: the computed "
            r"$m_t$ differs from the exact one by at most $\frac{(1+u)^2-1}{1-\beta_1(1+u)^2} G$; the "
            r"computed $v_t$, if $\beta_2 (1+u)^2 < 1$, by at most $\frac{\beta_2((1+u)^2-1) + "
            r"(1-\beta_2)((1+u)^3-1)}{1-\beta_2(1+u)^2} G^2$.",
            "the-roundings-of-one-step",
            "products-of-roundings",
            "the-errors-stay-below-a-fixed-point",
        ),
    ),
)


def bounds(beta: Any, u: Any) -> tuple[Any, Any]:
    """The largest errors of m and v with this decay rate, for G = 1."""
    two, three = (1 + u) ** 2 - 1, (1 + u) ** 3 - 1
    return two / (1 - beta * (1 + u) ** 2), (beta * two + (1 - beta) * three) / (1 - beta * (1 + u) ** 2)


@claim.derivation
def the_roundings_of_one_step(given: ac.Given) -> Iterator[ac.Step]:
    r"""What a step computes from a moment that is off by e: the old error and two rounding errors of the old
    moment, weighted by $\beta$; two of the gradient, three of its square, weighted by $1-\beta$."""
    adam, g = given.adam(), given.real("g")
    beta1, beta2 = adam.hyper.beta1, adam.hyper.beta2
    m, v, e = given.real("m"), given.nonnegative("v"), given.real("e")
    r = Roundings(given)
    computed = adam.first_moment(r.of(m + e), r.of(g)).value
    old, new, last = (1 + d for d in r.deltas)
    off = beta1 * (e * old * last + m * (old * last - 1)) + (1 - beta1) * g * (new * last - 1)
    yield ac.identity("the first moment", computed - adam.first_moment(m, g), off)
    r = Roundings(given)
    computed = adam.second_moment(r.of(v + e), r.of(g)).value
    square, old, new, last = (1 + d for d in r.deltas)
    off = beta2 * (e * old * last + v * (old * last - 1)) + (1 - beta2) * g * g * (square * new * last - 1)
    yield ac.identity("the second moment", computed - adam.second_moment(v, g), off)


@claim.derivation
def products_of_roundings(given: ac.Given) -> Iterator[ac.Step]:
    r"""A product of n factors $1 + \delta$ with $|\delta| \leq u$ lies within $(1+u)^n - 1$ of 1."""
    u, deltas, product = given.nonnegative("u"), given.reals("delta", 3), given.number(1)
    small: list[Any] = []
    for count, delta in enumerate(deltas, start=1):
        product = product * (1 + delta)
        small += [(delta, "<=", u), (delta, ">=", -u)]
        farthest = (1 + u) ** count - 1
        yield ac.inequality(f"{count}, from above", product - 1, "<=", farthest, given=small)
        yield ac.inequality(f"{count}, from below", product - 1, ">=", -farthest, given=small)


@claim.derivation
def the_errors_stay_below_a_fixed_point(given: ac.Given) -> Iterator[ac.Step]:
    r"""Induction: no error at the start; and if the error so far is at most the bound, so is the next,
    because the bound is the fixed point of what a step does to it. To first order in u the bounds are
    simple."""
    beta, u, size = given.decay("beta"), given.positive("u"), given.positive("G")
    two, three = (1 + u) ** 2 - 1, (1 + u) ** 3 - 1
    first, second = (bound * size for bound in bounds(beta, u))
    regular = [(beta * (1 + u) ** 2, "<", 1)]
    grown = beta * (first * (1 + u) ** 2 + size * two) + (1 - beta) * size * two
    yield ac.identity("the bound for m", grown, first, given=regular)
    grown = beta * (second * (1 + u) ** 2 + size * two) + (1 - beta) * size * three
    yield ac.identity("the bound for v", grown, second, given=regular)
    for name, beta, value in (("m", given.number(9, 10), 20), ("v", given.number(999, 1000), 2001)):
        bound = bounds(beta, u)[0 if name == "m" else 1]
        yield ac.limit(f"at the default beta, {name}", bound / u, u, 0, value)


@claim.witness
def forming_1_minus_beta_in_float32(exact: ac.Exact) -> None:
    r"""Where a program forms $1 - \beta_2$ from the float32 nearest to 0.999, the subtraction is exact, but
    the result is off by 1.3e-5, because 0.999 was rounded: a thousand times as much, relatively."""
    single = ac.format_of("float32")
    rounded = Fraction(float(single.dtype.type(0.999)))
    formed = Fraction(float(single.dtype.type(1) - single.dtype.type(0.999)))
    exact.says("the subtraction", formed, "=", 1 - rounded)
    off = abs(formed / Fraction(1, 1000) - 1)
    exact.says("its relative error, in units of 1e-7", round(off * 10**7), "=", 129)
    off = abs(rounded / Fraction(999, 1000) - 1)
    exact.says("that of beta2, in units of 1e-10", round(off * 10**10), "=", 129)


@claim.figure
def errors_against_the_bounds(axes: Any) -> None:
    r"""The largest error so far of the moments, among 200 runs in float32 on random gradients between 0 and
    1, in units of roundoff. It stays below the bound (dashed) however long the run."""
    steps, single = 3000, np.random.default_rng(0).random((3000, 200), dtype=np.float32)
    unit = ac.format_of("float32").unit
    for color, (moment, beta) in enumerate((("m", 0.9), ("m", 0.99), ("v", 0.99), ("v", 0.999))):
        beta = float(np.float32(beta))
        adam = ac.Adam(ac.Hyperparameters(beta1=beta, beta2=beta))
        runs = (adam.run(0 * gradients[0], gradients) for gradients in (single, single.astype(np.float64)))
        errors = [
            np.abs(getattr(computed, moment) - getattr(exact, moment)).max() / unit
            for (computed, _), (exact, _) in zip(*runs, strict=True)
        ]
        line = f"{moment}, beta = {beta:.3g}"
        axes.loglog(1 + np.arange(steps), np.maximum.accumulate(errors), color=f"C{color}", label=line)
        axes.axhline(bounds(beta, unit)[moment == "v"] / unit, color=f"C{color}", linestyle="--", linewidth=1)
    axes.set_xlabel("step t")
    axes.set_ylabel("error / unit roundoff")
    axes.legend(loc="lower right")
