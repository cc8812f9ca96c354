"""The plateau.

Under a constant gradient the update is alpha |g| / (|g| + eps) at every step: the second moment does not
converge to g^2, it is g^2 from the first step on. Only where the plateau begins later does it converge, like
a power of beta2. The boundary at eps is wide: it takes four powers of ten to get from 1 % away from one
regime to 1 % away from the other.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

from ..bounds import from_step
from ..closed_forms import in_quads, powers, updates_from
from ..predictions import assert_met, predict, seen

claim = ac.Claim(
    title="The plateau",
    says=(
        r"Under a small constant gradient $g$, $\hat v_t$ tends to $g^2$. Then $\epsilon$ separates two "
        r"regimes: updates of about $\alpha |g|/\epsilon$ for $|g| \ll \epsilon$, and of about $\alpha$ for "
        r"$|g| \gg \epsilon$."
    ),
    source="Practical Considerations and Nuances: The Role of epsilon",
    verdict=ac.holds_if(
        r"far below and far above mean a factor of 99 for an accuracy of 1 %: with $r = |g|/\epsilon$ the "
        r"two approximations are too large by the shares $r/(1+r)$ and $1/(1+r)$ of themselves; at $|g| = "
        r"\epsilon$ the update is $\alpha/2$. If the gradient is constant from the start, $\hat v_t = g^2$ "
        r"for all $t$"
    ),
    statement=(
        r"If $g_i = g$ for all $i \leq t$: $|\theta_t - \theta_{t-1}| = \alpha |g| / (|g| + \epsilon)$. If "
        r"$g_i = g$ for $t_0 < i \leq t_0 + k$ only: $\hat v_{t_0+k} - g^2 = \beta_2^k "
        r"\frac{1-\beta_2^{t_0}}{1-\beta_2^{t_0+k}} (\hat v_{t_0} - g^2)$, and likewise for $\hat m_{t_0+k} "
        r"- g$ with $\beta_1$."
    ),
)


@claim.derivation
def the_two_regimes(given: ac.Given) -> Iterator[ac.Step]:
    r"""The first update; every later one under the same gradient is the same. Its distances from the two
    approximations, as shares of these."""
    adam, g, number = given.adam(), given.positive("g"), given.number
    lr, eps = adam.hyper.lr, adam.hyper.eps

    def size(gradient: Any) -> Any:
        return -adam.update(adam.start(0 * gradient), 0, gradient)[1]

    linear = lr * g / eps
    yield ac.identity("linear: too large by", 1 - size(g) / linear, g / (g + eps))
    yield ac.identity("saturated: too large by", 1 - size(g) / lr, eps / (g + eps))
    yield ac.inequality("it grows with the gradient", size(2 * g), ">", size(g))
    yield ac.inequality("but less than in proportion", size(2 * g), "<", 2 * size(g))
    yield ac.identity("at eps", size(eps), lr / 2)
    yield ac.identity("1 % below linear", size(eps / 99), number(99, 100) * lr / 99)
    yield ac.identity("1 % below saturated", size(99 * eps), number(99, 100) * lr)


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

    yield from ac.induction(
        "the second moment",
        (adam.second_moment(start, g), after(beta)),
        (adam.second_moment(after(beta**k), g), after(beta ** (k + 1))),
    )
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
    assert_met(seen(trace), from_step(2, due, predict(trace)), "on a plateau", trace)


@claim.witness
def across_the_boundary(exact: ac.Exact) -> None:
    r"""With $\alpha = \epsilon = 1$: updates for gradients of 1/99, 1 and 99, in the first step and in the
    third."""
    for g, update in ((Fraction(1, 99), Fraction(1, 100)), (1, Fraction(1, 2)), (99, Fraction(99, 100))):
        run = exact.run([g] * 3, beta1=Fraction(9, 10), beta2=Fraction(99, 100), eps=1)
        exact.says(f"the first update, g = {g} eps", -run.updates[0], "=", update)
        exact.says(f"the third update, g = {g} eps", -run.updates[2], "=", update)


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
def update_against_the_gradient(axes: Any) -> None:
    """The size of the update on a plateau (solid), with the two approximations (dashed). Between 1/99 and 99
    times eps, the dotted lines, both are off by more than 1 %."""
    r = np.geomspace(1e-4, 1e4, 400)
    (_, update), *_ = ac.Adam(ac.Hyperparameters(lr=1.0, eps=1.0)).run(0 * r, [r])
    axes.loglog(r, -update, label="update")
    axes.loglog(r[r < 3], r[r < 3], "--", linewidth=1, label="lr·|g| / eps")
    axes.loglog(r[r > 1 / 3], np.ones((r > 1 / 3).sum()), "--", linewidth=1, label="lr")
    for boundary in (1 / 99, 99):
        axes.axvline(boundary, color="gray", linewidth=1, linestyle=":")
    axes.set_xlabel("|g| / eps")
    axes.set_ylabel("size of the update / lr")
    axes.legend()
