"""The effect of momentum.

The first moment damps gradients that alternate by the factor (1 - beta1)/(1 + beta1), exactly. At a fixed
learning rate it does not accelerate: gradients that agree pass with the factor 1, as an average does not add
up. Heavy-ball momentum does add up, to 1/(1 - beta1) times as much; that is the same as a larger learning
rate. But the damping lets the learning rate be raised: tuned together, momentum is faster than gradient
descent with any learning rate. And memory can create an oscillation where there was none.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..closed_forms import powers
from ..closed_loop import descend_exactly
from ..comparisons import GradientDescent, Momentum
from ..memories import some_memory

claim = ac.Claim(
    title="The effect of momentum",
    says=(
        r"As momentum does elsewhere, $m_t$ speeds up progress where gradients keep their direction, and "
        r"damps them where they oscillate."
    ),
    source="The Core Components: First and Second Moment Estimation",
    verdict=ac.holds_if(
        r"the learning rate is raised along: on curvatures from 1 to k it then contracts in the long run by "
        r"$(\sqrt k - 1)/(\sqrt k + 1)$ a step, gradient descent by $(k-1)/(k+1)$ at best. At a fixed "
        r"learning rate it damps, but does not accelerate: gradients that alternate pass with the factor "
        r"$(1-\beta_1)/(1+\beta_1)$, gradients that agree with the factor 1. Only heavy-ball momentum, which "
        r"sums instead of averaging, makes them $1/(1-\beta_1)$ times as large; and momentum may create an "
        r"oscillation"
    ),
    statement=(
        ac.proposition(
            r"For $g_i = (-1)^i g$: $|\hat m_t| = |g| (1-\beta_1)/(1+\beta_1)$ in every even step $t$.",
            "alternating-gradients-are-damped",
        ),
        ac.proposition(
            r"For $g_i = g$: $\hat m_t = g$.",
            "gradients-that-agree-are-not-amplified",
        ),
        ac.proposition(
            r"From a zero start the first moment is $1-\beta_1$ times the heavy-ball sum $\sum_{i "
            r"\leq t} \beta_1^{t-i} g_i$.",
            "gradients-that-agree-are-not-amplified: the sum is the average, scaled",
        ),
        ac.prose(
            r"Let $x_{t+1} = x_t - \alpha m_{t+1}$ on $\frac{1}{2} h x^2$, $1 \leq h \leq k$, with "
            r"$\sqrt{\beta_1} = r = (\sqrt k - 1)/(\sqrt k + 1)$ and $\alpha = 1/\sqrt k$."
        ),
        ac.proposition(
            r"Every step multiplies $Q_t = x_t^2 - s x_t x_{t-1} + r^2 x_{t-1}^2$ by $r^2$, where s depends "
            r"on h. For $1 < h < k$ it is positive definite. For $h = 1$ and $h = k$: $x_t = (\pm r)^t "
            r"(A + B t)$.",
            "tuned-momentum-accelerates",
        ),
        ac.proposition(
            r"Whatever its learning rate, gradient descent contracts by $(k-1)/(k+1) > r$ at best, over the "
            "curvatures 1 and k.",
            "gradient-descent-at-its-best",
        ),
    ),
)


class HeavyBall(GradientDescent):
    """Momentum as other optimizers have it: `m = beta1 * m + g`, a sum and not an average."""

    title = "gradient descent with heavy-ball momentum"

    def first_moment(self, m: Any, g: Any) -> Any:
        return self.hyper.beta1 * m + g


@claim.derivation
def alternating_gradients_are_damped(given: ac.Given) -> Iterator[ac.Step]:
    r"""For the gradients g, -g, g, ...: $m_t = a(\beta^t + 1)$ in odd steps and $a(\beta^t - 1)$ in even
    steps, with $a = g(1-\beta)/(1+\beta)$, by induction. Corrected, that is -a in every even step."""
    adam, t, g = given.adam(), given.time("t"), given.real("g")
    beta = adam.hyper.beta1
    a = g * (1 - beta) / (1 + beta)
    yield ac.identity("the first step", adam.first_moment(0 * g, g), a * (1 + beta))
    odd, even = a * (beta**t + 1), a * (beta**t - 1)
    yield ac.identity("from odd to even", adam.first_moment(odd, -g), a * (beta ** (t + 1) - 1))
    yield ac.identity("from even to odd", adam.first_moment(even, g), a * (beta ** (t + 1) + 1))
    yield ac.identity("corrected, even", adam.correct_first(even, t), -a)


@claim.derivation
def gradients_that_agree_are_not_amplified(given: ac.Given) -> Iterator[ac.Step]:
    r"""The average of a constant gradient is the gradient. The heavy-ball sum is larger by $1/(1-\beta)$, but
    it is the same as the average at every step, times that: as if the learning rate were larger."""
    adam, heavy, t, g = given.adam(), given.adam(HeavyBall), given.time("t"), given.real("g")
    beta, m = adam.hyper.beta1, given.real("M")
    average_of = given.sequence("m", 0, lambda before, k: adam.first_moment(before, g))
    yield from ac.induction("the average", t, lambda k: (average_of(k), "=", (1 - beta**k) * g))
    yield ac.identity("corrected", adam.correct_first((1 - beta**t) * g, t), g)
    yield ac.identity("where the sum settles", heavy.first_moment(g / (1 - beta), g), g / (1 - beta))
    average, total = adam.first_moment(m, g), heavy.first_moment(m / (1 - beta), g)
    yield ac.identity("the sum is the average, scaled", total, average / (1 - beta))


@claim.derivation
def tuned_momentum_accelerates(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $k = w^2$, $w = 1 + d$. The step from x, reached from y, leads to $s x - r^2 y$. It multiplies
    the form Q by $r^2$; Q is a sum of squares, the second one with the factor $4 (h-1)(k-h)/(w+1)^4$. At h =
    1 and h = k that is 0, and Q does not bound x: there the solutions are $(\pm r)^t (A + B t)$."""
    w, h = 1 + given.positive("d"), given.positive("h")
    x, y = given.real("x"), given.real("y")
    r = (w - 1) / (w + 1)
    momentum = given.adam(Momentum, lr=1 / w, beta1=r * r)
    s = 2 * (w * w + 1 - 2 * h) / (w + 1) ** 2

    def after(x: Any, y: Any, h: Any) -> Any:
        return momentum.step(ac.State(1, (y - x) * w, 0 * x, 0 * x), x, h * x)[1]

    def form(now: Any, earlier: Any) -> Any:
        return now**2 - s * now * earlier + r**2 * earlier**2

    yield ac.identity("the step", after(x, y, h), s * x - r * r * y)
    yield ac.identity("the form", form(after(x, y, h), x), r**2 * form(x, y))
    share = 4 * (h - 1) * (w * w - h) / (w + 1) ** 4
    yield ac.identity("is a sum of squares", form(x, y), (x - s * y / 2) ** 2 + share * y**2)
    a, b, n = given.real("A"), given.real("B"), given.real("n")
    for name, curvature, root in (("h = 1", w / w, r), ("h = k", w * w, -r)):
        now, due = root * (a + b * (n + 1)), root**2 * (a + b * (n + 2))
        yield ac.identity(f"at the end {name}", after(now, a + b * n, curvature), due)


@claim.derivation
def gradient_descent_at_its_best(given: ac.Given) -> Iterator[ac.Step]:
    r"""One step from 1 leads to $p = 1 - \alpha$ at h = 1 and to $q = 1 - \alpha k$ at h = k. As $k p - q = k
    - 1$, one of $|p|$ and $|q|$ is at least $(k-1)/(k+1)$. For $\alpha = 2/(k+1)$ both are."""
    w = 1 + given.positive("d")
    k, one = w * w, given.number(1)
    descent, best = given.adam(GradientDescent), given.adam(GradientDescent, lr=2 / (k + 1))
    p, q = (descent.step(descent.start(one), one, h * one)[1] for h in (one, k))
    yield ac.identity("two curvatures", k * p - q, k - 1)
    rate = (k - 1) / (k + 1)
    for name, h, due in (("1", one, rate), ("k", k, -rate)):
        yield ac.identity(f"the best, h = {name}", best.step(best.start(one), one, h * one)[1], due)
    yield ac.inequality("momentum is faster", (w - 1) / (w + 1), "<", rate)


@claim.law(hyper=some_memory, size=st.integers(8, 15), exponent=st.integers(-2, 2))
def alternating_gradients_pass_damped(
    subject: ac.Subject, hyper: ac.Hyperparameters, size: int, exponent: int
) -> None:
    r"""Under gradients g, -g, g, ... the second moment stays $g^2$, so that the update shows the damping of
    the first: exactly $(1-\beta_1)/(1+\beta_1)$ of the full step in every even step."""
    signs = np.where(np.arange(8) % 2, -1, 1)[:, None]
    gradients = (signs * (size / 8) * 2.0**exponent).astype(subject.format.dtype)
    trace = subject.run(ac.Trajectory(hyper, np.zeros(1, subject.format.dtype), gradients))
    power, _ = powers(trace, np.arange(1, 9)[:, None])
    beta, one = power[0], signs * signs
    share = signs * (1 - beta) / (1 + beta) * (one + signs * power) / (1 - power)
    predicted = ac.predicted(trace)
    expected = predicted.at(share * predicted.value[0])  # the first step is a full one
    ac.assert_met(ac.observed(trace), expected, "under alternating gradients", trace)


@claim.witness
def one_nineteenth_is_left(exact: ac.Exact) -> None:
    r"""With $\beta_1 = 9/10$, alternating gradients of size 1 leave steps of 1/19 of $\alpha$ in even steps,
    whatever $\beta_2$ is; under a constant gradient every step is $\alpha$, and never more."""
    beta1, beta2 = Fraction(9, 10), Fraction(99, 100)
    alternating = exact.run([1, -1, 1, -1], beta1=beta1, beta2=beta2)
    exact.says("alternating, step 2", alternating.updates[1], "=", Fraction(1, 19))
    exact.says("alternating, step 4", alternating.updates[3], "=", Fraction(1, 19))
    constant = exact.run([1, 1, 1, 1], beta1=beta1, beta2=beta2)
    exact.says("constant, step 4", constant.updates[3], "=", -1)


@claim.witness
def momentum_may_create_an_oscillation(exact: ac.Exact) -> None:
    r"""On $x^2/2$ from 1 with $\alpha = 1/2$: gradient descent halves x at every step. With momentum,
    $\beta_1 = 1/4$, it crosses the minimum in step 5."""
    plain, averaged = (
        descend_exactly(
            exact, 1, lambda x: x, 8, definition=definition, lr=Fraction(1, 2), beta1=beta1, beta2=0
        )
        for definition, beta1 in ((GradientDescent, 0), (Momentum, Fraction(1, 4)))
    )
    exact.says("gradient descent after 8 steps", plain[-1], "=", Fraction(1, 2**8))
    crossings = [t for t in range(1, 9) if averaged[t] < 0 < averaged[t - 1]]
    exact.says("the first crossing with momentum", min(crossings), "=", 5)


@claim.witness
def faster_on_the_bowl(exact: ac.Exact) -> None:
    r"""On the chapter's bowl, k = 100, in its flat direction from 1: with $\alpha = 1/10$ and $\beta_1 =
    (9/11)^2$ momentum is at $(9/11)^t (1 + 2t/11)$ after t = 6 steps; the best gradient descent, $\alpha =
    2/101$, at $(99/101)^t$, which is farther away."""
    tuned, best = (
        descend_exactly(exact, 1, lambda x: x, 6, definition=definition, lr=lr, beta1=beta1, beta2=0)
        for definition, lr, beta1 in (
            (Momentum, Fraction(1, 10), Fraction(81, 121)),
            (GradientDescent, Fraction(2, 101), 0),
        )
    )
    exact.says("momentum after 6 steps", tuned[-1], "=", Fraction(9, 11) ** 6 * Fraction(23, 11))
    exact.says("gradient descent after 6 steps", best[-1], "=", Fraction(99, 101) ** 6)
    exact.says("momentum is nearer", tuned[-1], "<", best[-1])


@claim.figure
def averages_and_sums(axes: Any) -> None:
    r"""Gradients of size 1 that agree for 40 steps and then alternate, and what is made of them with $\beta_1
    = 0.9$. The first moment tends to 1, and to 1/19 under alternation; the heavy-ball sum is ten times
    that."""
    steps = np.arange(80)
    gradients = np.where((steps < 40) | (steps % 2 == 0), 1.0, -1.0)
    hyper = ac.Hyperparameters(beta1=0.9)
    for definition, label in ((Momentum, "first moment"), (HeavyBall, "heavy-ball sum")):
        moments = [state.m for state, _ in definition(hyper).run(0.0, gradients.tolist())]
        axes.plot(1 + steps, moments, label=label)
    axes.plot(1 + steps, gradients, ".", color="gray", label="gradient", markersize=3)
    axes.set_xlabel("step t")
    axes.set_ylabel("gradient, moment")
    axes.legend()
