r"""Two-cycles.

Adam may jump to and fro between two points at equal distances from a minimum. Such a cycle exists wherever
the minimum repels, for all betas.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..cycle import cycle, half_turn, with_the_cycle_at
from ..late import late_path

claim = ac.Claim(
    title="Two-cycles",
    says="With a constant learning rate Adam may end in a cycle of two points instead of the minimum.",
    source='Bock & Weiss, "Non-convergence and Limit Cycles in the Adam Optimizer" (2019)',
    verdict=ac.holds_if(
        r"the minimum repels: for the curvature h, if $\alpha h/\epsilon > 2(1+\beta_1)/(1-\beta_1)$. Then "
        r"there is one such cycle, whatever the betas; whether it attracts is another question"
    ),
    statement=(
        ac.prose(r"Let $k = (1-\beta_1)/(1+\beta_1)$."),
        ac.proposition(
            r"Late in a run on $h x^2/2$ with $\alpha h/\epsilon > 2/k$ there is the cycle X, -X with "
            r"$X = \alpha k/2 - \epsilon/h$, $m = \mp k h X$, $v = h^2 X^2$.",
            "thecycle: parameter and moments",
        ),
        ac.proposition(
            r"For $\epsilon = 0$ it satisfies $\alpha h/\sqrt{v} = 2(1+\beta_1)/(1-\beta_1)$, the "
            "threshold of stability.",
            "thecycle: at the edge of stability",
        ),
    ),
)


@claim.derivation
def thecycle(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $\alpha = 2 (X + \epsilon/h)/k$, half a turn leads from X back to X. So X is positive if and only
    if $\alpha h/\epsilon > 2/k$, where the minimum repels."""
    x, h, eps = given.positive("X"), given.positive("h"), given.positive("eps")
    adam = with_the_cycle_at(given, x, h, eps)
    state = cycle(adam, x, h)
    yield ac.identity("parameter and moments", half_turn(adam, state, h), state)
    adam = with_the_cycle_at(given, x, h, 0)
    beta1 = adam.hyper.beta1
    sharpness = adam.hyper.lr * h / adam.denominator(state[2], 1)
    yield ac.identity("at the edge of stability", sharpness, 2 * (1 + beta1) / (1 - beta1))


@claim.law(
    beta2=st.sampled_from([0.5, 0.75, 0.875, 0.0]),
    curvature=st.integers(-2, 2).map(lambda k: 2.0**k),
    lr=st.integers(0, 3).map(lambda k: 2.0**-k),
    share=st.integers(1, 7).map(lambda k: k / 16),
)
def without_first_moment_the_cycle_starts_at_once(
    subject: ac.Subject, beta2: float, curvature: float, lr: float, share: float
) -> None:
    """With beta1 = 0, v_hat is the square of the slope at X = lr/2 - eps/h from the first step on, and each
    update leads from one of X and -X to the other."""
    eps = share * lr * curvature
    x = lr / 2 - eps / curvature
    turns = np.array([[1.0], [-1.0]] * 8)
    gradients = (curvature * x * turns).astype(subject.format.dtype)
    hyper = ac.Hyperparameters(lr, 0.0, beta2, eps)
    trace = subject.run(ac.Trajectory(hyper, np.zeros(1, subject.format.dtype), gradients))
    ac.assert_met(ac.observed(trace), ac.predicted(trace).at(-2 * x * turns), "half a turn", trace)


@claim.witness
def acycle(exact: ac.Exact) -> None:
    r"""With $\alpha = 1$, $h = 1$, $\epsilon = 1/4$, $\beta_1 = 0$ and $\beta_2 = 1/2$: from 1/4 to -1/4 and
    back."""
    quarter = Fraction(1, 4)
    run = exact.run([quarter, -quarter] * 2, start=quarter, beta1=0, beta2=Fraction(1, 2), eps=quarter)
    for i, update in enumerate(run.updates):
        exact.says(f"update {i + 1}", update, "=", Fraction((-1) ** (i + 1), 2))


@claim.figure
def into_the_cycle(axes: Any) -> None:
    r"""Late in a run on $x^2/2$ with $\alpha = 1$, $\epsilon = 1/4$, $\beta_2 = 1/2$, from x = 1/100: the
    parameter after every step. Where the cycle is stable the path ends in it (dotted: its two points).
    With $\beta_1 = 1/2$, for which the minimum attracts, there is none."""
    for color, beta1 in enumerate((0.0, 0.1, 0.5)):
        adam = ac.Adam(ac.Hyperparameters(1.0, beta1, 0.5, 0.25))
        axes.plot(late_path(adam, 0.01, 0.0, 0.0, 1.0, 40), marker=".", label=f"beta1 = {beta1:g}")
        place = (1 - beta1) / (1 + beta1) / 2 - 0.25
        for side in (place, -place) if place > 0 else ():
            axes.axhline(side, color=f"C{color}", linestyle=":", linewidth=1)
    axes.set_xlabel("step")
    axes.set_ylabel("parameter")
    axes.set_ylim(-0.35, 0.45)
    axes.legend(ncols=3)
