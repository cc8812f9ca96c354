r"""Adam against tuned momentum.

Momentum with one fixed learning rate contracts by $(\sqrt k - 1)/(\sqrt k + 1)$ a step on curvatures from 1
to k. Adam, once its metric hardly changes, contracts by $\sqrt{\beta_1}$ whatever the curvatures are. So k
and $\beta_1$ decide who is faster: at the default $\beta_1$ momentum up to k = 1441, and Adam beyond. The
chapter's bowl has k = 100.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from operator import mul
from typing import Any

import numpy as np

import adamcheck as ac

from ..closed_loop import descend
from ..comparisons import GradientDescent, Momentum
from ..enclosed import enclosed, enclosed_hyper, ends
from ..frozen import FrozenPreconditioner, descended

claim = ac.Claim(
    title="Adam against tuned momentum",
    says=(
        r"In a narrow valley Adam is much faster than methods with one fixed learning rate; gradient descent "
        r"with momentum is one of these."
    ),
    source="Interpreting the Adam Update: Adaptive Coordinate-wise Scaling",
    verdict=ac.holds_if(
        r"$\sqrt{\beta_1} < (\sqrt k - 1)/(\sqrt k + 1)$ for the condition number k: at the default "
        r"$\beta_1$ for $k > 1441$. On $\frac{1}{2}(100 x^2 + y^2)$ from (0.7, 1), over 3000 steps, momentum "
        r"with $\alpha = 1/10$, $\beta_1 = (9/11)^2$ is within $10^{-3}$ of the minimum from step 56 on, the "
        r"best gradient descent from 356, Adam with default betas and its best $\alpha = 2^{-k}$ from 128, "
        r"but with $\beta_1 = 1/2$, $\beta_2 = 0.9999$, $\alpha = 1/8$ from 23"
    ),
    statement=(
        ac.prose(
            r"Let Adam's metric be frozen at D, without bias corrections, as it nearly is late in a run, and "
            r"the loss $\frac{1}{2} h x^2$ with $(1 + \beta_1 - \alpha (1-\beta_1) h/D)^2 < 4 \beta_1$."
        ),
        ac.proposition(
            r"Every step multiplies a positive definite form in $x_t$ and $x_{t-1}$ by $\beta_1$: the "
            r"distance contracts by $\sqrt{\beta_1}$, whatever h is.",
            "adam-contracts-by-the-root-of-beta1",
        ),
        ac.prose(r"Tuned momentum contracts by $(\sqrt k - 1)/(\sqrt k + 1)$: see the effect of momentum."),
        ac.proposition(
            r"That is less if and only if $\sqrt k < (1 + \sqrt{\beta_1})/(1 - \sqrt{\beta_1})$.",
            "who-is-faster: equal",
            "who-is-faster: momentum, for smaller k",
            "who-is-faster: adam, for larger k",
        ),
        ac.proposition(
            r"For $\beta_1 = 0.9$: if and only if $k \leq 1441$, for integers k.",
            "who-is-faster: at the defaults, above 1441",
            "who-is-faster: at the defaults, below 1442",
        ),
    ),
)


@claim.derivation
def adam_contracts_by_the_root_of_beta1(given: ac.Given) -> Iterator[ac.Step]:
    r"""The form $x_1^2 - s x_1 x_0 + \beta_1 x_0^2$ with $s = 1 + \beta_1 - \alpha(1-\beta_1) h/D$ after two
    steps from any state. It is a sum of squares if $s^2 < 4 \beta_1$."""
    adam, h = given.adam(FrozenPreconditioner, eps=given.positive("D")), given.positive("h")
    beta1, start = adam.hyper.beta1, given.real("x")
    s = 1 + beta1 - adam.hyper.lr * (1 - beta1) * h / adam.hyper.eps
    first, moment = descended(adam, start, given.real("m"), h)
    second, _ = descended(adam, first, moment, h)

    def form(x: Any, y: Any) -> Any:
        return x * x - s * x * y + beta1 * y * y

    yield ac.identity("one step", form(second, first), beta1 * form(first, start))
    y, z = given.real("y"), given.real("z")
    squares = (y - s * z / 2) ** 2 + (beta1 - s * s / 4) * z * z
    yield ac.identity("a sum of squares", form(y, z), squares)


@claim.derivation
def who_is_faster(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $b = \sqrt{\beta_1}$ and $\sqrt k = (1+b)/(1-b)$, less or more. For $b^2 = 9/10$ that is $19 + 20
    b$."""
    d, x = given.positive("d"), given.positive("x")
    b = x / (1 + x)
    root = (1 + b) / (1 - b)
    yield ac.identity("equal", (root - 1) / (root + 1), b)
    nearer = 1 + (root - 1) / (1 + d)
    yield ac.inequality("momentum, for smaller k", (nearer - 1) / (nearer + 1), "<", b)
    yield ac.inequality("adam, for larger k", (root + d - 1) / (root + d + 1), ">", b)
    b = ac.sqrt(given.number(9, 10))
    threshold = ((1 + b) / (1 - b)) ** 2
    yield ac.evaluation("at the defaults, above 1441", threshold, ">", given.number(1441))
    yield ac.evaluation("at the defaults, below 1442", threshold, "<", given.number(1442))


def _after(steps: int, **hyper: float) -> list[tuple[Fraction, Fraction]]:
    """The ends between which both coordinates of Adam on the bowl lie, from (7/10, 1)."""
    bowl = enclosed([100.0, 1.0])
    path = descend(ac.Adam(enclosed_hyper(**hyper)), enclosed([0.7, 1.0]), lambda at: bowl * at, steps)
    return [ends(path[-1], i) for i in (0, 1)]


@claim.witness
def on_the_bowl(exact: ac.Exact) -> None:
    r"""On the bowl from (7/10, 1) momentum is within $10^{-3}$ of the minimum after 56 steps. Adam with the
    default betas and $\epsilon$ and $\alpha = 1/16$, in enclosures, is not, but is after 23 with $\beta_1 =
    1/2$, $\beta_2 = 0.9999$, $\alpha = 1/8$."""
    tuned = Momentum(ac.Hyperparameters(Fraction(1, 10), Fraction(81, 121), 0, 0))
    starts = ((100, Fraction(7, 10)), (1, Fraction(1)))
    ways = [descend(tuned, start, partial(mul, curvature), 56) for curvature, start in starts]
    limit = Fraction(1, 10**6)
    exact.says("momentum, the square of the distance", sum(way[-1] ** 2 for way in ways), "<", limit)
    _, (low, high) = _after(56, lr=1 / 16)
    exact.says("Adam with the default betas, the square of y", min(low**2, high**2), ">", limit)
    square = sum(max(low**2, high**2) for low, high in _after(23, lr=1 / 8, beta1=0.5, beta2=0.9999))
    exact.says("Adam with others, the square of the distance", square, "<", limit)


RUNS: dict[str, ac.Adam] = {
    "gradient descent": GradientDescent(ac.Hyperparameters(lr=2 / 101)),
    "momentum": Momentum(ac.Hyperparameters(lr=1 / 10, beta1=81 / 121)),
    "Adam": ac.Adam(ac.Hyperparameters(lr=1 / 16)),
    "Adam, beta1 = 1/2": ac.Adam(ac.Hyperparameters(lr=1 / 8, beta1=1 / 2, beta2=0.9999)),
}
"""What is compared, with the learning rates that are best for it."""


def distances(optimizer: ac.Adam, steps: int) -> Any:
    """The distance from the minimum after every step, from (0.7, 1) on the bowl."""
    path = descend(optimizer, np.array([0.7, 1.0]), lambda at: np.array([100.0, 1.0]) * at, steps)
    return np.linalg.norm(path, axis=1)


@claim.figure
def distance_over_time(axes: Any) -> None:
    """The distance from the minimum of (100 x² + y²)/2, from (0.7, 1), with the learning rates of the
    verdict. Momentum is faster than Adam with the default betas, and slower than Adam with beta1 = 1/2."""
    for name, optimizer in RUNS.items():
        axes.semilogy(distances(optimizer, 150), label=name)
    axes.set_xlabel("step t")
    axes.set_ylabel("distance from the minimum")
    axes.legend()
