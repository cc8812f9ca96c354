"""The effect of momentum.

The first moment damps gradients that alternate by the factor (1 - beta1)/(1 + beta1), exactly. It does not
accelerate: gradients that agree pass with the factor 1, as an average does not add up. Heavy-ball momentum
does add up, to 1/(1 - beta1) times as much; that is the same as a larger learning rate. And memory can create
an oscillation where there was none.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..closed_forms import powers
from ..closed_loop import descend_exactly
from ..comparisons import GradientDescent, Momentum
from ..memories import some_memory

claim = ac.Claim(
    title="The effect of momentum",
    says=(
        r"As momentum does elsewhere, $m_t$ speeds up progress where gradients keep their direction, and "
        r"damps them where they oscillate."
    ),
    source="The Core Components: First and Second Moment Estimation",
    verdict=ac.false_as_stated(
        r"it damps, but it does not accelerate: gradients that alternate pass with the factor "
        r"$(1-\beta_1)/(1+\beta_1)$, gradients that agree with the factor 1. Only heavy-ball momentum, which "
        r"sums instead of averaging, makes them $1/(1-\beta_1)$ times as large; and momentum may create an "
        r"oscillation"
    ),
    statement=(
        ac.proposition(
            r"For $g_i = (-1)^i g$: $|\hat m_t| = |g| (1-\beta_1)/(1+\beta_1)$ in every even step $t$.",
            "alternating-gradients-are-damped",
        ),
        ac.proposition(
            r"For $g_i = g$: $\hat m_t = g$.",
            "gradients-that-agree-are-not-amplified",
        ),
        ac.proposition(
            r"From a zero start the first moment is $1-\beta_1$ times the heavy-ball sum $\sum_{i "
            r"\leq t} \beta_1^{t-i} g_i$.",
            "gradients-that-agree-are-not-amplified: the sum is the average, scaled",
        ),
    ),
)


class HeavyBall(GradientDescent):
    """Momentum as other optimizers have it: `m = beta1 * m + g`, a sum and not an average."""

    title = "gradient descent with heavy-ball momentum"

    def first_moment(self, m: Any, g: Any) -> Any:
        return self.hyper.beta1 * m + g


@claim.derivation
def alternating_gradients_are_damped(given: ac.Given) -> Iterator[ac.Step]:
    r"""For the gradients g, -g, g, ...: $m_t = a(\beta^t + 1)$ in odd steps and $a(\beta^t - 1)$ in even
    steps, with $a = g(1-\beta)/(1+\beta)$, by induction. Corrected, that is -a in every even step."""
    adam, t, g = given.adam(), given.time("t"), given.real("g")
    beta = adam.hyper.beta1
    a = g * (1 - beta) / (1 + beta)
    yield ac.identity("the first step", adam.first_moment(0 * g, g), a * (1 + beta))
    odd, even = a * (beta**t + 1), a * (beta**t - 1)
    yield ac.identity("from odd to even", adam.first_moment(odd, -g), a * (beta ** (t + 1) - 1))
    yield ac.identity("from even to odd", adam.first_moment(even, g), a * (beta ** (t + 1) + 1))
    yield ac.identity("corrected, even", adam.correct_first(even, t), -a)


@claim.derivation
def gradients_that_agree_are_not_amplified(given: ac.Given) -> Iterator[ac.Step]:
    r"""The average of a constant gradient is the gradient. The heavy-ball sum is larger by $1/(1-\beta)$, but
    it is the same as the average at every step, times that: as if the learning rate were larger."""
    adam, heavy, t, g = given.adam(), given.adam(HeavyBall), given.time("t"), given.real("g")
    beta, m = adam.hyper.beta1, given.real("M")
    average_of = given.sequence("m", 0, lambda before, k: adam.first_moment(before, g))
    yield from ac.induction("the average", t, lambda k: (average_of(k), "=", (1 - beta**k) * g))
    yield ac.identity("corrected", adam.correct_first((1 - beta**t) * g, t), g)
    yield ac.identity("where the sum settles", heavy.first_moment(g / (1 - beta), g), g / (1 - beta))
    average, total = adam.first_moment(m, g), heavy.first_moment(m / (1 - beta), g)
    yield ac.identity("the sum is the average, scaled", total, average / (1 - beta))


@claim.law(hyper=some_memory, size=st.integers(8, 15), exponent=st.integers(-2, 2))
def alternating_gradients_pass_damped(
    subject: ac.Subject, hyper: ac.Hyperparameters, size: int, exponent: int
) -> None:
    r"""Under gradients g, -g, g, ... the second moment stays $g^2$, so that the update shows the damping of
    the first: exactly $(1-\beta_1)/(1+\beta_1)$ of the full step in every even step."""
    signs = np.where(np.arange(8) % 2, -1, 1)[:, None]
    gradients = (signs * (size / 8) * 2.0**exponent).astype(subject.format.dtype)
    trace = subject.run(ac.Trajectory(hyper, np.zeros(1, subject.format.dtype), gradients))
    power, _ = powers(trace, np.arange(1, 9)[:, None])
    beta, one = power[0], signs * signs
    share = signs * (1 - beta) / (1 + beta) * (one + signs * power) / (1 - power)
    predicted = ac.predicted(trace)
    expected = predicted.at(share * predicted.value[0])  # the first step is a full one
    ac.assert_met(ac.observed(trace), expected, "under alternating gradients", trace)


@claim.witness
def one_nineteenth_is_left(exact: ac.Exact) -> None:
    r"""With $\beta_1 = 9/10$, alternating gradients of size 1 leave steps of 1/19 of $\alpha$ in even steps,
    whatever $\beta_2$ is; under a constant gradient every step is $\alpha$, and never more."""
    beta1, beta2 = Fraction(9, 10), Fraction(99, 100)
    alternating = exact.run([1, -1, 1, -1], beta1=beta1, beta2=beta2)
    exact.says("alternating, step 2", alternating.updates[1], "=", Fraction(1, 19))
    exact.says("alternating, step 4", alternating.updates[3], "=", Fraction(1, 19))
    constant = exact.run([1, 1, 1, 1], beta1=beta1, beta2=beta2)
    exact.says("constant, step 4", constant.updates[3], "=", -1)


@claim.witness
def momentum_may_create_an_oscillation(exact: ac.Exact) -> None:
    r"""On $x^2/2$ from 1 with $\alpha = 1/2$: gradient descent halves x at every step. With momentum,
    $\beta_1 = 1/4$, it crosses the minimum in step 5."""
    plain, averaged = (
        descend_exactly(
            exact, 1, lambda x: x, 8, definition=definition, lr=Fraction(1, 2), beta1=beta1, beta2=0
        )
        for definition, beta1 in ((GradientDescent, 0), (Momentum, Fraction(1, 4)))
    )
    exact.says("gradient descent after 8 steps", plain[-1], "=", Fraction(1, 2**8))
    crossings = [t for t in range(1, 9) if averaged[t] < 0 < averaged[t - 1]]
    exact.says("the first crossing with momentum", min(crossings), "=", 5)


@claim.figure
def averages_and_sums(axes: Any) -> None:
    r"""Gradients of size 1 that agree for 40 steps and then alternate, and what is made of them with $\beta_1
    = 0.9$. The first moment tends to 1, and to 1/19 under alternation; the heavy-ball sum is ten times
    that."""
    steps = np.arange(80)
    gradients = np.where((steps < 40) | (steps % 2 == 0), 1.0, -1.0)
    hyper = ac.Hyperparameters(beta1=0.9)
    for definition, label in ((Momentum, "first moment"), (HeavyBall, "heavy-ball sum")):
        moments = [state.m for state, _ in definition(hyper).run(0.0, gradients.tolist())]
        axes.plot(1 + steps, moments, label=label)
    axes.plot(1 + steps, gradients, ".", color="gray", label="gradient", markersize=3)
    axes.set_xlabel("step t")
    axes.set_ylabel("gradient, moment")
    axes.legend()
