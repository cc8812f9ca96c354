"""The cap on the effective learning rate.

eps keeps the factor of the first moment below alpha/eps, which it reaches where the second moment is zero;
without eps there is no bound. With the defaults the cap is 1e5, a hundred million times the learning rate: it
bounds a rate, but hardly a step. What keeps steps small is that small gradients are multiplied by it.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

from ..bounds import assert_between

claim = ac.Claim(
    title="The cap on the effective learning rate",
    says=(
        r"By means of $\epsilon$ the effective learning rate stays bounded where gradients are tiny, which "
        r"is crucial for stability."
    ),
    source="Practical Considerations and Nuances: The Role of epsilon",
    verdict=ac.holds_if(
        r"a bound of $\alpha/\epsilon$ is enough: at the defaults that is $10^5$, or $10^8$ times $\alpha$. "
        r"Below $\epsilon$ the update is bounded by $\alpha \max_i |g_i| / \epsilon$, above it by the second "
        r"moment and not by $\epsilon$"
    ),
    statement=(
        ac.proposition(
            r"For all gradients and all $t$: $\alpha / (\sqrt{\hat v_t} + \epsilon) \leq "
            r"\alpha/\epsilon$, with equality if and only if $\hat v_t = 0$.",
            "the-cap: where v_hat = 0",
            "the-cap: elsewhere",
        ),
        ac.proposition(
            r"For $\epsilon = 0$ the rate has no upper bound.",
            "the-cap: without eps the denominator vanishes",
        ),
        ac.proposition(
            r"Hence $|\theta_t - \theta_{t-1}| \leq \alpha \max_{i \leq t} |g_i| / \epsilon$, and for "
            r"gradients far below $\epsilon$ Adam is gradient descent on $\hat m_t$ with the learning "
            r"rate $\alpha/\epsilon$.",
            "the-update-below-eps",
        ),
    ),
)


@claim.derivation
def the_cap(given: ac.Given) -> Iterator[ac.Step]:
    r"""The rate is $\alpha$ over the denominator, which is smallest where the second moment vanishes; without
    $\epsilon$ it is 0 there."""
    adam, bare, s = given.adam(), given.adam(eps=0), given.positive("s")
    hyper = adam.hyper

    def rate(root: Any) -> Any:
        return hyper.lr / adam.denominator(root * root, 1)

    yield ac.identity("where v_hat = 0", rate(0 * s), hyper.lr / hyper.eps)
    yield ac.inequality("elsewhere", rate(s), "<", hyper.lr / hyper.eps)
    yield ac.limit("without eps the denominator vanishes", bare.denominator(s * s, 1), s, 0, 0)


@claim.derivation
def the_update_below_eps(given: ac.Given) -> Iterator[ac.Step]:
    r"""In any state the update is at most $\alpha |\hat m_t|/\epsilon$. The first one, divided by a gradient
    $c s$ that vanishes with c, tends to that cap."""
    adam, t, m = given.adam(), given.time("t"), given.positive("m")
    v, g, s, c = given.nonnegative("v"), given.positive("g"), given.positive("s"), given.positive("c")
    state, update = adam.update(ac.State(t, m, v, v), 0, g)
    lr, eps = adam.hyper.lr, adam.hyper.eps
    m_hat = adam.correct_first(state.m, state.step)
    yield ac.inequality("at most", -update, "<=", lr * m_hat / eps)
    shrunk = -adam.update(adam.start(0 * s), 0, c * s)[1]
    yield ac.limit("in proportion", shrunk / c, c, 0, lr * s / eps)


@claim.law(trajectory=ac.trajectories)
def no_update_exceeds_the_cap(subject: ac.Subject, trajectory: ac.Trajectory) -> None:
    r"""No update is longer than $\alpha/\epsilon$ times the largest gradient so far."""
    trajectory = trajectory.first(8)
    trace, hyper = subject.run(trajectory), trajectory.hyper
    largest = np.maximum.accumulate(np.abs(trajectory.gradients.astype(np.float64)))
    cap = hyper.lr / hyper.eps * largest
    assert_between(ac.observed(trace), -cap, cap, ac.predicted(trace), "update", trace)


@claim.witness
def the_cap_at_the_defaults(exact: ac.Exact) -> None:
    r"""With $\alpha = 10^{-3}$, $\epsilon = 10^{-8}$ and a gradient of $10^{-12}$ the update is just below
    $10^{-7}$, $10^5$ times the gradient. Without $\epsilon$ it would be $10^{-3}$, whatever the gradient
    is."""
    tiny, options = Fraction(1, 10**12), dict[str, Any](lr=Fraction(1, 1000), beta1=0, beta2=0)
    capped = -exact.run([tiny], eps=Fraction(1, 10**8), **options).update
    exact.says("the update", capped, "=", Fraction(1, 10001000))
    exact.says("the rate and its cap", capped / tiny, "<", 10**5)
    exact.says("without eps", -exact.run([tiny], eps=0, **options).update, "=", Fraction(1, 1000))


@claim.figure
def rate_against_the_gradient(axes: Any) -> None:
    """The effective learning rate under a constant gradient, in units of lr. It rises as gradients become
    smaller, up to 1/eps; without eps (dashed) it has no end."""
    g = np.geomspace(1e-12, 10, 300)
    for eps, style in ((0.0, "--"), (1e-8, "-"), (1e-4, "-"), (1e-1, "-")):
        (_, update), *_ = ac.Adam(ac.Hyperparameters(lr=1.0, eps=eps)).run(0 * g, [g])
        axes.loglog(g, -update / g, style, label=f"eps = {eps:g}")
    axes.set_xlabel("|g|")
    axes.set_ylabel("effective learning rate / lr")
    axes.legend()
