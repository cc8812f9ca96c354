"""The two regimes of eps.

Under a constant gradient the update is alpha |g| / (|g| + eps) at every step: in proportion to small
gradients, and nearly alpha for large ones. The boundary at eps is wide: it takes four powers of ten to get
from 1 % away from one regime to 1 % away from the other.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

from ..comparisons import SignDescent

claim = ac.Claim(
    title="The two regimes of eps",
    says=(
        r"Under a constant gradient $g$, $\epsilon$ separates two regimes: updates of about $\alpha "
        r"|g|/\epsilon$ for $|g| \ll \epsilon$, and of about $\alpha$ for $|g| \gg \epsilon$."
    ),
    source="Practical Considerations and Nuances: The Role of epsilon",
    verdict=ac.holds_if(
        r"far below and far above mean a factor of 99 for an accuracy of 1 %: with $r = |g|/\epsilon$ the "
        r"two approximations are too large by the shares $r/(1+r)$ and $1/(1+r)$ of themselves; at $|g| = "
        r"\epsilon$ the update is $\alpha/2$"
    ),
    statement=(
        ac.proposition(
            r"If $g_i = g$ for all $i \leq t$, whatever the betas: $\hat m_t = g$, $\hat v_t = g^2$ "
            r"and $|\theta_t - \theta_{t-1}| = \alpha |g| / (|g| + \epsilon)$.",
            "a-constant-gradient-is-corrected-exactly",
        ),
        ac.proposition(
            r"Short of $\alpha |g|/\epsilon$ that is by the share $|g|/(|g| + \epsilon)$ of it, and "
            r"short of $\alpha$ by the share $\epsilon/(|g| + \epsilon)$.",
            "the-two-regimes",
        ),
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
def a_constant_gradient_is_corrected_exactly(given: ac.Given) -> Iterator[ac.Step]:
    r"""A constant gradient is its own mean, so $\hat m_t = g$ and $\hat v_t = g^2$ at every t, whatever
    the decay rates: every update is that of sign descent."""
    adam, t, g = given.adam(), given.time("t"), given.real("g")
    beta1, beta2 = adam.hyper.beta1, adam.hyper.beta2
    state = ac.State(t, (1 - beta1**t) * g, (1 - beta2**t) * g * g, 0)
    later, update = adam.update(state, 0, g)
    _, memoryless = SignDescent(adam.hyper).update(state, 0, g)
    yield ac.identity("m stays so", later.m, (1 - beta1 ** (t + 1)) * g)
    yield ac.identity("v stays so", later.v, (1 - beta2 ** (t + 1)) * g * g)
    yield ac.identity("the update is that of sign descent", update, memoryless)


@claim.law(trajectory=ac.trajectories)
def a_constant_gradient_gives_sign_descent(subject: ac.Subject, trajectory: ac.Trajectory) -> None:
    """Under a constant gradient every update is that of sign descent, for all betas and all t."""
    gradients = np.repeat(trajectory.gradients[:1], len(trajectory.gradients), axis=0)
    trajectory = trajectory.replace(gradients=gradients)
    trace = subject.run(trajectory)
    closed = ac.predicted(trace, SignDescent).value
    ac.assert_met(ac.observed(trace), ac.predicted(trace).at(closed), "under a constant gradient", trace)


@claim.witness
def across_the_boundary(exact: ac.Exact) -> None:
    r"""With $\alpha = \epsilon = 1$: updates for gradients of 1/99, 1 and 99, in the first step and in the
    third."""
    for g, update in ((Fraction(1, 99), Fraction(1, 100)), (1, Fraction(1, 2)), (99, Fraction(99, 100))):
        run = exact.run([g] * 3, beta1=Fraction(9, 10), beta2=Fraction(99, 100), eps=1)
        exact.says(f"the first update, g = {g} eps", -run.updates[0], "=", update)
        exact.says(f"the third update, g = {g} eps", -run.updates[2], "=", update)


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
