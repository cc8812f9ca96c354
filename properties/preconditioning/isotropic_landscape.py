"""Isotropy.

Seen through Adam's metric, the bowl with curvatures h_i has the curvatures h_i / (h_i |x_i| + eps): the h_i
drop out, and what differs between coordinates is the distance. That is isotropic where the distances are
equal. But the metric is diagonal: a valley that does not lie along an axis it may leave as narrow as it was.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

claim = ac.Claim(
    title="Isotropy",
    says=(
        r"A preconditioner changes the geometry of the parameters, ideally so that to the optimizer all "
        r"directions of the loss look alike."
    ),
    source="A Deeper Perspective: Adam as Preconditioned Gradient Descent",
    verdict=ac.holds_if(
        r"the valley lies along an axis and the coordinates are about equally far from the minimum, well "
        r"above $\epsilon$: curvatures drop out of the metric, distances do not. A valley along a diagonal "
        r"stays as narrow as it was where all gradients are equal"
    ),
    statement=(
        ac.proposition(
            r"On $\frac{1}{2} \sum_i h_i x_i^2$ without memory the metric is $h_i |x_i| + \epsilon$, "
            r"and the preconditioned curvatures are $h_i / (h_i |x_i| + \epsilon)$.",
            "the-curvature-drops-out: with eps",
        ),
        ac.proposition(
            r"For $\epsilon = 0$ they are $1/|x_i|$, whatever the $h_i$: equal if and only if the "
            "$|x_i|$ are.",
            "the-curvature-drops-out: without eps",
            "the-curvature-drops-out: on the other side",
        ),
        ac.proposition(
            r"For $\epsilon \to \infty$ their ratios tend to those of the $h_i$.",
            "a-large-eps-changes-nothing",
        ),
        ac.proposition(
            "For a Hessian $H$ and gradients of equal size in all coordinates the metric is a "
            "multiple of the identity, and the condition number of $H$ is unchanged.",
            "a-diagonal-valley-stays-narrow",
        ),
    ),
)


def _metric(adam: ac.Adam, gradient: Any) -> Any:
    """The metric of the first step."""
    (state, _), *_ = adam.run(0 * gradient, [gradient])
    return adam.denominator(adam.correct_second(state.peak, state.v, 1)[1], 1)


@claim.derivation
def the_curvature_drops_out(given: ac.Given) -> Iterator[ac.Step]:
    r"""The curvature of a coordinate, divided by its entry of the metric: for $\epsilon = 0$ the distance
    alone is left, and so two coordinates at one distance look alike."""
    bare, adam, h, x = given.adam(eps=0), given.adam(), given.positive("h"), given.positive("x")
    yield ac.identity("without eps", h / _metric(bare, h * x), 1 / x)
    yield ac.identity("on the other side", h / _metric(bare, -h * x), 1 / x)
    yield ac.identity("with eps", h / _metric(adam, h * x), h / (h * x + adam.hyper.eps))
    d = given.positive("d")
    yield ac.inequality(
        "farther away, flatter", h / _metric(bare, h * (x + d)), "<", h / _metric(bare, h * x)
    )


@claim.derivation
def a_large_eps_changes_nothing(given: ac.Given) -> Iterator[ac.Step]:
    r"""The ratio of two preconditioned curvatures at one distance goes from 1, where $\epsilon$ is
    negligible, to the ratio of the curvatures themselves."""
    adam, x = given.adam(), given.positive("x")
    steep, flat, eps = given.positive("H"), given.positive("h"), adam.hyper.eps
    ratio = (steep / _metric(adam, steep * x)) / (flat / _metric(adam, flat * x))
    yield ac.limit("eps vanishes", ratio, eps, 0, 1)
    yield ac.limit("eps dominates", ratio, eps, "oo", steep / flat)


@claim.derivation
def a_diagonal_valley_stays_narrow(given: ac.Given) -> Iterator[ac.Step]:
    r"""The Hessian with the curvature H along (1, 1) and h along (1, -1), at the point (x, x): the gradient
    is (Hx, Hx), and both entries of the metric are the same, so that the two curvatures keep their ratio. On
    the bowl with the axes of the coordinates the same ratio becomes 1."""
    adam, x = given.adam(), given.positive("x")
    steep, flat = given.positive("H"), given.positive("h")
    mean, mixed = (steep + flat) / 2, (steep - flat) / 2
    gradient = mean * x + mixed * x
    yield ac.identity("the gradient, in both coordinates", gradient, steep * x)
    metric = _metric(adam, gradient)
    along, across = (mean + mixed) / metric, (mean - mixed) / metric
    yield ac.identity("the ratio of the curvatures", along / across, steep / flat)


@claim.witness
def the_bowl_of_the_text_turned(exact: ac.Exact) -> None:
    r"""Curvatures 100 and 1, $\epsilon = 0$, no memory, $\alpha = 1$. Along the axes at (1, 1) the
    preconditioned curvatures are 1 and 1; at (1/100, 1) they are 100 and 1. With the valley along the
    diagonal, at (1, 1), they are 1 and 1/100."""

    def metric(gradient: Fraction) -> Any:
        return gradient / -exact.run([gradient], beta1=0, beta2=0).update

    for x, steep in ((Fraction(1), 1), (Fraction(1, 100), 100)):
        exact.says(f"steep, along an axis at ({x}, 1)", 100 / metric(100 * x), "=", steep)
        exact.says(f"flat, along an axis at ({x}, 1)", 1 / metric(Fraction(1)), "=", 1)
    mean, mixed = Fraction(101, 2), Fraction(99, 2)
    both = metric(mean + mixed)
    exact.says("steep, along the diagonal at (1, 1)", (mean + mixed) / both, "=", 1)
    exact.says("flat, along the diagonal at (1, 1)", (mean - mixed) / both, "=", Fraction(1, 100))


@claim.figure
def condition_number_by_angle(axes: Any) -> None:
    """The condition number of the bowl with the curvatures 100 and 1, seen through Adam's metric at a point
    with the given distances along its axes, as the bowl is turned against the coordinates. Along the axes the
    metric helps if the distances are alike; at 45 degrees it hardly helps at all."""
    adam = ac.Adam(ac.Hyperparameters(eps=1e-8))
    angles = np.linspace(0, 45, 181)
    for distances in ((1.0, 1.0), (0.3, 1.0), (0.03, 1.0)):
        numbers = []
        for angle in np.radians(angles):
            turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            hessian = turn @ np.diag([100.0, 1.0]) @ turn.T
            root = 1 / np.sqrt(_metric(adam, hessian @ turn @ np.array(distances)))
            low, high = np.linalg.eigvalsh(root[:, None] * hessian * root)
            numbers.append(high / low)
        axes.semilogy(angles, numbers, label=f"at {distances}")
    axes.axhline(100, color="gray", linewidth=1, linestyle="--", label="without a metric")
    axes.set_xlabel("angle between the valley and the axis, in degrees")
    axes.set_ylabel("condition number")
    axes.legend()
