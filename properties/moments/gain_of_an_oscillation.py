r"""The gain of an oscillation.

The first moment is a filter: a gradient that oscillates passes with a gain that depends on its frequency and
on beta1 only. It is 1 for what never changes, (1 - beta1)/(1 + beta1) for what alternates, and never above 1.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

claim = ac.Claim(
    title="The gain of an oscillation",
    says=r"Where gradients oscillate, $m_t$ damps them, as momentum does elsewhere.",
    source="The Core Components: First and Second Moment Estimation",
    verdict=ac.holds_if(
        r"damping is measured by the frequency $\omega$: in the long run the share $(1-\beta_1) / |1 - "
        r"\beta_1 e^{-i\omega}|$ is left. Of oscillations that take much longer than $1/(1-\beta_1)$ steps "
        r"that is nearly everything"
    ),
    statement=(
        ac.proposition(
            r"For $\beta_1 \in [0, 1)$ and gradients $g_t = e^{i\omega t}$: $m_t - H g_t$ falls like "
            r"$\beta_1^t$, with $H = (1-\beta_1) / (1 - \beta_1 e^{-i\omega})$.",
            "every-oscillation-is-damped",
            "whatever-else-is-forgotten",
        ),
        ac.proposition(
            r"The gain $|H| \leq 1$ is $(1-\beta_1) / \sqrt{1 - 2 \beta_1 \cos \omega + \beta_1^2}$; "
            r"it falls from 1 at $\omega = 0$ to $(1-\beta_1)/(1+\beta_1)$ at $\omega = \pi$.",
            "every-oscillation-is-damped",
            "whatever-else-is-forgotten",
        ),
    ),
)


@claim.derivation
def every_oscillation_is_damped(given: ac.Given) -> Iterator[ac.Step]:
    r"""A gradient that turns by an angle a step, as a pair of coordinates: with $u = \tan(\omega/2)$ its
    cosine is $c = (1-u^2)/(1+u^2)$ and its sine $s = 2u/(1+u^2)$. A moment that turns along, with the
    in-phase part p and the delayed part q, reproduces itself; the square of its length is the gain's."""
    adam, u = given.adam(), given.positive("u")
    beta = adam.hyper.beta1
    c, s = (1 - u * u) / (1 + u * u), 2 * u / (1 + u * u)
    square = (c - beta) ** 2 + s**2
    p, q = (1 - beta) * (1 - beta * c) / square, (1 - beta) * beta * s / square
    # The gradient (1, 0) becomes (c, s); the moment (p, -q) becomes the same, turned.
    yield ac.identity("it turns along, first coordinate", adam.first_moment(p, c), p * c + q * s)
    yield ac.identity("it turns along, second coordinate", adam.first_moment(-q, s), p * s - q * c)
    yield ac.identity(
        "the square of the gain", (p * p + q * q) * (1 - 2 * beta * c + beta**2), (1 - beta) ** 2
    )
    slack = (1 - 2 * beta * c + beta**2) - (1 - beta) ** 2
    yield ac.inequality("the gain is at most 1", slack, ">=", 0)


@claim.derivation
def whatever_else_is_forgotten(given: ac.Given) -> Iterator[ac.Step]:
    r"""What a moment has beyond the one that turns along shrinks by the factor $\beta$ a step. The gain falls
    with the cosine, so that it is largest for what never changes and smallest for what alternates."""
    adam, m, d, g = given.adam(), given.real("m"), given.real("d"), given.real("g")
    beta, c, more = adam.hyper.beta1, given.real("c"), given.nonnegative("x")
    yield ac.identity("a difference", adam.first_moment(m + d, g) - adam.first_moment(m, g), beta * d)

    def inverse_square(cosine: Any) -> Any:
        return 1 - 2 * beta * cosine + beta**2

    yield ac.inequality("a larger cosine, a larger gain", inverse_square(c + more), "<=", inverse_square(c))
    yield ac.identity("at cosine 1", inverse_square(1), (1 - beta) ** 2)
    yield ac.identity("at cosine -1", inverse_square(-1), (1 + beta) ** 2)


@claim.witness
def a_period_of_four(exact: ac.Exact) -> None:
    r"""Gradients 1, 0, -1, 0 again and again, with $\beta_1 = 1/2$: in odd steps $|m_t|$ tends to 2/5, in
    even ones to 1/5. The sum of the squares is 1/5, the square of the gain; the distances halve in every
    step."""
    half = Fraction(1, 2)
    states = exact.run([1, 0, -1, 0] * 5, beta1=half, beta2=half, eps=1).states
    for t, limit in ((1, Fraction(2, 5)), (2, Fraction(1, 5)), (17, Fraction(2, 5)), (18, Fraction(1, 5))):
        exact.says(f"the distance in step {t}", states[t - 1].m - limit, "=", Fraction(1, 5 * 2**t))
    square = (1 - half) ** 2 / (1 + half**2)
    exact.says("the square of the gain", square, "=", Fraction(2, 5) ** 2 + Fraction(1, 5) ** 2)


@claim.figure
def gain_against_the_period(axes: Any) -> None:
    """How much of an oscillating gradient is left in the first moment after 1000 steps, by the period of the
    oscillation. Slow changes pass, fast ones are damped, and nothing is amplified."""
    periods = np.geomspace(2, 500, 100)
    for beta in (0.5, 0.9, 0.99):
        adam, m = ac.Adam(ac.Hyperparameters(beta1=beta)), np.zeros(periods.size, complex)
        for t in range(1000):
            m = adam.first_moment(m, np.exp(2j * np.pi * t / periods))
        axes.loglog(periods, np.abs(m), label=f"beta1 = {beta:g}")
    axes.axhline(1, color="gray", linewidth=1, linestyle="--")
    axes.set_xlabel("period of the gradient, in steps")
    axes.set_ylabel("size of m / size of g")
    axes.legend()
