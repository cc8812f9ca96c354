r"""Gradient accumulation.

The first moment is linear in the gradients, the second is not. So it matters what is accumulated: the
gradients of the micro-batches, or their squares. And one step is not k steps, unless the gradients agree and
the learning rate and the betas are those of k steps.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np

import adamcheck as ac

from ..short_runs import short_runs

claim = ac.Claim(
    title="Gradient accumulation",
    says=(
        "A step after k accumulated micro-batches is the step on one batch k times as large, and does what k "
        "steps on the micro-batches do."
    ),
    source="Introduction: the interaction with other training techniques",
    verdict=ac.holds_if(
        "the gradients are averaged before they enter the moments (added up, they act like the average with "
        r"$\epsilon/k$); squares averaged instead make $v_t$ larger by the variance of the micro-gradients. "
        r"It does what k steps do if all micro-gradients agree, with the learning rate $k \alpha$ and the "
        r"betas $\beta_1^k$, $\beta_2^k$"
    ),
    statement=(
        ac.proposition(
            "Averaged over micro-gradients $g_i$, the first moments after one more gradient are that of "
            r"their mean; the second moments exceed that of their mean by $\frac{1-\beta_2}{k^2} \sum_{i<j} "
            "(g_i - g_j)^2$.",
            "moments-of-the-mean",
        ),
        ac.proposition(
            r"With shares $p$, $1-p$ and means a, b of two parts, the excess grows by $(1-\beta_2) p (1-p) "
            r"(a-b)^2$: it is 0 if and only if all micro-gradients agree.",
            "part-by-part",
        ),
        ac.proposition(
            r"The update on a sum of k gradients is that on their mean, with $\epsilon/k$ for $\epsilon$.",
            "a-sum-has-a-smaller-eps",
        ),
        ac.proposition(
            r"k steps on the same gradient leave the moments of one step with $\beta_1^k$ and $\beta_2^k$.",
            "k-steps-on-one-gradient",
        ),
        ac.proposition(
            r"From moments that have settled under a constant gradient, k steps go k times as far as one.",
            "k-steps-go-k-times-as-far",
        ),
    ),
)


@claim.derivation
def moments_of_the_mean(given: ac.Given) -> Iterator[ac.Step]:
    """For k = 2, 3 and 4 micro-gradients."""
    adam, m, v = given.adam(), given.real("m"), given.nonnegative("v")
    for k in (2, 3, 4):
        g = given.gradients(k)
        mean = sum(g) / k
        averaged = sum(adam.first_moment(m, each) for each in g) / k
        yield ac.identity(f"the first moment, k = {k}", averaged, adam.first_moment(m, mean))
        excess = sum(adam.second_moment(v, each) for each in g) / k - adam.second_moment(v, mean)
        spread = sum((a - b) ** 2 for a, b in combinations(g, 2)) / k**2
        yield ac.identity(f"the second moment, k = {k}", excess, (1 - adam.hyper.beta2) * spread)


@claim.derivation
def part_by_part(given: ac.Given) -> Iterator[ac.Step]:
    r"""Two parts with means a, b, whose second moments already exceed those of the means by A and B. By
    induction over parts this is any number of micro-gradients, in any shares."""
    adam, v, p = given.adam(), given.nonnegative("v"), given.decay("p")
    a, b = given.real("a"), given.real("b")
    excess_a, excess_b = given.nonnegative("A"), given.nonnegative("B")
    parts = p * (adam.second_moment(v, a) + excess_a) + (1 - p) * (adam.second_moment(v, b) + excess_b)
    excess = parts - adam.second_moment(v, p * a + (1 - p) * b)
    between = (1 - adam.hyper.beta2) * p * (1 - p) * (a - b) ** 2
    yield ac.identity("the excess of both", excess, p * excess_a + (1 - p) * excess_b + between)
    yield ac.inequality("it is not 0", between, ">", 0, given=[(a, "!=", b), (p, ">", 0)])


@claim.derivation
def a_sum_has_a_smaller_eps(given: ac.Given) -> Iterator[ac.Step]:
    """One step from moments that are scaled along, which keeps them so; k is any positive number."""
    adam, t, k = given.adam(), given.time("t"), given.positive("k")
    m, v, g = given.real("m"), given.nonnegative("v"), given.real("g")
    smaller = given.adam(eps=adam.hyper.eps / k)
    state, update = smaller.update(ac.State(t, m, v, 0), 0, g)
    total, update_of_sum = adam.update(ac.State(t, k * m, k * k * v, 0), 0, k * g)
    yield ac.identity("the moments", [total.m, total.v], [k * state.m, k * k * state.v])
    yield ac.identity("the update", update_of_sum, update)


@claim.derivation
def k_steps_on_one_gradient(given: ac.Given) -> Iterator[ac.Step]:
    """By induction on k, from any moments."""
    adam, k = given.adam(), given.time("k")
    m, v, g = given.real("m_0"), given.nonnegative("v_0"), given.real("g")
    beta1, beta2 = adam.hyper.beta1, adam.hyper.beta2
    first = given.sequence("m", m, lambda before, j: adam.first_moment(before, g))
    second = given.sequence("v", v, lambda before, j: adam.second_moment(before, g))
    yield from ac.induction(
        "the first moment", k, lambda j: (first(j), "=", given.adam(beta1=beta1**j).first_moment(m, g))
    )
    yield from ac.induction(
        "the second moment", k, lambda j: (second(j), "=", given.adam(beta2=beta2**j).second_moment(v, g))
    )


@claim.derivation
def k_steps_go_k_times_as_far(given: ac.Given) -> Iterator[ac.Step]:
    r"""After t constant gradients the moments are $(1-\beta_1^t) g$ and $(1-\beta_2^t) g^2$. One step
    keeps them so, and every update is the same; a learning rate k times as large makes it k times as long."""
    adam, t, g, k = given.adam(), given.time("t"), given.real("g"), given.positive("k")
    beta1, beta2 = adam.hyper.beta1, adam.hyper.beta2
    settled = ac.State(t, (1 - beta1**t) * g, (1 - beta2**t) * g * g, 0)
    later, update = adam.update(settled, 0, g)
    due = [(1 - beta1 ** (t + 1)) * g, (1 - beta2 ** (t + 1)) * g * g]
    yield ac.identity("it stays settled", [later.m, later.v], due)
    faster = given.adam(lr=k * adam.hyper.lr, beta1=given.decay("B1"), beta2=given.decay("B2"))
    once = faster.update(faster.start(0 * g), 0, g)[1]
    yield ac.identity("one step, with other betas", once, k * update)


def _two_gradients(format: ac.Format) -> Any:
    return short_runs(format).map(lambda trajectory: trajectory.first(2))


@claim.law(trajectory=_two_gradients)
def every_gradient_twice_is_the_square_of_the_betas(subject: ac.Subject, trajectory: ac.Trajectory) -> None:
    """If every gradient comes twice, every second update is that on the single gradients, with the squares
    of the betas."""
    hyper = trajectory.hyper
    doubled = subject.run(trajectory.replace(gradients=np.repeat(trajectory.gradients, 2, axis=0)))
    once = trajectory.replace(hyper=hyper.replace(beta1=hyper.beta1**2, beta2=hyper.beta2**2))
    single = subject.run(once)
    seen = ac.observed(doubled)[1::2]
    radius = ac.predicted(doubled)[1::2].radius + ac.predicted(single).radius
    due = ac.observed(single)
    expected = ac.Updates(due.value, due.radius + radius)
    ac.assert_met(seen, expected, "every second update", doubled)


@claim.witness
def one_step_is_not_two(exact: ac.Exact) -> None:
    r"""Micro-gradients 1, 1: two steps lead to -2, one on their mean to -1. Micro-gradients 3, -1, without
    memory: two steps lead back to 0, one to -1."""
    for first, second, due in ((1, 1, -2), (3, -1, 0)):
        steps = exact.run([first, second], beta1=0, beta2=0)
        exact.says(f"two steps on {first}, {second}", sum(steps.updates), "=", due)
        mean = exact.run([Fraction(first + second, 2)], beta1=0, beta2=0)
        exact.says("one step on the mean", mean.update, "=", -1)


@claim.witness
def squares_averaged_make_shorter_steps(exact: ac.Exact) -> None:
    r"""Micro-gradients 1 and 7 have the mean 4, and their squares the mean 25: the first update is -1 with
    the square of the mean, and -4/5 with the mean of the squares."""
    adam = ac.Adam(ac.Hyperparameters(Fraction(1), Fraction(0), Fraction(0), Fraction(0)))
    exact.says("the square of the mean", exact.run([4], beta1=0, beta2=0).update, "=", -1)
    v = sum(adam.second_moment(Fraction(0), Fraction(g)) for g in (1, 7)) / 2
    update = -adam.correct_first(adam.first_moment(Fraction(0), Fraction(4)), 1) / adam.denominator(v, 1)
    exact.says("the mean of the squares", update, "=", Fraction(-4, 5))


@claim.figure
def ways_against_micro_batches(axes: Any) -> None:
    r"""The way that 1024 micro-batches lead, with gradients of mean 1 and standard deviation 1, against
    how many are accumulated for one step, at the default betas: with the same learning rate, with k times
    the learning rate, and with the squares averaged instead."""
    sizes = 2 ** np.arange(9)
    hyper = ac.Hyperparameters(lr=1.0)
    gradients = 1 + np.random.default_rng(0).standard_normal((1024, 50))
    parts = [gradients.reshape(-1, k, 50) for k in sizes]
    of_means = np.array([_way(ac.Adam(hyper), part.mean(axis=1)) for part in parts])
    of_squares = np.array([_way(_OfSquares(hyper), part) for part in parts])
    axes.loglog(sizes, of_means, base=2, label="same learning rate")
    axes.loglog(sizes, sizes * of_means, base=2, label="k times the learning rate")
    axes.loglog(sizes, sizes * of_squares, "--", base=2, label="and squares averaged")
    axes.set_xlabel("micro-batches k for one step")
    axes.set_ylabel("way / learning rate")
    axes.legend()


def _way(adam: ac.Adam, gradients: Any) -> float:
    return -float(sum(update.mean() for _, update in adam.run(np.zeros(50), gradients)))


class _OfSquares(ac.Adam):
    """The second moment of the mean of squares; a gradient has a row for each micro-batch."""

    def first_moment(self, m: Any, g: Any) -> Any:
        return super().first_moment(m, g.mean(axis=0))

    def second_moment(self, v: Any, g: Any) -> Any:
        return super().second_moment(v, np.sqrt((g * g).mean(axis=0)))
