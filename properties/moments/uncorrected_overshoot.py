"""Without correction.

Under a constant gradient the uncorrected update is (1 - beta1^t) / sqrt(1 - beta2^t) times the corrected one.
The small first moment makes it shorter, the small second moment longer. With the default betas the second
wins, and by most in step 12: there the update is 6.57 times as long.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import repeat
from math import isqrt
from typing import Any

import numpy as np

import adamcheck as ac
from adamcheck.variants.dialects import NoBiasCorrection

from ..bounds import assert_between
from ..largest_ratio import reached

claim = ac.Claim(
    title="Without correction",
    says=(
        r"Left uncorrected, the moments are small at first, $v_t$ above all if $\beta_2$ is large, and "
        r"updates may become far too large and unstable."
    ),
    source="The Problem of Initialization Bias and its Correction",
    verdict=ac.holds_if(
        r"$\beta_2 > \beta_1$, and because of $v_t$ alone: a small $m_t$ makes updates shorter. For the "
        r"default betas and $\epsilon = 0$ updates are up to 6.57 times as long as the corrected ones, in "
        r"step 12"
    ),
    statement=(
        ac.proposition(
            r"For $\epsilon = 0$, all gradients and all $t$ the uncorrected update is $\kappa_t = "
            r"(1-\beta_1^t) / \sqrt{1-\beta_2^t}$ times the corrected one; under a constant gradient "
            r"it is $\kappa_t \alpha$.",
            "the-factor-between-the-updates: the squares",
            "under-a-constant-gradient",
        ),
        ac.proposition(
            r"For the default betas $\kappa_t$ is largest at $t = 12$.",
            "with-the-default-betas",
        ),
        ac.proposition(
            r"If $m_t$ alone is left uncorrected, with any $\epsilon$, the update is $1-\beta_1^t$ "
            "times the corrected one.",
            "the-factor-between-the-updates: m alone uncorrected",
        ),
    ),
)


class FirstUncorrected(ac.Adam):
    """The first moment without its correction."""

    title = "first moment uncorrected"

    def correct_first(self, m: Any, t: Any) -> Any:
        return m


@claim.derivation
def the_factor_between_the_updates(given: ac.Given) -> Iterator[ac.Step]:
    r"""From any state the squares of the two updates have the ratio $\kappa_t^2$. If m alone is left
    uncorrected, the update is only shortened, by $1-\beta_1^t$."""
    adam, t = given.adam(eps=0), given.time("t")
    m, v, g = given.positive("m"), given.nonnegative("v"), given.positive("g")
    beta1, beta2 = adam.hyper.beta1, adam.hyper.beta2

    def update(definition: type[ac.Adam], eps: Any) -> Any:
        return definition(adam.hyper.replace(eps=eps)).update(ac.State(t, m, v, v), 0, g)[1]

    corrected, plain = update(ac.Adam, 0), update(NoBiasCorrection, 0)
    factor1, factor2 = 1 - beta1 ** (t + 1), 1 - beta2 ** (t + 1)
    yield ac.identity("the squares", plain**2 * factor2, factor1**2 * corrected**2)
    eps = given.positive("eps")
    yield ac.identity("m alone uncorrected", update(FirstUncorrected, eps), factor1 * update(ac.Adam, eps))


@claim.derivation
def under_a_constant_gradient(given: ac.Given) -> Iterator[ac.Step]:
    r"""There $\kappa_t$ is the uncorrected update itself, in units of $\alpha$."""
    adam, t, s = given.adam(NoBiasCorrection, eps=0), given.time("t"), given.positive("s")
    b1, b2 = 1 - adam.hyper.beta1 ** (t + 1), 1 - adam.hyper.beta2 ** (t + 1)
    state = ac.State(t, (1 - adam.hyper.beta1**t) * s, (1 - adam.hyper.beta2**t) * s * s, 0)
    after, update = adam.update(state, 0, s)
    yield ac.identity("m is its factor times g", after.m, b1 * s)
    yield ac.identity("v is its factor times the square", after.v, b2 * s * s)
    yield ac.identity("the square of the update", update**2 * b2, (adam.hyper.lr * b1) ** 2)


@claim.law(trajectory=ac.trajectories)
def the_first_update_does_not_overshoot(subject: ac.Subject, trajectory: ac.Trajectory) -> None:
    r"""No first update is longer than $\alpha$, whatever the betas. Uncorrected it is up to $(1-\beta_1) /
    \sqrt{1-\beta_2}$ times as long, 3.2 for the default betas."""
    trace, lr = subject.run(trajectory.first(1)), trajectory.hyper.lr
    assert_between(ac.observed(trace), -lr, lr, ac.predicted(trace), "the first update", trace)


@claim.witness
def with_the_default_betas(exact: ac.Exact) -> None:
    r"""Uncorrected, step 12 is the longest of the first 2000 under a constant gradient: 6568 thousandths of
    $\alpha$. Later steps are bounded by $1/\sqrt{1-\beta_2^t}$. In the first step the square of the factor is
    10."""
    default = ac.Hyperparameters(1, Fraction(9, 10), Fraction(999, 1000), 0)
    squares = list(reached(NoBiasCorrection(default), repeat(Fraction(1), 2000)))
    exact.says("the longest step", squares.index(max(squares)) + 1, "=", 12)
    exact.says("its thousandths, rounded down", isqrt(int(10**6 * max(squares))), "=", 6568)
    _, later = ac.Adam(default).correct_second(0, Fraction(1), 2000)
    exact.says("an upper bound for all later steps, likewise", isqrt(int(10**6 * later)), "=", 1075)
    run = exact.run([1], definition=NoBiasCorrection, beta1=default.beta1, beta2=default.beta2)
    exact.says("the square of the first update", run.update**2, "=", 10)
    above = next(t for t, square in enumerate(squares, start=1) if t > 12 and 100 * square < 121)
    exact.says("the first step below 1.1 again", above, "=", 1751)


@claim.figure
def uncorrected_over_corrected(axes: Any) -> None:
    """How many times longer the uncorrected update is than the corrected one, under a constant gradient. It
    is longer for some time where beta2 is above beta1 (up to 6.57 times for the default betas), and shorter
    otherwise."""
    steps, one = 5000, np.ones(1)
    for beta1, beta2 in ((0.9, 0.999), (0.9, 0.99), (0.9, 0.91), (0.9, 0.9), (0.99, 0.9)):
        hyper = ac.Hyperparameters(1.0, beta1, beta2, 0.0)
        runs = (
            definition(hyper).run(0 * one, repeat(one, steps)) for definition in (NoBiasCorrection, ac.Adam)
        )
        ratio = [(plain / corrected)[0] for (_, plain), (_, corrected) in zip(*runs, strict=True)]
        axes.semilogx(range(1, steps + 1), ratio, label=f"beta1 = {beta1:g}, beta2 = {beta2:g}")
    axes.axhline(1, color="gray", linewidth=1, linestyle="--")
    axes.set_xlabel("step t")
    axes.set_ylabel("uncorrected / corrected update")
    axes.legend()
