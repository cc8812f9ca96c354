"""The plateau.

Where the gradient is constant from the first step on, the corrected second moment does not converge to g^2:
it is g^2. Only where the plateau begins later does it converge, like a power of beta2, and likewise the first
moment to g, like a power of beta1. With the default betas the second takes a hundred times as long.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

from ..bounds import from_step
from ..closed_forms import in_quads, powers, updates_from

claim = ac.Claim(
    title="The plateau",
    says=r"On a flat plateau, where the gradient $g$ is constant and small, $\hat v_t$ converges to $g^2$.",
    source="Practical Considerations and Nuances: The Role of epsilon",
    verdict=ac.holds_if(
        r"other gradients came before: then its distance from $g^2$ falls like $\beta_2^k$ after k steps on "
        r"the plateau, whether $g$ is small or not. If the gradient is constant from the start, $\hat v_t = "
        r"g^2$ for all $t$"
    ),
    statement=(
        ac.proposition(
            r"If $g_i = g$ for $t_0 < i \leq t_0 + k$: $\hat v_{t_0+k} - g^2 = \beta_2^k "
            r"\frac{1-\beta_2^{t_0}}{1-\beta_2^{t_0+k}} (\hat v_{t_0} - g^2)$, and likewise for $\hat "
            r"m_{t_0+k} - g$ with $\beta_1$.",
            "a-plateau-that-begins-later",
        ),
    ),
)


@claim.derivation
def a_plateau_that_begins_later(given: ac.Given) -> Iterator[ac.Step]:
    r"""Let $\hat v_3 = V$ after three steps. After k steps under g the second moment is $\beta_2^k v_3 +
    (1-\beta_2^k) g^2$, by induction on k; corrected, its distance from $g^2$ is the one stated. The first
    moment is the same average of gradients."""
    adam, k, g = given.adam(), given.time("k"), given.real("g")
    beta, before = adam.hyper.beta2, given.nonnegative("V")
    start = (1 - beta**3) * before

    def after(power: Any) -> Any:
        return power * start + (1 - power) * g * g

    v = given.sequence("v", start, lambda before, n: adam.second_moment(before, g))
    yield from ac.induction("the second moment", k, lambda n: (v(n), "=", after(beta**n)))
    gap = adam.correct_second(0, after(beta**k), k + 3)[1] - g * g
    share = beta**k * (1 - beta**3) / (1 - beta ** (k + 3))
    yield ac.identity("its distance from the square", gap, share * (before - g * g))


@claim.law(trajectory=ac.trajectories)
def a_plateau_is_reached_like_a_power(subject: ac.Subject, trajectory: ac.Trajectory) -> None:
    r"""One gradient, and then a constant one: the updates are those of moments that approach g and $g^2$ like
    the powers of the betas."""
    gradients = np.repeat(trajectory.gradients[-1:], 8, axis=0)
    gradients[0] = trajectory.gradients[0]
    trace = subject.run(trajectory.replace(gradients=gradients))
    first, g = ac.to_quad(gradients[:1]), ac.to_quad(gradients[1:2])
    adam, steps = in_quads(trace), np.arange(1, 8)[:, None]
    left1, left2 = powers(trace, steps - 1)
    m = left1 * adam.first_moment(0 * first, first) + (1 - left1) * g
    v = left2 * adam.second_moment(0 * first, first) + (1 - left2) * g * g
    due = updates_from(trace, steps, m, v, gradients[1:])
    ac.assert_met(ac.observed(trace), from_step(2, due, ac.predicted(trace)), "on a plateau", trace)


@claim.witness
def a_plateau_after_one_other_gradient(exact: ac.Exact) -> None:
    r"""Gradients 3, 1, 1, 1 with $\beta_2 = 1/2$: $\hat v_t - 1$ falls from 8 like $4 \cdot 2^{1-k}/(1 -
    2^{-1-k})$ after k steps on the plateau, to 8/15 in step 4."""
    hyper = ac.Hyperparameters(1, Fraction(1, 2), Fraction(1, 2), 1)
    run = exact.run([3, 1, 1, 1], beta1=hyper.beta1, beta2=hyper.beta2, eps=hyper.eps)
    for state, gap in zip(run.states, (8, Fraction(8, 3), Fraction(8, 7), Fraction(8, 15)), strict=True):
        _, v_hat = ac.Adam(hyper).correct_second(0, state.v, state.step)
        exact.says(f"the distance in step {state.step}", v_hat - 1, "=", gap)


@claim.figure
def from_one_plateau_to_the_next(axes: Any) -> None:
    r"""The updates when gradients of 1 give way to a plateau at 1/100 in step 101, in units of $\alpha$. The
    first moment is there soon, the second one not: steps are far too short until v has forgotten, after some
    $10/(1-\beta_2)$ steps."""
    steps = np.arange(1, 20_001)
    gradients = np.where(steps <= 100, 1.0, 0.01)
    for beta2 in (0.9, 0.99, 0.999):
        adam = ac.Adam(ac.Hyperparameters(lr=1.0, beta2=beta2))
        axes.loglog(
            steps, [-update for _, update in adam.run(0.0, gradients.tolist())], label=f"beta2 = {beta2:g}"
        )
    axes.set_xlabel("step t")
    axes.set_ylabel("size of the update / lr")
    axes.legend()
