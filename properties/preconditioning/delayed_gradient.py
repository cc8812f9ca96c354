"""The gradient of which step.

With g_t as the gradient at theta_{t-1} the step leads from theta_{t-1} to theta_t. Written from theta_t to
theta_{t+1}, with the same g_t, it would use a gradient one step old. That is another method: on a bowl it
needs half the learning rate to be stable, and oscillates where gradient descent does not.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..closed_loop import descend, descend_exactly
from ..comparisons import GradientDescent, LateDescent, OneStepLate
from ..memories import some_memory

claim = ac.Claim(
    title="The gradient of which step",
    says=(
        r"The step from $\theta_t$ to $\theta_{t+1}$ is $-\alpha D_t \hat m_t$, where $g_t$ is the gradient "
        r"at $\theta_{t-1}$."
    ),
    source="A Deeper Perspective: Adam as Preconditioned Gradient Descent",
    verdict=ac.false_as_stated(
        r"a slip of indices: with $g_t = \nabla f(\theta_{t-1})$, as the chapter defines it, the step is "
        r"$\theta_t = \theta_{t-1} - \alpha D_t \hat m_t$, as its update rule has it. The two conventions "
        r"together would delay every gradient by one step, which is stable for $\alpha h < 1$ only, instead "
        r"of $\alpha h < 2$"
    ),
    statement=(
        ac.proposition(
            r"On $\frac{1}{2} h x^2$, $a = \alpha h$, $D_t = 1$, $\beta_1 = 0$: the undelayed step is "
            "$x_{t+1} = (1-a) x_t$ and converges if and only if $0 < a < 2$.",
            "a-delayed-step: undelayed",
        ),
        ac.proposition(
            "The delayed step is $x_{t+1} = x_t - a x_{t-1}$.",
            "a-delayed-step: the delayed step",
        ),
        ac.proposition(
            "It multiplies $Q_t = x_t^2 - x_t x_{t-1} + a x_{t-1}^2$ by $a$, which for $a > 1/4$ is "
            "positive definite: it converges for $1/4 < a < 1$, has the period 6 at $a = 1$, and "
            "diverges for $a > 1$.",
            "a-delayed-step: the form",
            "a-delayed-step: is a sum of squares",
            "slow-enough-it-does-not-oscillate: period 6 at a = 1",
        ),
        ac.proposition(
            "It oscillates for all $a > 1/4$, the undelayed step for $a > 1$ only.",
            "slow-enough-it-does-not-oscillate",
        ),
    ),
)


@claim.derivation
def a_delayed_step(given: ac.Given) -> Iterator[ac.Step]:
    r"""One step of gradient descent from $x_t$ with the gradient at $x_{t-1}$. The form Q grows by the factor
    a; it is a sum of squares, the second one with the factor $a - 1/4$."""
    x, before, h, lr = given.real("x"), given.real("y"), given.positive("h"), given.positive("lr")
    descent = given.adam(GradientDescent, lr=lr)
    a = lr * h

    def form(now: Any, earlier: Any) -> Any:
        return now**2 - now * earlier + a * earlier**2

    after = descent.step(descent.start(x), x, h * before)[1]
    yield ac.identity("the delayed step", after, x - a * before)
    yield ac.identity("the form", form(after, x), a * form(x, before))
    squares = (x - before / 2) ** 2 + (a - given.number(1, 4)) * before**2
    yield ac.identity("is a sum of squares", form(x, before), squares)
    yield ac.identity("undelayed", descent.step(descent.start(x), x, h * x)[1], (1 - a) * x)


@claim.derivation
def slow_enough_it_does_not_oscillate(given: ac.Given) -> Iterator[ac.Step]:
    r"""For $a \leq 1/4$ there is a share z, $1/2 \leq z < 1$, with $z - z^2 = a$: if $x_t = z x_{t-1}$ once,
    it stays so. At a = 1 six steps lead back to the start."""
    w, h, before = given.nonnegative("w"), given.positive("h"), given.positive("y")
    z = (1 + w) / (2 + w)  # every number from 1/2 to below 1
    descent = given.adam(GradientDescent, lr=(z - z * z) / h)
    x = z * before
    yield ac.identity("it shrinks steadily", descent.step(descent.start(x), x, h * before)[1], z * x)
    yield ac.inequality("by a share of at most a quarter", z - z * z, "<=", given.number(1, 4))
    unit = given.adam(GradientDescent, lr=1 / h)
    now, earlier = given.real("x"), given.real("u")
    start = (now, earlier)
    for _ in range(6):
        now, earlier = unit.step(unit.start(now), now, h * earlier)[1], now
    yield ac.identity("period 6 at a = 1", [now, earlier], list(start))


def _short_memories(format: ac.Format) -> Any:
    return ac.trajectories(format, hyper=some_memory(format))


@claim.law(trajectory=_short_memories, at=st.integers(0, 31))
def a_gradient_acts_at_once_and_not_before(subject: ac.Subject, trajectory: ac.Trajectory, at: int) -> None:
    """With one gradient negated, all earlier parameters are bitwise the same, and the update of this
    very step is another, wherever rounding cannot hide it."""
    trajectory = trajectory.first(4)
    at %= len(trajectory.gradients)
    turned = trajectory.gradients.copy()
    turned[at] *= -1
    trace, other = subject.run(trajectory), subject.run(trajectory.replace(gradients=turned))
    earlier = np.asarray(trace.parameters)[: at + 1]
    ac.assert_bitwise(
        np.asarray(other.parameters)[: at + 1], earlier, f"before gradient {at + 1} is turned", trace
    )
    due = (ac.predicted(other) - ac.predicted(trace))[at : at + 1]
    observed = (ac.observed(other) - ac.observed(trace))[at : at + 1]
    certain = np.abs(due.value).astype(np.float64) > due.radius + observed.radius
    if not certain.any():
        raise ac.NotJudged
    if (certain & (observed.value == 0)).any():
        raise ac.Broken(f"gradient {at + 1}, negated, does not change the update of its own step", other)


@claim.witness
def with_the_learning_rate_one(exact: ac.Exact) -> None:
    r"""On $x^2/2$ from 1 with $\alpha = 1$ gradient descent is at the minimum after one step. With gradients
    one step late it goes 1, 0, -1, -1, 0, 1, 1 and so on forever."""
    undelayed, late = (
        descend_exactly(exact, 1, lambda x: x, 6, definition=definition, beta1=0, beta2=0)
        for definition in (GradientDescent, LateDescent)
    )
    exact.says("undelayed, after one step", undelayed[1], "=", 0)
    for t, due in enumerate((0, -1, -1, 0, 1, 1), start=1):
        exact.says(f"late, after step {t}", late[t], "=", due)


@claim.witness
def the_indices_t_and_t_plus_1(exact: ac.Exact) -> None:
    r"""On $x^2/2$ from 1, with $\alpha = \epsilon = 1$ and no memory, Adam comes down on one side of the
    minimum. With its gradients one step late it is past the minimum after three steps."""
    for definition, relation in ((ac.Adam, ">"), (OneStepLate, "<")):
        path = descend_exactly(exact, 1, lambda x: x, 3, definition=definition, beta1=0, beta2=0, eps=1)
        exact.says(f"{definition.title}, after three steps", path[-1], relation, 0)


@claim.figure
def paths_with_and_without_delay(axes: Any) -> None:
    """Gradient descent on x²/2 from 1, as it is (solid) and with every gradient one step late (dashed). At lr
    = 0.5 the delay makes it overshoot, at lr = 1 it circles forever instead of needing one step."""
    for color, lr in enumerate((0.2, 0.5, 1.0)):
        for definition, style in ((GradientDescent, "-"), (LateDescent, "--")):
            path = descend(definition(ac.Hyperparameters(lr=lr)), np.ones(1), lambda x: x, 24)
            label = f"lr = {lr:g}" if style == "-" else None
            axes.plot(range(25), path, style, color=f"C{color}", label=label)
    axes.set_xlabel("step t")
    axes.set_ylabel("parameter")
    axes.set_ylim(-1.1, 1.5)
    axes.legend(ncols=3)
