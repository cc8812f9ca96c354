r"""The drift after the gradient vanishes.

Both moments continue to shrink when all gradients are 0, m by $\beta_1$ a step and the root of v by
$\sqrt{\beta_2}$. So the update shrinks only by $\beta_1/\sqrt{\beta_2}$, and the parameter drifts on. If
$\beta_1^2 > \beta_2$, the updates grow, without any gradient, until $\epsilon$ stops them.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..bounds import assert_between
from ..closed_forms import factors, in_quads

claim = ac.Claim(
    title="The drift after the gradient vanishes",
    says="Where the gradient is zero the parameter stays where it is.",
    source="a property of gradient descent, often expected of Adam",
    verdict=ac.false_as_stated(
        r"late in a run the parameter drifts on by $\frac{\beta_1}{\sqrt{\beta_2} - \beta_1}$ times the last "
        r"update, 9.05 times at the defaults and as $\epsilon \to 0$, hence by less than $66\,\alpha$. If "
        r"$\beta_1^2 > \beta_2$ it is moved farther in every step, until $\sqrt{\hat v_t}$ is below "
        r"$\epsilon$"
    ),
    statement=(
        ac.proposition(
            r"If $g_{t+1} = 0$, then $\hat m_{t+1} = \beta_1 \frac{1-\beta_1^t}{1-\beta_1^{t+1}} \hat "
            r"m_t$ and $\hat v_{t+1} = \beta_2 \frac{1-\beta_2^t}{1-\beta_2^{t+1}} \hat v_t$.",
            "both-moments-shrink: the first moment",
            "both-moments-shrink: the second moment",
        ),
        ac.proposition(
            r"So the ratio of one update and the one before is between the factor of $\hat m$ (for "
            r"$\epsilon \gg \sqrt{\hat v_t}$) and that factor divided by the root of the factor of "
            r"$\hat v$ (for $\epsilon = 0$), which tends to $\beta_1/\sqrt{\beta_2}$.",
            "both-moments-shrink: a smaller denominator",
            "both-moments-shrink: at most by this factor",
        ),
    ),
)


@claim.derivation
def both_moments_shrink(given: ac.Given) -> Iterator[ac.Step]:
    r"""One step with a zero gradient, and what it makes of a ratio of corrected moments m and s."""
    adam, t, m, v = given.adam(), given.time("t"), given.real("m"), given.nonnegative("v")
    beta1, beta2 = adam.hyper.beta1, adam.hyper.beta2
    state, _ = adam.update(ac.State(t, m, v, v), 0 * m, 0 * m)
    shrinks = beta1 * (1 - beta1**t) / (1 - beta1 ** (t + 1))
    m_hat, later = adam.correct_first(m, t), adam.correct_first(state.m, t + 1)
    yield ac.identity("the first moment", later, shrinks * m_hat)
    shrinks = beta2 * (1 - beta2**t) / (1 - beta2 ** (t + 1))
    (_, v_hat), (_, later) = adam.correct_second(v, v, t), adam.correct_second(v, state.v, t + 1)
    yield ac.identity("the second moment", later, shrinks * v_hat)
    s, x = given.positive("s"), given.positive("x")
    share = 1 / (1 + x)  # the root of the factor of v
    grows = adam.denominator(s * s, t) / adam.denominator(share * s * share * s, t + 1)
    yield ac.inequality("a smaller denominator", grows, ">", 1)
    yield ac.inequality("at most by this factor", grows, "<", 1 / share)


@claim.derivation
def the_way_to_go(given: ac.Given) -> Iterator[ac.Step]:
    r"""Late in a run each update is $\rho = \beta_1/\sqrt{\beta_2}$ times the one before. At the defaults
    $\rho^2 = 30/37$; with the tight bound $\sqrt{370/7}$ of an update the whole way is below 66."""
    rho, n = given.decay("rho"), given.time("n")

    way = given.sequence("way", 0, lambda before, k: before + rho**k)
    yield from ac.induction("n updates", n, lambda k: (way(k), "=", rho * (1 - rho**k) / (1 - rho)))
    rho = ac.sqrt(given.number(30, 37))
    all_the_way = rho / (1 - rho)
    yield ac.evaluation(
        "rho at the defaults", rho**2, "=", given.number(9, 10) ** 2 / given.number(999, 1000)
    )
    yield ac.evaluation("more than", all_the_way, ">", given.number(904, 100))
    yield ac.evaluation("less than", all_the_way, "<", given.number(905, 100))
    yield ac.evaluation("at most", all_the_way**2 * given.number(370, 7), "<", 66**2)


def _remembering(format: ac.Format) -> Any:
    return ac.trajectories(format).filter(lambda trajectory: trajectory.hyper.beta2 > 0)


def _rates(trace: ac.Trace) -> tuple[Any, Any]:
    """The largest and the smallest ratio of two updates without a gradient, for the steps from 2 on."""
    hyper = in_quads(trace).hyper
    rest1, rest2 = factors(trace)
    first, second = hyper.beta1 * rest1[:-1] / rest1[1:], hyper.beta2 * rest2[:-1] / rest2[1:]
    return first / np.sqrt(second), first


@claim.law(trajectory=_remembering, before=st.integers(1, 12))
def updates_fade_at_a_known_rate(subject: ac.Subject, trajectory: ac.Trajectory, before: int) -> None:
    """Once the gradients are 0, each update has the sign of the one before, and the ratio of the two is
    between the factor by which m_hat shrinks and that factor over the root of the one of v_hat."""
    gradients = np.concatenate([trajectory.gradients[:before], np.zeros_like(trajectory.gradients[:8])])
    trace, count = subject.run(trajectory.replace(gradients=gradients)), len(trajectory.gradients[:8])
    slowly, fast = _rates(trace)
    observed, due, before_it = (
        ac.observed(trace)[-count:],
        ac.predicted(trace),
        ac.observed(trace)[-count - 1 : -1],
    )
    with np.errstate(invalid="ignore"):
        low, high = np.sort([before_it.value * rate[-count:] for rate in (slowly, fast)], axis=0)
    known = before_it.radius + due.radius[-count - 1 : -1]
    radius = due.radius[-count:] + known * slowly[-count:].astype(np.float64)
    due = ac.Updates(due.value[-count:], radius)
    assert_between(observed, low, high, due, "update without a gradient", trace)


@claim.witness
def growing_without_a_gradient(exact: ac.Exact) -> None:
    r"""One gradient 1, then zeros, with $\beta_1 = 3/4$: for $\beta_2 = 1/4$ the updates grow, for
    $\beta_2 = 9/10$ they shrink."""
    for beta2, relation in ((Fraction(1, 4), ">"), (Fraction(9, 10), "<")):
        updates = exact.run([1] + [0] * 5, beta1=Fraction(3, 4), beta2=beta2).updates
        exact.says(f"updates 6 and 5, beta2 = {beta2}", updates[5] ** 2, relation, updates[4] ** 2)


@claim.figure
def way_after_the_last_gradient(axes: Any) -> None:
    r"""The distance that the parameter drifts after the last of some gradients 1, at the default
    hyperparameters. Late in a run it is 9.05 learning rates (dashed); it is largest after about 22
    gradients."""
    adam = ac.Adam(ac.Hyperparameters(lr=1.0))
    for count in (1, 5, 22, 100, 1000):
        updates = [-u for _, u in adam.run(0.0, [1.0] * count + [0.0] * 60)]
        axes.plot(np.cumsum([0.0, *updates[count:]]), label=str(count))
    rho = (30 / 37) ** 0.5
    axes.axhline(rho / (1 - rho), color="gray", linestyle="--")
    axes.set_xlabel("steps with gradient 0")
    axes.set_ylabel("way / lr")
    axes.legend(title="number of gradients 1")
