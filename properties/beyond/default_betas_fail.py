r"""The default betas fail, too.

The known example of non-convergence has unusual betas. With the default ones the rare gradient has to be
rarer: for gradients N, -1, ..., -1 of period N, whose mean is positive, the parameter drifts the right way up
to N = 73, and uphill for every N from 74 on. AMSGrad drifts the right way for every N.
"""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np

import adamcheck as ac
from adamcheck.variants.dialects import NoBiasCorrection

from ..bounds import assert_between
from ..rare_gradients import enclosed_drift, late_updates, rare

claim = ac.Claim(
    title="Non-convergence with the default betas",
    says=r"Non-convergence needs unusual betas: with $\beta_1 = 0.9$, $\beta_2 = 0.999$ Adam goes downhill.",
    source='after Reddi, Kale & Kumar, "On the Convergence of Adam and Beyond" (2018), section 3',
    verdict=ac.false_as_stated(
        r"on gradients N, -1, ..., -1 of period N, whose mean is $1/N$, every late period leads downhill for "
        r"$2 \leq N \leq 73$, but uphill for every $N \geq 74$, whatever $\alpha$ and $\epsilon < 1/1000$ "
        r"are. AMSGrad goes downhill for every N"
    ),
    statement=(
        ac.prose(
            r"Let $\beta_1 = 0.9$, $\beta_2 = 0.999$, the gradients N, -1, ..., -1 be repeated forever."
        ),
        ac.proposition(
            r"The moments tend to periodic ones: in step j after N, $m = -1 + a \beta_1^j$ and $v = 1 + b "
            r"\beta_2^j$, $a = (N+1) \frac{1-\beta_1}{1-\beta_1^N}$, $b = (N^2-1) "
            r"\frac{1-\beta_2}{1-\beta_2^N}$.",
            "the-moments-become-periodic",
        ),
        ac.proposition(
            r"With these moments, a period leads uphill for every $N \geq 74$ if $\epsilon < 1/1000$.",
            "the-steps-grow",
            "a-comparison-term-by-term",
            "the-comparison-goes-uphill",
        ),
        ac.proposition(
            r"It leads downhill for $2 \leq N \leq 73$, whatever $\epsilon$ is.",
            "the-steps-grow: at most",
            "a-comparison-term-by-term",
            "the-comparison-goes-downhill-up-to-73",
        ),
        ac.proposition(
            r"With $\epsilon = 10^{-8}$ it leads by $-0.0019\,\alpha$ for $N = 73$ and by $+0.0018\,\alpha$ "
            r"for $N = 74$.",
            "the-drift-changes-its-sign",
        ),
        ac.proposition(
            r"For all periodic gradients and all betas AMSGrad moves it by $-\alpha \sum g / "
            r"(\sqrt{p} + \epsilon)$, once its largest $v$ is constantly p.",
            "amsgrad-goes-downhill",
        ),
    ),
)

SLOWEST, FASTEST = Fraction(100049, 100000), Fraction(10005004, 10**7)
"""Between these the length of the steps grows: in the first 74 steps of a period of at least 74, always."""


def _late(given: ac.Given, **fixed: Any) -> ac.Adam:
    """The definition with the default betas, so late that the bias corrections are 1."""
    return given.adam(NoBiasCorrection, beta1=given.number(9, 10), beta2=given.number(999, 1000), **fixed)


@claim.derivation
def the_moments_become_periodic(given: ac.Given) -> Iterator[ac.Step]:
    r"""With the powers x and y of $\beta_1$ and $\beta_2$ so far, X and Y before the next N. A difference
    from these moments fades with every step."""
    adam, n = given.adam(), given.positive("N")
    m, v, d, g = given.real("m"), given.real("v"), given.real("d"), given.real("g")
    rest: Any
    for name, beta, average, power, last, rest, large in (
        ("m", adam.hyper.beta1, adam.first_moment, given.decay("x"), given.decay("X"), -1, n),
        ("v", adam.hyper.beta2, adam.second_moment, given.decay("y"), given.decay("Y"), 1, n * n),
    ):
        peak = (large - rest) * (1 - beta) / (1 - beta * last)
        yield ac.identity(f"{name} after -1", average(rest + peak * power, -1), rest + peak * (beta * power))
        yield ac.identity(f"{name} after N", average(rest + peak * last, n), rest + peak)
    fading = adam.first_moment(m + d, g) - adam.first_moment(m, g)
    yield ac.identity("a difference of m", fading, adam.hyper.beta1 * d)
    fading = adam.second_moment(v + d, g) - adam.second_moment(v, g)
    yield ac.identity("a difference of v", fading, adam.hyper.beta2 * d)


@claim.derivation
def the_steps_grow(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $v = 1 + q$. As $1-\beta_2^N \leq N (1-\beta_2)$, q is at least $N - 1/N$ after the gradient N,
    and above 68.7 for 74 steps. So long the denominator shrinks by 1.00049 in every step, or more."""
    adam, t, n = _late(given), given.time("t"), given.positive("N")
    beta2, q, power = adam.hyper.beta2, given.nonnegative("q"), given.decay("p")
    count = given.sequence("n", 0, lambda before, k: before + 1)
    yield from ac.induction("1 - beta2^t", t, lambda k: (1 - beta2**k, "<=", (1 - beta2) * count(k)))
    large, counted = (n, ">=", 74), (1 - power, "<=", (1 - beta2) * n)
    first = (n * n - 1) * (1 - beta2) / (1 - power)
    yield ac.inequality("q after N", first, ">=", n - 1 / n, given=[large, counted])
    yield ac.inequality("which is least for 74", n - 1 / n, ">=", 74 - given.number(1, 74), given=[large])
    yield ac.evaluation("73 steps later", (74 - given.number(1, 74)) * beta2**73, ">", Fraction(687, 10))
    after = adam.second_moment(1 + q, -1)
    yield ac.identity("v after -1", after, 1 + beta2 * q)
    here, later = adam.denominator(1 + q, t), adam.denominator(after, t)
    yield ac.inequality("never below 1", here, ">=", later)
    yield ac.inequality("at most", here, "<=", FASTEST * later)
    adam, v, ratio = (
        _late(given, eps=given.decay("e") / 1000),
        q + Fraction(697, 10),
        Fraction(1000493, 10**6),
    )
    yield ac.inequality("v shrinks", v, ">=", ratio**2 * adam.second_moment(v, -1))
    s, least = given.positive("s"), 1 + given.nonnegative("d")
    here, later = adam.denominator(s * s, t), adam.denominator(least * least, t)
    yield ac.inequality("at least", here, ">=", SLOWEST * later, given=[(s, ">=", ratio * least)])


@claim.derivation
def a_comparison_term_by_term(given: ac.Given) -> Iterator[ac.Step]:
    r"""An update is $\alpha\, c w$ with $c = 1 - a \beta_1^j$, negative at first and positive from some j on,
    and $w = 1/(\sqrt{v} + \epsilon)$. Compare w with $R u$, where R is $w/u$ at that j: if $w/u$ grows, every
    term $c w$ is at least $R c u$, and so is the sum; if it falls, at most."""
    adam, x, q = _late(given), given.decay("x"), given.nonnegative("q")
    a, t = given.positive("a"), given.time("t")
    _, update = adam.update(ac.State(t, a * x - 1, 1 + q, 1 + q), 0 * x, -1)
    weight = adam.hyper.lr / adam.denominator(1 + adam.hyper.beta2 * q, t)
    yield ac.identity("an update", update, (1 - a * adam.hyper.beta1 * x) * weight)
    c, w, u, ratio = given.real("c"), given.positive("w"), given.positive("u"), given.positive("R")
    positive, negative, above, below = (c, ">=", 0), (c, "<=", 0), (w, ">=", ratio * u), (w, "<=", ratio * u)
    for text, relation, late, early in (("w/u grows", ">=", above, below), ("w/u falls", "<=", below, above)):
        for when, known in (("later", [positive, late]), ("earlier", [negative, early])):
            yield ac.inequality(f"{text}: a {when} term", c * w, relation, ratio * c * u, given=known)


@claim.derivation
def the_comparison_goes_uphill(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $u_j = \rho^{\min(j, 74)}$, $\rho = 1.00049$. The geometric sum $s = \sum \beta_1^j \rho^j$ of t
    terms is at most $(1-\beta_1^t)/(1-\beta_1 \rho)$. So $\sum c u$ is positive: it was for N = 74, and every
    further step adds more than it takes away."""
    adam, t, n = _late(given), given.time("t"), given.positive("N")
    beta1, ratio = adam.hyper.beta1, adam.hyper.beta1 * SLOWEST
    s = given.sequence("s", 0, lambda before, k: 1 + ratio * before)
    yield from ac.induction("the sum", t, lambda k: (s(k), "=", (1 - ratio**k) / (1 - ratio)))
    yield from ac.induction("the powers", t, lambda k: (ratio**k, ">=", beta1**k))
    power, most = given.decay("p"), (1 - beta1) / (1 - ratio)
    higher = power + given.nonnegative("d")
    average = (1 - beta1) / (1 - power) * ((1 - higher) / (1 - ratio))
    yield ac.inequality("the average of u", average, "<=", most)
    last = given.number(1) * SLOWEST**74
    ups = (last - 1) / (SLOWEST - 1) + (n - 74) * last
    yield ac.inequality("the sum of c u", ups - (n + 1) * most, ">", 0, given=[(n, ">=", 74)])


@claim.derivation
def amsgrad_goes_downhill(given: ac.Given) -> Iterator[ac.Step]:
    r"""Over a period the changes of m sum to 0, so that m sums to what the gradients sum to. With a constant
    denominator, the updates sum to this as well, up to a negative factor."""
    adam, t, p, d = given.adam(ac.AMSGrad), given.time("t"), given.nonnegative("p"), given.nonnegative("d")
    m, g, n = given.real("m"), given.real("g"), given.real("n")
    change = adam.first_moment(m, g) - m
    yield ac.identity("a change of m", change, (1 - adam.hyper.beta1) * (g - m))
    yield ac.identity("a smaller v does not change the largest", adam.correct_second(p + d, p, t)[0], p + d)
    numerators = [adam.hyper.lr * x / adam.denominator(p, t) for x in (m, n, m + n)]
    yield ac.identity("updates add up like m", numerators[0] + numerators[1], numerators[2])


@claim.law()
def a_rare_large_gradient_leads_uphill(subject: ac.Subject) -> None:
    """With the default betas one large gradient N and N - 1 gradients -1, whose sum is 1, move the parameter
    up, for N = 100, 150, 200."""
    periods = (100, 150, 200)
    gradients = np.array([rare(n) + [-1.0] * (200 - n) for n in periods]).T.astype(subject.format.dtype)
    trace = subject.run(ac.Trajectory(ac.Hyperparameters(), np.zeros(3, subject.format.dtype), gradients))
    for i, n in enumerate(periods):
        observed, due = (
            updates[:n, i : i + 1].total() for updates in (ac.observed(trace), ac.predicted(trace))
        )
        assert_between(observed, 0.0, np.finfo(np.float64).max, due, f"one period of {n} steps", trace)


@claim.witness
def the_comparison_goes_downhill_up_to_73(exact: ac.Exact) -> None:
    r"""With $u_j = 1.0005004^j$, which grows faster than w: the largest sum of $c u$, where c is the late
    $-m$, for all N up to 73, rounded up."""
    adam, sums = ac.Adam(ac.Hyperparameters(1, Fraction(9, 10), Fraction(999, 1000), 0)), []
    for n in range(2, 74):
        m = total = Fraction(0)
        for gradient in rare(n):
            m = adam.first_moment(m, Fraction(gradient))
        m = adam.correct_first(m, n)
        for j, gradient in enumerate(rare(n)):
            m = adam.first_moment(m, Fraction(gradient))
            total -= m * FASTEST**j
        sums.append(total)
    exact.says("the largest sum", Fraction(ceil(10**6 * max(sums)), 10**6), "<", 0)


@claim.witness
def the_drift_changes_its_sign(exact: ac.Exact) -> None:
    r"""The drift in a late period, in units of $\alpha$, with the upper end of its enclosure rounded up for
    73 and the lower end rounded down for 74."""
    above, below = enclosed_drift(73)[1], enclosed_drift(74)[0]
    exact.says("period 73", Fraction(ceil(10**6 * above), 10**6), "<", 0)
    exact.says("period 74", Fraction(floor(10**6 * below), 10**6), ">", 0)


@claim.figure
def drift_against_the_period(axes: Any) -> None:
    """The drift of the parameter in one late period of gradients N, -1, ..., -1, computed in float64. It
    should be negative, for the gradients sum to 1. Adam's is positive from N = 74 on."""
    periods = [*range(2, 20, 3), *range(20, 110, 10), *range(120, 1000, 80)]
    for definition, style in ((ac.Adam, "-"), (ac.AMSGrad, "--")):
        drift = [sum(late_updates(definition, ac.Hyperparameters(lr=1.0), rare(n))) for n in periods]
        axes.semilogx(periods, drift, style, marker=".", label=definition.__name__)
    axes.axhline(0, color="gray", linewidth=0.5)
    axes.axvline(73.5, color="gray", linestyle=":", label="between N = 73 and N = 74")
    axes.set_yscale("symlog", linthresh=0.01)
    axes.set_xlabel("period N")
    axes.set_ylabel("drift in one period / lr")
    axes.legend()
