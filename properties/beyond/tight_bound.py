r"""The tight bound of an update.

By the Cauchy-Schwarz inequality no t gradients can make $|\hat m_t| / \sqrt{\hat v_t}$ larger than a number
$R_t$ that depends on t and the betas only, and gradients that grow like $(\beta_2/\beta_1)^t$ reach it.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np

import adamcheck as ac

from ..bounds import assert_between
from ..closed_forms import in_quads
from ..geometric_gradients import geometric
from ..largest_ratio import corrected, largest, longer, uncorrected, update_bounds

claim = ac.Claim(
    title="The tight bound of an update",
    says="Whatever the gradients, no update of Adam is larger than a fixed multiple of the learning rate.",
    source='sharpens Kingma & Ba, "Adam" (2015), section 2.1',
    verdict=ac.holds_if(
        r"the multiple may depend on t: after t steps the tight one is $R_t$, which some gradients attain. "
        r"That one multiple does for all t takes $\beta_1^2 < \beta_2$"
    ),
    statement=(
        ac.proposition(
            r"For all gradients, $t \geq 1$ and $\beta_2 > 0$: $\hat m_t^2 \leq R_t^2 \hat v_t$ with "
            r"$R_t^2 = \frac{(1-\beta_1)^2 (1-\beta_2^t)}{(1-\beta_1^t)^2 (1-\beta_2)} "
            r"\sum_{k=0}^{t-1} r^k$, $r = \beta_1^2/\beta_2$; for $\beta_1 > 0$ with equality if and "
            r"only if $g_j \propto (\beta_2/\beta_1)^j$.",
            "no-gradients-exceed-it",
            "geometric-gradients-reach-it",
        ),
        ac.proposition(
            r"So $|\theta_t - \theta_{t-1}| < \alpha R_t$ for $\epsilon > 0$.",
            "with-eps-every-update-is-smaller",
        ),
    ),
)


@claim.derivation
def no_gradients_exceed_it(given: ac.Given) -> Iterator[ac.Step]:
    r"""Induction on t, with the sum S of t powers of r. If $m^2 \leq S \frac{(1-\beta_1)^2}{1-\beta_2} v$,
    the same holds one step later with $1 + r S$: the new difference is a positive multiple of the old one
    plus a square. It is 0 if and only if both are, which determines the next gradient."""
    adam, t, total = given.adam(), given.time("t"), given.positive("S")
    m, g, v = given.real("m"), given.real("g"), given.real("v")
    beta1, beta2 = adam.hyper.beta1, adam.hyper.beta2
    remembers = [(beta2, ">", 0)]
    first_m, first_v = adam.first_moment(0 * g, g), adam.second_moment(0 * g, g)
    yield ac.identity("equality after the first step", first_m * first_m, uncorrected(adam, 1) * first_v)
    after_m, after_v = adam.first_moment(m, g), adam.second_moment(v, g)
    slack = uncorrected(adam, longer(adam, total)) * after_v - after_m * after_m
    multiple = beta2 * (beta1 * beta1 * total + beta2) * (uncorrected(adam, total) * v - m * m)
    root = beta1 * (1 - beta1) * total * g - beta2 * m
    certificate = multiple + root * root
    yield ac.identity("the certificate of one more step", beta2 * total * slack, certificate, given=remembers)
    m_hat, (_, v_hat) = adam.correct_first(m, t), adam.correct_second(v, v, t)
    slack, factor = corrected(adam, total, t) * v_hat - m_hat * m_hat, 1 - beta1**t
    multiple = (uncorrected(adam, total) * v - m * m) / (factor * factor)
    yield ac.identity("the bias corrections", slack, multiple)


@claim.derivation
def with_eps_every_update_is_smaller(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $s = \sqrt{\hat v_t}$ and $\hat m_t^2 \leq B s^2$, the update is below $\alpha \sqrt{B}$."""
    adam, m_hat = given.adam(), given.real("mhat")
    s, square = given.nonnegative("s"), given.positive("B")
    update = adam.hyper.lr * m_hat / adam.denominator(s * s, 1)
    bounded = [(m_hat * m_hat, "<=", square * s * s)]
    yield ac.inequality("an update", update * update, "<", adam.hyper.lr**2 * square, given=bounded)


@claim.derivation
def geometric_gradients_reach_it(given: ac.Given) -> Iterator[ac.Step]:
    r"""Gradients that grow by the factor $\beta_2/\beta_1$ leave the same sum S in both moments, times the
    last gradient in one and its square in the other: equality at every t."""
    adam, t, first = given.adam(), given.time("t"), given.positive("g_1")
    beta1, beta2 = adam.hyper.beta1, adam.hyper.beta2
    nonzero = [(beta1, ">", 0), (beta2, ">", 0)]
    g = given.sequence("g", first * beta1 / beta2, lambda before, k: beta2 / beta1 * before)
    total = given.sequence("S", 0, lambda before, k: longer(adam, before))
    m = given.sequence("m", 0, lambda before, k: adam.first_moment(before, g(k)))
    v = given.sequence("v", 0, lambda before, k: adam.second_moment(before, g(k)))
    yield from ac.induction(
        "the first moment", t, lambda k: (m(k), "=", (1 - beta1) * g(k) * total(k)), given=nonzero
    )
    yield from ac.induction(
        "the second moment", t, lambda k: (v(k), "=", (1 - beta2) * g(k) * g(k) * total(k)), given=nonzero
    )
    m_hat = adam.correct_first((1 - beta1) * g(t) * total(t), t)
    _, v_hat = adam.correct_second(0, (1 - beta2) * g(t) * g(t) * total(t), t)
    yield ac.identity("equality", m_hat * m_hat, corrected(adam, total(t), t) * v_hat)


def _remembering(format: ac.Format) -> Any:
    return ac.trajectories(format).filter(lambda trajectory: trajectory.hyper.beta2 > 0)


@claim.law(trajectory=_remembering)
def no_update_exceeds_the_bound(subject: ac.Subject, trajectory: ac.Trajectory) -> None:
    r"""No update is larger than $R_t$ times the learning rate."""
    trace = subject.run(trajectory)
    bounds = update_bounds(trace)
    assert_between(ac.observed(trace), -bounds, bounds, ac.predicted(trace), "update", trace)


def _doubling_or_halving(format: ac.Format) -> Any:
    betas = [pair for b in (0.25, 0.375, 0.4375) for pair in ((b, 2 * b), (2 * b, b))]
    return geometric(format, betas, eps=[2.0**-k for k in range(2, 11)])


@claim.law(trajectory=_doubling_or_halving)
def geometric_gradients_attain_the_bound(subject: ac.Subject, trajectory: ac.Trajectory) -> None:
    r"""If gradients grow by $\beta_2/\beta_1$, every update has the size $\alpha R_t s/(s + \epsilon)$."""
    trace = subject.run(trajectory)
    adam, gradients = in_quads(trace), ac.to_quad(trace.gradients)
    states = enumerate((state for state, _ in adam.run(0 * gradients[0], gradients)), start=1)
    s = np.sqrt(np.stack([adam.correct_second(state.peak, state.v, t)[1] for t, state in states]))
    updates = -np.sign(gradients) * update_bounds(trace) * s / (s + adam.hyper.eps)
    ac.assert_met(
        ac.observed(trace), ac.predicted(trace).at(updates), "update under geometric gradients", trace
    )


@claim.witness
def two_steps(exact: ac.Exact) -> None:
    r"""For $\beta_1 = 1/2$, $\beta_2 = 3/4$ the gradients 2, 3 attain $R_2^2 = 28/27$; others stay
    below."""
    hyper = ac.Hyperparameters(1, Fraction(1, 2), Fraction(3, 4), 0)
    bound = list(islice(largest(ac.Adam(hyper)), 2))[-1]
    exact.says("the bound", bound, "=", Fraction(28, 27))
    for gradients, relation in (([2, 3], "="), ([1, 1], "<"), ([1, 2], "<"), ([3, 2], "<")):
        update = exact.run(gradients, beta1=hyper.beta1, beta2=hyper.beta2).update
        exact.says(f"the square of the update after {gradients}", update * update, relation, bound)


@claim.figure
def updates_within_the_bound(axes: Any) -> None:
    r"""Updates at the default betas, and the bound $R_t$ (dashed). Gradients that grow by $\beta_2/\beta_1 =
    1.11$ a step follow it all the way; constant and random ones stay far below."""
    steps, adam = 1 + np.arange(2000), ac.Adam(ac.Hyperparameters(lr=1.0, eps=0.0))
    random = np.random.default_rng(0).standard_normal(2000)
    for name, gradients in {"growing": 1.11**steps, "constant": np.ones(2000), "random": random}.items():
        sizes = [abs(update) for _, update in adam.run(0.0, gradients.tolist())]
        axes.loglog(steps, sizes, label=f"gradients: {name}", linewidth=3 if name == "growing" else 1)
    axes.loglog(steps, np.sqrt(list(islice(largest(adam), 2000))), "--", color="gray", label="R_t")
    axes.set_ylim(0.01, 20)
    axes.set_xlabel("step t")
    axes.set_ylabel("|update| / lr")
    axes.legend()
