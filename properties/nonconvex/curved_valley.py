r"""A curved valley.

The floor of Rosenbrock's valley turns, so no axis stays along it. Adam's metric is diagonal and can hardly
make it rounder, and the signs of the gradient are the direction of the floor at two points only. Without
memory Adam is caught between the walls. With its default memory it gets through, much sooner than plain
gradient descent, but not sooner than gradient descent with momentum, and it does not stay at the minimum.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

from ..closed_loop import descend, descend_together
from ..comparisons import GradientDescent, Momentum

claim = ac.Claim(
    title="A curved valley",
    says=(
        r"Adam shows its strength on badly conditioned landscapes, such as long and narrow valleys: its path "
        r"is more direct, and its convergence faster and smoother."
    ),
    source="Interpreting the Adam Update: Adaptive Coordinate-wise Scaling",
    verdict=ac.measured(
        r"on $(1-x)^2 + 100 (y-x^2)^2$ from $(-1, 1)$, each at its best $\alpha = 2^{-k}$, with the other "
        r"defaults: the loss is $10^{-4}$ after 346 steps of Adam and 4760 of gradient descent; but after "
        r"225 with momentum, which then stays below. Adam is above it again in the last 500 of 10,000 steps "
        r"for every $\alpha \geq 1/512$"
    ),
    statement=(
        ac.prose(r"Proved, for $f = (1-x)^2 + c (y-x^2)^2$, $c > 0$:"),
        ac.proposition(
            r"From the floor, $y = x^2$, $x < 1$, the first step is along x alone, whatever c is. With "
            r"$\epsilon = 0$, $x = -1$ the loss becomes $(2-\alpha)^2 (1 + c \alpha^2)$.",
            "the-first-step-leaves-the-floor",
        ),
        ac.proposition(
            r"For $\beta_1 = \beta_2 = 0$ and $\epsilon = 0$: from $(-1, 1+d)$, $1/c < d < \alpha$, Adam "
            r"jumps to and fro over the floor forever, and never goes along it.",
            "without-memory-it-is-caught",
        ),
        ac.proposition(
            r"Whatever $\hat v_t$ is, the preconditioned Hessian with the entries $p, q, q, r$ has a "
            r"condition number K with $(K+1)^2/K \geq 4 p r / (p r - q^2)$.",
            "a-diagonal-metric-hardly-helps: trace and determinant",
            "a-diagonal-metric-hardly-helps: condition number",
        ),
        ac.proposition(
            "At the minimum, c = 100, that is 1604, and 2510 without a metric.",
            "a-diagonal-metric-hardly-helps: at the minimum",
            "a-diagonal-metric-hardly-helps: without a metric",
        ),
    ),
)


def slope(at: Sequence[Any], c: Any) -> tuple[Any, Any]:
    """The gradient of the loss."""
    x, y = at
    height = y - x * x
    return -2 * (1 - x) - 4 * c * x * height, 2 * c * height


def loss(at: Sequence[Any], c: Any) -> Any:
    """(1 - x)^2 + c (y - x^2)^2."""
    x, y = at
    return (1 - x) ** 2 + c * (y - x * x) ** 2


@claim.derivation
def the_first_step_leaves_the_floor(given: ac.Given) -> Iterator[ac.Step]:
    r"""At $(1-d, (1-d)^2)$ the gradient is $(-2d, 0)$. For $x = -1$ that is d = 2."""
    adam, c, d = given.adam(), given.positive("c"), given.positive("d")
    x, eps = 1 - d, adam.hyper.eps
    at = x, x * x
    after = [adam.step(adam.start(0 * d), each, g)[1] for each, g in zip(at, slope(at, c), strict=True)]
    yield ac.identity("the step", after, [x + adam.hyper.lr * 2 * d / (2 * d + eps), x * x])
    bare, one = given.adam(eps=0), given.number(1)
    lr = bare.hyper.lr
    _, reached = bare.step(bare.start(0 * d), -one, slope((-one, one), c)[0])
    yield ac.identity("the loss", loss((reached, one), c), (2 - lr) ** 2 * (1 + c * lr**2))


@claim.derivation
def without_memory_it_is_caught(given: ac.Given) -> Iterator[ac.Step]:
    r"""From any state a step is $\mp \alpha$ for a positive or negative gradient. With $c = (1+w)/d$,
    $\alpha = d + z$ both gradients are positive at $(-1, 1+d)$, and negative at $(-1-\alpha,
    1+d-\alpha)$."""
    d, w, z, t = given.positive("d"), given.positive("w"), given.positive("z"), given.time("t")
    g, x = given.positive("g"), given.real("x")
    c, lr, one = (1 + w) / d, d + z, given.number(1)
    adam = given.adam(lr=lr, beta1=0, beta2=0, eps=0)
    state = ac.State(t, given.real("m"), given.nonnegative("v"), 0 * c)
    steps = [adam.step(state, x, sign * g)[1] for sign in (1, -1)]
    yield ac.identity("a step", steps, [x - lr, x + lr])
    yield ac.identity("the gradient at the start", slope((-one, one + d), c), [4 * w, 2 * (1 + w)])
    below = 2 * d + 3 * z + lr**2
    due = [-(4 + 2 * lr + 4 * c * (1 + lr) * below), -(2 * c * below)]
    yield ac.identity("and over the floor", slope((-one - lr, one + d - lr), c), due)


@claim.derivation
def a_diagonal_metric_hardly_helps(given: ac.Given) -> Iterator[ac.Step]:
    r"""The Hessian with $r = (q^2 + k)/p$, $k > 0$, over the denominators of any second moments $s_1^2$,
    $s_2^2$. A matrix with the eigenvalues l and K l has $(K+1)^2/K$ for the square of its trace over its
    determinant. At (1, 1) the entries are $8c+2, -4c, 2c$."""
    adam, q, k, p = given.adam(), given.real("q"), given.positive("k"), given.positive("p")
    r = (q * q + k) / p
    first, second = (adam.denominator(given.nonnegative(f"s_{i}") ** 2, 1) for i in (1, 2))
    trace, determinant = p / first + r / second, (p * r - q * q) / (first * second)
    least = 4 * p * r / (p * r - q * q)
    yield ac.inequality("trace and determinant", trace**2 / determinant, ">=", least)
    value, number = given.positive("l"), given.positive("K")
    total, product = value + number * value, number * value * value
    yield ac.identity("condition number", total**2 / product, (number + 1) ** 2 / number)
    p, q, r = (given.number(n) for n in (802, -400, 200))
    yield ac.evaluation("at the minimum", 4 * p * r / (p * r - q * q), "=", 1604)
    yield ac.evaluation("without a metric", (p + r) ** 2 / (p * r - q * q), ">", 2510)


@claim.witness
def caught_at_the_start(exact: ac.Exact) -> None:
    r"""c = 100, $\alpha = 1/4$, no memory and no eps, from (-1, 33/32): after 20 steps Adam is back there. In
    between it is at (-5/4, 25/32), where the loss is 66.1. The valley ends at (1, 1)."""
    path = descend_together(
        exact,
        (-1, Fraction(33, 32)),
        lambda at: slope(at, 100),
        20,
        lr=Fraction(1, 4),
        beta1=0,
        beta2=0,
    )
    for t, at in ((19, (Fraction(-5, 4), Fraction(25, 32))), (20, (-1, Fraction(33, 32)))):
        for name, reached, due in zip("xy", path[t], at, strict=True):
            exact.says(f"{name} after {t} steps", reached, "=", due)
    exact.says("the loss after 19 steps", loss(path[19], 100), ">", 66)


@claim.witness
def the_first_step_goes_up(exact: ac.Exact) -> None:
    r"""From (-1, 1) with $\alpha = 1/8$, default betas and $\epsilon = 2^{-10}$ the loss rises from 4 to more
    than 9."""
    path = descend_together(
        exact,
        (-1, 1),
        lambda at: slope(at, 100),
        1,
        lr=Fraction(1, 8),
        beta1=Fraction(9, 10),
        beta2=Fraction(999, 1000),
        eps=Fraction(1, 1024),
    )
    exact.says("the loss after the first step", loss(path[1], 100), ">", 9)


@claim.figure
def paths_in_the_valley(axes: Any) -> None:
    """Paths in Rosenbrock's valley from (-1, 1) to the minimum at (1, 1), marked by a cross, 225 steps of
    each; the floor is gray. Adam (lr = 1/2) flies out of the valley and comes back, gradient descent (lr =
    1/512) creeps along the floor, momentum (lr = 1/32) runs along it."""
    floor = np.linspace(-1.5, 1.8, 200)
    axes.plot(floor, floor**2, color="gray", linewidth=1, linestyle="--", label="floor")
    runs: tuple[tuple[ac.Adam, str], ...] = (
        (ac.Adam(ac.Hyperparameters(lr=1 / 2)), "Adam"),
        (GradientDescent(ac.Hyperparameters(lr=1 / 512)), "gradient descent"),
        (Momentum(ac.Hyperparameters(lr=1 / 32)), "with momentum"),
    )
    for optimizer, label in runs:
        path = descend(optimizer, np.array([-1.0, 1.0]), lambda at: np.array(slope(at, 100.0)), 225)
        axes.plot(*np.array(path).T, ".-", label=label, linewidth=1, markersize=4)
    axes.plot(1, 1, "+", color="gray", markersize=12)
    axes.set_xlabel("x")
    axes.set_ylabel("y")
    axes.legend()
