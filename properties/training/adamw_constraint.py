r"""The constraint that AdamW solves.

Where AdamW rests, decay and update cancel: $\lambda \theta = -g/(|g| + \epsilon)$. For small $\epsilon$ these
are the conditions for a minimum of the loss among the weights with $|\theta| \leq 1/\lambda$, and not of the
loss with a penalty.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

from ..closed_loop import descend_exactly
from ..decoupled import decaying_from, shrinkage
from ..short_runs import short_runs

claim = ac.Claim(
    title="The constraint that AdamW solves",
    says=r"Where AdamW converges, it has minimised the loss subject to $|\theta_i| \leq 1/\lambda$.",
    source=(
        "Introduction: the interaction with other training techniques; Xie & Li, "
        '"Implicit Bias of AdamW" (2024)'
    ),
    verdict=ac.holds_if(
        r"$\epsilon \to 0$, and the loss is convex: a point where AdamW rests then violates the conditions "
        r"for such a minimum by $\epsilon |\theta|$, and its loss exceeds the least one by at most "
        r"$\epsilon/\lambda$ for each weight. Without convexity it meets the conditions (KKT), no more"
    ),
    statement=(
        ac.prose("Let the gradient be g at all steps: the run has converged, and the moments have settled."),
        ac.proposition(
            r"The update is 0 if and only if $\lambda \theta = -g/(|g| + \epsilon)$, whatever $\alpha$ and "
            "the betas are.",
            "where-the-update-vanishes",
        ),
        ac.proposition(
            r"There $|\theta| < 1/\lambda$, $g \theta \leq 0$ and $|g| (1/\lambda - |\theta|) = \epsilon "
            r"|\theta|$.",
            "the-conditions-are-nearly-met",
        ),
        ac.proposition(
            r"For $\epsilon \to 0$: $\lambda \theta \to -\mathrm{sign}(g)$ if $g \neq 0$; and where "
            r"$|\theta| < 1/\lambda$ is kept, $g \to 0$.",
            "in-the-limit-they-are-met",
        ),
        ac.proposition(
            r"$g (\theta - y) \leq \epsilon/\lambda$ for all $|y| \leq 1/\lambda$. For a convex loss f that "
            r"bounds $f(\theta) - f(y)$, summed over the weights.",
            "no-point-of-the-box-is-much-better",
        ),
        ac.proposition(
            r"Under the same gradients, two runs from different weights approach each other by the factor "
            r"$1 - \alpha \lambda$ a step.",
            "the-start-is-forgotten",
        ),
    ),
)


def _adamw(given: ac.Given) -> ac.Adam:
    return given.adam(ac.AdamW, weight_decay=given.positive("lambda"))


@claim.derivation
def where_the_update_vanishes(given: ac.Given) -> Iterator[ac.Step]:
    r"""The update from the moments of a constant gradient, $(1-\beta_1^t) g$ and $(1-\beta_2^t) g^2$."""
    adam, t, g, theta = _adamw(given), given.time("t"), given.real("g"), given.real("theta")
    hyper = adam.hyper
    settled = ac.State(t, (1 - hyper.beta1**t) * g, (1 - hyper.beta2**t) * g * g, 0)
    update = adam.update(settled, theta, g)[1]
    total = hyper.weight_decay * theta + g / (abs(g) + hyper.eps)
    yield ac.identity("the update", update, -(hyper.lr * total))
    yield ac.identity("there it is 0", adam.update(settled, _resting(adam, g), g)[1], 0)
    yield ac.inequality("elsewhere it is not", -(hyper.lr * total), "!=", 0, given=[(total, "!=", 0)])


def _resting(adam: ac.Adam, g: Any) -> Any:
    """Where AdamW rests under the gradient g, computed from its own first update."""
    lr, decay = adam.hyper.lr, adam.hyper.weight_decay
    return adam.update(adam.start(0 * g), 0 * g, g)[1] / (lr * decay)


@claim.derivation
def the_conditions_are_nearly_met(given: ac.Given) -> Iterator[ac.Step]:
    r"""At the point where AdamW rests."""
    adam, g = _adamw(given), given.real("g")
    edge, theta = 1 / adam.hyper.weight_decay, _resting(adam, g)
    yield ac.inequality("within the box", abs(theta), "<", edge)
    yield ac.inequality("against the gradient", g * theta, "<=", 0)
    yield ac.identity("slackness", abs(g) * (edge - abs(theta)), adam.hyper.eps * abs(theta))


@claim.derivation
def in_the_limit_they_are_met(given: ac.Given) -> Iterator[ac.Step]:
    r"""For a gradient of either sign; and for $|\theta| = s/\lambda$ with $s < 1$, where the gradient has the
    size $\epsilon s/(1-s)$."""
    adam, g, s = _adamw(given), given.positive("g"), given.decay("s")
    decay, eps = adam.hyper.weight_decay, adam.hyper.eps
    yield ac.limit("for g > 0", decay * _resting(adam, g), eps, 0, -1)
    yield ac.limit("for g < 0", decay * _resting(adam, -g), eps, 0, 1)
    size = eps * s / (1 - s)
    yield ac.identity("inside the box", _resting(adam, -size), s / decay)
    yield ac.limit("the gradient vanishes", size, eps, 0, 0)


@claim.derivation
def no_point_of_the_box_is_much_better(given: ac.Given) -> Iterator[ac.Step]:
    """For any other point y of the box, and a gradient of either sign."""
    adam, g, y = _adamw(given), given.positive("g"), given.real("y")
    decay, most = adam.hyper.weight_decay, adam.hyper.eps / adam.hyper.weight_decay
    gain, gain_below = g * (_resting(adam, g) - y), -g * (_resting(adam, -g) - y)
    yield ac.inequality("the gain, g > 0", gain, "<=", most, given=[(decay * y, ">=", -1)])
    yield ac.inequality("the gain, g < 0", gain_below, "<=", most, given=[(decay * y, "<=", 1)])


@claim.derivation
def the_start_is_forgotten(given: ac.Given) -> Iterator[ac.Step]:
    """One step from two weights, with the same moments and gradient. No moment depends on the weight."""
    adam, t, g = _adamw(given), given.time("t"), given.real("g")
    theta, other = given.real("theta"), given.real("theta'")
    state = ac.State(t, given.real("m"), given.nonnegative("v"), 0)
    after, after_other = (adam.step(state, x, g)[1] for x in (theta, other))
    left = 1 - adam.hyper.lr * adam.hyper.weight_decay
    yield ac.identity("the distance", after - after_other, left * (theta - other))


@claim.law(needs=("weight_decay",), trajectory=short_runs)
def two_starts_approach_each_other(subject: ac.Subject, trajectory: ac.Trajectory) -> None:
    r"""Under the same gradients, two runs with decoupled decay differ in every update by $\alpha \lambda$
    times their distance."""
    one, other = (
        decaying_from(subject, np.full(1, start, subject.format.dtype), trajectory) for start in (1.5, -1.0)
    )
    due = ac.predicted(one, ac.AdamW) + ac.predicted(other, ac.AdamW)
    seen = ac.observed(one) - ac.observed(other)
    expected = due.at(shrinkage(one) - shrinkage(other))
    ac.assert_met(seen, expected, "difference of the updates from two starts", one)


@claim.witness
def the_minimum_outside_is_not_reached(exact: ac.Exact) -> None:
    r"""On $(x-3)^2/2$ from 0, with $\lambda = 1$, $\alpha = 1/2$ and no memory: AdamW is $2^{-t}$ from 1,
    the edge of the box, which is nearest to the minimum. That of the loss with a penalty, 3/2, is outside."""
    options: dict[str, Any] = {"lr": Fraction(1, 2), "beta1": 0, "beta2": 0, "weight_decay": 1}
    reached = descend_exactly(exact, 0, lambda x: x - 3, 8, definition=ac.AdamW, **options)
    for t in (1, 2, 8):
        exact.says(f"the weight after {t} steps", reached[t], "=", 1 - Fraction(1, 2**t))
    penalised = exact.run([Fraction(3, 2) - 3], definition=ac.AdamL2, start=Fraction(3, 2), eps=1, **options)
    exact.says("the update with a penalty at 3/2", penalised.update, "=", 0)


@claim.figure
def where_it_ends(axes: Any) -> None:
    r"""Where 2000 steps from 0 on $(x-c)^2/2$ end, with $\lambda = 1$, against the minimum c, for $\beta_2 =
    0.95$; the learning rate falls from 0.05 to 0. AdamW ends at c within the box (dotted), and at its edge
    beyond; a penalty leads to $c/2$."""
    minima = np.linspace(-3, 3, 121)
    for kind, name in ((ac.AdamW, "decoupled decay"), (ac.AdamL2, "penalty")):
        state, x = None, 0 * minima
        for t in range(2000):
            adam = kind(ac.Hyperparameters(lr=0.05 * (1 - t / 2000), beta2=0.95, weight_decay=1.0))
            state, x = adam.step(state or adam.start(x), x, x - minima)
        axes.plot(minima, x, label=name)
    for edge in (-1, 1):
        axes.axhline(edge, color="gray", linestyle=":")
    axes.set_xlabel("minimum c")
    axes.set_ylabel("weight after 2000 steps")
    axes.legend()
