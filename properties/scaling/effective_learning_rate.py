"""The effective learning rate.

A coordinate with a larger second moment has a smaller effective learning rate, alpha / (sqrt(v_hat) + eps),
and the other way round. But the second moment measures gradients, not curvature. Near the bottom of the steep
direction the gradient is small, and there the steep direction has the larger rate.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..memories import some_memory

claim = ac.Claim(
    title="The effective learning rate",
    says=(
        r"Steep directions have large gradients, hence a large $\hat v_t$ and a small effective learning "
        r"rate; in flat directions it is the other way round."
    ),
    source="Interpreting the Adam Update: Adaptive Coordinate-wise Scaling",
    verdict=ac.holds_if(
        r"the gradients that Adam remembers are larger in the steep direction, that is, outside of the strip "
        r"$H |x| < h |y|$. Inside it the flat direction has the larger gradient, and the steep one the "
        r"larger effective rate"
    ),
    statement=(
        ac.proposition(
            r"For all gradients and all $t$: $\alpha / (\sqrt{\hat v_{t,x}} + \epsilon) < \alpha / "
            r"(\sqrt{\hat v_{t,y}} + \epsilon)$ if and only if $\hat v_{t,x} > \hat v_{t,y}$.",
            "larger-second-moments-have-smaller-rates: smaller",
            "larger-second-moments-have-smaller-rates: equal for equal moments",
        ),
        ac.proposition(
            r"It exceeds $\alpha$ if and only if $\sqrt{\hat v_t} + \epsilon < 1$.",
            "larger-second-moments-have-smaller-rates: above alpha",
            "larger-second-moments-have-smaller-rates: below alpha",
        ),
        ac.proposition(
            r"In the first step on $\frac{1}{2}(H x^2 + h y^2)$: $\hat v_{1,x} > \hat v_{1,y}$ if and "
            "only if $H |x_0| > h |y_0|$.",
            "gradients-decide-and-not-curvatures",
        ),
    ),
)


def _rate(adam: ac.Adam, v_hat: Any) -> Any:
    """What multiplies m_hat: the update for the corrected moments 1 and v_hat, negated."""
    return adam.hyper.lr / adam.denominator(v_hat, 1)


@claim.derivation
def larger_second_moments_have_smaller_rates(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $s = \sqrt{\hat v_y}$ and $s + d = \sqrt{\hat v_x}$, and in general: the rate is one number
    divided by something that grows."""
    adam, s, d = given.adam(), given.nonnegative("s"), given.positive("d")
    yield ac.inequality("smaller", _rate(adam, (s + d) ** 2), "<", _rate(adam, s * s))
    yield ac.identity("equal for equal moments", _rate(adam, s * s) * (s + adam.hyper.eps), adam.hyper.lr)
    for name, excess, relation in (("above", -1, ">"), ("below", 1, "<")):
        # the denominator is 1 / (1 + d) or 1 + d, with eps a part of it
        share = 1 / (1 + d) if excess < 0 else 1 + d
        eps = share * s / (1 + s)
        split = given.adam(eps=eps)
        rest = share - eps
        yield ac.inequality(f"{name} alpha", _rate(split, rest * rest), relation, split.hyper.lr)


@claim.derivation
def gradients_decide_and_not_curvatures(given: ac.Given) -> Iterator[ac.Step]:
    r"""In the first step $\hat v_1 = g^2$. In the steep direction, of curvature h + d, the gradient is larger
    for equal distances; but at the distance hy/(h+d+z) it is smaller."""
    adam, h, d = given.adam(), given.positive("h"), given.positive("d")
    y, z = given.positive("y"), given.positive("z")

    def second_moment(g: Any) -> Any:
        (state, _), *_ = adam.run(0 * g, [g])
        return adam.correct_second(state.peak, state.v, 1)[1]

    yield ac.identity("the square of the gradient", second_moment(h * y), (h * y) ** 2)
    steep, flat = (h + d) * y, h * y
    yield ac.inequality("at equal distances", second_moment(steep), ">", second_moment(flat))
    inside = (h + d) * (h * y / (h + d + z))
    yield ac.inequality("inside the strip", second_moment(inside), "<", second_moment(flat))


@claim.law(
    hyper=some_memory,
    mean=st.integers(8, 15),
    spread=st.integers(16, 60),
    exponent=st.integers(-2, 2),
)
def more_spread_makes_shorter_steps(
    subject: ac.Subject, hyper: ac.Hyperparameters, mean: int, spread: int, exponent: int
) -> None:
    """Two coordinates with the same first moment: one sees the same gradient twice, the other one more and
    one less. Its second moment is larger, and its second step shorter wherever rounding cannot hide it."""
    rise, fall = (
        (spread, hyper.beta1 * spread) if hyper.beta2 >= hyper.beta1 else (-spread, -hyper.beta1 * spread)
    )
    gradients = np.array([[mean, mean + rise], [mean, mean - fall]]) / 8 * 2.0**exponent
    gradients = gradients.astype(subject.format.dtype)
    trace = subject.run(ac.Trajectory(hyper, np.zeros(2, subject.format.dtype), gradients))
    due, last = ac.predicted(trace)[-1], ac.observed(trace)[-1]
    certain = due.radius.sum() + last.radius.sum()
    if not (np.abs(due.value[0]) - np.abs(due.value[1])).astype(np.float64) > certain:
        raise ac.NotJudged
    if not np.abs(last.value[1]) < np.abs(last.value[0]):
        raise ac.Broken("the coordinate with the larger second moment takes the longer step", trace)


@claim.witness
def near_the_bottom_of_the_steep_direction(exact: ac.Exact) -> None:
    r"""At (1/1000, 1) on $\frac{1}{2}(100 x^2 + y^2)$ the gradient is (1/10, 1): the effective rate of the
    steep direction is 10, that of the flat one 1. At (1, 1) they are 1/100 and 1. ($\alpha = 1$, $\epsilon =
    0$.)"""
    for x, steep in ((Fraction(1, 1000), 10), (Fraction(1), Fraction(1, 100))):
        gradients = (100 * x, Fraction(1))
        rates = [-exact.run([g], beta1=0, beta2=0).update / g for g in gradients]
        exact.says(f"the rate of the steep direction at ({x}, 1)", rates[0], "=", steep)
        exact.says(f"the rate of the flat direction at ({x}, 1)", rates[1], "=", 1)


@claim.figure
def rates_on_the_bowl(axes: Any) -> None:
    """The effective learning rates, relative to lr, on (100 x² + y²)/2 with the default betas and lr = 0.01.
    From (1, 1) the steep direction has the smaller rate, by the factor 100 of the gradients (solid). From
    (0.001, 1) it has the larger one at first (dashed)."""
    bowl, adam = np.array([100.0, 1.0]), ac.Adam(ac.Hyperparameters(lr=0.01))
    for start, style in (((1.0, 1.0), "-"), ((0.001, 1.0), "--")):
        theta, rates = np.array(start), []
        state = adam.start(theta)
        for t in range(1, 301):
            state, theta = adam.step(state, theta, bowl * theta)
            rates.append(_rate(adam, adam.correct_second(state.peak, state.v, t)[1]) / adam.hyper.lr)
        for i, name in enumerate(("x, curvature 100", "y, curvature 1")):
            label = f"{name}, from {start}"
            axes.loglog(range(1, 301), [rate[i] for rate in rates], style, color=f"C{i}", label=label)
    axes.set_xlabel("step t")
    axes.set_ylabel("effective learning rate / lr")
    axes.legend(fontsize="small")
