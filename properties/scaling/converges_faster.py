"""Convergence.

With a constant learning rate Adam need not converge at all: without memory it jumps to and fro over the
minimum forever, on every quadratic bowl, where gradient descent with a suitable learning rate converges.
Over a limited number of steps Adam can be much faster; which of the two wins is a matter of learning rate and
of time.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from operator import mul
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..closed_loop import descend, descend_exactly, follow
from ..comparisons import GradientDescent

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
        r"a step. Within a given number of steps Adam may well come closer"
    ),
    statement=(
        ac.prose(r"Let $\beta_1 = \beta_2 = 0$."),
        ac.proposition(
            r"On $\frac{1}{2} h x^2$ with $\alpha h > 2 \epsilon$ Adam jumps between $X$ and $-X$ "
            r"forever, $X = \alpha/2 - \epsilon/h$.",
            "a-cycle-over-the-minimum",
        ),
        ac.proposition(
            r"For $\epsilon = 0$ every start with $0 < |x_0| < \alpha$ comes back to itself every "
            r"second step: no start converges unless $x_0$ is a multiple of $\alpha$.",
            "without-eps-nothing-converges",
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
