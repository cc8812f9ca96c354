r"""Adam does not converge on every convex problem.

On the losses Cx, -x, -x, Cx, -x, -x, ... with C > 2 a parameter should decrease, for the mean gradient is
positive. But the rare large gradient enlarges its own denominator, which has shrunk again for the two small
ones that follow. With $\beta_1 = 0$, $\beta_2 = 1/(1+C^2)$ the parameter rises in every period.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..bounds import assert_between

claim = ac.Claim(
    title="Non-convergence of Adam",
    says="On convex losses with bounded gradients the average regret of Adam tends to 0.",
    source=(
        'Kingma & Ba, "Adam" (2015), theorem 4.1; refuted by Reddi, Kale & Kumar, "On the Convergence of '
        'Adam and Beyond" (2018), theorem 1'
    ),
    verdict=ac.false_as_stated(
        r"on Cx, -x, -x, ... over [-1, 1] with $\beta_1 = 0$, $\beta_2 = 1/(1+C^2)$ the average regret is at "
        r"least $2(C-2)/3$ forever, with any learning rate $\alpha$ or $\alpha/\sqrt{t}$. Without the "
        r"interval Adam runs away uphill"
    ),
    statement=(
        ac.prose(
            r"Let $C > 2$, $\beta_1 = 0$, $\beta_2 = 1/(1+C^2)$, $\epsilon = 0$ and the gradients C, "
            "-1, -1 for ever."
        ),
        ac.proposition(
            r"For all $\alpha > 0$ the parameter rises in every period.",
            "the-large-gradient-hides-itself",
            "two-steps-up-outweigh-one-step-down",
        ),
        ac.proposition(
            r"With the learning rate $\alpha/\sqrt{t}$, clipped to [-1, 1] after each step and "
            "started at 1, it is 1 again after every period; so the regret against -1 grows by at "
            "least $2(C-2)$ in each.",
            "a-decaying-learning-rate-does-not-help",
        ),
    ),
)


def _problem(given: ac.Given) -> tuple[ac.Adam, Any, Any]:
    """The definition with these betas, C, and what is assumed of C."""
    large = given.positive("C")
    return given.adam(beta1=0, beta2=1 / (1 + large * large), eps=0), large, (large, ">", 2)


@claim.derivation
def the_large_gradient_hides_itself(given: ac.Given) -> Iterator[ac.Step]:
    r"""v never exceeds $C^2$. Right after the large gradient it is at least $(1-\beta_2) C^2$, and after each
    small one at most $2(1-\beta_2)$: so quickly is the large one forgotten."""
    adam, large, assumed = _problem(given)
    v, beta2 = given.nonnegative("v"), adam.hyper.beta2
    bounded = [assumed, (v, "<=", large * large)]
    after_large, after_small = adam.second_moment(v, large), adam.second_moment(v, -1)
    yield ac.inequality("after C, from below", after_large, ">=", (1 - beta2) * large * large)
    yield ac.inequality("after C, from above", after_large, "<=", large * large, given=bounded)
    yield ac.inequality("after -1, from above", after_small, "<=", 2 * (1 - beta2), given=bounded)
    yield ac.inequality("which is below C^2", 2 * (1 - beta2), "<=", large * large, given=[assumed])


@claim.derivation
def two_steps_up_outweigh_one_step_down(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $b_t = \alpha^2 (1-\beta_2^t)/(1-\beta_2)$, which does not decrease, the square of a step down is
    at most $b_t$ and that of a step up at least half of it. Two steps up are worth $\sqrt 2$ steps down."""
    adam, large, assumed = _problem(given)
    t, v, beta2 = given.time("t"), given.nonnegative("v"), adam.hyper.beta2
    at_most = adam.hyper.lr**2 * (1 - beta2 ** (t + 1)) / (1 - beta2)
    (_, down), (_, up) = (adam.update(ac.State(t, 0, v, v), 0 * v, g) for g in (large, -1))
    yield ac.inequality("a step down", down * down, "<=", at_most, given=[assumed])
    bounded = [assumed, (v, "<=", large * large)]
    yield ac.inequality("a step up", 2 * up * up, ">=", at_most, given=bounded)
    ((_, first),) = adam.run(0 * v, [large])
    yield ac.identity("the first step", first, -adam.hyper.lr)


@claim.derivation
def a_decaying_learning_rate_does_not_help(given: ac.Given) -> Iterator[ac.Step]:
    r"""The rates $\alpha/\sqrt{t}$ of the steps up are smaller than that of the step down. In the first
    period each step up is still longer than $\alpha/2$. In the later ones, $n \geq 1$, the two are worth
    $\sqrt{2 (3n+1)/(3n+3)} \geq 1$ steps down. Clipping only shortens the step down."""
    adam, large, assumed = _problem(given)
    n, quarter = given.positive("n"), adam.hyper.lr**2 / 4
    (_, _), (_, second), (_, third) = adam.run(0 * large, [large, -1, -1])
    yield ac.inequality("the second step", second * second / 2, ">", quarter, given=[assumed])
    yield ac.inequality("the third step", third * third / 3, ">", quarter, given=[assumed])
    yield ac.inequality("later periods", 2 * (3 * n + 1), ">=", 3 * n + 3, given=[(n, ">=", 1)])


@claim.law(
    large=st.integers(3, 12),
    periods=st.integers(1, 6),
    lr=st.integers(0, 6).map(lambda k: 2.0**-k),
    eps=st.integers(4, 10).map(lambda k: 2.0**-k),
)
def every_period_goes_uphill(subject: ac.Subject, large: int, periods: int, lr: float, eps: float) -> None:
    """With the gradients C, -1, -1 the parameter rises in every period, although their mean is positive."""
    gradients = np.array([large, -1, -1] * periods, dtype=np.float64)[:, None].astype(subject.format.dtype)
    hyper = ac.Hyperparameters(lr, 0.0, 1 / (1 + large**2), eps)
    trace = subject.run(ac.Trajectory(hyper, np.zeros(1, subject.format.dtype), gradients))
    for start in range(0, 3 * periods, 3):
        observed, due = (
            updates[start : start + 3].total() for updates in (ac.observed(trace), ac.predicted(trace))
        )
        assert_between(
            observed, 0.0, np.finfo(np.float64).max, due, f"the period from step {start + 1} on", trace
        )


@claim.witness
def two_periods(exact: ac.Exact) -> None:
    r"""For $C = 3$ and $\alpha = 1$ the parameter rises in each of the first periods; AMSGrad falls in all
    but the first."""
    for definition, relation in ((ac.Adam, ">"), (ac.AMSGrad, "<")):
        run = exact.run([3, -1, -1] * 2, definition=definition, beta1=0, beta2=Fraction(1, 10))
        for period in (1, 2):
            rise = sum(run.updates[3 * period - 3 : 3 * period])
            exact.says(f"{definition.title}, period {period}", rise, relation, 0)


@claim.figure
def average_regret(axes: Any) -> None:
    r"""The average regret on Cx, -x, -x, ... over [-1, 1] with the learning rate $0.9/\sqrt{t}$, measured in
    float64. For Adam it stays at the bound $2(C-2)/3$ (dotted) of the theorem; for AMSGrad it vanishes."""
    steps = np.arange(1, 3001)
    for color, large in enumerate((3, 10)):
        gradients = np.where(steps % 3 == 1, float(large), -1.0)
        for definition, style in ((ac.Adam, "-"), (ac.AMSGrad, "--")):
            hyper = ac.Hyperparameters(lr=1.0, beta1=0.0, beta2=1 / (1 + large**2), eps=0.0)
            updates = [update for _, update in definition(hyper).run(0.0, gradients.tolist())]
            x, points = 1.0, []
            for t, update in zip(steps, updates, strict=True):
                points.append(x)
                x = min(1.0, max(-1.0, x + 0.9 * update / t**0.5))
            regret = np.cumsum(gradients * (np.array(points) + 1)) / steps
            name = f"{definition.__name__}, C = {large}"
            axes.semilogx(steps[2::3], regret[2::3], style, color=f"C{color}", label=name)
        axes.axhline(2 * (large - 2) / 3, color="gray", linestyle=":")
    axes.set_xlabel("step T")
    axes.set_ylabel("average regret after T steps")
    axes.legend()
