"""Path dependence.

The moments weigh a gradient by its age, so the same gradients in another order lead elsewhere. Chance has
nothing to do with it, only memory: with both decay rates 0, as for gradient descent, the order of given
gradients does not matter, and with either of them positive it does.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import permutations
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..comparisons import GradientDescent, Momentum
from ..memories import no_memory, some_memory
from ..predictions import Updates, assert_met, assert_met_and_not_zero, predict, seen

claim = ac.Claim(
    title="Path dependence",
    says=(
        r"As a stochastic method with a history of gradients, Adam depends on the order in which the data "
        r"come: another order may lead to other parameters."
    ),
    source="Practical Considerations and Nuances: Path Dependence",
    verdict=ac.holds_if(
        r"$\beta_1 > 0$ or $\beta_2 > 0$, and for no other reason: given the gradients the method is "
        r"deterministic, and with $\beta_1 = \beta_2 = 0$ their order does not matter"
    ),
    statement=(
        r"Let the losses be linear, so that the gradients are given. For every $\epsilon \geq 0$ there are "
        r"gradients of which two orders lead to different parameters if and only if $\beta_1 > 0$ or "
        r"$\beta_2 > 0$. Gradient descent does not depend on their order; with momentum it does. On "
        r"quadratic losses even gradient descent depends on the order, by $\alpha^2 h_1 h_2 (c_2 - c_1)$."
    ),
)


def _way(optimizer: ac.Adam, gradients: list[Any]) -> Any:
    """How far given gradients lead, in one coordinate."""
    return sum(update for _, update in optimizer.run(0, gradients))


@claim.derivation
def without_memory_the_order_does_not_matter(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $\beta_1 = \beta_2 = 0$ an update depends on its own gradient only, not on the state; a sum of
    such updates is the same in any order."""
    adam, t, g = given.adam(beta1=0, beta2=0), given.time("t"), given.real("g")
    _, late = adam.update(ac.State(t, given.real("m"), given.nonnegative("v"), 0), 0, g)
    _, first = adam.update(adam.start(0 * g), 0, g)
    yield ac.identity("an update in any state is that in the first step", late, first)
    a, b, c = given.gradients(3)
    yield ac.identity("three gradients, turned round", _way(adam, [a, b, c]), _way(adam, [c, a, b]))


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
    yield ac.inequality("not to the same parameter", _way(adam, [g, -g]), "<", _way(adam, [-g, g]))


@claim.derivation
def with_memory_of_the_squares_it_matters(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $\beta_1 = 0$ and $\beta_2 > 0$ the gradients s, 2s lead farther than 2s, s: after a smaller
    gradient a step is longer than alone, after a larger one it is shorter."""
    x, s, eps = given.positive("x"), given.positive("s"), given.nonnegative("eps")
    adam = given.adam(beta1=0, beta2=x / (1 + x), eps=eps)
    small, large = -_way(adam, [s]), -_way(adam, [2 * s])
    yield ac.inequality("2s after s is longer", -_way(adam, [s, 2 * s]) - small, ">", large)
    yield ac.inequality("s after 2s is shorter", -_way(adam, [2 * s, s]) - large, "<", small)


@claim.derivation
def gradient_descent_for_comparison(given: ac.Given) -> Iterator[ac.Step]:
    r"""On linear losses its order does not matter, with momentum it does; on two quadratic losses of
    curvature h around c the order matters without momentum."""
    descent, momentum = given.adam(GradientDescent), given.adam(Momentum)
    a, b = given.gradients(2)
    yield ac.identity("gradient descent on linear losses", _way(descent, [a, b]), _way(descent, [b, a]))
    lr, beta = momentum.hyper.lr, momentum.hyper.beta1
    gap = _way(momentum, [a, b]) - _way(momentum, [b, a])
    yield ac.identity("with momentum", gap, -lr * beta * (1 - beta) * (a - b))
    theta, h, c = given.real("theta"), given.positives("h", 2), given.reals("c", 2)

    def after(order: tuple[int, ...]) -> Any:
        state, x = descent.start(theta), theta
        for i in order:
            state, x = descent.step(state, x, h[i] * (x - c[i]))
        return x

    yield ac.identity("on two quadratics", after((0, 1)) - after((1, 0)), lr**2 * h[0] * h[1] * (c[1] - c[0]))


def _difference(
    subject: ac.Subject, trajectory: ac.Trajectory, order: Any
) -> tuple[Updates, Updates, ac.Trace]:
    """How much farther another order of the gradients leads: as seen, as predicted, and the other run."""
    trace = subject.run(trajectory)
    other = subject.run(trajectory.replace(gradients=trajectory.gradients[order]))
    observed = seen(other).total() - seen(trace).total()
    return observed, predict(other).total() - predict(trace).total(), other


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
    observed, predicted, trace = _difference(subject, trajectory, slice(None, None, -1))
    assert_met_and_not_zero(observed, predicted, "difference between two orders", trace)


@st.composite
def _reordered(draw: Any, format: ac.Format) -> tuple[ac.Trajectory, list[int]]:
    trajectory = draw(ac.trajectories(format, hyper=no_memory(format)))
    return trajectory, draw(st.permutations(range(len(trajectory.gradients))))


@claim.law(drawn=_reordered)
def without_memory_every_order_leads_to_the_same(
    subject: ac.Subject, drawn: tuple[ac.Trajectory, list[int]]
) -> None:
    """With both betas 0 the same gradients in any order lead to the same parameters, up to rounding."""
    observed, predicted, trace = _difference(subject, *drawn)
    assert_met(observed, predicted.at(0), "difference between two orders without memory", trace)


@claim.witness
def two_slopes_in_two_orders(exact: ac.Exact) -> None:
    r"""Linear losses of slopes 1 and 2 with $\beta_1 = \beta_2 = 1/2$: the first step is -1 in either order,
    the square of the second is 25/27 or 8/9. Nothing here is random."""
    for order, square in (((1, 2), Fraction(25, 27)), ((2, 1), Fraction(8, 9))):
        first, second = exact.run(order, beta1=Fraction(1, 2), beta2=Fraction(1, 2)).updates
        exact.says(f"first step, slopes {order}", first, "=", -1)
        exact.says(f"square of the second step, slopes {order}", second * second, "=", square)


@claim.witness
def the_same_without_memory(exact: ac.Exact) -> None:
    r"""The same slopes with $\beta_1 = \beta_2 = 0$ lead to the same parameter, and so does gradient descent;
    with momentum they do not: 7/4 and 2."""
    ways: dict[str, list[Any]] = {"no memory": [], "gradient descent": [], "momentum": []}
    for order in ((1, 2), (2, 1)):
        for name, definition in (("no memory", ac.Adam), ("gradient descent", GradientDescent)):
            ways[name].append(sum(exact.run(order, definition=definition, beta1=0, beta2=0).updates))
        momentum = exact.run(order, definition=Momentum, beta1=Fraction(1, 2), beta2=0)
        ways["momentum"].append(-sum(momentum.updates))
    for name in ("no memory", "gradient descent"):
        exact.says(name, ways[name][0], "=", ways[name][1])
    exact.says("momentum, slopes (1, 2)", ways["momentum"][0], "=", Fraction(7, 4))
    exact.says("momentum, slopes (2, 1)", ways["momentum"][1], "=", 2)


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
