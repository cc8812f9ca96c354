r"""The two step size bounds of the original paper.

The paper bounds an update by $\alpha (1-\beta_1)/\sqrt{1-\beta_2}$ in one case and by $\alpha$ in the
other. Both bounds are exceeded: the first by growing gradients at its own default betas, the second by two
gradients for any two different betas.
"""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np

import adamcheck as ac

from ..geometric_gradients import geometric
from ..largest_ratio import corrected, reached, supremum

claim = ac.Claim(
    title="The step size bounds of the paper",
    says=(
        r"No update exceeds $\alpha (1-\beta_1)/\sqrt{1-\beta_2}$ if $1-\beta_1 > \sqrt{1-\beta_2}$, and "
        r"none exceeds $\alpha$ otherwise."
    ),
    source='Kingma & Ba, "Adam" (2015), section 2.1',
    verdict=ac.false_as_stated(
        r"the first bound holds for all gradients only if $\beta_1 = 0$, the second only if "
        r"$\beta_1 = \beta_2$ (or $t = 1$). The tight bound $\alpha R_t$ passes the first one, "
        r"$3.16\,\alpha$ at the defaults, at $t = 210$, and tends to $7.27\,\alpha$"
    ),
    statement=(
        ac.prose(r"Let $\epsilon = 0$ and $\beta_1, \beta_2 \in (0, 1)$."),
        ac.proposition(
            r"If $\beta_1 \neq \beta_2$, the gradients $\beta_1, \beta_2$ make $|\theta_2 - \theta_1| "
            r"> \alpha$.",
            "unequal-betas-exceed-the-second-bound",
        ),
        ac.proposition(
            r"If $1-\beta_1 > \sqrt{1-\beta_2}$, there are t gradients with $|\theta_t - "
            r"\theta_{t-1}| > \alpha (1-\beta_1)/\sqrt{1-\beta_2}$; at the defaults for $t \geq 210$, "
            "not before.",
            "memory-exceeds-the-first-bound",
            "the-first-bound-at-the-defaults",
        ),
    ),
)


def _paper(adam: ac.Adam) -> Any:
    """The square of the paper's first bound, in units of lr."""
    return (1 - adam.hyper.beta1) * (1 - adam.hyper.beta1) / (1 - adam.hyper.beta2)


@claim.derivation
def unequal_betas_exceed_the_second_bound(given: ac.Given) -> Iterator[ac.Step]:
    r"""The square of the second update after the gradients $\beta_1, \beta_2$, in units of $\alpha^2$. If
    the betas are equal, the tight bound is 1."""
    adam, t = given.adam(), given.time("t")
    beta1, beta2 = adam.hyper.beta1, adam.hyper.beta2
    *_, (state, _) = adam.run(0 * beta1, [beta1, beta2])
    excess = (beta1 - beta2) * (beta1 - beta2) / (beta2 * (1 + beta1) * (1 + beta1))
    m_hat, (_, v_hat) = adam.correct_first(state.m, 2), adam.correct_second(state.peak, state.v, 2)
    yield ac.identity("the second step", m_hat * m_hat, v_hat * (1 + excess), given=[(beta2, ">", 0)])
    equal = given.adam(beta2=beta1)
    total = (1 - beta1**t) / (1 - beta1)  # of the powers of beta1^2 / beta1
    yield ac.identity("the tight bound for equal betas", corrected(equal, total, t), 1)


@claim.derivation
def memory_exceeds_the_first_bound(given: ac.Given) -> Iterator[ac.Step]:
    r"""Where the paper's first case applies, $\beta_1^2 < \beta_2$. So the tight bounds $R_t$ tend to
    $R_\infty$, which exceeds the paper's bound unless $\beta_1 = 0$."""
    adam = given.adam()
    beta1, beta2 = adam.hyper.beta1, adam.hyper.beta2
    memory, case = (beta1, ">", 0), ((1 - beta1) ** 2, ">", 1 - beta2)
    yield ac.inequality("where the case applies", beta1 * beta1, "<", beta2, given=[memory, case])
    bounded = [(beta2, ">", beta1 * beta1)]
    excess = beta1 * beta1 / (beta2 - beta1 * beta1)
    yield ac.identity("the supremum", supremum(adam), _paper(adam) * (1 + excess), given=bounded)


def _geometric(format: ac.Format) -> Any:
    betas = [(0.5, 0.25), (0.5, 0.75), (0.4375, 0.875), (0.5, 0.0625)]
    return geometric(format, betas, eps=[2.0**-k for k in range(10, 21)])


@claim.law(trajectory=_geometric)
def geometric_gradients_exceed_the_paper(subject: ac.Subject, trajectory: ac.Trajectory) -> None:
    """On gradients that grow or shrink geometrically the last update is larger than the paper's bound."""
    trace, hyper = subject.run(trajectory), trajectory.hyper
    observed, due = ac.observed(trace)[-1:], ac.predicted(trace)[-1:]
    paper = max(1.0, _paper(ac.Adam(hyper)) ** 0.5) * hyper.lr
    radius = observed.radius + due.radius
    if not (np.abs(due.value).astype(np.float64) > paper + radius).all():
        raise ac.NotJudged
    if not (np.abs(observed.value).astype(np.float64) > paper).all():
        size = float(np.abs(observed.value).max())
        raise ac.Broken(f"the last update is {size:.17g}, not beyond the paper's bound {paper:.17g}", trace)


@claim.witness
def the_first_bound(exact: ac.Exact) -> None:
    r"""For $\beta_1 = 1/3$, $\beta_2 = 4/7$ the square of the paper's bound is 28/27. Gradients 1, 2 exceed
    it."""
    hyper = ac.Hyperparameters(1, Fraction(1, 3), Fraction(4, 7), 0)
    exact.says("the square of the bound", _paper(ac.Adam(hyper)), "=", Fraction(28, 27))
    update = exact.run([1, 2], beta1=hyper.beta1, beta2=hyper.beta2).update
    exact.says("the square of the update", update * update, "=", Fraction(539, 512))
    exact.says("the square of the update", update * update, ">", Fraction(28, 27))


@claim.witness
def the_first_bound_at_the_defaults(exact: ac.Exact) -> None:
    r"""Gradients that grow by 11 % a step exceed the paper's $3.16\,\alpha$ in step 210, not before."""
    adam = ac.Adam(ac.Hyperparameters(1, Fraction(9, 10), Fraction(999, 1000), 0))
    squares = list(reached(adam, (Fraction(111, 100) ** j for j in range(210))))
    exact.says("the square of the bound", _paper(adam), "=", 10)
    before, after = (
        Fraction(ceil(1000 * max(squares[:209])), 1000),
        Fraction(floor(1000 * squares[209]), 1000),
    )
    exact.says("the largest square of the first 209 updates, rounded up", before, "<", 10)
    exact.says("the square of update 210, rounded down", after, ">", 10)


@claim.witness
def the_second_bound(exact: ac.Exact) -> None:
    r"""With $\alpha = 1$ the second update after 1, 2 is larger than 1, and after 1, 0 still is."""
    update = exact.run([1, 2], beta1=Fraction(1, 2), beta2=Fraction(3, 4)).update
    exact.says("the square of the update after 1, 2", update * update, "=", Fraction(175, 171))
    update = exact.run([1, 0], beta1=Fraction(1, 2), beta2=Fraction(1, 16)).update
    exact.says("the square of the update after 1, 0", update * update, "=", Fraction(17, 9))


@claim.figure
def updates_beyond_the_bound(axes: Any) -> None:
    r"""Updates at the default betas, with $\epsilon = 0$. Gradients that grow by 11 % a step pass the
    paper's bound (dashed) in step 210 and tend to the tight one (dotted)."""
    adam = ac.Adam(ac.Hyperparameters(lr=1.0, eps=0.0))
    for growth in (0.11, 0.02, 0.005):
        gradients = (1 + growth) ** np.arange(2000)
        sizes = [-update for _, update in adam.run(0.0, gradients.tolist())]
        axes.semilogx(1 + np.arange(len(sizes)), sizes, label=f"gradients grow by {100 * growth:g} % a step")
    axes.axhline(_paper(adam) ** 0.5, color="gray", linestyle="--", label="bound of the paper")
    axes.axhline(supremum(adam) ** 0.5, color="gray", linestyle=":", label="tight bound, all t")
    axes.set_ylim(0, 12)
    axes.set_xlabel("step t")
    axes.set_ylabel("|update| / lr")
    axes.legend(loc="upper left")
