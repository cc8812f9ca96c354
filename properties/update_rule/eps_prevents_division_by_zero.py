"""Division by zero.

Without eps the update of a coordinate that has seen no gradient yet is 0/0. With eps > 0 it is 0. But eps
must still be there after rounding: 1e-8 is 0 in float16. And with beta2 = 0 a single zero gradient empties
the denominator while the numerator lives on: then eps alone decides how long the step is.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

claim = ac.Claim(
    title="Division by zero",
    says=(
        r"$\epsilon$ keeps the division safe: without it the denominator could vanish along with $\hat v_t$."
    ),
    source="The Adam Update Rule: A Synthesis of Moments",
    verdict=ac.holds_if(
        r"$\epsilon$ is positive in the working precision. In float16 the usual $10^{-8}$ is rounded to 0, "
        r"and the first zero gradient makes 0/0"
    ),
    statement=(
        ac.proposition(
            r"For $\epsilon > 0$ the denominator is at least $\epsilon$.",
            "the-denominator-is-at-least-eps",
        ),
        ac.proposition(
            r"For $\beta_2 > 0$: $\hat v_t = 0$ if and only if all gradients so far are 0; then the "
            r"update is 0 for $\epsilon > 0$ and 0/0 for $\epsilon = 0$.",
            "before-the-first-gradient-the-update-is-zero",
            "the-second-moment-forgets-slowly-or-at-once: after a gradient",
            "the-second-moment-forgets-slowly-or-at-once: after a gradient of the other sign",
            "the-second-moment-forgets-slowly-or-at-once: after a zero",
        ),
        ac.proposition(
            r"For $\beta_2 = 0$: $\hat v_t = 0$ if and only if $g_t = 0$, where $\hat m_t$ may be "
            r"anything and the update is $-\alpha \hat m_t / \epsilon$.",
            "the-second-moment-forgets-slowly-or-at-once: forgotten at once",
            "the-second-moment-forgets-slowly-or-at-once: then eps decides",
        ),
    ),
)


@claim.derivation
def the_denominator_is_at_least_eps(given: ac.Given) -> Iterator[ac.Step]:
    r"""Whatever the second moment is; without $\epsilon$ it is 0 where that is 0."""
    adam, bare, v = given.adam(), given.adam(eps=0), given.nonnegative("v")
    yield ac.inequality("with eps", adam.denominator(v, 1), ">=", adam.hyper.eps)
    yield ac.identity("without eps, where v_hat is 0", bare.denominator(0 * v, 1), 0)


@claim.derivation
def before_the_first_gradient_the_update_is_zero(given: ac.Given) -> Iterator[ac.Step]:
    r"""Zero gradients leave zero moments, and with $\epsilon > 0$ the update 0, at every step."""
    adam, t, zero = given.adam(), given.time("t"), 0 * given.real("g")
    state, update = adam.update(ac.State(t, zero, zero, zero), zero, zero)
    yield ac.identity("m stays 0", state.m, 0)
    yield ac.identity("v stays 0", state.v, 0)
    yield ac.identity("the update is 0", update, 0)


@claim.derivation
def the_second_moment_forgets_slowly_or_at_once(given: ac.Given) -> Iterator[ac.Step]:
    r"""For $\beta_2 > 0$ a gradient that is not 0 makes v positive, and v stays positive. For $\beta_2 = 0$
    one zero gradient makes it 0, and the update is $-\alpha \hat m_t / \epsilon$."""
    x, v, g, t = given.positive("x"), given.nonnegative("v"), given.positive("g"), given.time("t")
    slow, quick = given.adam(beta2=x / (1 + x)), given.adam(beta2=0)  # every decay rate but 0, and 0
    yield ac.inequality("after a gradient", slow.second_moment(v, g), ">", 0)
    yield ac.inequality("after a gradient of the other sign", slow.second_moment(v, -g), ">", 0)
    yield ac.inequality("after a zero", slow.second_moment(g, 0 * g), ">", 0)
    m, hyper = given.real("m"), quick.hyper
    state, update = quick.update(ac.State(t, m, v, v), 0, 0 * g)
    yield ac.identity("forgotten at once", state.v, 0)
    m_hat = quick.correct_first(state.m, state.step)
    yield ac.identity("then eps decides", update, -hyper.lr * m_hat / hyper.eps)


def _short_lived_zeros(format: ac.Format) -> Any:
    return ac.trajectories(format, hyper=ac.dyadic_hyperparameters(format), at_zero=False)


@claim.law(trajectory=_short_lived_zeros)
def zero_gradients_leave_the_parameters_alone(subject: ac.Subject, trajectory: ac.Trajectory) -> None:
    """Before the first gradient that is not zero, no bit of the parameters changes; eps is large enough here
    to be positive in every dtype."""
    zeros = np.zeros_like(trajectory.gradients[:6])
    trace = subject.run(trajectory.replace(gradients=zeros))
    unchanged = np.stack([trajectory.parameters] * (len(zeros) + 1))
    ac.assert_bitwise(trace.parameters, unchanged, "under zero gradients", trace)


@claim.witness
def in_half_precision_the_usual_eps_is_zero(exact: ac.Exact) -> None:
    r"""The smallest positive number of float16 is $2^{-24}$, about $6 \cdot 10^{-8}$; what is below half of
    that becomes 0. In float32 $10^{-8}$ is positive."""
    exact.says("1e-8 in float16", Fraction(float(np.float16(1e-8))), "=", 0)
    exact.says("1e-8 in float32", Fraction(float(np.float32(1e-8))), ">", 0)
    exact.says("3e-8 in float16", Fraction(float(np.float16(3e-8))), "=", Fraction(1, 2**24))


@claim.witness
def with_beta2_zero_the_numerator_lives_on(exact: ac.Exact) -> None:
    r"""With $\beta_1 = 1/2$, $\beta_2 = 0$ and the gradients 1, 0: $\hat v_2 = 0$ but $\hat m_2 = 1/3$. With
    $\epsilon = 1/100$ the second step is $100/3$ times the learning rate."""
    run = exact.run([1, 0], beta1=Fraction(1, 2), beta2=0, eps=Fraction(1, 100))
    exact.says("v", run.states[-1].v, "=", 0)
    exact.says("the update", run.update, "=", Fraction(-100, 3))


@claim.figure
def after_the_gradient_vanishes(axes: Any) -> None:
    """Ten gradients 1, then zeros, with beta1 = 0.9. The second moment vanishes too. If it does so faster
    than the square of the first, as with beta2 = 0.5, updates grow until eps stops them; with beta2 = 0.999
    they fade."""
    gradients = np.concatenate([np.ones(10), np.zeros(90)])[:, None]
    for beta2, eps in ((0.5, 1e-8), (0.5, 1e-4), (0.5, 1e-2), (0.999, 1e-8)):
        adam = ac.Adam(ac.Hyperparameters(1.0, 0.9, beta2, eps))
        sizes = [-update for _, update in adam.run(np.zeros(1), gradients)]
        axes.semilogy(range(1, 101), sizes, label=f"beta2 = {beta2:g}, eps = {eps:g}")
    axes.axvline(10, color="gray", linewidth=1, linestyle="--")
    axes.set_xlabel("step t")
    axes.set_ylabel("size of the update / lr")
    axes.legend()
