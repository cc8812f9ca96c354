r"""The tight bound of an update.

By the Cauchy-Schwarz inequality no t gradients can make $|\hat m_t| / \sqrt{\hat v_t}$ larger than a number
$R_t$ that depends on t and the betas only, and gradients that grow like $(\beta_2/\beta_1)^t$ reach it.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..bounds import assert_between
from ..closed_forms import in_quads
from ..largest_ratio import closed_form, corrected, largest, longer, supremum, uncorrected
from ..predictions import assert_met, predict, seen

claim = ac.Claim(
    title="The tight bound of an update",
    says="Whatever the gradients, no update of Adam is larger than a fixed multiple of the learning rate.",
    source='sharpens Kingma & Ba, "Adam" (2015), section 2.1',
    verdict=ac.holds_if(
        r"$\beta_1^2 < \beta_2$: every update is at most $R_\infty \alpha$, at the defaults "
        r"$\sqrt{370/7}\,\alpha \approx 7.27\,\alpha$, and no smaller multiple will do. If "
        r"$\beta_1^2 \geq \beta_2$ there is no such multiple"
    ),
    statement=(
        r"For all gradients, $t \geq 1$ and $\beta_2 > 0$: $\hat m_t^2 \leq R_t^2 \hat v_t$ with $R_t^2 = "
        r"\frac{(1-\beta_1)^2 (1-\beta_2^t)}{(1-\beta_1^t)^2 (1-\beta_2)} \sum_{k=0}^{t-1} r^k$, "
        r"$r = \beta_1^2/\beta_2$; for $\beta_1 > 0$ with equality if and only if "
        r"$g_j \propto (\beta_2/\beta_1)^j$. So $|\theta_t - \theta_{t-1}| < \alpha R_t$ for $\epsilon > 0$. "
        r"If $r < 1$, then $R_t^2 = R_\infty^2 \left(1 - "
        r"\frac{(\beta_1^t - \beta_2^t)^2}{\beta_2^t (1-\beta_1^t)^2}\right)$ with "
        r"$R_\infty^2 = \frac{(1-\beta_1)^2 \beta_2}{(1-\beta_2)(\beta_2 - \beta_1^2)}$, its limit."
    ),
)


def _betas(adam: ac.Adam) -> tuple[Any, Any]:
    return adam.hyper.beta1, adam.hyper.beta2


@claim.derivation
def no_gradients_exceed_it(given: ac.Given) -> Iterator[ac.Step]:
    r"""Induction on t, with the sum S of t powers of r. If $m^2 \leq S \frac{(1-\beta_1)^2}{1-\beta_2} v$,
    the same holds one step later with $1 + r S$: the new difference is a positive multiple of the old one
    plus a square. It is 0 if and only if both are, which determines the next gradient."""
    adam, t, total = given.adam(), given.time("t"), given.positive("S")
    m, g, v, (beta1, beta2) = given.real("m"), given.real("g"), given.real("v"), _betas(adam)
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
    update, bounded = (
        adam.hyper.lr * m_hat / adam.denominator(s * s, 1),
        [(m_hat * m_hat, "<=", square * s * s)],
    )
    yield ac.inequality("an update", update * update, "<", adam.hyper.lr**2 * square, given=bounded)


@claim.derivation
def geometric_gradients_reach_it(given: ac.Given) -> Iterator[ac.Step]:
    r"""Gradients that grow by the factor $\beta_2/\beta_1$ leave the same sum S in both moments, times the
    last gradient in one and its square in the other: equality at every t."""
    adam, t, g, total = given.adam(), given.time("t"), given.positive("g"), given.positive("S")
    beta1, beta2 = _betas(adam)
    nonzero = [(beta1, ">", 0), (beta2, ">", 0)]
    m, v, later = (1 - beta1) * g * total, (1 - beta2) * g * g * total, beta2 / beta1 * g
    yield from ac.induction(
        "the first moment",
        (adam.first_moment(0 * g, g), (1 - beta1) * g),
        (adam.first_moment(m, later), (1 - beta1) * later * longer(adam, total)),
        given=nonzero,
    )
    yield from ac.induction(
        "the second moment",
        (adam.second_moment(0 * g, g), (1 - beta2) * g * g),
        (adam.second_moment(v, later), (1 - beta2) * later * later * longer(adam, total)),
        given=nonzero,
    )
    m_hat, (_, v_hat) = adam.correct_first(m, t), adam.correct_second(v, v, t)
    yield ac.identity("equality", m_hat * m_hat, corrected(adam, total, t) * v_hat)


@claim.derivation
def closed_form_and_supremum(given: ac.Given) -> Iterator[ac.Step]:
    r"""The sum is geometric. Written with $\beta_1^t$ and $\beta_2^t$, what $R_t^2$ lacks of $R_\infty^2$
    is a square, and vanishes at least as fast as $r^t + \beta_2^t$ if $r < 1$."""
    adam, t = given.adam(), given.time("t")
    beta1, beta2 = _betas(adam)
    p, q = beta1**t, beta2**t
    regular = [(beta2, ">", 0), (q, ">", 0), (beta1 * beta1, "!=", beta2)]
    yield from ac.induction(
        "the geometric sum",
        (closed_form(adam, 1), longer(adam, 0)),
        (longer(adam, closed_form(adam, t)), closed_form(adam, t + 1)),
        given=regular,
    )
    lacks = (p - q) ** 2 / (q * (1 - p) ** 2)
    closed = corrected(adam, closed_form(adam, t), t)
    yield ac.identity("what is lacking", closed, supremum(adam) * (1 - lacks), given=regular)
    small = (p * p / q + q) / (1 - beta1) ** 2
    yield ac.inequality("it vanishes", lacks, "<=", small, given=[(q, ">", 0)])
    defaults = ac.Adam(ac.Hyperparameters(1, given.number(9, 10), given.number(999, 1000), 0))
    yield ac.evaluation("at the defaults", supremum(defaults), "=", given.number(370, 7))


@claim.derivation
def without_the_condition_there_is_no_bound(given: ac.Given) -> Iterator[ac.Step]:
    r"""If $\beta_1^2 \geq \beta_2$, the sum S has t terms that are at least 1."""
    adam, t, total, count = given.adam(), given.time("t"), given.positive("S"), given.nonnegative("n")
    least = (1 - adam.hyper.beta1) ** 2 * count
    yield ac.inequality("R_t^2", corrected(adam, total, t), ">=", least, given=[(total, ">=", count)])


def _remembering(format: ac.Format) -> Any:
    return ac.trajectories(format).filter(lambda trajectory: trajectory.hyper.beta2 > 0)


def _bounds(trace: ac.Trace) -> Any:
    """The bounds (T, 1) of the updates of a trace, in quad."""
    adam = in_quads(trace)
    with np.errstate(invalid="ignore"):  # quad announces 0**t, and gives the right 0
        squares = np.stack(list(islice(largest(adam), len(trace.gradients))))
    return adam.hyper.lr * np.sqrt(squares)


@claim.law(trajectory=_remembering)
def no_update_exceeds_the_bound(subject: ac.Subject, trajectory: ac.Trajectory) -> None:
    r"""No update is larger than $R_t$ times the learning rate."""
    trace = subject.run(trajectory)
    bounds = _bounds(trace)
    assert_between(seen(trace), -bounds, bounds, predict(trace), "update", trace)


@st.composite
def _geometric(draw: Any, format: ac.Format) -> ac.Trajectory:
    """Gradients that double or halve, with betas in that ratio: exact in every dtype."""
    ratio, beta = draw(st.sampled_from([2.0, 0.5])), draw(st.sampled_from([0.25, 0.375, 0.4375]))
    betas = (beta, 2 * beta) if ratio == 2 else (2 * beta, beta)
    hyper = ac.Hyperparameters(2.0 ** -draw(st.integers(0, 6)), *betas, 2.0 ** -draw(st.integers(2, 10)))
    reach = min(ac.exponent_range(format), 6)
    gradients = draw(st.sampled_from([1.0, -1.0])) * ratio ** np.arange(-reach, reach + 1)
    return ac.Trajectory(hyper, np.zeros(1, format.dtype), gradients[:, None].astype(format.dtype))


@claim.law(trajectory=_geometric)
def geometric_gradients_attain_the_bound(subject: ac.Subject, trajectory: ac.Trajectory) -> None:
    r"""If gradients grow by $\beta_2/\beta_1$, every update has the size $\alpha R_t s/(s + \epsilon)$."""
    trace = subject.run(trajectory)
    adam, gradients = in_quads(trace), ac.to_quad(trace.gradients)
    states = enumerate((state for state, _ in adam.run(0 * gradients[0], gradients)), start=1)
    s = np.sqrt(np.stack([adam.correct_second(state.peak, state.v, t)[1] for t, state in states]))
    updates = -np.sign(gradients) * _bounds(trace) * s / (s + adam.hyper.eps)
    assert_met(seen(trace), predict(trace).at(updates), "update under geometric gradients", trace)


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
def largest_updates(axes: Any) -> None:
    r"""The largest update after t steps, $R_t$: Adam on gradients that grow like $(\beta_2/\beta_1)^t$. It
    approaches $R_\infty$ (dashed) if $\beta_1^2 < \beta_2$, stays 1 if $\beta_1 = \beta_2$, and else grows
    for ever."""
    for color, (beta1, beta2) in enumerate(((0.9, 0.999), (0.9, 0.99), (0.9, 0.9), (0.9, 0.81), (0.9, 0.8))):
        adam = ac.Adam(ac.Hyperparameters(1.0, beta1, beta2, 0.0))
        gradients = (beta2 / beta1) ** np.arange(3000 if beta2 >= beta1 else 1000)
        sizes = [-update for _, update in adam.run(0.0, gradients.tolist())]
        axes.loglog(1 + np.arange(len(sizes)), sizes, label=f"beta1 = {beta1:g}, beta2 = {beta2:g}")
        if beta2 > beta1:
            axes.axhline(supremum(adam) ** 0.5, color=f"C{color}", linestyle="--", linewidth=1)
    axes.set_ylim(0.9, 20)
    axes.set_xlabel("step t")
    axes.set_ylabel("largest |update| / lr")
    axes.legend()
