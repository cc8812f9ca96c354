r"""Escape from a saddle.

Off a saddle, gradient descent grows like a power of a number near 1, from wherever it starts: the nearer to
the axis that leads into the saddle, the longer it takes. In a direction that is an axis, Adam leaves with
steps of the size of the learning rate at once, however small the gradient is, until it is as small as eps. On
the axis itself no gradient leads away, and neither leaves.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from operator import mul
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..bounds import assert_between
from ..closed_loop import descend, descend_exactly, follow
from ..comparisons import GradientDescent, Momentum
from ..memories import some_memory

claim = ac.Claim(
    title="Escape from a saddle",
    says=(
        r"On non-convex landscapes one fixed learning rate often makes gradient descent slow; methods that "
        r"adapt it, Adam above all, do better."
    ),
    source="Introduction",
    verdict=ac.holds_if(
        r"it is a saddle, the direction down is an axis, $\beta_1 \leq \beta_2$, and the start is at a "
        r"distance $\delta$ from the axis into it with $h \delta \gg \epsilon$. Then every step away has at "
        r"least $\sqrt{1-\beta_1}$ of $\alpha$, for every $\delta$ and curvature $h$, while gradient descent "
        r"multiplies $\delta$ by $1 + \alpha h$ a step. On the axis itself neither ever leaves"
    ),
    statement=(
        ac.prose(
            r"Let the loss fall by $-\frac{1}{2} h y^2$ along the coordinate $y$, from $y_0 = \delta > 0$, "
            r"$\beta_1 \leq \beta_2$. Then $y_t$ grows, so that the gradients grow in size."
        ),
        ac.proposition(
            r"For $\epsilon = 0$ and all t: $\Delta_t \geq \alpha \sqrt{(1-\beta_1)/(1-\beta_1^t)}$. The "
            r"first step is $\alpha$.",
            "every-step-is-long",
        ),
        ac.proposition(
            r"With $\epsilon > 0$ no step is shorter than the same times $h \delta / (h \delta + \epsilon)$.",
            "with-eps",
        ),
        ac.proposition(
            r"Gradient descent multiplies $y$ by $1 + \alpha h$ in every step, as does Adam with $\alpha / "
            r"\epsilon$ for $\alpha$ as $\delta \to 0$, in the first step.",
            "gradient-descent-grows-like-a-power",
        ),
        ac.proposition(
            r"From $y_0 = 0$, with $\epsilon > 0$: $y$ stays 0, as it does for gradient descent with and "
            "without momentum.",
            "on-the-axis-nothing-leaves",
        ),
    ),
)


@claim.derivation
def every_step_is_long(given: ac.Given) -> Iterator[ac.Step]:
    r"""Corrected, the moments are averages with the shares a and b of the past, $a \leq b$. Let $A$ be $|\hat
    m|$, $V$ be $\hat v$ and g the size of the last gradient. One step from $A \leq g$, $V \leq g A$, with a
    gradient of the size $G \geq g$, leads to the same, with $A \geq (1-a) G$. So $A^2/V \geq A/G \geq 1-a$.
    Here g = A + e and G = g + d."""
    adam, t = given.adam(eps=0), given.time("t")
    beta1, beta2 = adam.hyper.beta1, adam.hyper.beta2
    size, average, square = given.positive("G"), given.nonnegative("A"), given.nonnegative("V")
    state = ac.State(t, -(1 - beta1**t) * average, (1 - beta2**t) * square, square)
    after, _ = adam.update(state, 0, -size)
    first, second = (beta * (1 - beta**t) / (1 - beta ** (t + 1)) for beta in (beta1, beta2))
    m_hat, v_hat = adam.correct_first(after.m, t + 1), adam.correct_second(0, after.v, t + 1)[1]
    yield ac.identity("the share of the past in m", m_hat, -(first * average + (1 - first) * size))
    yield ac.identity("in v", v_hat, second * square + (1 - second) * size**2)
    yield ac.identity("of the new gradient", 1 - first, (1 - beta1) / (1 - beta1 ** (t + 1)))
    ordered = [(beta1, "<=", beta2)]
    yield from ac.induction(
        "a is at most b",
        t,
        lambda k: ((1 - beta1) * (1 - beta2**k), ">=", (1 - beta2) * (1 - beta1**k)),
        given=ordered,
    )
    u, z, less, rise, x = (given.nonnegative(name) for name in ("u", "z", "e", "d", "x"))
    a, b = u / (1 + u), (u + z) / (1 + u + z)  # all shares with a <= b
    last, grown = average + less, average + less + rise
    square = last * average / (1 + x)
    new, new_square = a * average + (1 - a) * grown, b * square + (1 - b) * grown**2
    yield ac.inequality("A again", new, "<=", grown)
    yield ac.inequality("V again", new_square, "<=", grown * new)
    yield ac.inequality("the new gradient counts", new, ">=", (1 - a) * grown)
    new = (1 - a) * size + less
    step = adam.hyper.lr * adam.numerator(new, size, 1) / adam.denominator(size * new / (1 + x), 1)
    yield ac.inequality("the step", step**2, ">=", adam.hyper.lr**2 * (1 - a))
    (_, first_step), *_ = adam.run(0 * size, [-size])
    yield ac.identity("the first step", first_step, adam.hyper.lr)


@claim.derivation
def with_eps(given: ac.Given) -> Iterator[ac.Step]:
    r"""All gradients are at least $l = h \delta$ in size, so $\hat v \geq l^2$, and the step is at least
    $l/(l + \epsilon)$ of that with $\epsilon = 0$."""
    adam, bare, low = given.adam(), given.adam(eps=0), given.positive("l")
    more, share, d = given.nonnegative("d"), given.decay("b"), given.nonnegative("D")
    average = share * (low**2 + d) + (1 - share) * (low + more) ** 2
    yield ac.inequality("v stays above", average, ">=", low**2)
    root, factor = low + more, low / (low + adam.hyper.eps)
    without, full = (1 / each.denominator(root**2, 1) for each in (bare, adam))
    yield ac.inequality("the step", full, ">=", factor * without)


@claim.derivation
def gradient_descent_grows_like_a_power(given: ac.Given) -> Iterator[ac.Step]:
    r"""One step of each from y; for Adam relative to y, as $y \to 0$."""
    adam, descent, y, h = given.adam(), given.adam(GradientDescent), given.positive("y"), given.positive("h")
    _, reached = descent.step(descent.start(y), y, -h * y)
    yield ac.identity("gradient descent", reached, (1 + descent.hyper.lr * h) * y)
    _, reached = adam.step(adam.start(y), y, -h * y)
    due = adam.hyper.lr * h / (h * y + adam.hyper.eps)
    yield ac.identity("Adam", reached, (1 + due) * y)
    yield ac.limit("Adam, far below eps", reached / y, y, 0, 1 + adam.hyper.lr / adam.hyper.eps * h)


@claim.derivation
def on_the_axis_nothing_leaves(given: ac.Given) -> Iterator[ac.Step]:
    """Where y is 0 so is its gradient, and where both moments are 0 they stay 0, and so does y."""
    t = given.time("t")
    for definition in (ac.Adam, GradientDescent, Momentum):
        adam = given.adam(definition)
        zero = 0 * adam.hyper.lr
        state, update = adam.update(ac.State(t, zero, zero, zero), zero, zero)
        name = definition.title
        yield ac.identity(f"{name}: the parameter and both moments", [update, state.m, state.v], [0, 0, 0])


def _flat_starts(format: ac.Format) -> Any:
    return st.integers(-min(ac.exponent_range(format), 8), 0).map(lambda k: 2.0**k)


@claim.law(hyper=some_memory, start=_flat_starts)
def every_step_away_is_long(subject: ac.Subject, hyper: ac.Hyperparameters, start: float) -> None:
    r"""On $-y^2/2$ with $\beta_1 \leq \beta_2$ and a small eps, every one of the first steps is at least as
    long as stated, from wherever y starts."""
    hyper = hyper.replace(beta1=min(hyper.beta1, hyper.beta2), eps=hyper.eps * 2.0**-10)
    first = np.array([start]).astype(subject.format.dtype)
    trace = follow(subject, first, hyper, lambda y: -y, 4)
    share = start / (start + hyper.eps)
    due = hyper.lr * share * np.sqrt((1 - hyper.beta1) / (1 - hyper.beta1 ** np.arange(1.0, 5)))[:, None]
    assert_between(ac.observed(trace), due, np.inf, ac.predicted(trace), "a step off the saddle", trace)


@claim.witness
def from_very_near(exact: ac.Exact) -> None:
    r"""Curvature 1, $\delta = 2^{-40}$, $\alpha = 1/8$, $\epsilon = 0$, no memory: 8 steps lead Adam to $1 +
    \delta$. Gradient descent is then at $(9/8)^8 \delta$, and needs 236 steps to get as far as 1."""
    near, lr = Fraction(1, 2**40), Fraction(1, 8)
    up = partial(mul, -1)
    path = descend_exactly(exact, near, up, 8, lr=lr, beta1=0, beta2=0)
    exact.says("Adam after 8 steps", path[-1], "=", 1 + near)
    path = descend_exactly(exact, near, up, 8, definition=GradientDescent, lr=lr, beta1=0, beta2=0)
    exact.says("gradient descent after 8 steps", path[-1], "=", Fraction(9, 8) ** 8 * near)
    steps = next(t for t in range(1000) if (1 + lr) ** t * near >= 1)
    exact.says("its steps to 1", steps, "=", 236)


@claim.witness
def with_memory_and_on_the_axis(exact: ac.Exact) -> None:
    r"""With the default betas, gradients that double have steps of at least $\sqrt{1/10}$ of $\alpha$: the
    first two are 1 and more. Gradients of 0 have none, with $\epsilon = 1$."""
    beta1, beta2 = Fraction(9, 10), Fraction(999, 1000)
    run = exact.run([-1, -2], beta1=beta1, beta2=beta2)
    exact.says("the first step", run.updates[0], "=", 1)
    exact.says("the square of the second", run.update**2, ">=", Fraction(10, 19))
    axis = exact.run([0, 0, 0], beta1=beta1, beta2=beta2, eps=1)
    exact.says("on the axis", axis.update, "=", 0)


@claim.figure
def distance_from_the_axis(axes: Any) -> None:
    """The distance from the axis that leads into the saddle of (x² - y²)/2, with lr = 0.001 and the other
    defaults, from four distances. Adam (solid) is at 1 after 626 steps from each. Gradient descent (dashed)
    takes some 6900 steps more for every factor 1000."""
    for color, distance in enumerate((1e-3, 1e-6, 1e-9, 1e-12)):
        for definition, style, steps in ((ac.Adam, "-", 1000), (GradientDescent, "--", 28000)):
            optimizer = definition(ac.Hyperparameters())
            path = np.array(descend(optimizer, distance, lambda y: -y, steps))
            label = f"from {distance:g}" if style == "-" else None
            axes.loglog(np.arange(1, steps + 2), path, style, color=f"C{color}", label=label)
    axes.set_xlabel("step t")
    axes.set_ylabel("distance from the axis")
    axes.legend()
