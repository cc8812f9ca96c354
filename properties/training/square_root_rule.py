r"""The square-root rule for the batch size.

A batch k times as large has a mean gradient with a k-th of the variance. Where noise dominates the second
moment, Adam divides by a number that is smaller by $\sqrt k$, so that $\sqrt k$ times the learning rate makes
one step go as far as k steps do. Where the mean dominates it takes k times the learning rate.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

import adamcheck as ac

claim = ac.Claim(
    title="The square-root rule for the batch size",
    says=r"With a batch k times as large, Adam should have $\sqrt k$ times the learning rate.",
    source=(
        "Introduction: the interaction with other training techniques; Malladi et al., "
        '"On the SDEs and Scaling Rules for Adaptive Gradient Algorithms" (2022)'
    ),
    verdict=ac.holds_if(
        r"noise dominates, $k \bar g^2 \ll \sigma^2$, the second moment has settled, and $\epsilon$ is "
        r"divided by $\sqrt k$. In general one step goes as far as k steps with $\sqrt{k (1 + k \rho)/(1 + "
        r"\rho)}$ times the learning rate, $\rho = \bar g^2/\sigma^2$: a factor between $\sqrt k$ and k"
    ),
    statement=(
        ac.prose(
            r"Let gradients of the small batch have the mean $\bar g$ and the variance $\sigma^2$, and let "
            "the second moment be the mean of the squares."
        ),
        ac.proposition(
            r"The second moment of the mean of k independent gradients $\bar g \pm \sigma$ is, on average, "
            r"that of $\bar g^2 + \sigma^2/k$.",
            "a-larger-batch-has-less-noise",
        ),
        ac.proposition(
            r"For $\hat v = \sigma^2/k$: the step with $\sqrt k \alpha$ and $\epsilon/\sqrt k$ on $\bar g$ "
            r"is k times that with $\alpha$, $\epsilon$ and $\hat v = \sigma^2$. The step on $\pm "
            r"\sigma/\sqrt k$ has k times the square of that on $\pm \sigma$: the spread of k steps.",
            "where-noise-dominates",
        ),
        ac.proposition(
            r"For $\hat v = \bar g^2 + \sigma^2/k$, $\epsilon = 0$ the factor that makes one step k steps is "
            r"$\sqrt{k (1 + k\rho)/(1 + \rho)}$. It is at least $\sqrt k$ and at most k for $k \geq 1$, and "
            r"tends to these for $\rho \to 0$ and $\rho \to \infty$.",
            "the-factor-elsewhere",
        ),
        ac.proposition(
            r"The first update does not know the rule: in the mean it is $-\alpha (P(g > 0) - P(g < 0))$, "
            "for any batch.",
            "the-first-update-sees-signs-only",
        ),
    ),
)


def _step(adam: ac.Adam, g: Any, v_hat: Any) -> Any:
    """The update on the corrected moments g and v_hat."""
    return -(adam.hyper.lr * adam.numerator(g, g, 1) / adam.denominator(v_hat, 1))


def _noise_below(given: ac.Given) -> tuple[Any, Any, Any]:
    return given.real("mean"), given.positive("sigma"), given.nonnegative("v")


@claim.derivation
def a_larger_batch_has_less_noise(given: ac.Given) -> Iterator[ac.Step]:
    r"""Averaged over all signs, which are equally likely, for k = 1, 2 and 4."""
    adam, (mean, sigma, v) = given.adam(), _noise_below(given)
    for k in (1, 2, 4):
        paths = [sum(mean + sign * sigma for sign in signs) / k for signs in product((1, -1), repeat=k)]
        average = sum(adam.second_moment(v, g) for g in paths) / 2**k
        beta2 = adam.hyper.beta2
        due = beta2 * v + (1 - beta2) * (mean**2 + sigma**2 / k)
        yield ac.identity(f"the second moment, k = {k}", average, due)


@claim.derivation
def where_noise_dominates(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $k = w^2$. Noise of k independent steps adds up to a spread of $\sqrt k$ steps."""
    adam, (mean, sigma, _), w = given.adam(), _noise_below(given), given.positive("w")
    large = given.adam(lr=w * adam.hyper.lr, eps=adam.hyper.eps / w)
    less = (sigma / w) ** 2
    yield ac.identity("the way", _step(large, mean, less), w**2 * _step(adam, mean, sigma**2))
    spread, of_one = _step(large, sigma / w, less), _step(adam, sigma, sigma**2)
    yield ac.identity("the spread", spread**2, w**2 * of_one**2)


@claim.derivation
def the_factor_elsewhere(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $\bar g = r \sigma$, $\rho = r^2$, in squares, for $\epsilon = 0$; and how large the factor
    is."""
    adam, (_, sigma, _) = given.adam(eps=given.number(0)), _noise_below(given)
    k, ratio, r = given.positive("k"), given.positive("rho"), given.positive("r")
    mean = r * sigma
    square = k * (1 + k * ratio) / (1 + ratio)
    once = _step(adam, mean, mean**2 + sigma**2 / k)
    often = k * _step(adam, mean, mean**2 + sigma**2)
    longer = k * (1 + k * r**2) / (1 + r**2)
    yield ac.identity("one longer step and k steps, squared", longer * once**2, often**2)
    larger = [(k, ">=", 1)]
    yield ac.inequality("at least the root of k", square, ">=", k, given=larger)
    yield ac.inequality("at most k", square, "<=", k**2, given=larger)
    yield ac.limit("where noise dominates", square, ratio, 0, k)
    yield ac.limit("where the mean dominates", square, ratio, "oo", k**2)


@claim.derivation
def the_first_update_sees_signs_only(given: ac.Given) -> Iterator[ac.Step]:
    r"""A gradient a > 0 with the probability p, else -b < 0."""
    adam, a, b, p = (
        given.adam(eps=given.number(0)),
        given.positive("a"),
        given.positive("b"),
        given.decay("p"),
    )
    up, down = (adam.update(adam.start(0 * a), 0, g)[1] for g in (a, -b))
    average = p * up + (1 - p) * down
    yield ac.identity("the mean of the first update", average, -(adam.hyper.lr * (p - (1 - p))))


@claim.witness
def four_times_the_batch(exact: ac.Exact) -> None:
    r"""Noise of size 8 and a mean of 1: four times the batch leaves noise of size 4. The rule makes one
    step almost four steps long: the factor is $2 \sqrt{68/65}$. With a mean of 8 it makes it $\sqrt{5/2}$
    times too short."""
    adam = ac.Adam(ac.Hyperparameters(Fraction(1), Fraction(0), Fraction(0), Fraction(0)))
    for mean, short in ((1, Fraction(68, 65)), (8, Fraction(5, 2))):
        small, large = (_step(adam, mean, Fraction(mean**2 + noise)) for noise in (64, 16))
        exact.says(f"the square of what is lacking, mean {mean}", (4 * small / (2 * large)) ** 2, "=", short)


@claim.witness
def the_first_step_of_two_batches(exact: ac.Exact) -> None:
    r"""Gradients 3 and -1 are equally likely: their mean is 1, but the first update is 0 in the mean. For
    means of two it is -1/2."""
    single, pairs = ([g] for g in (3, -1)), ([Fraction(a + b, 2)] for a in (3, -1) for b in (3, -1))
    for text, batches, due in (("one", single, 0), ("two", pairs, Fraction(-1, 2))):
        updates = [exact.run(batch, beta1=0, beta2=0).update for batch in batches]
        exact.says(f"mean first update, batches of {text}", Fraction(sum(updates)) / len(updates), "=", due)


@claim.figure
def factor_against_the_batch(axes: Any) -> None:
    r"""The factor of the learning rate that makes one step on k times the batch go as far as k steps, for
    several ratios of mean and noise; points are runs of 500 steps at the default betas. The square-root
    rule (dotted) and the linear one (dashed) are its ends."""
    sizes, rng = 4 ** np.arange(6), np.random.default_rng(0)
    adam, k = ac.Adam(ac.Hyperparameters(lr=1.0)), np.geomspace(1, sizes[-1], 50)
    for color, ratio in enumerate((0.001, 0.01, 0.1)):
        axes.loglog(
            k, np.sqrt(k * (1 + k * ratio) / (1 + ratio)), color=f"C{color}", label=f"rho = {ratio:g}"
        )
        ways = []
        for size in sizes:
            gradients = ratio**0.5 + rng.standard_normal((500, 200)) / size**0.5
            ways.append(-sum(update.mean() for _, update in adam.run(np.zeros(200), gradients)))
        axes.loglog(sizes, sizes * ways[0] / np.array(ways), "o", color=f"C{color}")
    axes.loglog(k, k**0.5, ":", color="gray", label="square root of k")
    axes.loglog(k, k, "--", color="gray", label="k")
    axes.set_xlabel("size of the batch, k")
    axes.set_ylabel("factor of the learning rate")
    axes.legend(fontsize="small")
