r"""The box of AdamW.

Decoupled weight decay pulls a weight back by $\alpha \lambda \theta$, and no update pushes it by more than
$\alpha R_\infty$. So the weights stay within a box. Its size is not $1/\lambda$, but $R_\infty/\lambda$.
"""

from collections.abc import Iterator
from fractions import Fraction
from math import isqrt
from typing import Any

import numpy as np

import adamcheck as ac

from ..bounds import assert_between
from ..decoupled import decaying_from
from ..largest_ratio import reached, supremum
from ..short_runs import short_runs

claim = ac.Claim(
    title="The box of AdamW",
    says=r"AdamW with weight decay $\lambda$ keeps every weight between $-1/\lambda$ and $1/\lambda$.",
    source=(
        "Introduction: the interaction with other training techniques; Xie & Li, "
        '"Implicit Bias of AdamW" (2024)'
    ),
    verdict=ac.false_as_stated(
        r"unless $\beta_1 = \beta_2$ the box is $R_\infty/\lambda$, with the limit $R_\infty$ of the tight "
        r"bound: $7.27/\lambda$ at the defaults, and no smaller one will do. It takes $\alpha \lambda \leq "
        r"1$, and a start within the box"
    ),
    statement=(
        ac.prose(
            r"Let $\alpha \lambda \leq 1$, and let no update without decay be larger than $\alpha R$: $R = "
            r"R_\infty$ if $\beta_1^2 < \beta_2$, by the tight bound of an update."
        ),
        ac.proposition(
            r"$|\theta_t| \leq \max(|\theta_0|, R/\lambda)$ for all gradients and all t.",
            "one-step-stays-within-the-box",
            "so-does-the-whole-run",
        ),
        ac.proposition(r"If $\beta_1 = \beta_2$, then $R = 1$.", "equal-betas-push-by-lr-at-most"),
        ac.proposition(
            r"Updates of size $\alpha R$ in one direction lead from 0 to $(1 - (1 - \alpha \lambda)^t) "
            r"R/\lambda$ in t steps, which tends to $R/\lambda$.",
            "the-box-is-filled",
        ),
        ac.prose(
            r"Gradients that grow by $\beta_2/\beta_1$ make every update as large as it can be, $\alpha R_t$ "
            r"for $\epsilon = 0$, and $R_t$ grows to $R_\infty$: so they come as near to $R_\infty/\lambda$ "
            "as you like."
        ),
        ac.proposition(
            r"If $\alpha \lambda > 1$, weights may leave the box.", "too-large-a-step-leaves-the-box"
        ),
    ),
)


def _adamw(given: ac.Given, **fixed: Any) -> ac.Adam:
    return given.adam(ac.AdamW, weight_decay=given.positive("lambda"), **fixed)


@claim.derivation
def one_step_stays_within_the_box(given: ac.Given) -> Iterator[ac.Step]:
    r"""AdamW's step is Adam's, from a weight that shrank by $\alpha \lambda$. With $\hat v_t = s^2$ and
    $\hat m_t^2 \leq R^2 s^2$ the update without decay is at most $\alpha R$; so $|\theta| \leq B$ stays
    true for $B = R/\lambda + b$, $b \geq 0$. Written with $q = 1 - \alpha \lambda$."""
    adam, adamw, t = given.adam(), _adamw(given), given.time("t")
    lr, decay = adamw.hyper.lr, adamw.hyper.weight_decay
    theta, g, largest = given.real("theta"), given.real("g"), given.positive("R")
    state = ac.State(t, given.real("m"), given.nonnegative("v"), 0)
    after, alone = adamw.step(state, theta, g)[1], adam.update(state, theta, g)[1]
    yield ac.identity("the step", after, (1 - lr * decay) * theta + alone)
    m_hat, s = given.real("mhat"), given.nonnegative("s")
    update = -(lr * adamw.numerator(m_hat, g, t) / adamw.denominator(s * s, t))
    square, u, shrinking = given.positive("R^2"), given.real("u"), _shrinking(given)
    bounded = [(m_hat * m_hat, "<=", square * s * s)]
    yield ac.inequality("the update, squared", update * update, "<", lr**2 * square, given=bounded)
    edge = largest / shrinking.hyper.weight_decay + given.nonnegative("b")
    after = theta + shrinking.decay(theta, lr * u)
    below, above = [(theta, "<=", edge), (u, "<=", largest)], [(theta, ">=", -edge), (u, ">=", -largest)]
    yield ac.inequality("below the upper edge", after, "<=", edge, given=below)
    yield ac.inequality("above the lower edge", after, ">=", -edge, given=above)


def _shrinking(given: ac.Given) -> ac.Adam:
    """AdamW with $\\alpha \\lambda = 1 - q$, which is at most 1."""
    return given.adam(ac.AdamW, weight_decay=(1 - given.decay("q")) / given.positive("lr"))


@claim.derivation
def so_does_the_whole_run(given: ac.Given) -> Iterator[ac.Step]:
    r"""Induction on t. The updates without decay are any numbers between $-\alpha R$ and $\alpha R$,
    written as $\alpha R \cdot 2x/(1 + x^2)$ with any x."""
    adamw, t = _shrinking(given), given.time("t")
    largest = given.positive("R")
    edge = largest / adamw.hyper.weight_decay + given.nonnegative("b")
    start, x = given.real("theta_0"), given.arbitrary("x")

    def stepped(before: Any, k: Any) -> Any:
        update = adamw.hyper.lr * (largest * (2 * x(k) / (1 + x(k) * x(k))))
        return before + adamw.decay(before, update)

    theta = given.sequence("theta", start, stepped)
    below, above = [(start, "<=", edge)], [(start, ">=", -edge)]
    yield from ac.induction("the upper edge", t, lambda k: (theta(k), "<=", edge), given=below)
    yield from ac.induction("the lower edge", t, lambda k: (theta(k), ">=", -edge), given=above)


@claim.derivation
def equal_betas_push_by_lr_at_most(given: ac.Given) -> Iterator[ac.Step]:
    r"""$m_t^2 \leq (1-\beta^t) v_t$ by induction: the new difference is a positive multiple of the old one
    plus a square. So $\hat m_t^2 \leq \hat v_t$."""
    beta, t, g = given.decay("beta1"), given.time("t"), given.real("g")
    adam, m, v = given.adam(beta2=beta), given.real("m"), given.nonnegative("v")
    first = adam.first_moment(0 * g, g)
    yield ac.identity("the first step", first * first, (1 - beta) * adam.second_moment(0 * g, g))
    late, later = 1 - beta**t, 1 - beta ** (t + 1)
    after = adam.first_moment(m, g)
    left = later * adam.second_moment(v, g) - after * after
    certificate = beta * later * (late * v - m * m) + beta * (1 - beta) * (m - late * g) ** 2
    yield ac.identity("the certificate of one more step", late * left, certificate)
    m_hat, (_, v_hat) = adam.correct_first(m, t), adam.correct_second(0, v, t)
    yield ac.inequality("corrected", m_hat * m_hat, "<=", v_hat, given=[(m * m, "<=", late * v)])


@claim.derivation
def the_box_is_filled(given: ac.Given) -> Iterator[ac.Step]:
    r"""From 0, under updates $\alpha R$ without decay, with $q = 1 - \alpha \lambda$. Where $\theta =
    R/\lambda$ nothing moves any more."""
    t, largest, q, adamw = given.time("t"), given.positive("R"), given.decay("q"), _shrinking(given)
    lr = adamw.hyper.lr
    end = largest / adamw.hyper.weight_decay
    theta = given.sequence("theta", 0, lambda before, k: before + adamw.decay(before, lr * largest))
    yield from ac.induction("the way", t, lambda k: (theta(k), "=", (1 - q**k) * end))
    yield ac.limit("its end", (1 - q**t) * end, t, "oo", end)
    yield ac.identity("at rest", adamw.decay(end, lr * largest), 0)


@claim.law(needs=("weight_decay",), trajectory=short_runs)
def weights_stay_within_the_box(subject: ac.Subject, trajectory: ac.Trajectory) -> None:
    r"""A run with weight decay that starts where the largest update without it and the decay cancel goes no
    farther from 0."""
    moved = ac.observed(subject.run(trajectory))
    rate = trajectory.hyper.lr * 0.5
    edge = (np.abs(moved.value).max(axis=0) / rate).astype(np.float64)
    start = (np.sign(moved.value[0]).astype(np.float64) * edge).astype(subject.format.dtype)
    trace = decaying_from(subject, start, trajectory)
    before = ac.to_quad(np.asarray(trace.parameters)[:-1])
    edge = np.maximum(edge, np.abs(start.astype(np.float64)))
    due = ac.predicted(trace, ac.AdamW)
    assert_between(ac.observed(trace), -edge - before, edge - before, due, "update within the box", trace)


@claim.witness
def two_gradients_lead_out(exact: ac.Exact) -> None:
    r"""With $\lambda = 1$ and $\alpha = 1/2$ the weight 1 is the edge. Gradients -2, -3 push it outward with
    $\beta_1 = 1/2$, $\beta_2 = 3/4$; with $\beta_2 = 1/2$ they do not."""
    for beta2, relation in ((Fraction(3, 4), ">"), (Fraction(1, 2), "<")):
        run = exact.run(
            [-2, -3],
            definition=ac.AdamW,
            start=1,
            lr=Fraction(1, 2),
            beta1=Fraction(1, 2),
            beta2=beta2,
            weight_decay=1,
        )
        exact.says(f"the first update, beta2 = {beta2}", run.updates[0], "=", 0)
        exact.says(f"the second update, beta2 = {beta2}", run.updates[1], relation, 0)


@claim.witness
def three_times_as_far_at_the_defaults(exact: ac.Exact) -> None:
    r"""Gradients that grow by 11 % a step lead from 0 beyond $3/\lambda$ in 210 steps with $\alpha \lambda =
    1/10$; roots are rounded down. The box is $R_\infty/\lambda$, with the square 370/7."""
    hyper = ac.Hyperparameters(Fraction(1, 10), Fraction(9, 10), Fraction(999, 1000), 0, 1)
    adamw, theta, digits = ac.AdamW(hyper), Fraction(0), 10**4
    for square in reached(adamw, (-(Fraction(111, 100) ** j) for j in range(210))):
        size = Fraction(isqrt(int(square * digits**2)), digits)
        theta += adamw.decay(theta, hyper.lr * size)
        theta = Fraction(int(theta * digits), digits)
    exact.says("the weight, rounded down", theta, ">", 3)
    exact.says("the square of the box", supremum(adamw), "=", Fraction(370, 7))


@claim.witness
def too_large_a_step_leaves_the_box(exact: ac.Exact) -> None:
    r"""With $\alpha = 3/2$ and $\lambda = 1$ the weight 1 goes to -2 in one step, under the gradient 1."""
    run = exact.run([1], definition=ac.AdamW, start=1, lr=Fraction(3, 2), beta1=0, beta2=0, weight_decay=1)
    exact.says("the update", run.update, "=", -3)


@claim.figure
def weights_against_the_box(axes: Any) -> None:
    r"""Weights of AdamW from 0 at the default betas with $\alpha \lambda = 0.01$, in units of $1/\lambda$.
    Gradients that keep their size lead to 1; those that grow lead beyond it, and at 11 % a step up to the
    box (dashed)."""
    adamw = ac.AdamW(ac.Hyperparameters(lr=0.01, eps=0.0, weight_decay=1.0))
    for growth in (0.0, 0.005, 0.02, 0.11):
        updates = [update for _, update in adamw.run(0.0, (-((1 + growth) ** np.arange(3000.0))).tolist())]
        axes.plot(
            1 + np.arange(3000), np.cumsum(updates), label=f"gradients grow by {100 * growth:g} % a step"
        )
    axes.axhline(1, color="gray", linestyle=":", label="1 / lambda")
    axes.axhline(supremum(adamw) ** 0.5, color="gray", linestyle="--", label="the box")
    axes.set_xlabel("step t")
    axes.set_ylabel("weight times lambda")
    axes.legend(fontsize="small")
