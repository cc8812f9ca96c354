r"""The limit of the tight bound.

The tight bound $R_t$ of an update grows with t. Whether it stays below one number for all t is decided by the
betas alone: it does if $\beta_1^2 < \beta_2$, and grows beyond every number otherwise.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np

import adamcheck as ac

from ..largest_ratio import closed_form, corrected, largest, longer, reached, supremum

claim = ac.Claim(
    title="The limit of the tight bound",
    says="The size of the updates is bounded by a multiple of the learning rate that serves for all times.",
    source='sharpens Kingma & Ba, "Adam" (2015), section 2.1',
    verdict=ac.holds_if(
        r"$\beta_1^2 < \beta_2$: every update is at most $R_\infty \alpha$, at the defaults "
        r"$\sqrt{370/7}\,\alpha \approx 7.27\,\alpha$, and no smaller multiple will do. If "
        r"$\beta_1^2 \geq \beta_2$ there is no such multiple"
    ),
    statement=(
        ac.prose(
            r"Let $R_t$ be the tight bound after t steps, and $r = \beta_1^2/\beta_2$ with $\beta_2 > "
            "0$."
        ),
        ac.proposition(
            r"If $r < 1$, then $R_t^2 = R_\infty^2 \left(1 - \frac{(\beta_1^t - "
            r"\beta_2^t)^2}{\beta_2^t (1-\beta_1^t)^2}\right)$ with $R_\infty^2 = \frac{(1-\beta_1)^2 "
            r"\beta_2}{(1-\beta_2)(\beta_2 - \beta_1^2)}$, its limit.",
            "closed-form-and-supremum",
        ),
        ac.proposition(
            r"For $\beta_1 > 0$ and $r \neq 1$, gradients that grow by $\beta_2/\beta_1$ attain it in every "
            r"step: $\hat m_t^2 = R_t^2 \hat v_t$.",
            "growing-gradients-approach-it",
        ),
        ac.proposition(
            r"If $r \geq 1$, then $R_t^2 \geq (1-\beta_1)^2 t$.",
            "without-the-condition-there-is-no-bound",
        ),
    ),
)


@claim.derivation
def closed_form_and_supremum(given: ac.Given) -> Iterator[ac.Step]:
    r"""The sum is geometric. Written with $\beta_1^t$ and $\beta_2^t$, the difference of $R_\infty^2$ and
    $R_t^2$ is a square, and vanishes at least as fast as $r^t + \beta_2^t$ if $r < 1$."""
    adam, t = given.adam(), given.time("t")
    beta1, beta2 = adam.hyper.beta1, adam.hyper.beta2
    p, q = beta1**t, beta2**t
    regular = [(beta2, ">", 0), (beta1 * beta1, "!=", beta2)]
    total = given.sequence("S", 0, lambda before, k: longer(adam, before))
    yield from ac.induction(
        "the geometric sum", t, lambda k: (total(k), "=", closed_form(adam, k)), given=regular
    )
    lacks = (p - q) ** 2 / (q * (1 - p) ** 2)
    closed = corrected(adam, closed_form(adam, t), t)
    yield ac.identity("what is lacking", closed, supremum(adam) * (1 - lacks), given=regular)
    small = (p * p / q + q) / (1 - beta1) ** 2
    yield ac.inequality("it vanishes", lacks, "<=", small, given=[(q, ">", 0)])
    defaults = ac.Adam(ac.Hyperparameters(1, given.number(9, 10), given.number(999, 1000), 0))
    yield ac.evaluation("at the defaults", supremum(defaults), "=", given.number(370, 7))


@claim.derivation
def growing_gradients_approach_it(given: ac.Given) -> Iterator[ac.Step]:
    r"""The moments of the definition under such gradients, by induction, and corrected: they attain the
    closed form, so that no smaller multiple than $R_\infty$ will do."""
    adam, t, first = given.adam(), given.time("t"), given.positive("g_1")
    beta1, beta2 = adam.hyper.beta1, adam.hyper.beta2
    regular = [(beta1, ">", 0), (beta2, ">", 0), (beta1 * beta1, "!=", beta2)]
    g = given.sequence("g", first * beta1 / beta2, lambda before, k: beta2 / beta1 * before)
    m = given.sequence("m", 0, lambda before, k: adam.first_moment(before, g(k)))
    v = given.sequence("v", 0, lambda before, k: adam.second_moment(before, g(k)))

    def first_moment(k: Any) -> Any:
        return (1 - beta1) * g(k) * closed_form(adam, k)

    def second_moment(k: Any) -> Any:
        return (1 - beta2) * g(k) * g(k) * closed_form(adam, k)

    yield from ac.induction("the first moment", t, lambda k: (m(k), "=", first_moment(k)), given=regular)
    yield from ac.induction("the second moment", t, lambda k: (v(k), "=", second_moment(k)), given=regular)
    m_hat, (_, v_hat) = (
        adam.correct_first(first_moment(t), t),
        adam.correct_second(0, second_moment(t), t),
    )
    closed = corrected(adam, closed_form(adam, t), t)
    yield ac.identity("they attain it", m_hat * m_hat, closed * v_hat, given=regular)


@claim.derivation
def without_the_condition_there_is_no_bound(given: ac.Given) -> Iterator[ac.Step]:
    r"""If $\beta_1^2 \geq \beta_2$, the sum S has t terms that are at least 1."""
    adam, t, total, count = given.adam(), given.time("t"), given.positive("S"), given.nonnegative("n")
    least = (1 - adam.hyper.beta1) ** 2 * count
    yield ac.inequality("R_t^2", corrected(adam, total, t), ">=", least, given=[(total, ">=", count)])


@claim.witness
def approached_and_passed(exact: ac.Exact) -> None:
    r"""For $\beta_1 = 1/2$, $\beta_2 = 3/4$ the limit of $R_t^2$ is 3/2, of which 99 % are reached in step
    16. For $\beta_1 = 1/2$, $\beta_2 = 1/4$, where $\beta_1^2 = \beta_2$, $R_t^2$ is larger than 100 from
    step 300 on."""
    below = ac.Adam(ac.Hyperparameters(1, Fraction(1, 2), Fraction(3, 4), 0))
    exact.says("the limit", supremum(below), "=", Fraction(3, 2))
    bounds = list(islice(largest(below), 100))
    exact.says("the largest of the first 100", max(bounds), "<", Fraction(3, 2))
    first = next(t for t, bound in enumerate(bounds, start=1) if bound >= Fraction(99, 100) * supremum(below))
    exact.says("the first step with 99 % of it", first, "=", 16)
    growing = [Fraction(3, 2) ** t for t in range(first)]
    exact.says(
        "what gradients that grow by 3/2 make there", list(reached(below, growing))[-1], "=", bounds[15]
    )
    equal = ac.Adam(ac.Hyperparameters(1, Fraction(1, 2), Fraction(1, 4), 0))
    first = next(t for t, bound in enumerate(largest(equal), start=1) if bound > 100)
    exact.says("the first step above 100 without the condition", first, "=", 300)


@claim.figure
def largest_updates(axes: Any) -> None:
    r"""The largest update after t steps, $R_t$: Adam on gradients that grow like $(\beta_2/\beta_1)^t$. It
    approaches $R_\infty$ (dashed) if $\beta_1^2 < \beta_2$, stays 1 if $\beta_1 = \beta_2$, and otherwise
    grows without bound."""
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
