"""How long the bias lasts.

The bias factor 1 - beta^t starts at 1 - beta and grows no faster than t (1 - beta): it is small as long as t
is well below 1/(1 - beta). That is six steps for beta = 0.9, and nearly seven hundred for 0.999; with a small
beta it is never small.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..bounds import from_step
from ..closed_forms import updates_from

claim = ac.Claim(
    title="How long the bias lasts",
    says=r"In the first steps $1-\beta_1^t$, by which $E[m_t]$ is scaled, is well below 1.",
    source="The Problem of Initialization Bias and its Correction",
    verdict=ac.holds_if(
        r"$\beta$ is close to 1, and small is measured by $1/(1-\beta)$: the factor is at most 1/2 if and "
        r"only if $t \leq \ln 2 / \ln(1/\beta)$, that is up to step 6 for $\beta = 0.9$ and up to step 692 "
        r"for $\beta = 0.999$; never for $\beta < 1/2$"
    ),
    statement=(
        ac.proposition(
            r"For all $\beta \in [0, 1)$ and $t \geq 1$: $1-\beta \leq 1-\beta^t \leq t (1-\beta)$, "
            "and the factor grows with $t$.",
            "the-factor-grows-at-most-linearly",
        ),
        ac.prose(
            r"For $0 < \delta < 1$ and $\beta > 0$: $1-\beta^t \leq \delta \Leftrightarrow t \leq "
            r"\ln(1-\delta) / \ln \beta$."
        ),
    ),
)


@claim.derivation
def the_factor_grows_at_most_linearly(given: ac.Given) -> Iterator[ac.Step]:
    r"""The factor is the moment of the constant gradient 1. If it is $n(1-\beta) - x$ with $x \geq 0$ after n
    steps, it is at most $(n+1)(1-\beta)$ after n + 1: Bernoulli's inequality, by induction."""
    adam, t, n, x = given.adam(), given.time("t"), given.nonnegative("n"), given.nonnegative("x")
    beta, one = adam.hyper.beta1, given.number(1)
    yield ac.identity("in the first step", adam.first_moment(0 * one, one), 1 - beta)
    later = adam.first_moment(n * (1 - beta) - x, one)
    yield ac.inequality("one step later", later, "<=", (n + 1) * (1 - beta))
    yield ac.inequality("the factor grows", adam.first_moment(1 - beta**t, one), ">=", 1 - beta**t)


@claim.derivation
def it_passes_one_half(given: ac.Given) -> Iterator[ac.Step]:
    r"""Since it grows, one step before and one after decide. For $\beta < 1/2$ it starts above 1/2."""
    half, x = given.number(1, 2), given.positive("x")
    short = given.adam(beta1=given.number(9, 10))
    for t, relation in ((6, "<="), (7, ">")):
        yield ac.evaluation(
            f"beta = 9/10, step {t}", 1 / short.correct_first(given.number(1), t), relation, half
        )
    small = given.adam(beta1=1 / (2 + x))  # every decay rate between 0 and 1/2
    yield ac.inequality("a small beta", small.first_moment(0 * x, 1), ">", half)


@claim.law(trajectory=ac.trajectories, zeros=st.integers(1, 12))
def a_late_first_gradient_shows_the_factor(
    subject: ac.Subject, trajectory: ac.Trajectory, zeros: int
) -> None:
    r"""The first gradient after k zeros enters the corrected moments with the weight
    $(1-\beta)/(1-\beta^{k+1})$, not with 1: the update shows both factors at that step."""
    last = trajectory.gradients[:1]
    gradients = np.concatenate([np.zeros((zeros, last.shape[1]), last.dtype), last])
    trajectory = trajectory.replace(gradients=gradients)
    trace = subject.run(trajectory)
    nothing = 0 * ac.to_quad(last)
    due = updates_from(trace, zeros, nothing, nothing, last)
    expected = from_step(zeros + 1, due, ac.predicted(trace))
    ac.assert_met(ac.observed(trace), expected, f"a first gradient after {zeros} zeros", trace)


@claim.witness
def steps_with_a_small_factor(exact: ac.Exact) -> None:
    r"""Counted up to step 2000: the steps in which the factor is at most 1/2."""
    for beta, steps in ((Fraction(9, 10), 6), (Fraction(999, 1000), 692), (Fraction(1, 3), 0)):
        adam = ac.Adam(ac.Hyperparameters(beta1=beta))
        small = [t for t in range(1, 2001) if adam.correct_first(Fraction(1), t) >= 2]
        exact.says(f"steps with a factor of at most 1/2, beta = {beta}", len(small), "=", steps)


@claim.figure
def factor_against_the_step(axes: Any) -> None:
    """The bias factor by which the moments are too small. The dots mark the last step in which it is at most
    1/2: step 6, 68 and 692; with beta = 0.3 there is none."""
    t = np.arange(1, 5001)
    for beta in (0.3, 0.9, 0.99, 0.999):
        adam = ac.Adam(ac.Hyperparameters(beta1=beta))
        factor = 1 / adam.correct_first(np.ones(t.shape), t)
        (line,) = axes.semilogx(t, factor, label=f"beta = {beta:g}")
        small = np.nonzero(factor <= 0.5)[0]
        axes.plot(t[small[-1:]], factor[small[-1:]], "o", color=line.get_color())
    axes.axhline(0.5, color="gray", linewidth=1, linestyle="--")
    axes.set_xlabel("step t")
    axes.set_ylabel("1 - beta^t")
    axes.legend()
