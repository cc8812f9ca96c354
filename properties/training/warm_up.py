r"""Learning-rate warm-up.

Corrected updates are not larger early in a run than late: the first is at most $\alpha$, and the bound $R_t$
grows from there. What is large early is their noise: the first update has the size $\alpha$ whatever the
gradient is worth. Without the corrections the first updates are too large, and there warm-up helps.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, pairwise, repeat
from typing import Any

import numpy as np

import adamcheck as ac
from adamcheck.variants.dialects import NoBiasCorrection

from ..largest_ratio import largest, reached

claim = ac.Claim(
    title="Learning-rate warm-up",
    says="Adam needs warm-up of the learning rate because its first updates are too large.",
    source=(
        "Introduction: the interaction with other training techniques; Liu et al., "
        '"On the Variance of the Adaptive Learning Rate and Beyond" (2020)'
    ),
    verdict=ac.false_as_stated(
        r"with the corrections the first update is smaller than $\alpha$, and at the defaults no update is "
        r"larger than $1.05\,\alpha$ before step 11, than $7.27\,\alpha$ ever. But a full step is taken on a "
        "single, noisy gradient: linear warm-up over W steps halves the way, and leaves a third of the "
        r"variance. The uncorrected first moment is itself a warm-up, by $1-\beta_1^t$; the uncorrected "
        "second moment needs one"
    ),
    statement=(
        ac.proposition(
            r"The size of the first update is $\alpha |g|/(|g| + \epsilon) < \alpha$, whatever the betas "
            "are.",
            "the-first-update-is-a-full-one-at-most",
        ),
        ac.proposition(
            "At the defaults the tight bound $R_t$ grows in each of the first 300 steps: it is below 1.05 "
            "up to t = 10, and passes 3 in step 187.",
            "the-bound-grows",
        ),
        ac.proposition(
            r"Without the correction of the first moment, Adam is Adam with the learning rate $(1-\beta_1^t) "
            r"\alpha$.",
            "no-correction-is-a-warm-up",
        ),
        ac.proposition(
            r"Without that of the second one it has the learning rate $\alpha/\sqrt{1-\beta_2^t}$, and "
            r"$\epsilon/\sqrt{1-\beta_2^t}$.",
            "no-second-correction-is-the-opposite",
        ),
        ac.proposition(
            r"With $\alpha_t = \alpha t/W$ the way under a constant gradient is $\frac{t (t+1)}{2 W} "
            r"\frac{\alpha |g|}{|g| + \epsilon}$ after t steps: at $t = W$ it is $\frac{W+1}{2 W}$ of that "
            "without warm-up.",
            "warm-up-halves-the-way",
        ),
        ac.proposition(
            r"If the first W updates are $\pm \alpha_t$ with random signs, the variance of their sum is "
            r"$\alpha^2 (W+1)(2W+1)/(6W)$ instead of $\alpha^2 W$.",
            "and-leaves-a-third-of-the-variance",
        ),
    ),
)


class _FirstUncorrected(ac.Adam):
    """The first moment is not corrected."""

    def correct_first(self, m: Any, t: Any) -> Any:
        return m


class _SecondUncorrected(ac.Adam):
    """The second moment is not corrected."""

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v


@claim.derivation
def the_first_update_is_a_full_one_at_most(given: ac.Given) -> Iterator[ac.Step]:
    """From moments 0."""
    adam, g = given.adam(), given.real("g")
    update = adam.update(adam.start(0 * g), 0, g)[1]
    yield ac.identity("its size", abs(update), adam.hyper.lr * abs(g) / (abs(g) + adam.hyper.eps))
    yield ac.inequality("less than lr", abs(update), "<", adam.hyper.lr)


@claim.derivation
def no_correction_is_a_warm_up(given: ac.Given) -> Iterator[ac.Step]:
    r"""Step t + 1, from any state; the moments are the same."""
    adam, t = given.adam(), given.time("t")
    state, g = ac.State(t, given.real("m"), given.nonnegative("v"), 0), given.real("g")
    warmed = given.adam(lr=(1 - adam.hyper.beta1 ** (t + 1)) * adam.hyper.lr)
    update = given.adam(_FirstUncorrected).update(state, 0, g)[1]
    yield ac.identity("the update", update, warmed.update(state, 0, g)[1])


@claim.derivation
def no_second_correction_is_the_opposite(given: ac.Given) -> Iterator[ac.Step]:
    r"""Step t + 1, from any state, with the corrected second moment $s^2$."""
    adam, t, m_hat, s = given.adam(), given.time("t"), given.real("mhat"), given.positive("s")
    share = ac.sqrt(1 - adam.hyper.beta2 ** (t + 1))
    larger = given.adam(lr=adam.hyper.lr / share, eps=adam.hyper.eps / share)

    def update(adam: ac.Adam) -> Any:
        _, v_hat = adam.correct_second(0, (1 - adam.hyper.beta2 ** (t + 1)) * s * s, t + 1)
        return -(adam.hyper.lr * adam.numerator(m_hat, 0, t + 1) / adam.denominator(v_hat, t + 1))

    yield ac.identity("the update", update(given.adam(_SecondUncorrected)), update(larger))


@claim.derivation
def warm_up_halves_the_way(given: ac.Given) -> Iterator[ac.Step]:
    r"""Every update is the first one, with the learning rate of its step n; by induction on t. Then the
    share of the way at t = W."""
    t, g, steps = given.time("t"), given.real("g"), given.positive("W")
    adam = given.adam()
    lr, eps = adam.hyper.lr, adam.hyper.eps
    n = given.sequence("n", 0, lambda before, k: before + 1)

    def stepped(before: Any, k: Any) -> Any:
        warmed = given.adam(lr=lr * n(k) / steps)
        return warmed.step(warmed.start(before), before, g)[1]

    theta = given.sequence("theta", 0, stepped)
    full = lr * g / (abs(g) + eps)
    yield from ac.induction(
        "the way", t, lambda k: (theta(k), "=", -(n(k) * (n(k) + 1) / (2 * steps) * full))
    )
    plain = steps * adam.update(adam.start(0 * g), 0, g)[1]
    share = (steps + 1) / (2 * steps)
    yield ac.identity("at its end", share * plain, -(steps * (steps + 1) / (2 * steps) * full))


@claim.derivation
def and_leaves_a_third_of_the_variance(given: ac.Given) -> Iterator[ac.Step]:
    r"""The variance of a sum of independent signs is the sum of the squared sizes, those of the first
    updates for $\epsilon = 0$; by induction on t."""
    t, g, steps = given.time("t"), given.positive("g"), given.positive("W")
    lr, n = given.adam().hyper.lr, given.sequence("n", 0, lambda before, k: before + 1)

    def added(before: Any, k: Any) -> Any:
        warmed = given.adam(lr=lr * n(k) / steps, eps=given.number(0))
        return before + warmed.update(warmed.start(0 * g), 0, g)[1] ** 2

    total = given.sequence("V", 0, added)
    yield from ac.induction(
        "the variance",
        t,
        lambda k: (total(k), "=", lr**2 * n(k) * (n(k) + 1) * (2 * n(k) + 1) / (6 * steps**2)),
    )


@claim.witness
def the_bound_grows(exact: ac.Exact) -> None:
    r"""The squares of the tight bound at $\beta_1 = 9/10$, $\beta_2 = 999/1000$."""
    adam = ac.Adam(ac.Hyperparameters(Fraction(1), Fraction(9, 10), Fraction(999, 1000), Fraction(0)))
    bounds = list(islice(largest(adam), 300))
    shorter = sum(later <= earlier for earlier, later in pairwise(bounds))
    exact.says("the square in step 1", bounds[0], "=", 1)
    exact.says("steps in which it does not grow", shorter, "=", 0)
    tenth = Fraction(int(10**4 * bounds[9]) + 1, 10**4)
    exact.says("the square in step 10, rounded up", tenth, "<", Fraction(105, 100) ** 2)
    exact.says("the first step in which it is above 9", 1 + sum(bound <= 9 for bound in bounds), "=", 187)


@claim.witness
def uncorrected_updates_need_it(exact: ac.Exact) -> None:
    r"""Under a constant gradient at the defaults the largest of the first 100 uncorrected updates is
    between 6.56 and 6.57 times $\alpha$; with warm-up over these 100 steps it is still between 3.24 and
    3.25 times."""
    adam = NoBiasCorrection(
        ac.Hyperparameters(Fraction(1), Fraction(9, 10), Fraction(999, 1000), Fraction(0))
    )
    squares = list(islice(reached(adam, repeat(Fraction(1))), 100))
    warmed = [square * Fraction(t, 100) ** 2 for t, square in enumerate(squares, start=1)]
    for text, values, low in (("the largest square", squares, 656), ("with warm-up", warmed, 324)):
        most = Fraction(int(1000 * max(values)), 1000)
        exact.says(f"{text}, rounded down", most, ">", Fraction(low, 100) ** 2)
        exact.says(f"{text}, rounded up", most + Fraction(1, 1000), "<", Fraction(low + 1, 100) ** 2)


@claim.figure
def early_updates(axes: Any) -> None:
    r"""The largest corrected update for any gradients, $R_t$, and uncorrected updates under a constant
    gradient, at the default betas: without warm-up, and with linear warm-up over 2000 steps. Only the
    uncorrected ones start too large."""
    steps = np.arange(1, 3001)
    bounds = np.sqrt(list(islice(largest(ac.Adam(ac.Hyperparameters(lr=1.0, eps=0.0))), 3000)))
    uncorrected = NoBiasCorrection(ac.Hyperparameters(lr=1.0))
    sizes = np.array([-update for _, update in uncorrected.run(0.0, [1.0] * 3000)])
    axes.loglog(steps, bounds, label="largest corrected update")
    axes.loglog(steps, sizes, label="uncorrected, constant gradient")
    axes.loglog(steps, np.minimum(1, steps / 2000) * sizes, "--", label="the same with warm-up")
    axes.axhline(1, color="gray", linestyle=":")
    axes.set_xlabel("step t")
    axes.set_ylabel("size of the update / lr")
    axes.legend()
