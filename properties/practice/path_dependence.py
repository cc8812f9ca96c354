"""Path dependence.

The moments weigh a gradient by its age, so the same gradients in another order lead elsewhere. Either memory
is enough for that: the one of the gradients, or the one of their squares.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import permutations
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..comparisons import GradientDescent
from ..memories import some_memory
from ..orders import difference, way

claim = ac.Claim(
    title="Path dependence",
    says=(
        r"As a stochastic method with a history of gradients, Adam depends on the order in which the data "
        r"come: another order may lead to other parameters."
    ),
    source="Practical Considerations and Nuances: Path Dependence",
    verdict=ac.holds_if(
        r"$\beta_1 > 0$ or $\beta_2 > 0$: either memory makes the order matter, even of gradients that do "
        r"not depend on the parameters"
    ),
    statement=(
        ac.prose("Let the losses be linear, so that the gradients are given."),
        ac.proposition(
            r"If $\beta_1 > 0$ or $\beta_2 > 0$ there are, for every $\epsilon \geq 0$, gradients of "
            r"which two orders lead to different parameters: g and -g if $\beta_1 > 0$, s and 2s if "
            r"$\beta_1 = 0$.",
            "with-memory-of-the-gradient-it-matters",
            "with-memory-of-the-squares-it-matters",
        ),
    ),
)


@claim.derivation
def with_memory_of_the_gradient_it_matters(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $\beta_1 > 0$ and any $\beta_2$ the gradients g, -g lead elsewhere than -g, g: each time the
    second step falls short of undoing the first, by the same share."""
    x, g = given.positive("x"), given.positive("g")
    beta1 = x / (1 + x)  # every decay rate but 0
    adam = given.adam(beta1=beta1, eps=given.nonnegative("eps"))
    for name, gradient in (("g, -g", g), ("-g, g", -g)):
        (_, first), (_, second) = adam.run(0, [gradient, -gradient])
        yield ac.identity(f"the second step, {name}", second, -first * (1 - beta1) / (1 + beta1))
    yield ac.inequality("not to the same parameter", way(adam, [g, -g]), "<", way(adam, [-g, g]))


@claim.derivation
def with_memory_of_the_squares_it_matters(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $\beta_1 = 0$ and $\beta_2 > 0$ the gradients s, 2s lead farther than 2s, s: after a smaller
    gradient a step is longer than alone, after a larger one it is shorter."""
    x, s, eps = given.positive("x"), given.positive("s"), given.nonnegative("eps")
    adam = given.adam(beta1=0, beta2=x / (1 + x), eps=eps)
    small, large = -way(adam, [s]), -way(adam, [2 * s])
    yield ac.inequality("2s after s is longer", -way(adam, [s, 2 * s]) - small, ">", large)
    yield ac.inequality("s after 2s is shorter", -way(adam, [2 * s, s]) - large, "<", small)


@claim.law(
    hyper=some_memory,
    large=st.integers(3, 6).map(lambda k: 2.0**k),
    small=st.lists(st.integers(8, 15).map(lambda k: k / 8), min_size=1, max_size=5),
)
def another_order_leads_elsewhere(
    subject: ac.Subject, hyper: ac.Hyperparameters, large: float, small: list[float]
) -> None:
    """A large gradient before or after small ones of the other sign: the parameters reached differ, by the
    difference that is predicted and certainly not zero."""
    gradients = np.outer([large, *(-x for x in small)], [1, -1]).astype(subject.format.dtype)
    trajectory = ac.Trajectory(hyper, np.zeros(2, subject.format.dtype), gradients)
    observed, predicted, trace = difference(subject, trajectory, slice(None, None, -1))
    ac.assert_met_and_not_zero(observed, predicted, "difference between two orders", trace)


@claim.witness
def two_slopes_in_two_orders(exact: ac.Exact) -> None:
    r"""Linear losses of slopes 1 and 2 with $\beta_1 = \beta_2 = 1/2$: the first step is -1 in either order,
    the square of the second is 25/27 or 8/9. Nothing here is random."""
    for order, square in (((1, 2), Fraction(25, 27)), ((2, 1), Fraction(8, 9))):
        first, second = exact.run(order, beta1=Fraction(1, 2), beta2=Fraction(1, 2)).updates
        exact.says(f"first step, slopes {order}", first, "=", -1)
        exact.says(f"square of the second step, slopes {order}", second * second, "=", square)


@claim.figure
def all_orders_of_four_gradients(axes: Any) -> None:
    """Linear losses of slopes 4, 1, -1 and -2 in all 24 orders: Adam (solid) ends at another parameter for
    each, gradient descent (dashed) at the same for all."""
    orders = np.array(list(permutations((4.0, 1.0, -1.0, -2.0)))).T
    for color, (definition, style) in enumerate(((ac.Adam, "-"), (GradientDescent, "--"))):
        optimizer = definition(ac.Hyperparameters(lr=1.0 if definition is ac.Adam else 0.5))
        updates = [update for _, update in optimizer.run(0 * orders[0], orders)]
        paths = np.vstack([0 * orders[0], np.cumsum(updates, axis=0)])
        lines = axes.plot(range(5), paths, style, color=f"C{color}", alpha=0.6, linewidth=1.2)
        lines[0].set_label(definition.title)
    axes.set_xticks(range(5))
    axes.set_xlabel("step t")
    axes.set_ylabel("parameter")
    axes.legend()
