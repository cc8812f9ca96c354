"""The scale of a feature.

A feature multiplied by s multiplies the gradient of its weight by s. What a step changes in the prediction is
s times the step: for SGD that makes s squared, for Adam s. So Adam is more robust by one power of s, and not
invariant: that would need the power 0.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

from ..closed_loop import descend
from ..comparisons import GradientDescent

claim = ac.Claim(
    title="The scale of a feature",
    says=r"Since it adapts, Adam copes better than SGD with features of different scales.",
    source="Practical Considerations and Nuances: Interaction with Feature Standardization",
    verdict=ac.holds_if(
        r"robust means: a step changes the share of the prediction that comes from a feature in proportion "
        r"to its scale $s$, instead of to $s^2$. It does not mean invariant; and for gradients far below "
        r"$\epsilon$ Adam has $s^2$ as well"
    ),
    statement=(
        ac.prose(
            "Let a feature $x$ with the weight $w$ be replaced by $s x$, $s > 1$, and let all "
            "residuals be the same."
        ),
        ac.proposition(
            r"Then the gradient of $w$ is $s$ times as large, and the change $s x \Delta w$ of the "
            "prediction is $s^2$ times as large for gradient descent, $s$ times for Adam with "
            r"$\epsilon = 0$, and between $s$ and $s^2$ times for Adam with $\epsilon > 0$.",
            "one-power-or-two",
        ),
    ),
)


@claim.derivation
def one_power_or_two(given: ac.Given) -> Iterator[ac.Step]:
    r"""The change of the prediction, with x = 1, from moments that are scaled along, $(s m, s^2 v)$, by
    induction on t."""
    t, m, v = given.time("t"), given.positive("m"), given.nonnegative("v")
    g, d = given.positive("g"), given.positive("d")
    s = 1 + d

    def changes(rule: ac.Adam) -> tuple[Any, Any]:
        _, change = rule.update(ac.State(t, m, v, v), 0, g)
        _, change_of_weight = rule.update(ac.State(t, s * m, s * s * v, v), 0, s * g)
        return change, s * change_of_weight

    change, scaled = changes(given.adam(GradientDescent))
    yield ac.identity("gradient descent: two powers", scaled, s * s * change)
    change, scaled = changes(given.adam(eps=0))
    yield ac.identity("Adam without eps: one power", scaled, s * change)
    change, scaled = changes(given.adam())
    yield ac.inequality("Adam with eps: more than one", -scaled, ">", -s * change)
    yield ac.inequality("Adam with eps: less than two", -scaled, "<", -s * s * change)


@claim.witness
def a_feature_in_other_units(exact: ac.Exact) -> None:
    r"""A residual of 1 and the feature x = 1 in metres or 1000 in millimetres, $\alpha = 1/10^6$, no memory,
    $\epsilon = 0$: one step changes the prediction by $10^{-6}$ either way in metres; in millimetres by 1 for
    gradient descent, by 1/1000 for Adam."""
    for definition, change in ((GradientDescent, 1), (ac.Adam, Fraction(1, 1000))):
        for s, due in ((1, Fraction(1, 10**6)), (1000, change)):
            run = exact.run([s], definition=definition, lr=Fraction(1, 10**6), beta1=0, beta2=0)
            exact.says(f"{definition.title}, feature {s}", -s * run.update, "=", due)


@claim.figure
def loss_by_scale(axes: Any) -> None:
    """The loss of a linear regression on two features after 200 steps from 0, with one feature multiplied by
    s. Gradient descent has the learning rate that is stable for s = 1, and diverges for slightly larger s.
    Adam copes with a far wider range, though not with every s."""
    x = np.random.default_rng(6).standard_normal((100, 2))
    y = x @ np.array([1.0, 1.0])
    scales = np.geomspace(1e-3, 1e3, 241)
    rows = np.stack([scales, np.ones(scales.size)], axis=1)
    second_moments = x.T @ x / len(x)

    def loss(weights: Any) -> Any:
        residuals = (weights * rows) @ x.T - y
        return np.square(residuals).mean(axis=1) / 2

    def slope(weights: Any) -> Any:
        return ((weights * rows - 1.0) @ second_moments) * rows

    rules = {
        "gradient descent, lr = 0.5": GradientDescent(ac.Hyperparameters(lr=0.5)),
        "Adam, lr = 0.01": ac.Adam(ac.Hyperparameters(lr=0.01)),
    }
    for name, rule in rules.items():
        with np.errstate(over="ignore", invalid="ignore"):
            last = loss(descend(rule, np.zeros(rows.shape), slope, 200)[-1])
        axes.loglog(scales, np.clip(last, 1e-30, 1e30), label=name)
    axes.set_ylim(1e-12, 1e3)
    axes.set_xlabel("scale s of one feature")
    axes.set_ylabel("loss after 200 steps")
    axes.legend()
