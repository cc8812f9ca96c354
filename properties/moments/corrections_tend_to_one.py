"""The correction fades.

The correction of a moment changes it by the share beta^t exactly, which falls to 0 for every beta below 1.
How soon it is negligible depends on beta: a share of 1 % takes 44 steps for beta = 0.9 but 4603 for 0.999.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate, repeat
from typing import Any

import numpy as np

import adamcheck as ac
from adamcheck.variants.dialects import NoBiasCorrection

from ..bounds import assert_between
from ..closed_forms import factors

claim = ac.Claim(
    title="The correction fades",
    says=(
        r"$1-\beta_1^t$ and $1-\beta_2^t$ go to 1 with time, so that late in training it hardly matters "
        r"whether the moments are corrected."
    ),
    source="The Problem of Initialization Bias and its Correction",
    verdict=ac.holds_if(
        r"later means $\beta^t \leq \delta$: then, and not before, the correction changes a moment by at "
        r"most the share $\delta$. For $\beta > 0$ that is $t \geq \ln(1/\delta) / \ln(1/\beta)$: for 1 % "
        r"step 44 for $\beta = 0.9$ but step 4603 for $\beta = 0.999$"
    ),
    statement=(
        ac.proposition(
            r"For all $\beta \in [0, 1)$ and all $t \geq 1$: $\hat m_t - m_t = \beta_1^t \hat m_t$, "
            r"and $\beta^t \leq \beta/(\beta + t(1-\beta))$, which tends to 0.",
            "the-gap-is-a-power",
            "the-gap-vanishes",
        ),
        ac.proposition(
            r"With $u_t$ the uncorrected update: $\sqrt{1-\beta_2^t}\, |u_t| \leq (1-\beta_1^t)\, "
            r"|\theta_t - \theta_{t-1}| \leq |u_t|$.",
            "the-update-lies-between",
        ),
    ),
)


@claim.derivation
def the_gap_is_a_power(given: ac.Given) -> Iterator[ac.Step]:
    r"""The share by which correction changes a moment is $\beta^t$, and that falls with every step."""
    adam, t, m, v = given.adam(), given.time("t"), given.positive("m"), given.positive("v")
    beta1, beta2 = adam.hyper.beta1, adam.hyper.beta2
    m_hat, v_hat = adam.correct_first(m, t), adam.correct_second(v, v, t)[1]
    yield ac.identity("of the first moment", m_hat - m, beta1**t * m_hat)
    yield ac.identity("of the second moment", v_hat - v, beta2**t * v_hat)
    yield ac.inequality("it falls", beta1 ** (t + 1), "<=", beta1**t)


@claim.derivation
def the_gap_vanishes(given: ac.Given) -> Iterator[ac.Step]:
    r"""For every decay rate, 0 included: if a moment is at most $\beta/(\beta + n(1-\beta))$, on a zero
    gradient it decays to at most $\beta/(\beta + (n+1)(1-\beta))$. The moment 1 decays to $\beta$, the bound
    for n = 1. The bound tends to 0."""
    adam, n, y = given.adam(), given.positive("n"), given.nonnegative("y")
    beta = adam.hyper.beta1

    def bound(n: Any, more: Any = 0) -> Any:
        return beta / (beta + n * (1 - beta) + more)

    yield ac.identity("in the first step", adam.first_moment(1 + 0 * y, 0 * y), bound(given.number(1)))
    smaller = bound(n, y)  # for beta > 0 anything positive that is at most the bound; for beta = 0 it is 0
    yield ac.inequality("one step later", adam.first_moment(smaller, 0 * y), "<=", bound(n + 1))
    yield ac.limit("the bound", bound(n), n, "oo", 0)


@claim.derivation
def the_update_lies_between(given: ac.Given) -> Iterator[ac.Step]:
    r"""The denominator that corrects v is at least the uncorrected one, and at most that divided by
    $b = \sqrt{1-\beta_2^t}$: with $v = (bs)^2$ the two are $s + \epsilon$ and $bs + \epsilon$."""
    adam, s, x = given.adam(), given.nonnegative("s"), given.nonnegative("x")
    b = 1 / (1 + x)  # every number in (0, 1]
    plain = given.adam(NoBiasCorrection)
    corrected, uncorrected = adam.denominator(s * s, 1), plain.denominator(b * b * s * s, 1)
    yield ac.inequality("at least the uncorrected one", corrected, ">=", uncorrected)
    yield ac.inequality("at most that over b", b * corrected, "<=", uncorrected)


@claim.law(trajectory=ac.trajectories)
def the_correction_is_at_most_its_factors(subject: ac.Subject, trajectory: ac.Trajectory) -> None:
    r"""Every update lies between the uncorrected one divided by $1-\beta_1^t$ and $\sqrt{1-\beta_2^t}$ times
    that: the two close in on the uncorrected update as t grows."""
    trajectory = trajectory.first(8)
    trace = subject.run(trajectory)
    factor1, factor2 = factors(trace)
    longest = ac.predicted(trace, NoBiasCorrection).value / factor1
    ends = np.stack([longest, longest * ac.sqrt(factor2)])
    assert_between(
        ac.observed(trace), ends.min(axis=0), ends.max(axis=0), ac.predicted(trace), "update", trace
    )


@claim.witness
def steps_until_one_percent(exact: ac.Exact) -> None:
    r"""Counted up to step 6000: the first step in which the correction adds at most 1 % of the corrected
    moment."""
    for beta, first in ((Fraction(9, 10), 44), (Fraction(99, 100), 459), (Fraction(999, 1000), 4603)):
        decay = ac.Adam(ac.Hyperparameters(beta1=beta)).first_moment
        shares = accumulate(repeat(Fraction(0), 6000), decay, initial=Fraction(1))
        t = next(t for t, share in enumerate(shares) if 100 * share <= 1)
        exact.says(f"the first step with at most 1 %, beta = {beta}", t, "=", first)


@claim.figure
def what_the_correction_adds(axes: Any) -> None:
    """The share of the corrected moment that the correction has added. For beta1 = 0.9 it is below 1 % from
    step 44 on; for the usual beta2 = 0.999 it takes 4603 steps."""
    t = np.arange(1, 8001)
    for beta in (0.9, 0.99, 0.999):
        corrected = ac.Adam(ac.Hyperparameters(beta1=beta)).correct_first(np.ones(t.shape), t)
        axes.loglog(t, (corrected - 1) / corrected, label=f"beta = {beta:g}")
    axes.axhline(0.01, color="gray", linewidth=1, linestyle="--")
    axes.set_ylim(1e-4, 2)
    axes.set_xlabel("step t")
    axes.set_ylabel("added by the correction, share")
    axes.legend()
