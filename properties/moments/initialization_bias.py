"""Initialization bias and its correction.

The moments start at zero, so after t steps their weights sum to 1 - beta^t instead of 1: a geometric
series. Dividing by that sum makes the expectation of each moment right whenever all gradients (their squares)
have the same mean, however they depend on each other.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..comparisons import SignDescent
from ..random_paths import columns, dependent_signs

claim = ac.Claim(
    title="Initialization bias and its correction",
    says=(
        r"Started at zero, the moments of a stationary gradient are too small by the factors $1-\beta_1^t$ "
        r"and $1-\beta_2^t$; dividing by these factors makes them unbiased."
    ),
    source="The Problem of Initialization Bias and its Correction",
    verdict=ac.holds_if(
        r"the gradients up to $t$ have equal means (for $v$: equal means of their squares). That is "
        r"necessary too; that they are independent or stationary is not needed"
    ),
    statement=(
        ac.proposition(
            r"Under any joint distribution of the gradients: $E[m_t] = (1-\beta_1^t)\,\bar g$ for all "
            r"$t$ if and only if $E[g_t] = \bar g$ for all $t$, and then $E[\hat m_t] = \bar g$.",
            "equal-means-are-sufficient-and-necessary",
            "a-moment-is-linear-in-its-gradients",
        ),
        ac.proposition(
            r"The same holds for $v_t$ with $\beta_2$ and $g_i^2$.",
            "a-moment-is-linear-in-its-gradients",
        ),
    ),
)


@claim.derivation
def a_moment_is_linear_in_its_gradients(given: ac.Given) -> Iterator[ac.Step]:
    r"""So expectations pass through it. What is shown for m holds for v, which is the same average of the
    squares."""
    adam, t, g, h = given.adam(), given.time("t"), given.real("g"), given.real("h")
    a, b, m, n = *given.reals("c", 2), *given.reals("m", 2)
    combined = adam.first_moment(a * m + b * n, a * g + b * h)
    yield ac.identity("it is linear", combined, a * adam.first_moment(m, g) + b * adam.first_moment(n, h))
    squares = ac.Adam(adam.hyper.replace(beta1=adam.hyper.beta2))
    yield ac.identity("v averages squares", adam.second_moment(m, g), squares.first_moment(m, g * g))
    v_hat = adam.correct_second(m, m, t)[1]
    yield ac.identity("and is corrected alike", v_hat, squares.correct_first(m, t))


@claim.derivation
def equal_means_are_sufficient_and_necessary(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $E[g_i] = \bar g$ the expectations obey the recursion themselves. A gradient of another mean x
    moves the bias by $(1-\beta)(x - \bar g)$, which is zero only for $x = \bar g$."""
    adam, t = given.adam(), given.time("t")
    beta, mean, other = adam.hyper.beta1, given.real("gbar"), given.real("x")
    biased, later = (1 - beta**t) * mean, (1 - beta ** (t + 1)) * mean
    m = given.sequence("Em", 0, lambda before, k: adam.first_moment(before, mean))
    yield from ac.induction("the expectation of m", t, lambda k: (m(k), "=", (1 - beta**k) * mean))
    yield ac.identity("corrected, it is the mean", adam.correct_first(biased, t), mean)
    yield ac.identity(
        "another mean shows", adam.first_moment(biased, other) - later, (1 - beta) * (other - mean)
    )


@claim.law(hyper=ac.hyperparameters, size=st.integers(8, 15), exponent=st.integers(-2, 2))
def over_all_paths_the_update_is_unbiased(
    subject: ac.Subject, hyper: ac.Hyperparameters, size: int, exponent: int
) -> None:
    """Gradients of one size keep v_hat constant, so that the update shows m_hat: averaged over all paths of
    signs that depend on each other, it is at every t the mean sign's share of the first update."""
    signs, weights = columns(dependent_signs(4))
    gradients = (signs * (size / 8) * 2.0**exponent).astype(subject.format.dtype)
    trace = subject.run(ac.Trajectory(hyper, np.zeros(len(weights), subject.format.dtype), gradients))
    (mean_sign,) = signs[0] @ weights  # exact, as all probabilities are dyadic
    first = ac.predicted(trace, SignDescent).value[0, 0]  # the first path starts with +
    expected = ac.predicted(trace).combined(weights).at(mean_sign * first)
    ac.assert_met(ac.observed(trace).combined(weights), expected, "averaged over all paths", trace)


@claim.witness
def unequal_means_leave_a_bias(exact: ac.Exact) -> None:
    r"""For the gradients 0, 1 and $\beta = 1/2$ the corrected $\hat m_2$ is 2/3, not their average 1/2: if
    the gradient drifts, the correction does not undo it."""
    hyper = ac.Hyperparameters(1, Fraction(1, 2), Fraction(1, 2), 1)
    run = exact.run([0, 1], beta1=hyper.beta1, beta2=hyper.beta2, eps=hyper.eps)
    m_hat = ac.Adam(hyper).correct_first(run.states[-1].m, 2)
    exact.says("m_hat after 0, 1", m_hat, "=", Fraction(2, 3))
    exact.says("m_hat and the average", m_hat, "!=", Fraction(1, 2))


@claim.witness
def dependent_gradients_are_unbiased_all_the_same(exact: ac.Exact) -> None:
    r"""Gradients 3 and -1 along all eight paths of a Markov chain, with mean 2 and mean square 7 at every
    step: $E[\hat m_t] = 2$ and $E[\hat v_t] = 7$ exactly, while $E[m_1]$ is a fifth and $E[v_1]$ a tenth."""
    hyper = ac.Hyperparameters(1, Fraction(4, 5), Fraction(9, 10), 1)
    adam, paths = ac.Adam(hyper), list(dependent_signs(3))
    runs = [
        exact.run([1 + 2 * sign for sign in path], beta1=hyper.beta1, beta2=hyper.beta2, eps=hyper.eps)
        for path, _ in paths
    ]

    def expectation(of: Any, t: int) -> Any:
        return sum(chance * of(run.states[t - 1], t) for run, (_, chance) in zip(runs, paths, strict=True))

    for t in (1, 2, 3):
        m_hat = expectation(lambda state, t: adam.correct_first(state.m, t), t)
        v_hat = expectation(lambda state, t: adam.correct_second(0, state.v, t)[1], t)
        exact.says(f"the expectation of m_hat in step {t}", m_hat, "=", 2)
        exact.says(f"the expectation of v_hat in step {t}", v_hat, "=", 7)
    exact.says("that of m in step 1", expectation(lambda state, _: state.m, 1), "=", Fraction(2, 5))
    exact.says("that of v in step 1", expectation(lambda state, _: state.v, 1), "=", Fraction(7, 10))


@claim.figure
def mean_of_the_first_moment(axes: Any) -> None:
    r"""The first moment, averaged over 1000 runs on random gradients of mean 1. Uncorrected (solid) it
    creeps up along $1-\beta_1^t$, for some $1/(1-\beta_1)$ steps; corrected (dashed) it is right from the
    first step on."""
    steps = range(1, 3001)
    gradients = 1 + np.random.default_rng(0).standard_normal((len(steps), 1000))
    for color, beta in enumerate((0.9, 0.99, 0.999)):
        adam = ac.Adam(ac.Hyperparameters(beta1=beta))
        moments = [state.m.mean() for state, _ in adam.run(0 * gradients[0], gradients)]
        corrected = [adam.correct_first(m, t) for t, m in zip(steps, moments, strict=True)]
        axes.semilogx(steps, moments, color=f"C{color}", label=f"beta1 = {beta:g}")
        axes.semilogx(steps, corrected, color=f"C{color}", linestyle="--")
    axes.set_xlabel("step t")
    axes.set_ylabel("mean of m (solid) and m_hat (dashed)")
    axes.legend()
