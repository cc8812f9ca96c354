"""The dilemma of one learning rate.

On a bowl with the curvatures H > h gradient descent is stable for learning rates below 2/H only, and then the
flat direction keeps more than 1 - 2h/H of its distance in every step. Oscillation is not necessary for this:
up to 1/H there is none, and at 1/H the steep direction is solved in one step.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from operator import mul
from typing import Any

import numpy as np

import adamcheck as ac

from ..closed_loop import descend, descend_exactly
from ..comparisons import GradientDescent

claim = ac.Claim(
    title="The dilemma of one learning rate",
    says=(
        r"On $\frac{1}{2}(100 x^2 + y^2)$ the learning rates that gradient descent can bear in the steep "
        r"direction are far too small for the flat one; often it zigzags across the valley and gets on "
        r"slowly."
    ),
    source="Interpreting the Adam Update: Adaptive Coordinate-wise Scaling",
    verdict=ac.holds_if(
        r"often means $1/100 < \alpha < 1/50$: there, and only there, the path oscillates and converges. "
        r"The dilemma itself needs no condition: every stable $\alpha$ leaves more than 49/50 of $y$ in each "
        r"step, 35 steps to halve it"
    ),
    statement=(
        ac.proposition(
            r"On $\frac{1}{2}(H x^2 + h y^2)$, $H > h > 0$: gradient descent converges from "
            r"everywhere if and only if $0 < \alpha < 2/H$.",
            "the-steep-direction-limits-the-learning-rate",
        ),
        ac.proposition(
            "Then the factor of $y$ exceeds $1 - 2h/H$.",
            "the-flat-direction-is-slow",
        ),
        ac.proposition(
            r"No $\alpha$ has both factors below $(H-h)/(H+h)$, reached at $\alpha = 2/(H+h)$.",
            "the-best-compromise",
        ),
        ac.proposition(
            r"$x$ changes sign in every step if and only if $\alpha > 1/H$, and is solved in one step "
            r"at $\alpha = 1/H$.",
            "oscillation-is-a-choice",
        ),
    ),
)


def _after_one_step(given: ac.Given, lr: Any, curvature: Any, x: Any) -> Any:
    descent = given.adam(GradientDescent, lr=lr)
    return descent.step(descent.start(x), x, curvature * x)[1]


@claim.derivation
def the_steep_direction_limits_the_learning_rate(given: ac.Given) -> Iterator[ac.Step]:
    r"""A step multiplies x by $1-\alpha H$. For $\alpha = 2s/H$, $0 < s < 1$, that lies between -1 and 1; for
    larger $\alpha$ it is below -1, and at 2/H it is -1."""
    steep, x, y = given.positive("H"), given.positive("x"), given.positive("y")
    one, s = given.number(1), y / (1 + y)  # s: every number between 0 and 1
    lr = given.positive("lr")
    yield ac.identity("one step", _after_one_step(given, lr, steep, x), (1 - lr * steep) * x)
    stable = _after_one_step(given, 2 * s / steep, steep, x)
    yield ac.inequality("below 2/H: not as far out", stable, "<", x)
    yield ac.inequality("below 2/H: nor on the other side", stable, ">", -x)
    yield ac.identity("at 2/H", _after_one_step(given, 2 * one / steep, steep, x), -x)
    yield ac.inequality("above 2/H", _after_one_step(given, (2 + y) / steep, steep, x), "<", -x)


@claim.derivation
def the_flat_direction_is_slow(given: ac.Given) -> Iterator[ac.Step]:
    r"""With any stable learning rate more than $1 - 2h/H$ of y is left; for H = 100 h that is 49/50."""
    flat, d, x, y = given.positive("h"), given.positive("d"), given.positive("x"), given.positive("y")
    steep, s = flat + d, x / (1 + x)
    left = _after_one_step(given, 2 * s / steep, flat, y)
    yield ac.inequality("what is left", left, ">", (1 - 2 * flat / steep) * y)
    hundred = given.number(100)
    yield ac.identity("for H = 100 h", 1 - 2 * flat / (hundred * flat), given.number(49, 50))


@claim.derivation
def the_best_compromise(given: ac.Given) -> Iterator[ac.Step]:
    r"""At $\alpha = 2/(H+h)$ both directions keep the share $(H-h)/(H+h)$. A smaller $\alpha$ leaves more of
    y, a larger one more of x, on the other side."""
    flat, d, x, z = given.positive("h"), given.positive("d"), given.positive("x"), given.positive("z")
    steep = flat + d
    share, best = (steep - flat) / (steep + flat), 2 / (steep + flat)
    yield ac.identity("of x", _after_one_step(given, best, steep, x), -share * x)
    yield ac.identity("of y", _after_one_step(given, best, flat, x), share * x)
    yield ac.inequality("smaller", _after_one_step(given, best - z, flat, x), ">", share * x)
    yield ac.inequality("larger", _after_one_step(given, best + z, steep, x), "<", -share * x)


@claim.derivation
def oscillation_is_a_choice(given: ac.Given) -> Iterator[ac.Step]:
    r"""x changes its sign in a step if and only if $\alpha > 1/H$; at 1/H it is solved in one step."""
    steep, x, z = given.positive("H"), given.positive("x"), given.positive("z")
    yield ac.inequality("above 1/H", _after_one_step(given, (1 + z) / steep, steep, x), "<", 0)
    yield ac.identity("at 1/H", _after_one_step(given, 1 / steep, steep, x), 0)
    yield ac.inequality("below 1/H", _after_one_step(given, 1 / ((1 + z) * steep), steep, x), ">", 0)


@claim.witness
def on_the_bowl_of_the_text(exact: ac.Exact) -> None:
    r"""Curvatures 100 and 1. At $\alpha = 2/101$ both distances shrink by the factor 99/101 a step; at 1/50 x
    does not shrink at all; at 1/100 x is solved in one step. At 49/50 a step it takes 35 steps to halve y."""

    def path(curvature: int, lr: Fraction, steps: int) -> list[Fraction]:
        slope, plain = partial(mul, curvature), GradientDescent
        return descend_exactly(exact, 1, slope, steps, definition=plain, lr=lr, beta1=0, beta2=0)

    best = Fraction(2, 101)
    exact.says("x after two steps at 2/101", path(100, best, 2)[-1], "=", Fraction(99, 101) ** 2)
    exact.says("y after two steps at 2/101", path(1, best, 2)[-1], "=", Fraction(99, 101) ** 2)
    exact.says("x after two steps at 1/50", path(100, Fraction(1, 50), 2)[-1], "=", 1)
    exact.says("x after one step at 1/100", path(100, Fraction(1, 100), 1)[-1], "=", 0)
    halved = next(t for t in range(100) if 2 * Fraction(49, 50) ** t <= 1)
    exact.says("steps to halve y at the limit of stability", halved, "=", 35)


@claim.figure
def paths_on_the_bowl(axes: Any) -> None:
    """Forty steps of gradient descent on (100 x² + y²)/2 from (0.3, 1). Below 1/100 it creeps along the
    valley without any oscillation; at 1/100 x is solved in one step; between 1/100 and 1/50 it bounces
    between the walls. None is near the minimum, at (0, 0)."""
    bowl = np.array([100.0, 1.0])
    for lr in (0.005, 0.01, 0.0195):
        descent = GradientDescent(ac.Hyperparameters(lr=lr))
        path = np.array(descend(descent, np.array([0.3, 1.0]), lambda theta: bowl * theta, 40))
        axes.plot(path[:, 0], path[:, 1], ".-", linewidth=1, label=f"lr = {lr:g}")
    axes.plot(0, 0, "+", color="gray", markersize=12)
    axes.set_xlabel("x, curvature 100")
    axes.set_ylabel("y, curvature 1")
    axes.legend(loc="lower left")
