r"""Stochastic rounding.

Where a weight is rounded to the nearest number after every step, an update below half the spacing is lost,
not now and then but every time. Rounded at random in proportion, the weight is right on average after any
number of steps.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

from ..working import Working

claim = ac.Claim(
    title="Stochastic rounding",
    says="Rounding weights to the nearest number does no harm on average: its errors cancel over many steps.",
    source="practice of training with bfloat16 weights; against it Zamirai et al. (2020)",
    verdict=ac.false_as_stated(
        r"under a constant gradient a weight whose neighbours are $2 \alpha$ or more apart never moves: the "
        r"error is the whole way. Stochastic rounding has the mean of exact arithmetic after every step, and "
        r"in each a variance of at most a quarter of the squared spacing"
    ),
    statement=(
        ac.prose(
            r"Let $a \leq x < b$, a and b neighbours among the numbers of a format. Stochastic rounding "
            r"takes b with probability $(x-a)/(b-a)$, and a otherwise."
        ),
        ac.proposition(
            r"It has the mean x and the variance $(x-a)(b-x) \leq (b-a)^2/4$.", "in-proportion-it-is-unbiased"
        ),
        ac.proposition(
            r"A step of Adam whose gradient does not depend on the weight moves the mean of a random weight "
            r"by the update; so after all steps the mean is that of exact arithmetic.",
            "a-step-moves-the-mean",
        ),
        ac.proposition(
            r"Under a constant gradient every update is shorter than $\alpha$. Rounded to the nearest, a "
            r"weight with $b - a \geq 2 \alpha$ on either side stays where it is.",
            "an-update-is-below-half-the-spacing",
        ),
    ),
)


def _rounded(x: Any, a: Any, b: Any) -> list[tuple[Any, Any]]:
    """The outcomes of stochastic rounding and their probabilities."""
    return [(a, (b - x) / (b - a)), (b, (x - a) / (b - a))]


def _mean(outcomes: list[tuple[Any, Any]]) -> Any:
    return sum(value * chance for value, chance in outcomes)


@claim.derivation
def in_proportion_it_is_unbiased(given: ac.Given) -> Iterator[ac.Step]:
    r"""With the distances d and e of x from its neighbours."""
    a, d, e = given.real("a"), given.nonnegative("d"), given.positive("e")
    x, b = a + d, a + d + e
    outcomes = _rounded(x, a, b)
    variance = _mean([((value - x) ** 2, chance) for value, chance in outcomes])
    yield ac.identity("the probabilities", sum(chance for _, chance in outcomes), 1)
    yield ac.identity("the mean", _mean(outcomes), x)
    yield ac.identity("the variance", variance, d * e)
    yield ac.inequality("its bound", d * e, "<=", (b - a) ** 2 / 4)


@claim.derivation
def a_step_moves_the_mean(given: ac.Given) -> Iterator[ac.Step]:
    r"""A weight that is $w_1$ with probability p, else $w_2$, takes the same step, and is rounded."""
    adam, t, p = given.adam(), given.time("t"), given.decay("p")
    first, second, g = given.real("w_1"), given.real("w_2"), given.real("g")
    m, v = given.real("m"), given.nonnegative("v")
    state = ac.State(t, m, v, v)
    _, update = adam.update(state, 0 * g, g)
    before = [(first, p), (second, 1 - p)]
    after = [(adam.step(state, weight, g)[1], chance) for weight, chance in before]
    yield ac.identity("one step", _mean(after), _mean(before) + update)


@claim.derivation
def an_update_is_below_half_the_spacing(given: ac.Given) -> Iterator[ac.Step]:
    r"""Under a constant gradient g the moments after t steps are $(1-\beta^t) g$ and $(1-\beta^t) g^2$; the
    next update is $\alpha |g|/(|g| + \epsilon)$ long."""
    adam, t, g = given.adam(), given.time("t"), given.positive("g")
    beta1, beta2 = adam.hyper.beta1, adam.hyper.beta2
    v = (1 - beta2**t) * g * g
    for name, sign in (("downhill", 1), ("uphill", -1)):
        state = ac.State(t, (1 - beta1**t) * sign * g, v, v)
        _, update = adam.update(state, 0 * g, sign * g)
        yield ac.identity(f"the update, {name}", update, -sign * adam.hyper.lr * g / (g + adam.hyper.eps))
    size = adam.hyper.lr * g / (g + adam.hyper.eps)
    spacing = 2 * adam.hyper.lr + given.nonnegative("d")
    yield ac.inequality("against the spacing", 2 * size, "<", spacing)


@claim.witness
def four_steps_of_an_eighth(exact: ac.Exact) -> None:
    r"""A bfloat16 weight of 5/4, where neighbours are 1/128 apart, and four gradients -1 with $\alpha =
    1/1024$: the mean over all outcomes of stochastic rounding, and the weight rounded to the nearest."""
    spacing, start = Fraction(1, 128), Fraction(5, 4)
    run = exact.run([-1] * 4, lr=Fraction(1, 1024), beta1=Fraction(9, 10), beta2=Fraction(999, 1000))
    weights, nearest = {start: Fraction(1)}, Working.of(1.25, ac.format_of("bfloat16"))
    for update in run.updates:
        later: dict[Fraction, Fraction] = {}
        for weight, chance in weights.items():
            x = weight + update
            below = x // spacing * spacing
            for value, share in _rounded(x, below, below + spacing):
                later[value] = later.get(value, Fraction(0)) + chance * share
        weights, nearest = later, nearest + float(update)
    exact.says("all probabilities", sum(weights.values()), "=", 1)
    exact.says("the mean", _mean(list(weights.items())), "=", start + Fraction(4, 1024))
    exact.says("to the nearest", Fraction(float(nearest.value)), "=", start)


@claim.figure
def weights_over_time(axes: Any) -> None:
    r"""A weight from 5/4 with the spacing 1/128 of bfloat16, on gradients -1 with $\alpha = 1/1024$: rounded
    to the nearest it stays; rounded stochastically (five runs) it follows exact arithmetic (dashed)."""
    spacing, random = 2.0**-7, np.random.default_rng(0)
    updates = [update for _, update in ac.Adam(ac.Hyperparameters(lr=2.0**-10)).run(0.0, [-1.0] * 400)]
    axes.plot(1.25 + np.cumsum(updates), "--", color="gray", label="exact")
    for run in range(5):
        weight, path = 1.25, []
        for update in updates:
            weight = np.floor((weight + update) / spacing + random.uniform()) * spacing
            path.append(weight)
        axes.plot(path, color="C0", linewidth=0.8, label=None if run else "stochastic")
    axes.plot([1.25] * len(updates), color="C1", label="to the nearest")
    axes.set_xlabel("step t")
    axes.set_ylabel("weight")
    axes.legend()
