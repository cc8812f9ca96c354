"""Order without memory.

Chance has nothing to do with it: given the gradients, Adam is deterministic, and with both decay rates 0
their order does not matter. For gradient descent it matters only as far as the gradients depend on where the
parameters are.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

import adamcheck as ac

from ..comparisons import GradientDescent, Momentum
from ..memories import no_memory
from ..orders import difference, way

claim = ac.Claim(
    title="Order without memory",
    says=(
        "Being a stochastic method that relies on a history of gradients is what makes Adam depend on the "
        "order in which the data come."
    ),
    source="Practical Considerations and Nuances: Path Dependence",
    verdict=ac.holds_if(
        r"it is the history that is meant, and not chance: given the gradients the method is deterministic, "
        r"and with $\beta_1 = \beta_2 = 0$ their order does not matter. Where the gradients change with the "
        r"parameters, it matters even to methods without a history"
    ),
    statement=(
        ac.prose("Let the losses be linear, so that the gradients are given."),
        ac.proposition(
            r"With $\beta_1 = \beta_2 = 0$ all orders of the gradients lead to the same parameters, "
            "and so they do for gradient descent; with momentum they do not.",
            "without-memory-the-order-does-not-matter",
            "gradient-descent-for-comparison: gradient descent on linear losses",
            "gradient-descent-for-comparison: with momentum",
        ),
        ac.proposition(
            r"On quadratic losses even gradient descent depends on the order, by $\alpha^2 h_1 h_2 "
            "(c_2 - c_1)$.",
            "gradient-descent-for-comparison: on two quadratics",
        ),
    ),
)


@claim.derivation
def without_memory_the_order_does_not_matter(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $\beta_1 = \beta_2 = 0$ an update depends on its own gradient only, not on the state; a sum of
    such updates is the same in any order."""
    adam, t, g = given.adam(beta1=0, beta2=0), given.time("t"), given.real("g")
    _, late = adam.update(ac.State(t, given.real("m"), given.nonnegative("v"), 0), 0, g)
    _, first = adam.update(adam.start(0 * g), 0, g)
    yield ac.identity("an update in any state is that in the first step", late, first)
    a, b, c = given.gradients(3)
    yield ac.identity("three gradients, turned round", way(adam, [a, b, c]), way(adam, [c, a, b]))


@claim.derivation
def gradient_descent_for_comparison(given: ac.Given) -> Iterator[ac.Step]:
    r"""On linear losses its order does not matter, with momentum it does; on two quadratic losses of
    curvature h around c the order matters without momentum."""
    descent, momentum = given.adam(GradientDescent), given.adam(Momentum)
    a, b = given.gradients(2)
    yield ac.identity("gradient descent on linear losses", way(descent, [a, b]), way(descent, [b, a]))
    lr, beta = momentum.hyper.lr, momentum.hyper.beta1
    gap = way(momentum, [a, b]) - way(momentum, [b, a])
    yield ac.identity("with momentum", gap, -lr * beta * (1 - beta) * (a - b))
    theta, h, c = given.real("theta"), given.positives("h", 2), given.reals("c", 2)

    def after(order: tuple[int, ...]) -> Any:
        state, x = descent.start(theta), theta
        for i in order:
            state, x = descent.step(state, x, h[i] * (x - c[i]))
        return x

    yield ac.identity("on two quadratics", after((0, 1)) - after((1, 0)), lr**2 * h[0] * h[1] * (c[1] - c[0]))


@st.composite
def _reordered(draw: Any, format: ac.Format) -> tuple[ac.Trajectory, list[int]]:
    trajectory = draw(ac.trajectories(format, hyper=no_memory(format)))
    return trajectory, draw(st.permutations(range(len(trajectory.gradients))))


@claim.law(drawn=_reordered)
def without_memory_every_order_leads_to_the_same(
    subject: ac.Subject, drawn: tuple[ac.Trajectory, list[int]]
) -> None:
    """With both betas 0 the same gradients in any order lead to the same parameters, up to rounding."""
    observed, predicted, trace = difference(subject, *drawn)
    ac.assert_met(observed, predicted.at(0), "difference between two orders without memory", trace)


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
def two_quadratics_in_two_orders(axes: Any) -> None:
    """Gradient descent on two quadratic losses with minima at 1 and -1, taken in turns: first that at 1
    (solid) or first that at -1 (dashed). The two orders end apart, by 2 lr / (2 - lr)."""
    for color, lr in enumerate((0.4, 0.2, 0.1)):
        for centres, style in (((1, -1), "-"), ((-1, 1), "--")):
            adam, path = GradientDescent(ac.Hyperparameters(lr=lr)), [0.0]
            for t in range(30):
                state = adam.start(path[-1])
                path.append(adam.step(state, path[-1], path[-1] - centres[t % 2])[1])
            label = f"lr = {lr:g}" if style == "-" else None
            axes.plot(range(0, 31, 2), path[::2], style, color=f"C{color}", label=label)
    axes.set_xlabel("step t, every second one")
    axes.set_ylabel("parameter")
    axes.legend(loc="center right")
