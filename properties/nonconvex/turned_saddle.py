r"""The turned saddle.

Turned by 45 degrees the saddle has no axis that leads down: near the way into it both coordinates have nearly
the same gradient, and Adam treats them alike. Its steps of constant size then lead to the saddle and over it,
not away. Without memory and eps it never leaves, where gradient descent leaves as it does from every saddle.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

from ..closed_loop import descend, descend_together
from ..comparisons import GradientDescent
from ..dual import Dual

claim = ac.Claim(
    title="The turned saddle",
    says=(
        r"That each coordinate adapts on its own has a price: what Adam does depends on the basis in which "
        r"the parameters are written."
    ),
    source="Fundamental Properties: Invariance and Equivariance",
    verdict=ac.holds(),
    statement=(
        ac.prose(
            r"Let the loss be $h x y$, which is $\frac{1}{2} h (u^2 - w^2)$ turned by 45 degrees; w, the "
            r"distance from the way in, is $(y - x)/\sqrt 2$."
        ),
        ac.proposition(
            r"For $\beta_1 = \beta_2 = 0$ and $\epsilon = 0$, from every start with $0 < x < y < \alpha$: "
            r"Adam jumps to $(x - \alpha, y - \alpha)$ and back forever. $y - x$ stays as it is.",
            "without-memory-it-is-caught",
        ),
        ac.proposition(
            r"With $\epsilon > 0$ the start $x = y = \alpha/2 - \epsilon/h$ has such a cycle, and close to "
            r"it every step multiplies $y - x$ by $1 + 4 \epsilon/(\alpha h)$, to first order.",
            "with-eps-it-leaves-slowly",
        ),
        ac.proposition(
            r"Gradient descent multiplies $y - x$ by $1 + \alpha h$ in every step.",
            "gradient-descent-leaves",
        ),
        ac.proposition(
            r"Not turned, Adam leaves at once: from $w > 0$ the first step along w is $\alpha$.",
            "not-turned",
        ),
    ),
)


def _both(adam: ac.Adam, x: Any, y: Any, h: Any) -> tuple[Any, Any]:
    """The coordinates after the first step on h x y, which is every step of Adam without memory."""
    return adam.step(adam.start(0 * h), x, h * y)[1], adam.step(adam.start(0 * h), y, h * x)[1]


@claim.derivation
def without_memory_it_is_caught(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $y = x + d$ and $\alpha = y + z$. What is remembered makes no difference: the second step is
    taken from an arbitrary state."""
    x, d, z, h = (given.positive(name) for name in ("x", "d", "z", "h"))
    y, t = x + d, given.time("t")
    adam = given.adam(lr=y + z, beta1=0, beta2=0, eps=0)
    state = ac.State(t, given.real("m"), given.nonnegative("v"), 0 * h)
    yield ac.identity("there", _both(adam, x, y, h), [x - (y + z), y - (y + z)])
    there = x - (y + z), y - (y + z)
    back = [adam.step(state, at, h * other)[1] for at, other in (there, there[::-1])]
    yield ac.identity("and back", back, [x, y])


@claim.derivation
def with_eps_it_leaves_slowly(given: ac.Given) -> Iterator[ac.Step]:
    r"""On the cycle with $\alpha = 2 X + 2 \epsilon/h$, one step from (X, X), and its derivative in the
    direction (1, -1), by dual numbers."""
    x, h, eps = given.positive("X"), given.positive("h"), given.positive("eps")
    adam = given.adam(lr=2 * x + 2 * eps / h, beta1=0, beta2=0, eps=eps)
    yield ac.identity("one step", _both(adam, x, x, h), [-x, -x])
    moved = [Dual(x, 0 * x + sign) for sign in (1, -1)]
    start = ac.State(0, Dual(0 * x, 0 * x), Dual(0 * x, 0 * x), Dual(0 * x, 0 * x))
    after = [adam.step(start, at, other * h)[1].slope for at, other in (moved, moved[::-1])]
    factor = 1 + 4 * eps / (adam.hyper.lr * h)
    yield ac.identity("its derivative", after, [factor, -factor])


@claim.derivation
def gradient_descent_leaves(given: ac.Given) -> Iterator[ac.Step]:
    """The difference and the sum of the coordinates after one step."""
    descent, x, y, h = given.adam(GradientDescent), given.real("x"), given.real("y"), given.positive("h")
    after, other = _both(descent, x, y, h)
    lr = descent.hyper.lr
    yield ac.identity("the difference", other - after, (1 + lr * h) * (y - x))
    yield ac.identity("the sum", other + after, (1 - lr * h) * (y + x))


@claim.derivation
def not_turned(given: ac.Given) -> Iterator[ac.Step]:
    r"""On $\frac{1}{2} h (u^2 - w^2)$, with $\epsilon = 0$ and any betas."""
    adam, w, h = given.adam(eps=0), given.positive("w"), given.positive("h")
    _, reached = adam.step(adam.start(0 * w), w, -h * w)
    yield ac.identity("one step", reached, w + adam.hyper.lr)


@claim.witness
def caught_where_gradient_descent_leaves(exact: ac.Exact) -> None:
    r"""On $x y$ from (1/4, 1/2) with $\alpha = 1$: Adam without memory and eps is back there after 20 steps,
    while each step of gradient descent doubles $y - x$."""
    start = Fraction(1, 4), Fraction(1, 2)
    for definition, difference in ((ac.Adam, Fraction(1, 4)), (GradientDescent, Fraction(2**20, 4))):
        path = descend_together(
            exact, start, lambda at: at[::-1], 20, definition=definition, beta1=0, beta2=0
        )
        x, y = path[-1]
        exact.says(f"y - x after 20 steps of {definition.title}", y - x, "=", difference)


@claim.figure
def distance_from_the_way_in(axes: Any) -> None:
    """The distance from the way in on x y, from x = 1 and three distances, lr = 0.001. Gradient descent
    (dashed) multiplies it by 1.001 a step. Adam with the default betas (solid) begins to leave when it is
    near the saddle, after 1000 steps, and takes longer from nearer starts, as it does not along an axis.
    Without memory (dotted, eps = 1e-8) it is caught in a cycle from the two nearer starts."""
    hypers = {"-": ac.Hyperparameters(), ":": ac.Hyperparameters(beta1=0.0, beta2=0.0)}
    runs: dict[str, ac.Adam] = {style: ac.Adam(hyper) for style, hyper in hypers.items()}
    runs["--"] = GradientDescent(ac.Hyperparameters())
    for color, distance in enumerate((1e-3, 1e-9, 1e-12)):
        for style, optimizer in runs.items():
            start = np.array([1.0, 1.0 + distance])
            path = np.array(descend(optimizer, start, lambda at: at[::-1].copy(), 9999))
            largest = np.abs(path[:, 1] - path[:, 0]).reshape(-1, 20).max(axis=1) / np.sqrt(2)
            label = f"from {distance:g}" if style == "-" else None
            axes.semilogy(np.arange(0, 10000, 20), largest, style, color=f"C{color}", label=label)
    axes.set_xlabel("step t")
    axes.set_ylabel("distance from the way in")
    axes.legend()
