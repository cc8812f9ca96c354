"""Convergence.

With a constant learning rate Adam need not converge at all: without memory it jumps to and fro over the
minimum forever, on every quadratic bowl, where gradient descent with a suitable learning rate converges.
With the default betas it comes near, and bursts out again. From far away its bounded steps are too short. In
between Adam can be much faster; which of the two wins is a matter of learning rate and of time.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from math import ceil, floor
from operator import mul
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..closed_loop import descend, descend_exactly, follow
from ..comparisons import GradientDescent
from ..intervals import distances
from ..largest_ratio import supremum

claim = ac.Claim(
    title="Convergence",
    says=(
        r"In a narrow valley Adam arrives much sooner, and more smoothly, than methods with one fixed "
        r"learning rate."
    ),
    source="Interpreting the Adam Update: Adaptive Coordinate-wise Scaling",
    verdict=ac.false_as_stated(
        r"with a constant $\alpha$ Adam need not converge: for $\beta_1 = \beta_2 = 0$ there is an exact "
        r"cycle over the minimum on every bowl, where gradient descent converges by the factor $(H-h)/(H+h)$ "
        r"a step. Nor at the defaults: from the floor of the valley, $\alpha/2$ from the minimum, Adam is "
        r"within $10^{-26} \alpha$ of it in step 1170 and $\alpha/5$ off in step 1339; from a distance of "
        r"1 gradient descent is closer after 100 steps than Adam can be. In between Adam may well come closer"
    ),
    statement=(
        ac.proposition(
            r"With $\beta_1 = \beta_2 = 0$, on $\frac{1}{2} h x^2$ with $\alpha h > 2 \epsilon$, Adam jumps "
            r"between $X$ and $-X$ forever, $X = \alpha/2 - \epsilon/h$.",
            "a-cycle-over-the-minimum",
        ),
        ac.proposition(
            r"If $\epsilon = 0$ as well, every start with $0 < |x_0| < \alpha$ comes back to itself every "
            r"second step: no start converges unless $x_0$ is a multiple of $\alpha$.",
            "without-eps-nothing-converges",
        ),
        ac.proposition(
            r"On $\frac{1}{2}(100 x^2 + y^2)$ from $(0, \alpha/2)$ at the defaults Adam is farther from the "
            r"minimum in step 1339 than it was in step 1170, by a factor of $10^{25}$, and than gradient "
            r"descent with the learning rate 2/101, by $10^{10}$.",
            "at-the-defaults-it-leaves-again",
        ),
        ac.proposition(
            r"At the defaults no gradients take Adam as far in 100 steps as gradient descent comes from a "
            r"distance of 1.",
            "from-afar-its-steps-are-too-short",
        ),
        ac.proposition(
            r"Gradient descent with $0 < \alpha < 2/h$ converges from everywhere.",
            "gradient-descent-converges",
        ),
    ),
)


@claim.derivation
def a_cycle_over_the_minimum(given: ac.Given) -> Iterator[ac.Step]:
    r"""For $\alpha = 2X + 2\epsilon/h$ a step from X leads to -X, and from -X to X, whatever came before."""
    x, h, eps = given.positive("X"), given.positive("h"), given.positive("eps")
    adam = given.adam(lr=2 * x + 2 * eps / h, eps=eps, beta1=0, beta2=0)
    yield ac.identity("from X", adam.step(adam.start(x), x, h * x)[1], -x)
    yield ac.identity("from -X", adam.step(adam.start(x), -x, -h * x)[1], x)


@claim.derivation
def without_eps_nothing_converges(given: ac.Given) -> Iterator[ac.Step]:
    r"""For $\epsilon = 0$ a step from x with $0 < x < \alpha = x + y$ leads to $-y$, and the next one back to
    x."""
    x, y, h = given.positive("x"), given.positive("y"), given.positive("h")
    adam = given.adam(lr=x + y, beta1=0, beta2=0, eps=0)
    state, other_side = adam.step(adam.start(x), x, h * x)
    yield ac.identity("to the other side", other_side, -y)
    yield ac.identity("and back", adam.step(state, other_side, -h * y)[1], x)


@claim.derivation
def gradient_descent_converges(given: ac.Given) -> Iterator[ac.Step]:
    r"""For $\alpha = 2s/h$, $0 < s < 1$, every step makes the square of the distance smaller by the same
    factor, $(1-2s)^2 < 1$."""
    x, h, y = given.positive("x"), given.positive("h"), given.positive("y")
    s = y / (1 + y)
    descent = given.adam(GradientDescent, lr=2 * s / h)
    _, reached = descent.step(descent.start(x), x, h * x)
    yield ac.identity("the factor", reached**2, (1 - 2 * s) ** 2 * x**2)
    yield ac.inequality("is below 1", (1 - 2 * s) ** 2, "<", 1)


@claim.law(a=st.integers(0, 4), j=st.integers(1, 4), k=st.integers(-3, 3))
def the_cycle_lasts_bitwise(subject: ac.Subject, a: int, j: int, k: int) -> None:
    r"""Without memory, with $\alpha = 2^{-a}$, curvature $2^k$ and $X = (1 - 2^{-j}) \alpha/2$, no operation
    rounds: the parameters are X and -X in turn, in every bit."""
    lr, h, dtype = 2.0**-a, 2.0**k, subject.format.dtype
    hyper = ac.Hyperparameters(lr, 0.0, 0.0, h * lr * 2.0 ** -(j + 1))
    start = (np.array([1, -1]) * (1 - 2.0**-j) * lr / 2).astype(dtype)
    trace = follow(subject, start, hyper, lambda x: (h * x).astype(dtype), 6)
    cycle = np.stack([start, -start] * 3 + [start])
    ac.assert_bitwise(trace.parameters, cycle, "on the cycle over the minimum", trace)


@claim.witness
def on_the_bowl_of_the_text(exact: ac.Exact) -> None:
    r"""On $\frac{1}{2}(100 x^2 + y^2)$ from (1/2, 1/2) with $\alpha = 1$ and no memory, Adam is back at its
    start after 20 steps. Gradient descent at 2/101 has come down to $(99/101)^2$ of it after two."""
    half, rate = Fraction(1, 2), Fraction(99, 101)
    for h in (100, 1):
        slope = partial(mul, h)
        path = descend_exactly(exact, half, slope, 20, beta1=0, beta2=0)
        exact.says(f"Adam after 20 steps, curvature {h}", path[-1], "=", half)
        plain = GradientDescent(ac.Hyperparameters(lr=Fraction(2, 101)))
        path = descend(plain, half, slope, 2)
        exact.says(f"gradient descent after 2 steps, curvature {h}", path[-1], "=", half * rate**2)


@claim.witness
def at_the_defaults_it_leaves_again(exact: ac.Exact) -> None:
    r"""The distances from the minimum in units of $\alpha$: Adam's, enclosed by interval arithmetic of 900
    digits, rounded up in step 1170 and down in step 1339; that of gradient descent, rounded up."""
    lr = ac.Hyperparameters().lr
    path = [[x / Fraction(lr) for x in ends] for ends in distances(lr / 2, 1339)]
    near, far = Fraction(ceil(10**27 * path[1170][1]), 10**27), Fraction(floor(1000 * path[1339][0]), 1000)
    plain = Fraction(ceil(10**13 * Fraction(99, 101) ** 1339 / 2), 10**13)
    exact.says("in step 1339", far, ">", 10**25 * near)
    exact.says("gradient descent in step 1339", plain, "<", far / 10**10)


@claim.witness
def from_afar_its_steps_are_too_short(exact: ac.Exact) -> None:
    r"""The square of what Adam can go in 100 steps, by the limit of the tight bound, and of what gradient
    descent with 2/101 goes, rounded down."""
    adam = ac.Adam(ac.Hyperparameters(Fraction(1, 1000), Fraction(9, 10), Fraction(999, 1000), 0))
    way = Fraction(floor(1000 * (1 - Fraction(99, 101) ** 100)), 1000)
    exact.says("the square of Adam's way", (100 * adam.hyper.lr) ** 2 * supremum(adam), "<", way**2)


@claim.figure
def distance_over_time(axes: Any) -> None:
    """The distance from the minimum of (100 x² + y²)/2, from (1, 1), its largest value in each 20 steps.
    Gradient descent at its best rate falls steadily. Adam with the default betas is far faster with lr = 0.1
    and 0.01 and slower with 0.001 at first, but it does not stay at the minimum."""
    bowl, start, steps, window = np.array([100.0, 1.0]), np.ones(2), 16000, 20
    runs: dict[str, ac.Adam] = {
        "gradient descent, lr = 2/101": GradientDescent(ac.Hyperparameters(lr=2 / 101))
    }
    runs |= {f"Adam, lr = {lr:g}": ac.Adam(ac.Hyperparameters(lr=lr)) for lr in (0.1, 0.01, 0.001)}
    for name, optimizer in runs.items():
        path = np.array(descend(optimizer, start, lambda theta: bowl * theta, steps))
        distance = np.maximum(np.hypot(path[1:, 0], path[1:, 1]), 1e-30).reshape(-1, window).max(axis=1)
        axes.semilogy(np.arange(1, steps // window + 1) * window, distance, label=name, linewidth=1)
    axes.set_ylim(1e-16, 1e5)
    axes.set_xlabel("step t")
    axes.set_ylabel("distance from the minimum")
    axes.legend(fontsize="small", loc="upper center", ncols=2)
