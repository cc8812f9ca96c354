r"""Equal betas.

With one decay rate for both moments, v_hat exceeds the square of m_hat by the variance of the gradients under
the same weights. So an update is the sign of the mean gradient, damped by the ratio of noise to signal.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

from ..closed_forms import in_quads

claim = ac.Claim(
    title="Equal betas",
    says=(
        r"With $\beta_1 = \beta_2$ the update is $\alpha\, \mathrm{sign}(\hat m_t)$, damped by the ratio of "
        r"noise to signal: divided by $\sqrt{1 + \sigma_t^2/\hat m_t^2}$, $\sigma_t^2$ a running variance."
    ),
    source='Orvieto & Gower, "In Search of Adam\'s Secret Sauce" (2025)',
    verdict=ac.holds_if(
        r"$\epsilon = 0$; with $\epsilon$ the divisor is larger by $\epsilon/|\hat m_t|$. For other betas "
        r"the same quantity $\hat v_t - \hat m_t^2$ is not a variance: it may be negative"
    ),
    statement=(
        ac.prose(r"Let $\beta_1 = \beta_2 = \beta$ and $\sigma_t^2 = \hat v_t - \hat m_t^2$."),
        ac.proposition(
            r"With $c = (1-\beta)/(1-\beta^{t+1})$ the next gradient g makes $\hat m_{t+1} = \hat m_t + c (g "
            r"- \hat m_t)$ and $\sigma_{t+1}^2 = (1-c) (\sigma_t^2 + c (g - \hat m_t)^2)$, from $\sigma_1 = "
            r"0$: mean and variance of all gradients under weights that fall by $\beta$, so $\sigma_t^2 \geq "
            r"0$.",
            "a-running-variance",
        ),
        ac.proposition(
            r"If $\hat m_t \neq 0$ the update is $-\alpha\, \mathrm{sign}(\hat m_t) / (\sqrt{1 + "
            r"\sigma_t^2/\hat m_t^2} + \epsilon/|\hat m_t|)$.",
            "a-damped-sign",
        ),
        ac.proposition(
            r"For $\epsilon = 0$ it is at least $\alpha/\sqrt 2$ if and only if $|\hat m_t| \geq \sigma_t$.",
            "half-the-square-where-noise-equals-signal",
        ),
        ac.proposition(
            r"For $\beta_1 \neq \beta_2$ the quantity $\hat v_t - \hat m_t^2$ may be negative.",
            "not-a-variance",
        ),
    ),
)


@claim.derivation
def a_running_variance(given: ac.Given) -> Iterator[ac.Step]:
    r"""The moments are $(1-\beta^t) \hat m$ and $(1-\beta^t)(\hat m^2 + s)$ before the step."""
    beta, t = given.decay("beta"), given.time("t")
    adam = given.adam(beta1=beta, beta2=beta)
    mean, g, spread = given.real("mhat"), given.real("g"), given.nonnegative("s")
    weight, share = 1 - beta**t, (1 - beta) / (1 - beta ** (t + 1))
    v = weight * (mean * mean + spread)
    state, _ = adam.update(ac.State(t, weight * mean, v, v), 0 * g, g)
    m_hat, v_hat = adam.correct_first(state.m, t + 1), adam.correct_second(state.v, state.v, t + 1)[1]
    yield ac.identity("the mean", m_hat, mean + share * (g - mean))
    later = (1 - share) * (spread + share * (g - mean) ** 2)
    yield ac.identity("the variance", v_hat - m_hat * m_hat, later)
    m, v = adam.first_moment(0 * g, g), adam.second_moment(0 * g, g)
    first = adam.correct_second(v, v, 1)[1] - adam.correct_first(m, 1) ** 2
    yield ac.identity("after the first step", first, 0)
    yield ac.inequality("the share", share, "<=", 1)


@claim.derivation
def a_damped_sign(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $\hat m = \pm n$, $n > 0$, and r the root of $1 + \sigma^2/n^2$, which is at least 1: $\hat v =
    n^2 r^2$."""
    beta, t = given.decay("beta"), given.time("t")
    adam, n, r = given.adam(beta1=beta, beta2=beta), given.positive("n"), 1 + given.nonnegative("d")
    root = adam.denominator(n * n * (r * r), t)
    for name, sign in (("positive", 1), ("negative", -1)):
        update = -(adam.hyper.lr * adam.numerator(sign * n, 0 * n, t) / root)
        due = -sign * adam.hyper.lr / (r + adam.hyper.eps / n)
        yield ac.identity(f"the mean is {name}", update, due)


@claim.derivation
def half_the_square_where_noise_equals_signal(given: ac.Given) -> Iterator[ac.Step]:
    r"""Twice the square of the update, against $\alpha^2$; the sign of the difference is that of $\hat m^2 -
    \sigma^2$."""
    beta, t = given.decay("beta"), given.time("t")
    adam = given.adam(beta1=beta, beta2=beta, eps=0)
    n, spread = given.positive("n"), given.nonnegative("s")
    ratio = adam.numerator(n, 0 * n, t) / adam.denominator(n * n + spread, t)
    excess = (n * n - spread) / (n * n + spread)
    yield ac.identity("twice the square", 2 * ratio * ratio, 1 + excess)


def _equal_betas(format: Any) -> Any:
    equal = ac.hyperparameters(format).map(lambda hyper: hyper.replace(beta1=hyper.beta2))
    return ac.trajectories(format, hyper=equal)


@claim.law(trajectory=_equal_betas)
def with_equal_betas_updates_are_damped_signs(subject: ac.Subject, trajectory: ac.Trajectory) -> None:
    r"""With $\beta_1 = \beta_2$ every update follows from the running mean and variance of the gradients."""
    trace = subject.run(trajectory.first(4))
    adam, gradients = in_quads(trace), ac.to_quad(trace.gradients)
    mean, variance, power, updates = 0 * gradients[0], 0 * gradients[0], 1, []
    for g in gradients:
        power = power * adam.hyper.beta1
        share = (1 - adam.hyper.beta1) / (1 - power)
        mean, variance = mean + share * (g - mean), (1 - share) * (variance + share * (g - mean) ** 2)
        updates.append(-adam.hyper.lr * mean / (np.sqrt(mean * mean + variance) + adam.hyper.eps))
    ac.assert_met(ac.observed(trace), ac.predicted(trace).at(np.stack(updates)), "damped sign", trace)


@claim.witness
def not_a_variance(exact: ac.Exact) -> None:
    r"""After the gradients 2, 3: with $\beta_1 = \beta_2 = 1/2$ the variance of 2 and 3 with the weights 1/3
    and 2/3; with $\beta_1 = 1/2$, $\beta_2 = 3/4$ no variance."""
    for beta2, relation, due in ((Fraction(1, 2), "=", Fraction(2, 9)), (Fraction(3, 4), "<", 0)):
        run = exact.run([2, 3], beta1=Fraction(1, 2), beta2=beta2)
        adam, state = ac.Adam(ac.Hyperparameters(1, Fraction(1, 2), beta2, 0)), run.states[-1]
        difference = adam.correct_second(state.peak, state.v, 2)[1] - adam.correct_first(state.m, 2) ** 2
        exact.says(f"v_hat - m_hat^2, beta2 = {beta2}", difference, relation, due)


@claim.figure
def updates_against_noise(axes: Any) -> None:
    r"""The size of updates after 60 random gradients of various signals and noises, against the ratio of the
    running $\sigma_t$ to $|\hat m_t|$. With equal betas all lie on the line, $1/\sqrt{1 + \sigma_t^2/\hat
    m_t^2}$; with the default ones v averages over a longer time than m, and they scatter."""
    random = np.random.default_rng(0)
    gradients = np.logspace(-1.5, 1.5, 300) + random.standard_normal((60, 300))
    for beta1, beta2, marker in ((0.9, 0.999, "x"), (0.9, 0.9, ".")):
        adam, equal = (ac.Adam(ac.Hyperparameters(1.0, beta1, beta, 0.0)) for beta in (beta2, beta1))
        *_, (_, update) = adam.run(np.zeros(300), gradients)
        *_, (state, _) = equal.run(np.zeros(300), gradients)
        mean = equal.correct_first(state.m, state.step)
        ratio = np.sqrt(equal.correct_second(state.peak, state.v, state.step)[1] / mean**2 - 1)
        axes.loglog(ratio, np.abs(update), marker, markersize=3, label=f"betas {beta1:g}, {beta2:g}")
    line = np.logspace(-2, 2.5, 100)
    axes.loglog(line, 1 / np.sqrt(1 + line**2), color="gray", linewidth=1, label="the theorem")
    axes.set_xlabel("sigma / |m_hat|")
    axes.set_ylabel("|update| / lr")
    axes.legend()
