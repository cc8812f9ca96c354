"""Smoothing and memory.

As an average the first moment varies less than the gradients do: noise of variance s^2 is left with (1 -
beta1)/(1 + beta1) of it in the end. The price is delay. The average age of what is averaged is beta1/(1 -
beta1) steps, and by that much the first moment lags behind a gradient that changes steadily.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..closed_forms import powers
from ..memories import some_memory

claim = ac.Claim(
    title="Smoothing and memory",
    says=r"$m_t$ is the current gradient, smoothed, with a memory of the earlier ones.",
    source="The Core Components: First and Second Moment Estimation",
    verdict=ac.holds_if(
        r"it is understood as a smoothed and delayed version: behind a gradient that grows by $d$ a step, "
        r"$m_t$ lags by $d \beta_1/(1-\beta_1)$, that is by 9 steps for $\beta_1 = 0.9$"
    ),
    statement=(
        ac.proposition(
            r"If the gradients are uncorrelated with the variance $\sigma^2$, the variance of $m_t$ "
            r"is $\sigma^2 (1-\beta_1^{2t}) (1-\beta_1)/(1+\beta_1)$, at most the share "
            r"$(1-\beta_1)/(1+\beta_1)$: 1/19 for $\beta_1 = 0.9$.",
            "noise-is-averaged-out",
        ),
        ac.proposition(
            r"The variance of $\hat m_t$ is $\sigma^2 (1-\beta_1)(1+\beta_1^t) / "
            r"((1+\beta_1)(1-\beta_1^t))$, at most $\sigma^2$.",
            "corrected-the-variance-starts-in-full",
        ),
        ac.proposition(
            r"Where $g_{t+1} = g_t + d$, the lag $d \beta_1/(1-\beta_1)$ of $m_t$ persists, and every "
            r"other lag shrinks towards it by the factor $\beta_1$.",
            "the-average-lags-behind",
        ),
    ),
)


@claim.derivation
def noise_is_averaged_out(given: ac.Given) -> Iterator[ac.Step]:
    r"""New noise of both signs, averaged: the square of m becomes $\beta^2$ of what it was plus $(1-\beta)^2$
    of the new square. So variances obey a recursion, which the closed form satisfies by induction."""
    adam, t = given.adam(), given.time("t")
    beta, m, s = adam.hyper.beta1, given.real("m"), given.positive("s")
    mean_square = (adam.first_moment(m, s) ** 2 + adam.first_moment(m, -s) ** 2) / 2
    yield ac.identity("one step", mean_square, beta**2 * m**2 + (1 - beta) ** 2 * s**2)
    share = (1 - beta) / (1 + beta)

    def variance(power: Any) -> Any:
        return share * (1 - power**2) * s**2

    def after(before: Any) -> Any:
        return beta**2 * before + (1 - beta) ** 2 * s**2

    of_m = given.sequence("var", 0, lambda before, k: after(before))
    yield from ac.induction("the variance of m", t, lambda k: (of_m(k), "=", variance(beta**k)))
    power = given.decay("P")
    yield ac.inequality("it stays below the share", variance(power), "<=", share * s**2)


@claim.derivation
def corrected_the_variance_starts_in_full(given: ac.Given) -> Iterator[ac.Step]:
    r"""Correction divides by $1-\beta^t$, and the variance by its square. With $P = \beta^t \leq \beta$ the
    result is $\sigma^2$ in the first step and below it later."""
    beta, power, p = given.decay("beta"), given.decay("P"), given.decay("p")
    share = (1 - beta) / (1 + beta)
    yield ac.identity(
        "corrected", share * (1 - power**2) / (1 - power) ** 2, share * (1 + power) / (1 - power)
    )
    yield ac.identity("the first step", share * (1 + beta) / (1 - beta), 1)
    yield ac.inequality("later", share * (1 + p * beta) / (1 - p * beta), "<=", 1)


@claim.derivation
def the_average_lags_behind(given: ac.Given) -> Iterator[ac.Step]:
    r"""A lag of $d \beta/(1-\beta)$ behind a gradient that grows by d a step reproduces itself; what a lag
    has beyond that shrinks by the factor $\beta$ a step."""
    adam, g, d, x = given.adam(), given.real("g"), given.real("d"), given.real("x")
    beta = adam.hyper.beta1
    lag = d * beta / (1 - beta)
    yield ac.identity("the lag persists", adam.first_moment(g - lag, g + d), g + d - lag)
    yield ac.identity("any other tends to it", adam.first_moment(g - lag - x, g + d), g + d - lag - beta * x)


@claim.law(hyper=some_memory, size=st.integers(8, 15), exponent=st.integers(-2, 2))
def a_flipped_gradient_is_remembered(
    subject: ac.Subject, hyper: ac.Hyperparameters, size: int, exponent: int
) -> None:
    r"""Two runs on gradients of one size, the first of which has the other sign in the second run: the
    updates go on to differ, by twice the weight of that gradient."""
    gradients = np.full((8, 2), (size / 8) * 2.0**exponent)
    gradients[0, 1] *= -1
    zero, dtype = np.zeros(2, subject.format.dtype), subject.format.dtype
    trace = subject.run(ac.Trajectory(hyper, zero, gradients.astype(dtype)))
    age = np.arange(8)[:, None]
    left, weight = (powers(trace, exponents)[0] for exponents in (age, age + 1))
    share = left * (1 - powers(trace, 1)[0]) / (1 - weight)
    predicted, difference = ac.predicted(trace), np.array([[1.0], [-1.0]])
    full = predicted.value[0, 0]  # the first step is a full one
    expected = predicted.combined(difference).at(2 * share * full)
    ac.assert_met_and_not_zero(
        ac.observed(trace).combined(difference), expected, "what is left of a flip", trace
    )


@claim.witness
def over_all_signs(exact: ac.Exact) -> None:
    r"""Over all eight sequences of three signs, with $\beta_1 = 1/2$: the variance of $m_3$ is $(1 - 1/64)/3
    = 21/64$, and that of $\hat m_3$ is 3/7, though every gradient has the variance 1."""
    half = Fraction(1, 2)
    states = [
        exact.run(signs, beta1=half, beta2=half, eps=1).states[-1] for signs in product((1, -1), repeat=3)
    ]
    corrected = [ac.Adam(ac.Hyperparameters(beta1=half)).correct_first(state.m, 3) for state in states]
    exact.says("the variance of m", sum(state.m**2 for state in states) / 8, "=", Fraction(21, 64))
    exact.says("the variance of m_hat", sum(m_hat**2 for m_hat in corrected) / 8, "=", Fraction(3, 7))


@claim.witness
def behind_a_growing_gradient(exact: ac.Exact) -> None:
    r"""Gradients 1, 2, 3, ... with $\beta_1 = 1/2$: $m_t$ falls behind by 1/2 in the first step, and by $1 -
    2^{-t}$ in step t, towards 1."""
    run = exact.run(range(1, 11), beta1=Fraction(1, 2), beta2=Fraction(1, 2), eps=1)
    for t in (1, 2, 10):
        lag = t - run.states[t - 1].m
        exact.says(f"the lag in step {t}", lag, "=", 1 - Fraction(1, 2**t))


@claim.figure
def a_noisy_wave(axes: Any) -> None:
    """A wave under noise (dots; the wave alone is dashed) and its corrected first moment. A larger beta1
    leaves less of the noise, and follows the wave later and less far."""
    steps = np.arange(1, 301)
    wave = np.sin(2 * np.pi * steps / 150)
    gradients = (wave + 0.5 * np.random.default_rng(2).standard_normal(steps.size))[:, None]
    axes.plot(steps, gradients, ".", color="gray", alpha=0.5, label="gradients")
    axes.plot(steps, wave, "--", color="gray", linewidth=1)
    for beta in (0.5, 0.9, 0.98):
        adam = ac.Adam(ac.Hyperparameters(beta1=beta))
        moments = [adam.correct_first(state.m, state.step) for state, _ in adam.run(np.zeros(1), gradients)]
        axes.plot(steps, moments, label=f"m_hat, beta1 = {beta:g}")
    axes.set_xlabel("step t")
    axes.set_ylabel("gradient, moment")
    axes.set_ylim(-2.2, 3.2)
    axes.legend(ncols=2)
