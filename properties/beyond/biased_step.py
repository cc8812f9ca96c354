r"""Unbiased moments make a biased step.

$\hat m_t$ and $\hat v_t$ have the right expectations, but the step is a quotient of the two, and the
expectation of a quotient is not the quotient of the expectations. For a gradient that is 4 with probability
1/4 and -1 otherwise, the expected step goes uphill until the seventh step at the default betas, and forever
without memory.
"""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..bounds import assert_between
from ..enclosed import enclosed, enclosed_hyper
from ..random_paths import columns, independent

claim = ac.Claim(
    title="A biased step from unbiased moments",
    says="With both moments unbiased, the step goes down the mean gradient on average.",
    source="goes beyond: The Problem of Initialization Bias and its Correction",
    verdict=ac.false_as_stated(
        r"the moments are unbiased, their quotient is not. The first step is on average $-\alpha (P(g > 0) - "
        r"P(g < 0))$ for $\epsilon \to 0$, whatever the mean of g. For g = 4 with probability 1/4, else -1, "
        r"the expected step goes uphill for $t \leq 7$ at the default betas"
    ),
    statement=(
        ac.prose("Let g be $a > 0$ with probability p and $-b < 0$ otherwise, independently in every step."),
        ac.proposition(
            r"Then $E[\theta_1 - \theta_0] = -\alpha \left(p \frac{a}{a+\epsilon} - (1-p) "
            r"\frac{b}{b+\epsilon}\right)$, and the same at every t if $\beta_1 = \beta_2 = 0$.",
            "the-first-step-counts-signs",
        ),
        ac.proposition(
            r"For $a = 4$, $b = 1$, $p = 1/4$ and the default hyperparameters $E[\hat m_t] = 1/4$, "
            r"$E[\hat v_t] = 19/4$ at all t, but $E[\theta_t - \theta_{t-1}] > 0$ for $t \leq 7$ and "
            r"$< 0$ for $8 \leq t \leq 12$.",
            "unbiased-moments",
            "uphill-for-seven-steps",
        ),
    ),
)

EXAMPLE = 4, -1, Fraction(1, 4)
"""The rare gradient, the frequent one, and the probability of the rare one."""


def expected_updates(steps: int) -> list[tuple[Fraction, Fraction]]:
    """The ends between which the expected update of each step lies, with the defaults but lr = 1."""
    gradients, weights = columns(independent(steps, *EXAMPLE))
    run = ac.Adam(enclosed_hyper(lr=1.0)).run(enclosed(np.zeros(len(weights))), map(enclosed, gradients))
    values, radii = zip(*((update.value, update.radius[0]) for _, update in run), strict=True)
    mean = ac.Updates(np.stack(values), np.stack(radii)).combined(weights)
    middles, spread = map(ac.fraction, mean.value[:, 0]), map(Fraction, mean.radius[:, 0].tolist())
    return [(middle - radius, middle + radius) for middle, radius in zip(middles, spread, strict=True)]


@claim.derivation
def the_first_step_counts_signs(given: ac.Given) -> Iterator[ac.Step]:
    r"""The expectation of the first step, for all betas, and of every step without memory. It is positive for
    $p < 1/2$ and small $\epsilon$, although the mean gradient is positive, too, if $a > b (1-p)/p$."""
    a, b, x, t = given.positive("a"), given.positive("b"), given.positive("x"), given.time("t")
    p, adam = 1 / (1 + x), given.adam()
    lr, eps = adam.hyper.lr, adam.hyper.eps
    memoryless = given.adam(beta1=0, beta2=0)
    any_state = ac.State(t, given.real("m"), given.nonnegative("v"), 0)

    def first(g: Any) -> Any:
        return adam.update(adam.start(0 * a), 0 * a, g)[1]

    def later(g: Any) -> Any:
        return memoryless.update(any_state, 0 * a, g)[1]

    due = -lr * (p * a / (a + eps) - (1 - p) * b / (b + eps))
    yield ac.identity("the first step, whatever the betas", [first(a), first(-b)], [later(a), later(-b)])
    yield ac.identity("and every step without memory", p * later(a) + (1 - p) * later(-b), due)
    signs = given.adam(eps=0)
    (_, up), (_, down) = (signs.update(signs.start(0 * a), 0 * a, g) for g in (a, -b))
    yield ac.identity("without eps", p * up + (1 - p) * down, -lr * (2 * p - 1))
    mean = p * a - (1 - p) * b
    yield ac.inequality("and a positive mean", mean, ">", 0, given=[(a, ">", b * (1 - p) / p)])


@claim.law(
    betas=st.sampled_from([(0.9, 0.999), (0.5, 0.5), (0.75, 0.875)]),
    lr=st.integers(0, 6).map(lambda k: 2.0**-k),
    exponent=st.integers(-2, 2),
)
def averaged_over_all_paths_the_step_goes_uphill(
    subject: ac.Subject, betas: tuple[float, float], lr: float, exponent: int
) -> None:
    """Averaged over all paths of the example, each of the first three steps goes up the mean gradient."""
    gradients, weights = columns(independent(3, *EXAMPLE))
    hyper = ac.Hyperparameters(lr, *betas, eps=2.0**-10)
    dtype = subject.format.dtype
    trace = subject.run(ac.Trajectory(hyper, np.zeros(8, dtype), (gradients * 2.0**exponent).astype(dtype)))
    observed, due = (updates.combined(weights) for updates in (ac.observed(trace), ac.predicted(trace)))
    assert_between(observed, 0.0, np.finfo(np.float64).max, due, "average over all paths", trace)


@claim.witness
def unbiased_moments(exact: ac.Exact) -> None:
    r"""Over all 16 paths of four steps: the moments have the right expectations, exactly."""
    hyper = ac.Hyperparameters(1, Fraction(9, 10), Fraction(999, 1000), 1)
    adam, means = ac.Adam(hyper), [Fraction(0), Fraction(0)]
    for path, chance in independent(4, *EXAMPLE):
        state = exact.run(path, beta1=hyper.beta1, beta2=hyper.beta2, eps=1).states[-1]
        means[0] += chance * adam.correct_first(state.m, 4)
        means[1] += chance * adam.correct_second(state.peak, state.v, 4)[1]
    exact.says("the expectation of the corrected first moment", means[0], "=", Fraction(1, 4))
    exact.says("the expectation of the corrected second moment", means[1], "=", Fraction(19, 4))


@claim.witness
def uphill_for_seven_steps(exact: ac.Exact) -> None:
    r"""The expected update at the default hyperparameters over all paths, in units of $\alpha$, with the end
    of its enclosure that is nearer to 0, rounded towards it."""
    for t, (low, high) in enumerate(expected_updates(12), start=1):
        if t <= 7:
            exact.says(f"step {t}", Fraction(floor(10**6 * low), 10**6), ">", 0)
        else:
            exact.says(f"step {t}", Fraction(ceil(10**6 * high), 10**6), "<", 0)


@claim.witness
def the_smallest_example(exact: ac.Exact) -> None:
    r"""A gradient that is 3 with probability 1/3 and -1 otherwise has the mean 1/3, and the expected step 1/3
    uphill without memory."""
    rare, frequent = (exact.run([g], beta1=0, beta2=0).update for g in (3, -1))
    third = Fraction(1, 3)
    exact.says("the mean gradient", third * 3 - (1 - third), "=", third)
    exact.says("the expected update", third * rare + (1 - third) * frequent, "=", third)


@claim.figure
def expected_update(axes: Any) -> None:
    r"""The expected update over all paths of the example. Downhill is negative; the quotient of the expected
    moments (dotted) is negative from the first step on. The expectation of the quotient starts uphill, and
    stays there without memory."""
    gradients, weights = columns(independent(12, *EXAMPLE))
    steps = np.arange(1, 13)
    for beta1, beta2 in ((0.9, 0.999), (0.9, 0.9), (0.5, 0.5), (0.0, 0.0)):
        run = ac.Adam(ac.Hyperparameters(1.0, beta1, beta2)).run(np.zeros(len(weights)), gradients)
        mean = np.stack([update for _, update in run]) @ weights
        axes.plot(steps, mean, marker="o", label=f"beta1 = {beta1:g}, beta2 = {beta2:g}")
    axes.plot(steps, 0 * steps - 0.25 / 4.75**0.5, ":", color="gray", label="- E[m_hat] / sqrt(E[v_hat])")
    axes.axhline(0, color="gray", linewidth=0.5)
    axes.set_ylim(-0.15, 0.95)
    axes.set_xlabel("step t")
    axes.set_ylabel("expected update / lr")
    axes.legend()
