"""Fisher information and squared gradients.

The diagonal of the Fisher information is the mean square of the score, taken over samples of the model
itself, one at a time. Then, and in general only then, it is what the second moment estimates. For data from
elsewhere the squared gradients have another mean, and for batches of B samples they have a smaller one, by
the factor 1/B.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

import numpy as np

import adamcheck as ac

claim = ac.Claim(
    title="Fisher information and squared gradients",
    says=(
        r"In many models the Fisher information has the diagonal $E[g_t^2]$, and that is what $v_t$ "
        r"estimates."
    ),
    source="A Deeper Perspective: Adam as Preconditioned Gradient Descent",
    verdict=ac.holds_if(
        r"every $g_t$ is the score of a single sample, and the samples are drawn from the model at the "
        r"current parameters. Gradients on data from elsewhere, among them the gradients of training, have "
        r"another mean square, and means over batches of $B$ samples have $1/B$ of it"
    ),
    statement=(
        ac.proposition(
            "Bernoulli model with the parameter $p$, score $1/p$ or $-1/(1-p)$, $F = 1/(p(1-p))$: "
            r"with samples of the model $E[\hat v_t] = F$ for all $t$; with batches of two $E[g_t^2] "
            "= F/2$; with samples of probability $q$, $E[g_t^2] - F = (q-p)(1-2p)/(p(1-p))^2$, zero "
            "if and only if $q = p$ or $p = 1/2$.",
            "on-samples-of-the-model",
            "on-other-samples: batches of two",
            "on-other-samples: other data",
        ),
        ac.proposition(
            r"Normal model with the mean $\theta$ and variance 1, $F = 1$: on data with mean $\mu$ "
            r"and variance $\sigma^2$, $E[g_t^2] = \sigma^2 + (\mu - \theta)^2$.",
            "on-other-samples: the normal model",
        ),
    ),
)


@dataclass(frozen=True)
class Bernoulli:
    """A coin that shows 1 with the probability p, in any number system: outcomes as (probability, score)."""

    p: Any

    @property
    def scores(self) -> tuple[Any, Any]:
        return 1 / self.p, -1 / (1 - self.p)

    @property
    def information(self) -> Any:
        return 1 / (self.p * (1 - self.p))

    def outcomes(self, q: Any) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
        """The scores of this model on samples of probability q."""
        return (q, self.scores[0]), (1 - q, self.scores[1])


def _mean(outcomes: Any, of: Any) -> Any:
    return sum(probability * of(score) for probability, score in outcomes)


@claim.derivation
def on_samples_of_the_model(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $p = o/(1+o)$, o the odds: scores have the mean 0 and the mean square F. So the expectation of v
    obeys its own recursion, which $(1-\beta_2^t) F$ satisfies, and that of $\hat v_t$ is F at every t."""
    adam, t, odds = given.adam(), given.time("t"), given.positive("o")
    model, beta = Bernoulli(odds / (1 + odds)), adam.hyper.beta2
    outcomes, information = model.outcomes(model.p), model.information
    yield ac.identity("the mean score", _mean(outcomes, lambda g: g), 0)
    yield ac.identity("the mean square", _mean(outcomes, lambda g: g * g), information)

    def expected(before: Any) -> Any:
        return _mean(outcomes, lambda g: adam.second_moment(before, g))

    v = given.sequence("Ev", 0, lambda before, k: expected(before))
    yield from ac.induction("the expectation of v", t, lambda k: (v(k), "=", (1 - beta**k) * information))
    yield ac.identity("corrected", adam.correct_second(0, (1 - beta**t) * information, t)[1], information)


@claim.derivation
def on_other_samples(given: ac.Given) -> Iterator[ac.Step]:
    r"""Batches of two and data of another probability, for the coin; data of any mean and variance, for the
    normal model, whose score is the distance of a sample from $\theta$."""
    odds, other = given.positive("o"), given.positive("r")
    model, q = Bernoulli(odds / (1 + odds)), other / (1 + other)
    p, information, own = model.p, model.information, model.outcomes(model.p)
    pairs = [(a * b, (g + h) / 2) for (a, g), (b, h) in product(own, repeat=2)]
    yield ac.identity("batches of two", _mean(pairs, lambda g: g * g), information / 2)
    gap = _mean(model.outcomes(q), lambda g: g * g) - information
    yield ac.identity("other data", gap, (q - p) * (1 - 2 * p) * information**2)
    mean, spread, theta = given.real("mu"), given.positive("sigma"), given.real("theta")
    data = [(given.number(1, 2), mean + sign * spread - theta) for sign in (1, -1)]
    square = spread**2 + (mean - theta) ** 2
    yield ac.identity("the normal model", _mean(data, lambda g: g * g), square)


@claim.witness
def a_coin_along_all_paths(exact: ac.Exact) -> None:
    r"""p = 1/3, so that F = 9/2. Over all eight paths of three samples of the model $E[\hat v_3] = 9/2$
    exactly. On data that always show 1 it is 9, at p = 1/2 it is 4 on any data, which is F there."""
    hyper = ac.Hyperparameters(1, Fraction(1, 2), Fraction(3, 4), 1)

    def v_hat(gradients: tuple[Fraction, ...]) -> Any:
        run = exact.run(gradients, beta1=hyper.beta1, beta2=hyper.beta2, eps=hyper.eps)
        return ac.Adam(hyper).correct_second(0, run.states[-1].v, len(gradients))[1]

    third, half = Bernoulli(Fraction(1, 3)), Bernoulli(Fraction(1, 2))
    paths = list(product(third.outcomes(third.p), repeat=3))
    mean = sum(prod(chance for chance, _ in path) * v_hat(tuple(g for _, g in path)) for path in paths)
    exact.says("the Fisher information", third.information, "=", Fraction(9, 2))
    exact.says("the expectation of v_hat on the model", mean, "=", Fraction(9, 2))
    exact.says("on data that always show 1", v_hat((third.scores[0],) * 3), "=", 9)
    exact.says("the same at p = 1/2", v_hat((half.scores[0],) * 3), "=", half.information)


@claim.figure
def the_second_moment_of_scores(axes: Any) -> None:
    """The corrected second moment (beta2 = 0.999) of the scores of a coin with p = 0.3, divided by the Fisher
    information. It is near 1 if the samples come from the model one by one; batches of 8 make it 1/8, and
    data with the probability 0.8 make it nearly twice as large."""
    model, adam, steps = Bernoulli(0.3), ac.Adam(ac.Hyperparameters()), 3000
    draws = np.random.default_rng(4).random((steps, 8))
    streams = {
        "samples of the model": np.where(draws[:, 0] < model.p, *model.scores),
        "batches of 8 samples of the model": np.where(draws < model.p, *model.scores).mean(axis=1),
        "samples with probability 0.8": np.where(draws[:, 0] < 0.8, *model.scores),
    }
    runs = adam.run(np.zeros(3), np.stack(list(streams.values()), axis=1))
    ratios = [adam.correct_second(s.peak, s.v, s.step)[1] / model.information for s, _ in runs]
    for column, name in zip(np.array(ratios).T, streams, strict=True):
        axes.loglog(range(1, steps + 1), column, label=name)
    axes.axhline(1, color="gray", linewidth=1, linestyle="--")
    axes.set_xlabel("step t")
    axes.set_ylabel("v_hat / Fisher information")
    axes.legend(fontsize="small")
