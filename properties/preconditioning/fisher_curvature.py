r"""Fisher information as a curvature.

The Fisher information is the second derivative of the Kullback-Leibler divergence from a distribution to its
neighbours, and the second moment of Adam estimates it on samples of the model. It is not the curvature of
the space itself, which is flat for every family with one parameter. And it is the curvature of the training
loss on other data for some models only, none of which makes it what the second moment estimates there.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

import numpy as np

import adamcheck as ac

from ..dual import Dual

claim = ac.Claim(
    title="Fisher information as a curvature",
    says=r"The Fisher information matrix measures how the space of probability distributions is curved.",
    source="A Deeper Perspective: Adam as Preconditioned Gradient Descent",
    verdict=ac.holds_if(
        r"what is meant is the curvature of the divergence from the current distribution to its neighbours: "
        r"it is the metric of the space. The space itself may be flat, as that of the normal distributions "
        r"of variance 1 is, with $F = 1$"
    ),
    statement=(
        ac.prose(
            r"Let $p_i(\theta)$ be the probabilities of three outcomes, along any line in the parameters, "
            r"with derivatives $p_i'$, $p_i''$, and $F = \sum_i p_i (p_i'/p_i)^2$. The divergence is $\sum_i "
            r"p_i(\theta) \log(p_i(\theta)/p_i(\varphi))$; samples of probabilities $q_i$ have the loss "
            r"$-\sum_i q_i \log p_i$."
        ),
        ac.proposition(
            r"At $\varphi = \theta$ the divergence has the first derivative 0 and the second derivative F.",
            "the-divergence-has-the-curvature-f",
        ),
        ac.proposition(
            r"On samples of the model $E[v_t] = (1-\beta_2^t) F$ for all t.",
            "what-the-second-moment-estimates: on samples of the model: at the start",
            "what-the-second-moment-estimates: on samples of the model: from t to t + 1",
        ),
        ac.proposition(
            r"On other samples the second derivative of the loss and $E[g_t^2]$ differ by $\sum_i q_i "
            r"p_i''/p_i$. For the softmax of three logits the former is F on all samples; the latter is not.",
            "what-the-second-moment-estimates: curvature and squares",
            "what-the-second-moment-estimates: softmax",
        ),
        ac.proposition(
            r"Normal distributions: $F = 1/\sigma^2$ for the mean and $2/\sigma^2$ for the standard "
            "deviation, by either formula.",
            "normal-distributions",
        ),
    ),
)


def _mean(chances: Sequence[Any], values: Sequence[Any]) -> Any:
    return sum(chance * value for chance, value in zip(chances, values, strict=True))


def _scores(p: Sequence[Any], first: Sequence[Any]) -> list[Any]:
    """The derivatives of log p."""
    return [slope / chance for chance, slope in zip(p, first, strict=True)]


def _curvature(q: Sequence[Any], p: Sequence[Any], first: Sequence[Any], second: Sequence[Any]) -> Any:
    """The second derivative of the loss on samples of probabilities q: that of log p, by dual numbers."""
    moved = zip(map(Dual, p, first), map(Dual, first, second), strict=True)
    return -_mean(q, [(slope / chance).slope for chance, slope in moved])


def _family(given: ac.Given) -> tuple[list[Any], list[Any], list[Any]]:
    """Three probabilities and their derivatives, which sum to 1 and to 0."""
    a, b = given.positives("w", 2)
    p = [a / (1 + a + b), b / (1 + a + b), 1 / (1 + a + b)]
    first, second = given.reals("u", 2), given.reals("c", 2)
    return p, [*first, -first[0] - first[1]], [*second, -second[0] - second[1]]


@claim.derivation
def the_divergence_has_the_curvature_f(given: ac.Given) -> Iterator[ac.Step]:
    r"""The derivative in $\varphi$ is that of the loss on samples of the model, as the rest is constant."""
    p, first, second = _family(given)
    scores = _scores(p, first)
    yield ac.identity("the first derivative", -_mean(p, scores), 0)
    information = _mean(p, [score * score for score in scores])
    yield ac.identity("the second derivative", _curvature(p, p, first, second), information)


@claim.derivation
def what_the_second_moment_estimates(given: ac.Given) -> Iterator[ac.Step]:
    r"""Gradients are scores of single samples, negated: $s_i$ for outcome i. For the softmax, along a line
    that changes the logits by $l_i$: $p_i' = p_i d_i$ and $p_i'' = p_i (d_i^2 - \sum_j p_j d_j^2)$, $d_i =
    l_i - \sum_j p_j l_j$."""
    adam, t = given.adam(), given.time("t")
    (p, first, second), (r, s), logits = _family(given), given.positives("r", 2), given.reals("l", 3)
    q = [r / (1 + r + s), s / (1 + r + s), 1 / (1 + r + s)]
    gradients, beta = given.reals("s", 3), adam.hyper.beta2
    square = _mean(p, [g * g for g in gradients])

    def expected(before: Any, k: Any) -> Any:
        return _mean(p, [adam.second_moment(before, -g) for g in gradients])

    v = given.sequence("Ev", 0, expected)
    yield from ac.induction("on samples of the model", t, lambda k: (v(k), "=", (1 - beta**k) * square))
    squares = [score * score for score in _scores(p, first)]
    gap = _mean(q, [each / chance for each, chance in zip(second, p, strict=True)])
    yield ac.identity("curvature and squares", _mean(q, squares) - _curvature(q, p, first, second), gap)
    d = [each - _mean(p, logits) for each in logits]
    spread = _mean(p, [each * each for each in d])
    first = [chance * each for chance, each in zip(p, d, strict=True)]
    second = [chance * (each * each - spread) for chance, each in zip(p, d, strict=True)]
    yield ac.identity("softmax", _curvature(q, p, first, second), spread)


def _of_the_mean(x: Any, mean: Any, deviation: Any) -> Any:
    """The derivative of the logarithm of the normal density in the mean."""
    return (x - mean) / (deviation * deviation)


def _of_the_deviation(x: Any, mean: Any, deviation: Any) -> Any:
    """And in the standard deviation."""
    distance = (x - mean) / deviation
    return (distance * distance - 1) / deviation


@claim.derivation
def normal_distributions(given: ac.Given) -> Iterator[ac.Step]:
    r"""The samples $\mu + i \sigma$, i = -2, ..., 2, with the weights 1/12, 1/6, 1/2, 1/6, 1/12 have the
    moments of the normal distribution up to the fifth, and nothing here has a higher power than the
    fourth."""
    mean, deviation = given.real("mu"), given.positive("sigma")
    weights = [given.number(1, n) for n in (12, 6, 2, 6, 12)]
    samples = [mean + i * deviation for i in range(-2, 3)]
    yield ac.identity(
        "the fourth moment", _mean(weights, [(x - mean) ** 4 for x in samples]), 3 * deviation**4
    )
    scores = [_of_the_mean(x, mean, deviation) for x in samples]
    slopes = [_of_the_mean(Dual(x, 0), Dual(mean, 1), deviation).slope for x in samples]
    due = 1 / deviation**2
    yield ac.identity("the mean, squares", _mean(weights, [score * score for score in scores]), due)
    yield ac.identity("the mean, curvature", -_mean(weights, slopes), due)
    scores = [_of_the_deviation(x, mean, deviation) for x in samples]
    slopes = [_of_the_deviation(Dual(x, 0), mean, Dual(deviation, 1)).slope for x in samples]
    due = 2 / deviation**2
    yield ac.identity("the deviation, squares", _mean(weights, [score * score for score in scores]), due)
    yield ac.identity("the deviation, curvature", -_mean(weights, slopes), due)


@claim.witness
def three_outcomes_along_all_paths(exact: ac.Exact) -> None:
    r"""Softmax with the probabilities 1/2, 1/4, 1/4, along the second logit: F = 3/16. Over all nine paths of
    two samples of the model $E[\hat v_2] = 3/16$, on samples that show each outcome equally often 11/48. The
    curvature of the loss is 3/16 on both."""
    p = [Fraction(1, 2), Fraction(1, 4), Fraction(1, 4)]
    even = [Fraction(1, 3)] * 3
    scores = [-p[1], 1 - p[1], -p[1]]
    first = [chance * score for chance, score in zip(p, scores, strict=True)]
    spread = _mean(p, [score * score for score in scores])
    second = [chance * (score * score - spread) for chance, score in zip(p, scores, strict=True)]
    beta1, beta2 = Fraction(1, 2), Fraction(3, 4)
    adam = ac.Adam(ac.Hyperparameters(1, beta1, beta2, 1))
    for name, chances, due in (("the model", p, Fraction(3, 16)), ("even samples", even, Fraction(11, 48))):
        mean = Fraction(0)
        for path in product(range(3), repeat=2):
            run = exact.run([-scores[i] for i in path], beta1=beta1, beta2=beta2, eps=1)
            chance = prod(chances[i] for i in path)
            mean += chance * adam.correct_second(0, run.states[-1].v, 2)[1]
        exact.says(f"the expectation of v_hat, {name}", mean, "=", due)
        exact.says(f"the curvature, {name}", _curvature(chances, p, first, second), "=", Fraction(3, 16))


@claim.figure
def curvatures_and_squares(axes: Any) -> None:
    """A coin with the probability p, its parameter the logit. The curvature of the loss, on samples of any
    coin, is the Fisher information p (1 - p). The mean square of the gradient is the same where p is the
    probability of the samples (dots), and at p = 1/2."""
    p = np.linspace(0, 1, 200)
    axes.plot(p, p * (1 - p), color="gray", label="curvature, Fisher information")
    for q in (0.5, 0.8, 0.95):
        axes.plot(p, q * (1 - p) ** 2 + (1 - q) * p**2, label=f"squares, samples of {q:g}")
        axes.plot(q, q * (1 - q), "o", color="gray", markersize=4)
    axes.set_xlabel("probability p of the model")
    axes.set_ylabel("curvature, mean square")
    axes.legend(fontsize="small")
