r"""Which betas overshoot.

Without correction the small second moment makes updates longer, the small first moment makes them shorter.
The second moment wins, for some t, if and only if beta2 > beta1.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, repeat
from typing import Any

import numpy as np

import adamcheck as ac
from adamcheck.variants.dialects import NoBiasCorrection

from ..largest_ratio import reached

claim = ac.Claim(
    title="Which betas overshoot",
    says=(
        r"It is the small initial values of $v_t$, above all if $\beta_2$ is large, that make uncorrected "
        r"updates too large."
    ),
    source="The Problem of Initialization Bias and its Correction",
    verdict=ac.holds_if(
        r"large means larger than $\beta_1$: if $\beta_2 \leq \beta_1$ no uncorrected update is longer than "
        r"the corrected one, however close to 1 both are; if $\beta_2 > \beta_1$ some are"
    ),
    statement=(
        ac.prose(
            r"Let $\epsilon = 0$ and $\kappa_t = (1-\beta_1^t) / \sqrt{1-\beta_2^t}$, the length of "
            "the uncorrected update over that of the corrected one."
        ),
        ac.proposition(
            r"If $\beta_2 \leq \beta_1$ then $\kappa_t \leq 1$ for all $t$.",
            "never-longer-if-beta2-is-not-larger",
        ),
        ac.proposition(
            r"If $\beta_2 > \beta_1$ then $\kappa_t > 1$ as soon as $(\beta_2/\beta_1)^t \geq 2$; and "
            r"$\kappa_1 > 1$ if and only if $(1-\beta_1)^2 > 1-\beta_2$.",
            "longer-if-beta2-is-larger",
        ),
    ),
)


def _factors(beta1: Any, beta2: Any, steps: int) -> list[Any]:
    """The squares of the factor in the first steps: those of the updates under the constant gradient 1."""
    adam = NoBiasCorrection(ac.Hyperparameters(1, beta1, beta2, 0))
    return list(islice(reached(adam, repeat(1 + 0 * beta1)), steps))


@claim.derivation
def never_longer_if_beta2_is_not_larger(given: ac.Given) -> Iterator[ac.Step]:
    r"""Let $P = \beta_1^t$ and $Q = \beta_2^t$. If $\beta_1 \geq \beta_2$ then $P \geq Q$, by induction; and
    then $(1-P)^2 \leq 1-Q$. Written with numbers below 1: $Q = q$, $P = q + (1-q) p$."""
    p, q, r = given.decay("p"), given.decay("q"), given.decay("r")
    smaller, larger = given.adam(beta1=r), given.adam(beta1=r + (1 - r) * p)
    x, zero = given.nonnegative("x"), given.number(0)
    decayed = larger.first_moment(q + x, zero), smaller.first_moment(q, zero)
    yield ac.inequality("the powers keep their order", decayed[0], ">=", decayed[1])
    yield ac.inequality("the factor is at most 1", (1 - (q + (1 - q) * p)) ** 2, "<=", 1 - q)


@claim.derivation
def longer_if_beta2_is_larger(given: ac.Given) -> Iterator[ac.Step]:
    r"""If $\beta_2 > \beta_1 > 0$ then $(\beta_2/\beta_1)^t = (1+x)^t \geq 1 + tx$ is 2 or more for some t:
    Bernoulli's inequality, by induction. From there on $Q \geq 2P$, and then $(1-P)^2 > 1-Q$."""
    x, n, y = given.positive("x"), given.positive("n"), given.nonnegative("y")
    yield ac.inequality("the ratio grows", (1 + n * x + y) * (1 + x), ">=", 1 + (n + 1) * x)
    power = given.positive("P")
    yield ac.inequality("the factor exceeds 1", (1 - power) ** 2, ">", 1 - (2 * power + y))
    beta2 = given.decay("beta2")
    yield ac.inequality("likewise for beta1 = 0", 1, ">", 1 - (beta2 + x))


@claim.witness
def with_other_betas(exact: ac.Exact) -> None:
    r"""Steps among the first 500 in which the uncorrected update is longer: none for equal betas. For 0.9 and
    0.91 the first is step 63; for 0.9 and 0.99 the first step is exactly as long as the corrected one."""
    nine_tenths = Fraction(9, 10)
    equal = _factors(nine_tenths, nine_tenths, 500)
    exact.says("longer steps for equal betas", sum(square > 1 for square in equal), "=", 0)
    close = _factors(nine_tenths, Fraction(91, 100), 500)
    first = next(t for t, square in enumerate(close, start=1) if square > 1)
    exact.says("the first longer step for 0.9 and 0.91", first, "=", 63)
    run = exact.run([1], definition=NoBiasCorrection, beta1=nine_tenths, beta2=Fraction(99, 100))
    exact.says("the first update for 0.9 and 0.99", run.update, "=", -1)


@claim.figure
def longest_uncorrected_update(axes: Any) -> None:
    r"""How many times longer than the corrected one an uncorrected update may be, over all steps, against
    $\beta_2$. To the left of $\beta_2 = \beta_1$ (dotted) it never is longer."""
    distances = np.geomspace(1, 1e-4, 60)
    for color, beta1 in enumerate((0.5, 0.9, 0.99)):
        longest = np.array(_factors(beta1, 1 - distances, 4000)).max(axis=0) ** 0.5
        axes.loglog(distances, longest, color=f"C{color}", label=f"beta1 = {beta1:g}")
        axes.axvline(1 - beta1, color=f"C{color}", linestyle=":", linewidth=1)
    axes.invert_xaxis()
    axes.set_xlabel("1 - beta2")
    axes.set_ylabel("largest uncorrected / corrected update")
    axes.legend()
