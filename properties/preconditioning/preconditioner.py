"""Adam as preconditioned gradient descent.

The step is the minimiser of a quadratic model whose metric is diagonal: G_t = diag(sqrt(v_hat_t) + eps). The
metric depends on the gradients through their squares only, one coordinate at a time. What it preconditions
is the corrected first moment; for the current gradient there need not be any metric at all.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

import adamcheck as ac

claim = ac.Claim(
    title="Adam as preconditioned gradient descent",
    says=(
        r"With $\hat m_t$ taken for the gradient, Adam is gradient descent in a space whose metric is the "
        r"symmetric positive-definite diagonal matrix $G_t = \mathrm{diag}(\sqrt{\hat v_t} + \epsilon)$."
    ),
    source="A Deeper Perspective: Adam as Preconditioned Gradient Descent",
    verdict=ac.holds(),
    statement=(
        ac.proposition(
            r"For all gradients and all $t$: $\theta_t - \theta_{t-1} = -\alpha G_t^{-1} \hat m_t$, "
            r"the only minimiser of $\hat m_t^T d + \frac{1}{2\alpha} d^T G_t d$.",
            "the-update-minimises-a-quadratic-model",
        ),
        ac.proposition(
            r"$G_t$ is positive definite if and only if $\epsilon > 0$ or $\hat v_t > 0$ in every "
            "coordinate.",
            "positive-definite-unless-eps-and-v-vanish",
        ),
        ac.proposition(
            r"For the current gradient $g_t$ in place of $\hat m_t$ there is such a metric for all gradients "
            r"if and only if $\beta_1 = 0$: otherwise the step may go uphill.",
            "uphill-if-and-only-if-beta1-is-positive",
        ),
    ),
)


def _metric(adam: ac.Adam, state: ac.State) -> Any:
    """The diagonal of G in the step that led to `state`."""
    return adam.denominator(adam.correct_second(state.v, state.v, state.step)[1], state.step)


@claim.derivation
def the_update_minimises_a_quadratic_model(given: ac.Given) -> Iterator[ac.Step]:
    r"""In two coordinates: $G_t$ times the update is $-\alpha \hat m_t$, and in every other direction d the
    model is larger by $(d-u)^T G_t (d-u) / 2\alpha$, where u is the update."""
    adam, t = given.adam(), given.time("t")
    m, g = given.vector(given.reals("m", 2)), given.vector(given.gradients(2))
    v = given.vector([given.nonnegative("v_1"), given.nonnegative("v_2")])
    state, update = adam.update(ac.State(t, m, v, v), 0 * g, g)
    metric, m_hat, lr = _metric(adam, state), adam.correct_first(state.m, state.step), adam.hyper.lr
    yield ac.identity("it is a preconditioned step", metric * update, -lr * m_hat)

    def model(d: Any) -> Any:
        return np.sum(m_hat * d + metric * d * d / (2 * lr))

    d = given.vector(given.reals("d", 2))
    excess = np.sum(metric * (d - update) * (d - update)) / (2 * lr)
    yield ac.identity("every other step is worse", model(d) - model(update), excess)


@claim.derivation
def positive_definite_unless_eps_and_v_vanish(given: ac.Given) -> Iterator[ac.Step]:
    r"""A diagonal matrix is positive definite if and only if its entries are positive."""
    adam, bare = given.adam(), given.adam(eps=0)
    v, u = given.nonnegative("v"), given.positive("u")
    yield ac.inequality("with eps > 0", adam.denominator(v, 1), ">", 0)
    yield ac.inequality("without eps, where v_hat is positive", bare.denominator(u, 1), ">", 0)
    yield ac.identity("without eps, where v_hat is 0", bare.denominator(0 * u, 1), 0)


@claim.derivation
def uphill_if_and_only_if_beta1_is_positive(given: ac.Given) -> Iterator[ac.Step]:
    r"""A step $-\alpha G^{-1} g$ with positive definite G makes the product of step and gradient negative. So
    does every step of Adam if $\beta_1 = 0$. If $\beta_1 > 0$, a gradient -s after $2s/\beta_1$ does not."""
    t, m, v, s = given.time("t"), given.real("m"), given.nonnegative("v"), given.positive("s")
    forgetful = given.adam(beta1=0)
    for name, gradient in (("s", s), ("-s", -s)):
        _, update = forgetful.update(ac.State(t, m, v, v), 0, gradient)
        yield ac.inequality(f"downhill without memory, gradient {name}", update * gradient, "<", 0)
    x = given.positive("x")
    beta1 = x / (1 + x)  # every decay rate but 0
    _, (_, update) = given.adam(beta1=beta1).run(0, [2 * s / beta1, -s])
    yield ac.inequality("uphill with memory", update * -s, ">", 0)


@claim.law(trajectory=ac.trajectories, i=st.integers(0, 31), j=st.integers(0, 31))
def the_metric_sees_squares_only(subject: ac.Subject, trajectory: ac.Trajectory, i: int, j: int) -> None:
    """Runs whose gradients differ in sign share one metric, so that their updates are linear in the
    gradients: what two flipped signs change together is the sum of what each changes alone."""
    steps, n = trajectory.gradients.shape
    i, j = i % steps, j % steps
    assume(i != j)
    runs = np.stack([trajectory.gradients] * 4, axis=1)
    runs[i, 1::2] *= -1
    runs[j, 2:] *= -1
    trajectory = trajectory.replace(
        parameters=np.tile(trajectory.parameters, 4), gradients=runs.reshape(steps, 4 * n)
    )
    trace = subject.run(trajectory)
    remainder = np.kron([[1], [-1], [-1], [1]], np.eye(n))
    expected = ac.predicted(trace).combined(remainder).at(0)
    ac.assert_met(
        ac.observed(trace).combined(remainder), expected, "two flips together minus each alone", trace
    )


@claim.witness
def with_memory_the_step_may_go_uphill(exact: ac.Exact) -> None:
    r"""After the gradients 2, -1 with $\beta_1 = 9/10$ the step goes up the current gradient, which no
    positive definite metric allows; with $\beta_1 = 0$ it goes down."""
    up = exact.run([2, -1], beta1=Fraction(9, 10), beta2=0)
    exact.says("step times gradient, beta1 = 9/10", up.update * -1, "=", Fraction(8, 19))
    down = exact.run([2, -1], beta1=0, beta2=Fraction(9, 10))
    exact.says("step times gradient, beta1 = 0", down.update * -1, "<", 0)


@claim.figure
def the_step_as_a_minimiser(axes: Any) -> None:
    r"""The model $\hat m^T d + d^T G d / 2\alpha$ after 20 noisy gradients, by its level lines: ellipses
    along the axes, stretched where gradients are small. Adam's step leads to their centre; that of
    gradient descent on the same first moment does not."""
    adam = ac.Adam(ac.Hyperparameters(lr=1.0))
    gradients = np.array([1.0, 0.2]) + np.random.default_rng(1).standard_normal((20, 2)) * [0.5, 0.1]
    *_, (state, update) = adam.run(np.zeros(2), gradients)
    metric, m_hat = _metric(adam, state), adam.correct_first(state.m, state.step)
    x, y = np.meshgrid(np.linspace(-2.2, 0.4, 200), np.linspace(-2.2, 0.4, 200))
    model = sum(m_hat[i] * d + metric[i] * d * d / 2 for i, d in enumerate((x, y)))
    axes.contour(x, y, model, levels=12, colors="gray", linestyles="solid", linewidths=0.8)
    for color, (name, step) in enumerate({"Adam": update, "gradient descent": -m_hat}.items()):
        axes.annotate("", step, (0, 0), arrowprops={"arrowstyle": "->", "color": f"C{color}", "linewidth": 2})
        axes.plot(*step, "o", color=f"C{color}", label=name)
    axes.set_aspect("equal")
    axes.set_xlabel("step in coordinate 1 / lr")
    axes.set_ylabel("step in coordinate 2 / lr")
    axes.legend()
