"""The second raw moment.

v_hat is an average of squares, and so is never below the square of the average that has the same weights: the
difference is the variance under these weights. But m_hat has other weights unless the betas are equal, and
its square may well be above v_hat. Then the update is longer than the learning rate.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

from ..bounds import assert_between

claim = ac.Claim(
    title="The second raw moment",
    says=r"What $v_t$ tracks is the raw second moment of the gradients: a variance that is not centred.",
    source="The Core Components: First and Second Moment Estimation",
    verdict=ac.holds(),
    statement=(
        ac.proposition(
            r"For all gradients $\hat v_3 = \sum p_i g_i^2$ with the weights $p_i = "
            r"(1-\beta_2)\beta_2^{3-i}/(1-\beta_2^3)$: the square of the mean under these weights plus the "
            "variance under them.",
            "raw-is-mean-squared-plus-variance",
        ),
        ac.prose(r"The sum for every $t$ is that of the claim unrolled-sum, for squares."),
        ac.proposition(
            r"For $\beta_1 = \beta_2$ that mean is $\hat m_t$. Then for all gradients and all $t$: $\hat v_t "
            r"- \hat m_t^2 = \sum_{i<j} p_i p_j (g_i - g_j)^2 \geq 0$, hence $|\theta_t - \theta_{t-1}| "
            r"\leq \alpha$.",
            "equal-decay-rates-leave-a-variance",
            "equal-decay-rates-never-exceed",
        ),
        ac.proposition(
            r"For $\beta_1 \neq \beta_2$ and $\beta_2 > 0$ there are gradients $g_1, g_2$ with $\hat "
            r"m_2^2 / \hat v_2 = 1 + (\beta_1-\beta_2)^2 / (\beta_2 (1+\beta_1)^2)$, and none with "
            "more.",
            "other-decay-rates-do-exceed",
        ),
    ),
)


def _corrected(adam: ac.Adam, state: ac.State) -> tuple[Any, Any]:
    """m_hat and v_hat after the step that led to `state`."""
    m_hat = adam.correct_first(state.m, state.step)
    return m_hat, adam.correct_second(state.peak, state.v, state.step)[1]


def _weights(adam: ac.Adam, one: Any) -> list[Any]:
    """What the first moment after three steps has of each gradient: what single gradients 1 leave."""
    weights = []
    for i in range(3):
        *_, (alone, _) = adam.run(0 * one, [one * int(i == j) for j in range(3)])
        weights.append(alone.m)
    return weights


def _spread(weights: list[Any], gradients: list[Any]) -> Any:
    pairs = ((0, 1), (0, 2), (1, 2))
    return sum(weights[i] * weights[j] * (gradients[i] - gradients[j]) ** 2 for i, j in pairs)


@claim.derivation
def raw_is_mean_squared_plus_variance(given: ac.Given) -> Iterator[ac.Step]:
    r"""Written out for three steps, whatever $\beta_1$ is: the weights w of the squares, divided by their sum
    $1-\beta_2^3$, are the p of the statement. Times the square of that sum $\hat v_3$ is the square of the
    weighted sum of the gradients and their spread."""
    gradients, one, adam = given.gradients(3), given.number(1), given.adam()
    beta = adam.hyper.beta2
    *_, (state, _) = adam.run(0 * one, gradients)
    w = [(1 - beta) * beta ** (2 - i) for i in range(3)]
    squares = sum(weight * g * g for weight, g in zip(w, gradients, strict=True))
    mean = sum(weight * g for weight, g in zip(w, gradients, strict=True))
    v_hat = _corrected(adam, state)[1]
    yield ac.identity("the weights", sum(w), 1 - beta**3)
    yield ac.identity("an average of squares", v_hat * (1 - beta**3), squares)
    yield ac.identity("raw, not centred", v_hat * (1 - beta**3) ** 2, mean**2 + _spread(w, gradients))


@claim.derivation
def equal_decay_rates_leave_a_variance(given: ac.Given) -> Iterator[ac.Step]:
    r"""Written out for three steps, times the square of $1-\beta^3$: the difference is the variance of the
    gradients under their weights, which are what the run makes of single gradients 1."""
    beta, gradients, one = given.decay("beta"), given.gradients(3), given.number(1)
    adam = given.adam(beta1=beta, beta2=beta)
    *_, (state, _) = adam.run(0 * one, gradients)
    w = _weights(adam, one)
    yield ac.identity("the weights", sum(w), 1 - beta**3)
    yield ac.identity("the variance", state.v * (1 - beta**3) - state.m**2, _spread(w, gradients))


@claim.derivation
def equal_decay_rates_never_exceed(given: ac.Given) -> Iterator[ac.Step]:
    r"""For every t: with $W = 1-\beta^t$ assume $v_t W = m_t^2 + d$, $d \geq 0$. One step later the same
    holds with another d that is not negative; divided by $W^2$ it says $\hat v_t \geq \hat m_t^2$."""
    beta, t = given.decay("beta"), given.time("t")
    adam = given.adam(beta1=beta, beta2=beta)
    m, g, d, square = given.real("m"), given.real("g"), given.nonnegative("d"), given.nonnegative("s")
    weight, later = 1 - beta**t, 1 - beta ** (t + 1)
    v = (m * m + d) / weight
    state, _ = adam.update(ac.State(t, m, v, v), 0 * g, g)

    def next_d(square: Any) -> Any:
        return beta**2 * d + (1 - beta) * beta * (d + square) / weight

    yield ac.identity("one step later", state.v * later - state.m**2, next_d((m - weight * g) ** 2))
    yield ac.inequality("with any square it is not negative", next_d(square), ">=", 0)
    m_hat, v_hat = adam.correct_first(m, t), adam.correct_second(v, v, t)[1]
    yield ac.identity("corrected", v_hat - m_hat**2, d / weight**2)


@claim.derivation
def other_decay_rates_do_exceed(given: ac.Given) -> Iterator[ac.Step]:
    r"""In the second step a certificate shows that the ratio of $\hat m_2^2$ and $\hat v_2$ is at most the
    one stated, and is the one stated where the square vanishes: for $g_1 : g_2 = \beta_1 : \beta_2$."""
    adam, (first, second) = given.adam(), given.gradients(2)
    b1, b2 = adam.hyper.beta1, adam.hyper.beta2
    *_, (state, _) = adam.run(0 * first, [first, second])
    w1, w2 = 1 - b1, 1 - b2
    gap = (b2 + b1**2) * w1**2 * state.v - b2 * w2 * state.m**2
    yield ac.identity("the gap is a square", gap, w1**2 * w2 * (b2 * first - b1 * second) ** 2)
    share = (1 + b2) * (b2 + b1**2)
    yield ac.identity("the ratio, times its denominator", share, b2 * (1 + b1) ** 2 + (b1 - b2) ** 2)


def _equal_betas(format: Any) -> Any:
    equal = ac.hyperparameters(format).map(lambda hyper: hyper.replace(beta1=hyper.beta2))
    return ac.trajectories(format, hyper=equal)


@claim.law(trajectory=_equal_betas)
def with_equal_betas_no_update_exceeds_the_learning_rate(
    subject: ac.Subject, trajectory: ac.Trajectory
) -> None:
    r"""With $\beta_1 = \beta_2$ no update is longer than $\alpha G/(G + \epsilon)$, G the largest size of a
    gradient so far."""
    trajectory = trajectory.first(6)
    trace, hyper = subject.run(trajectory), trajectory.hyper
    largest = np.maximum.accumulate(np.abs(trajectory.gradients.astype(np.float64)))
    limit = hyper.lr * largest / (largest + hyper.eps)
    assert_between(ac.observed(trace), -limit, limit, ac.predicted(trace), "with equal betas", trace)


@claim.witness
def the_first_moment_squared_exceeds_the_second(exact: ac.Exact) -> None:
    r"""With $\beta_1 = 1/2$, $\beta_2 = 3/4$ and the gradients 2, 3: $\hat m_2 = 8/3$ and $\hat v_2 = 48/7$.
    The square of $\hat m_2$ is larger by the factor 28/27, and that is the most for these betas."""
    hyper = ac.Hyperparameters(1, Fraction(1, 2), Fraction(3, 4), 1)
    run = exact.run([2, 3], beta1=hyper.beta1, beta2=hyper.beta2)
    m_hat, v_hat = _corrected(ac.Adam(hyper), run.states[-1])
    exact.says("m_hat", m_hat, "=", Fraction(8, 3))
    exact.says("v_hat", v_hat, "=", Fraction(48, 7))
    exact.says("m_hat squared over v_hat", m_hat**2 / v_hat, "=", Fraction(28, 27))


@claim.figure
def ratio_of_the_moments(axes: Any) -> None:
    """The square of the first moment over the second, both corrected, on gradients that grow by 1 % a step.
    With equal betas it stays below 1, whatever the gradients; with the default betas it does not."""
    gradients = np.array([[1.01**t] for t in range(300)])
    for beta1, beta2 in ((0.9, 0.9), (0.9, 0.99), (0.9, 0.999)):
        adam = ac.Adam(ac.Hyperparameters(beta1=beta1, beta2=beta2))
        moments = [_corrected(adam, state) for state, _ in adam.run(np.zeros(1), gradients)]
        axes.plot(
            range(1, 301), [m * m / v for m, v in moments], label=f"beta1 = {beta1:g}, beta2 = {beta2:g}"
        )
    axes.axhline(1, color="gray", linewidth=1, linestyle="--")
    axes.set_xlabel("step t")
    axes.set_ylabel("m_hat² / v_hat")
    axes.legend()
