"""Moments as moving averages.

A moment gives the gradient that is k steps old the weight (1 - beta) beta^k. These weights are not negative,
but up to step t they sum to 1 - beta^t only: the rest of the average is the zero at the start. Divided by
their sum they make a true average, which never leaves the range of what it averages.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

from ..bounds import assert_between
from ..comparisons import Unrolled

claim = ac.Claim(
    title="Moments as moving averages",
    says=r"$m_t$ and $v_t$ are exponentially weighted moving averages of the gradients and of their squares.",
    source="The Core Components: First and Second Moment Estimation",
    verdict=ac.holds_if(
        r"the averages are corrected: only $\hat m_t$ and $\hat v_t$ have weights that sum to 1. In $m_t$ "
        r"and $v_t$ the zeros $m_0$ and $v_0$ are averaged in, with the weights $\beta_1^t$ and $\beta_2^t$"
    ),
    statement=(
        ac.proposition(
            r"For all gradients and all $t \geq 1$: $m_t = \sum_{i=1}^t w_i g_i$ with $w_i \geq 0$ "
            r"and $\sum_i w_i = 1 - \beta_1^t$.",
            "weights-fall-geometrically",
            "the-weights-sum-to-one-minus-a-power",
        ),
        ac.proposition(
            r"Hence $\min_i g_i \leq \hat m_t \leq \max_i g_i$ and $\min_i g_i^2 \leq \hat v_t \leq "
            r"\max_i g_i^2$, so that $|\theta_t - \theta_{t-1}| \leq \alpha \max_i |g_i| / (\min_i "
            r"|g_i| + \epsilon)$.",
            "corrected-averages-stay-in-range",
        ),
        ac.proposition(
            r"A corrected average is a mean of the one before and of what is new: $\hat m_{t+1} = \hat m_t "
            r"+ w (g_{t+1} - \hat m_t)$ with $w = (1-\beta_1)/(1-\beta_1^{t+1})$, $0 < w \leq 1$, and so is "
            r"$\hat v_{t+1}$ with $\beta_2$ and $g_{t+1}^2$.",
            "corrected-averages-have-a-recursion-of-their-own",
        ),
    ),
)


@claim.derivation
def weights_fall_geometrically(given: ac.Given) -> Iterator[ac.Step]:
    r"""A gradient that is k steps old has the weight $(1-\beta)\beta^k$, by induction on k."""
    adam, k, g = given.adam(), given.time("k"), given.real("g")
    beta, new = adam.hyper.beta1, adam.first_moment(0 * g, g)
    yield ac.identity("a new gradient", new, (1 - beta) * g)
    old = given.sequence("m", new, lambda before, n: adam.first_moment(before, 0 * g))
    yield from ac.induction("a gradient k steps old", k, lambda n: (old(n), "=", (1 - beta) * beta**n * g))


@claim.derivation
def the_weights_sum_to_one_minus_a_power(given: ac.Given) -> Iterator[ac.Step]:
    r"""Under the constant gradient 1 the moment is the sum of its weights. None of them is negative: a new
    gradient enters with $1-\beta$, an old one is multiplied by $\beta$."""
    adam, t, weight = given.adam(), given.time("t"), given.nonnegative("w")
    beta, one = adam.hyper.beta1, given.number(1)
    m = given.sequence("m", 0, lambda before, k: adam.first_moment(before, one))
    yield from ac.induction("the sum of the weights", t, lambda k: (m(k), "=", 1 - beta**k))
    yield ac.inequality("a new weight", adam.first_moment(0 * one, one), ">", 0)
    yield ac.inequality("an old weight", adam.first_moment(weight, 0 * one), ">=", 0)
    yield ac.identity("divided by their sum", adam.correct_first(1 - beta**t, t), 1)


@claim.derivation
def corrected_averages_stay_in_range(given: ac.Given) -> Iterator[ac.Step]:
    r"""If no gradient so far is below c, then $m_t = (1-\beta^t) c + x$ with $x \geq 0$, by induction on t,
    and $\hat m_t \geq c$. With the signs turned this is the upper bound, with squares it is $\hat v_t$."""
    adam, t, c = given.adam(), given.time("t"), given.real("c")
    beta, x, y = adam.hyper.beta1, given.nonnegative("x"), given.nonnegative("y")
    first = adam.first_moment(0 * c, c + y) - (1 - beta) * c
    later = adam.first_moment((1 - beta**t) * c + x, c + y) - (1 - beta ** (t + 1)) * c
    yield ac.inequality("the excess in the first step", first, ">=", 0)
    yield ac.inequality("the excess one step later", later, ">=", 0)
    yield ac.inequality("m_hat is not below c", adam.correct_first((1 - beta**t) * c + x, t), ">=", c)


@claim.derivation
def corrected_averages_have_a_recursion_of_their_own(given: ac.Given) -> Iterator[ac.Step]:
    r"""Some programs keep $\hat m_t$ and $\hat v_t$ instead of $m_t$ and $v_t$, from $g_1$ and $g_1^2$ on.
    The old average has the weight $1-w = \beta (1-\beta^t)/(1-\beta^{t+1})$."""
    adam, t, g = given.adam(), given.time("t"), given.real("g")
    for name, beta, new, average, hat in (
        ("m_hat", adam.hyper.beta1, g, adam.first_moment, adam.correct_first),
        ("v_hat", adam.hyper.beta2, g * g, adam.second_moment, lambda v, k: adam.correct_second(0, v, k)[1]),
    ):
        w, old = (1 - beta) / (1 - beta ** (t + 1)), given.real(name[0])
        yield ac.identity(f"{name} at the start", hat(average(0 * g, g), 1), new)
        due = hat(old, t) + w * (new - hat(old, t))
        yield ac.identity(f"{name} one step later", hat(average(old, g), t + 1), due)
        yield ac.inequality(f"the weight of what is new in {name}", w, ">", 0)
        yield ac.inequality(f"the weight of what is new in {name} is a share", w, "<=", 1)


@claim.derivation
def corrected_moments_are_weighted_averages(given: ac.Given) -> Iterator[ac.Step]:
    """Written out for the first four steps: the recursion, corrected, is the weighted average."""
    adam, gradients = given.adam(), given.gradients(4)
    unrolled = Unrolled(adam.hyper)
    recursion, sums = adam.run(0, gradients), unrolled.run(0, gradients)
    for t, ((state, _), (explicit, _)) in enumerate(zip(recursion, sums, strict=True), start=1):
        m_hat, average = adam.correct_first(state.m, t), unrolled.correct_first(explicit.m, t)
        yield ac.identity(f"m_hat in step {t}", m_hat, average)
        _, v_hat = adam.correct_second(state.peak, state.v, t)
        yield ac.identity(f"v_hat in step {t}", v_hat, unrolled.correct_second((), explicit.v, t)[1])


@claim.law(trajectory=ac.trajectories)
def updates_stay_in_the_range_of_the_gradients(subject: ac.Subject, trajectory: ac.Trajectory) -> None:
    """Gradients that keep their sign are averaged to something between the smallest and the largest so far:
    so is every update, against that sign, within the bounds that follow."""
    trajectory = trajectory.first(8)
    trajectory = trajectory.replace(gradients=np.abs(trajectory.gradients))
    sizes, hyper = trajectory.gradients.astype(np.float64), trajectory.hyper
    least, most = np.minimum.accumulate(sizes), np.maximum.accumulate(sizes)
    trace = subject.run(trajectory)
    longest, shortest = -hyper.lr * most / (least + hyper.eps), -hyper.lr * least / (most + hyper.eps)
    assert_between(ac.observed(trace), longest, shortest, ac.predicted(trace), "update", trace)


@claim.law(trajectory=ac.trajectories)
def the_moments_are_weighted_averages(subject: ac.Subject, trajectory: ac.Trajectory) -> None:
    """The first eight updates are those computed from all gradients so far, without a recursion."""
    trace = subject.run(trajectory.first(8))
    explicit = ac.predicted(trace, Unrolled).value
    ac.assert_met(ac.observed(trace), ac.predicted(trace).at(explicit), "update", trace)


@claim.witness
def the_uncorrected_moment_leaves_the_range(exact: ac.Exact) -> None:
    r"""For the gradients 4, 5 with $\beta_1 = 9/10$, $m_2 = 43/50$ is below both of them, since the zero
    $m_0$ still weighs 81 %; $\hat m_2 = 86/19$ lies between them."""
    hyper = ac.Hyperparameters(1, Fraction(9, 10), Fraction(9, 10), 1)
    m = exact.run([4, 5], beta1=hyper.beta1, beta2=hyper.beta2, eps=hyper.eps).states[-1].m
    exact.says("m", m, "=", Fraction(43, 50))
    exact.says("m and the smaller gradient", m, "<", 4)
    exact.says("m_hat", ac.Adam(hyper).correct_first(m, 2), "=", Fraction(86, 19))
    exact.says("m_hat and the smaller gradient", ac.Adam(hyper).correct_first(m, 2), ">", 4)
    exact.says("m_hat and the larger gradient", ac.Adam(hyper).correct_first(m, 2), "<", 5)


@claim.figure
def averages_of_random_gradients(axes: Any) -> None:
    """Random gradients between 1 and 3 (dots) and their first moment with beta1 = 0.95. Corrected it stays
    among the gradients from the first step on; uncorrected it has to come up from the zero at the start."""
    gradients = np.random.default_rng(3).uniform(1, 3, (100, 1))
    adam = ac.Adam(ac.Hyperparameters(beta1=0.95))
    moments = [state.m for state, _ in adam.run(np.zeros(1), gradients)]
    t = np.arange(1, len(gradients) + 1)
    axes.plot(t, gradients, ".", color="gray", label="gradients")
    axes.plot(t, [adam.correct_first(m, step) for step, m in zip(t, moments, strict=True)], label="m_hat")
    axes.plot(t, moments, label="m")
    axes.set_xlabel("step t")
    axes.set_ylabel("gradient, moment")
    axes.set_ylim(0, 4)
    axes.legend(ncols=3)
