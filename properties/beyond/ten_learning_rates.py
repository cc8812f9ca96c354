r"""Ten learning rates.

Systems that clip, quantize or send updates rely on a bound such as ten learning rates. It holds at the
default betas, where the largest update is 7.27 learning rates, and at those of language models, where it is
1.165. But it is a matter of the betas: with a longer second memory it fails.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

from ..largest_ratio import closed_form, corrected, longer, supremum, uncorrected

claim = ac.Claim(
    title="Ten learning rates",
    says="An update of Adam is at most ten times the learning rate.",
    source="practice of training systems: clipping, quantizing and sending updates",
    verdict=ac.holds_if(
        r"$\beta_1^2 < \beta_2$ and $(1-\beta_1)^2 \beta_2 \leq 100\, (1-\beta_2) (\beta_2 - \beta_1^2)$: "
        r"the least bound is $7.27\,\alpha$ at (0.9, 0.999), $1.165\,\alpha$ at (0.9, 0.95), $\alpha$ for "
        r"equal betas, but $22.9\,\alpha$ at (0.9, 0.9999)"
    ),
    statement=(
        ac.proposition(
            r"For $\beta_1^2 < \beta_2$, all gradients, all t and $\epsilon \geq 0$: $|\theta_t - "
            r"\theta_{t-1}| \leq \alpha R_\infty$, $R_\infty^2 = \frac{(1-\beta_1)^2 "
            r"\beta_2}{(1-\beta_2)(\beta_2 - \beta_1^2)}$.",
            "no-update-exceeds-the-supremum",
        ),
        ac.proposition(
            r"$R_\infty^2$ is 370/7 at the betas (0.9, 0.999), 19/14 at (0.9, 0.95) and 9999/19 at (0.9, "
            r"0.9999).",
            "the-least-bounds",
        ),
        ac.proposition(
            r"At (0.9, 0.9999) some gradients make an update of more than $10\,\alpha$ by step 2500.",
            "more-than-ten",
        ),
    ),
)


@claim.derivation
def no_update_exceeds_the_supremum(given: ac.Given) -> Iterator[ac.Step]:
    r"""Induction on t for the moments before their correction: if $m^2 \leq U v$ with $U = R_\infty^2$, so
    one step later. The corrected moments satisfy it as well, since $R_t \leq R_\infty$ (see the limit of the
    tight bound); with $\hat m^2 \leq U s^2$ the update is at most $\alpha \sqrt U$."""
    adam, t, total = given.adam(), given.time("t"), given.positive("S")
    m, g, v = given.real("m"), given.real("g"), given.nonnegative("v")
    beta1, beta2 = adam.hyper.beta1, adam.hyper.beta2
    bounded = [(beta2, ">", beta1 * beta1)]
    yield ac.identity(
        "the sum of all powers",
        longer(adam, beta2 / (beta2 - beta1 * beta1)),
        beta2 / (beta2 - beta1 * beta1),
        given=bounded,
    )
    after_m, after_v = adam.first_moment(m, g), adam.second_moment(v, g)
    slack = uncorrected(adam, longer(adam, total)) * after_v - after_m * after_m
    multiple = beta2 * (beta1 * beta1 * total + beta2) * (uncorrected(adam, total) * v - m * m)
    square = (beta1 * (1 - beta1) * total * g - beta2 * m) ** 2
    yield ac.identity("one step", beta2 * total * slack, multiple + square, given=[(beta2, ">", 0)])
    s, u, m_hat = given.positive("s"), given.positive("U"), given.real("mhat")
    update = adam.hyper.lr * adam.numerator(m_hat, g, t) / adam.denominator(s * s, t)
    known = [(m_hat * m_hat, "<=", u * s * s)]
    yield ac.inequality("an update", update * update, "<=", adam.hyper.lr**2 * u, given=known)


@claim.derivation
def the_least_bounds(given: ac.Given) -> Iterator[ac.Step]:
    r"""$R_\infty^2$ at three pairs of betas, and for equal betas."""
    for beta2, due in (
        (given.number(999, 1000), given.number(370, 7)),
        (given.number(95, 100), given.number(19, 14)),
        (given.number(9999, 10000), given.number(111100, 211)),
    ):
        adam = given.adam(beta1=given.number(9, 10), beta2=beta2)
        yield ac.evaluation("its square", supremum(adam), "=", due)
    beta = given.decay("beta")
    equal = given.adam(beta1=beta, beta2=beta)
    yield ac.identity("for equal betas", supremum(equal), 1, given=[(beta, ">", 0)])


@claim.witness
def more_than_ten(exact: ac.Exact) -> None:
    r"""The square of the tight bound after 2500 steps, in units of $\alpha$, at (0.9, 0.9999), rounded down,
    and at the default betas after as many, rounded up."""
    for beta2, relation in ((Fraction(9999, 10000), ">"), (Fraction(999, 1000), "<")):
        adam = ac.Adam(ac.Hyperparameters(1, Fraction(9, 10), beta2, 0))
        square = corrected(adam, closed_form(adam, 2500), 2500)
        rounded = square // 1 + (0 if relation == ">" else 1)
        exact.says(f"beta2 = {beta2}", Fraction(rounded), relation, 100)


@claim.figure
def the_least_bound_by_betas(axes: Any) -> None:
    r"""The least multiple of the learning rate that bounds all updates, $R_\infty$, against $1-\beta_2$. It
    exceeds ten (dashed) at the default $\beta_1$ where $1-\beta_2$ is below 1/1900 or so, and wherever
    $\beta_2$ is close to $\beta_1^2$."""
    memory = np.logspace(-5, -0.31, 400)
    for beta1 in (0.5, 0.9, 0.95):
        rates = memory[1 - memory > beta1**2 + 1e-4]
        bounds = [supremum(ac.Adam(ac.Hyperparameters(1.0, beta1, 1 - rate, 0.0))) ** 0.5 for rate in rates]
        axes.loglog(rates, bounds, label=f"beta1 = {beta1:g}")
    axes.axhline(10, color="gray", linestyle="--", linewidth=1)
    axes.plot(
        [1e-3, 5e-2],
        [(370 / 7) ** 0.5, (19 / 14) ** 0.5],
        "o",
        color="gray",
        label="(0.9, 0.999), (0.9, 0.95)",
    )
    axes.set_xlabel("1 - beta2")
    axes.set_ylabel("largest |update| / lr")
    axes.legend()
