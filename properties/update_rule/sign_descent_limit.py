"""Sign descent without memory.

With both decay rates 0 Adam is sign descent with a soft threshold: the step is -lr g / (|g| + eps), its sign
that of -g and its size below lr by exactly lr eps / (|g| + eps). With memory neither need be true.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..comparisons import SignDescent
from ..memories import no_memory, some_memory

claim = ac.Claim(
    title="Sign descent without memory",
    says=(
        r"With $\beta_1 = \beta_2 = 0$ the update is $-\alpha g_t / (|g_t| + \epsilon)$: Adam is at heart "
        r"descent along the sign of the gradient, with steps of a size close to $\alpha$."
    ),
    source="The Adam Update Rule: A Synthesis of Moments",
    verdict=ac.holds_if(
        r"$\beta_1 = \beta_2 = 0$ and $|g_t| \gg \epsilon$: the size falls short of $\alpha$ by the share "
        r"$\epsilon / (|g_t| + \epsilon)$, half of it at $|g_t| = \epsilon$. With $\beta_1 > 0$ the sign may "
        r"be the wrong one, and the size anything between 0 and more than $\alpha$"
    ),
    statement=(
        ac.proposition(
            r"For $\beta_1 = \beta_2 = 0$, all gradients and all $t \geq 1$: $\theta_t - \theta_{t-1} "
            r"= -\alpha g_t / (|g_t| + \epsilon)$, and $\alpha - |\theta_t - \theta_{t-1}| = \alpha "
            r"\epsilon / (|g_t| + \epsilon)$, which tends to 0 with $\epsilon$ wherever $g_t \neq 0$.",
            "without-memory-the-update-is-a-soft-sign",
            "far-above-eps-only-the-sign-is-left",
        ),
    ),
)


def _memoryless_update(given: ac.Given, gradient: Any) -> Any:
    """The update in any state, after any number of steps."""
    adam, t = given.adam(beta1=0, beta2=0), given.time("t")
    return adam.update(ac.State(t, given.real("m"), given.nonnegative("v"), 0), 0, gradient)[1]


@claim.derivation
def without_memory_the_update_is_a_soft_sign(given: ac.Given) -> Iterator[ac.Step]:
    r"""Whatever the state, the update is the one of sign descent, and it falls short of $\alpha$ by a share
    that depends on $|g| / \epsilon$ only."""
    hyper, g, t = given.hyper(), given.real("g"), given.time("t")
    lr, eps, update = hyper.lr, hyper.eps, _memoryless_update(given, g)
    _, closed = SignDescent(hyper).update(ac.State(t, 0, 0, 0), 0, g)
    yield ac.identity("it is sign descent", update, closed)
    yield ac.identity("in closed form", update, -lr * g / (abs(g) + eps))
    yield ac.identity("the gap to lr", lr - abs(update), lr * eps / (abs(g) + eps))
    yield ac.inequality("always below lr", abs(update), "<", lr)
    yield ac.identity("half of lr at |g| = eps", _memoryless_update(given, eps), -lr / 2)


@claim.derivation
def far_above_eps_only_the_sign_is_left(given: ac.Given) -> Iterator[ac.Step]:
    r"""As $\epsilon \to 0$, or as the gradient grows, the update tends to $\alpha$ times the sign; as the
    gradient vanishes with $\epsilon$ fixed, so does the update."""
    hyper, g = given.hyper(), given.positive("g")
    lr, eps = hyper.lr, hyper.eps
    for name, sign in (("positive", 1), ("negative", -1)):
        update = _memoryless_update(given, sign * g)
        yield ac.inequality(f"downhill, gradient {name}", sign * update, "<", 0)
        yield ac.limit(f"eps to 0, gradient {name}", update, eps, 0, -sign * lr)
        yield ac.limit(f"gradient to infinity, {name}", update, g, "oo", -sign * lr)
        yield ac.limit(f"gradient to 0, {name}", update, g, 0, 0)


@claim.law(trajectory=lambda format: ac.trajectories(format, hyper=no_memory(format)))
def without_memory_every_update_is_a_soft_sign(subject: ac.Subject, trajectory: ac.Trajectory) -> None:
    """With both betas 0, every update is that of sign descent, computed from the current gradient alone."""
    trace = subject.run(trajectory)
    closed = ac.predicted(trace, SignDescent).value
    ac.assert_met(ac.observed(trace), ac.predicted(trace).at(closed), "without memory", trace)


@claim.law(
    hyper=some_memory,
    size=st.integers(8, 15),
    exponent=st.integers(-2, 2),
)
def with_memory_a_step_goes_uphill(
    subject: ac.Subject, hyper: ac.Hyperparameters, size: int, exponent: int
) -> None:
    """After two gradients of one sign a smaller one of the other sign does not turn the step round: it goes
    up the current gradient."""
    dtype = subject.format.dtype
    gradients = np.array([[4, -4], [4, -4], [-1, 1]]) * (size / 8) * 2.0**exponent
    trajectory = ac.Trajectory(hyper, np.zeros(2, dtype), gradients.astype(dtype))
    trace = subject.run(trajectory)
    last, due = ac.observed(trace)[-1:], ac.predicted(trace)[-1:]
    certain = (due - last.at(0)).nonzero
    if not certain.any():
        raise ac.NotJudged
    if (certain & (last.value * gradients[-1:] <= 0)).any():
        raise ac.Broken("the third step does not go uphill, as the first moment has it", trace)


@claim.witness
def with_memory_the_sign_may_be_wrong(exact: ac.Exact) -> None:
    r"""With $\beta_1 = 9/10$, after the gradient 2, the gradient -1 should move the parameter up. It moves
    down: $\hat m_2 = 8/19$ is still positive."""
    run = exact.run([2, -1], beta1=Fraction(9, 10), beta2=Fraction(99, 100))
    exact.says("the second update", run.update, "<", 0)
    run = exact.run([2, -1], beta1=Fraction(9, 10), beta2=0)
    exact.says("the second update, v without memory", run.update, "=", Fraction(-8, 19))


@claim.witness
def with_memory_the_size_may_be_anything(exact: ac.Exact) -> None:
    r"""With $\alpha = 1$, after gradients 1 and -1 of equal size the second step is 1/19 instead of 1; after
    2, 3 with $\beta_1 = 1/2$, $\beta_2 = 3/4$ its square is 28/27, larger than 1."""
    small = exact.run([1, -1], beta1=Fraction(9, 10), beta2=Fraction(99, 100)).update
    exact.says("a small step", small, "=", Fraction(1, 19))
    large = exact.run([2, 3], beta1=Fraction(1, 2), beta2=Fraction(3, 4)).update
    exact.says("the square of a large step", large * large, "=", Fraction(28, 27))


@claim.figure
def update_against_the_gradient(axes: Any) -> None:
    """The update against the gradient. Without memory it is a sign with a soft threshold at eps (solid). With
    the default betas, after one gradient 1, the second update (dashed) goes uphill for gradients between
    -0.9 and 0."""
    g = np.linspace(-3, 3, 601)
    for eps in (1.0, 0.1, 0.001):
        adam = ac.Adam(ac.Hyperparameters(lr=1.0, beta1=0.0, beta2=0.0, eps=eps))
        (_, update), *_ = adam.run(0 * g, [g])
        axes.plot(g, update, label=f"no memory, eps = {eps:g}")
    *_, (_, update) = ac.Adam(ac.Hyperparameters(lr=1.0)).run(0 * g, [1 + 0 * g, g])
    axes.plot(g, update, "--", label="default betas, after a gradient 1")
    axes.axhline(0, color="gray", linewidth=0.5)
    axes.axvline(0, color="gray", linewidth=0.5)
    axes.set_xlabel("current gradient g")
    axes.set_ylabel("update / lr")
    axes.legend(loc="lower left", fontsize="small")
