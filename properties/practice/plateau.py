"""The plateau.

Whatever came before, the corrected second moment converges to g^2 under a constant gradient g, like a power
of beta2, and likewise the first moment to g, like a power of beta1. Where the gradient is constant from the
first step on, it is g^2 from then on. With the default betas the second takes a hundred times as long.
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
    verdict=ac.holds(),
    statement=(
        ac.prose(r"Let $\hat v_{t_0} = V$ and $\hat m_{t_0} = M$ after any gradients, and any $t_0 \geq 1$."),
        ac.proposition(
            r"If $g_i = g$ for $t_0 < i \leq t_0 + k$: $\hat v_{t_0+k} - g^2 = \beta_2^k "
            r"\frac{1-\beta_2^{t_0}}{1-\beta_2^{t_0+k}} (V - g^2)$, whether g is small or not, and "
            r"likewise $\hat m_{t_0+k} - g$ with $\beta_1$ and $M - g$. Both tend to 0.",
            "a-plateau-that-begins-later",
        ),
        ac.proposition(
            r"If $g_i = g$ for all $i$ then $\hat v_t = g^2$ for all $t$.",
            "a-plateau-from-the-start",
        ),
    ),
)


@claim.derivation
def a_plateau_that_begins_later(given: ac.Given) -> Iterator[ac.Step]:
    r"""Let D be the distance of a corrected moment from its plateau, times $1-\beta^t$. One more step on the
    plateau multiplies it by $\beta$, at every t and from every moment: it decays as a moment does on zero
    gradients. So k steps multiply it by $\beta^k$, by induction on k. At $t_0$ it is $(1-\beta^{t_0}) (V -
    g^2)$; divided by $1-\beta^{t_0+k}$ it is the distance stated, and that vanishes."""
    adam, t, k, g = given.adam(), given.time("t"), given.time("k"), given.real("g")
    m, v, start = given.real("m"), given.nonnegative("v"), given.real("C")
    b1, b2 = adam.hyper.beta1, adam.hyper.beta2

    def first(moment: Any, step: Any) -> Any:
        return (1 - b1**step) * (adam.correct_first(moment, step) - g)

    def second(moment: Any, step: Any) -> Any:
        return (1 - b2**step) * (adam.correct_second(moment, moment, step)[1] - g * g)

    yield ac.identity("m, one step later", first(adam.first_moment(m, g), t + 1), b1 * first(m, t))
    yield ac.identity("v, one step later", second(adam.second_moment(v, g), t + 1), b2 * second(v, t))
    left1 = given.sequence("D", start, lambda before, n: adam.first_moment(before, 0 * g))
    left2 = given.sequence("E", start, lambda before, n: adam.second_moment(before, 0 * g))
    yield from ac.induction("m, k steps later", k, lambda n: (left1(n), "=", b1**n * start))
    yield from ac.induction("v, k steps later", k, lambda n: (left2(n), "=", b2**n * start))
    for name, beta in (("m", b1), ("v", b2)):
        share = beta**k * (1 - beta**t) / (1 - beta**k * beta**t)
        yield ac.limit(f"the distance of {name}", share * start, k, "oo", 0)


@claim.derivation
def a_plateau_from_the_start(given: ac.Given) -> Iterator[ac.Step]:
    r"""$v_t = (1-\beta_2^t) g^2$, by induction on t. Corrected, that is $g^2$."""
    adam, t, g = given.adam(), given.time("t"), given.real("g")
    beta = adam.hyper.beta2
    v = given.sequence("v", 0, lambda before, n: adam.second_moment(before, g))
    yield from ac.induction("the second moment", t, lambda n: (v(n), "=", (1 - beta**n) * g * g))
    yield ac.identity("corrected", adam.correct_second(0, (1 - beta**t) * g * g, t)[1], g * g)


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
