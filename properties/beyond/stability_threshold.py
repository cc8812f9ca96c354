r"""The threshold of stability.

With its preconditioner frozen, Adam on a quadratic loss is gradient descent with momentum on the curvature
$\lambda / D$, where D is the denominator. It converges if and only if $\alpha \lambda / D$ is below
$2(1+\beta_1)/(1-\beta_1)$: 38 at the default, 19 times what gradient descent bears.
"""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..closed_loop import follow
from ..frozen import FrozenPreconditioner, descended, spectral_radius

claim = ac.Claim(
    title="The threshold of stability",
    says=(
        r"With its preconditioner frozen, Adam is stable on a quadratic loss if and only if the "
        r"preconditioned curvature is below $\frac{2+2\beta_1}{(1-\beta_1)\alpha}$: $38/\alpha$ at the "
        r"default $\beta_1$."
    ),
    source='Cohen et al., "Adaptive Gradient Methods at the Edge of Stability" (2022), arXiv:2207.14484',
    verdict=ac.holds(),
    statement=(
        ac.prose(
            r"Let D be constant, without bias corrections, on the loss $\lambda x^2/2$ with $\lambda "
            "> 0$."
        ),
        ac.proposition(
            r"For all $\beta_1 \in [0, 1)$: $x_t \to 0$ from every start if and only if $a < "
            r"2(1+\beta_1)$ with $a = \alpha (1-\beta_1) \lambda / D$.",
            "below-the-threshold-an-energy-decreases",
        ),
        ac.proposition(
            "At equality there is a cycle x, -x, x, ...; beyond it some starts grow exponentially.",
            "at-the-threshold-it-cycles-and-beyond-it-grows",
        ),
    ),
)


def _problem(given: ac.Given) -> tuple[FrozenPreconditioner, Any, Any, Any]:
    """The frozen definition with denominator D, the curvature, beta1 and a."""
    adam, curvature = FrozenPreconditioner(given.hyper(eps=given.positive("D"))), given.positive("lambda")
    hyper = adam.hyper
    return adam, curvature, hyper.beta1, hyper.lr * (1 - hyper.beta1) * curvature / hyper.eps


@claim.derivation
def below_the_threshold_an_energy_decreases(given: ac.Given) -> Iterator[ac.Step]:
    r"""Two steps make a linear recursion, $x_2 = s x_1 - \beta_1 x_0$ with $s = 1 + \beta_1 - a$. The energy
    $V(x_1, x_0) = (1+\beta_1) x_1^2 - 2 s \beta_1 x_1 x_0 + (1+\beta_1) \beta_1^2 x_0^2$ decreases by
    $(1-\beta_1) a (2(1+\beta_1) - a) x_1^2$ and is positive definite for the same a. So $\sum x_t^2$ is
    finite."""
    adam, curvature, beta, a = _problem(given)
    x0, m = given.real("x"), given.real("m")
    x1, m1 = descended(adam, x0, m, curvature)
    x2, _ = descended(adam, x1, m1, curvature)
    yield ac.identity("the recursion", x2, (1 + beta - a) * x1 - beta * x0)
    room, s, x, y = a * (2 * (1 + beta) - a), 1 + beta - a, given.real("x_1"), given.real("x_0")

    def energy(x: Any, y: Any) -> Any:
        return (1 + beta) * x * x - 2 * s * beta * x * y + (1 + beta) * beta**2 * y * y

    lost = energy(x, y) - energy(s * x - beta * y, x)
    yield ac.identity("what the energy loses", lost, (1 - beta) * room * x * x)
    squares = ((1 + beta) * x - s * beta * y) ** 2 + beta**2 * room * y * y
    yield ac.identity("the energy is a sum of squares", (1 + beta) * energy(x, y), squares)
    yield ac.inequality("for the same a", room, ">", 0, given=[(a, "<", 2 * (1 + beta))])


@claim.derivation
def at_the_threshold_it_cycles_and_beyond_it_grows(given: ac.Given) -> Iterator[ac.Step]:
    r"""At the threshold, from the moment $-\frac{1-\beta_1}{1+\beta_1} \lambda x$, one step turns x round.
    Beyond it, $z^2 - s z + \beta_1$ is negative at -1 and positive at $-1-a$: it has a root below -1."""
    adam, curvature, beta, a = _problem(given)
    x = given.real("x")
    threshold = adam.hyper.replace(eps=adam.hyper.lr * (1 - beta) * curvature / (2 * (1 + beta)))
    m = -(1 - beta) / (1 + beta) * curvature * x
    turned = descended(FrozenPreconditioner(threshold), x, m, curvature)
    yield ac.identity("at the threshold", turned, (-x, -m))

    def polynomial(z: Any) -> Any:
        return z * z - (1 + beta - a) * z + beta

    yield ac.identity("minus one", polynomial(-1), 2 * (1 + beta) - a)
    yield ac.inequality("far below", polynomial(-1 - a), ">", 0)


@claim.derivation
def values(given: ac.Given) -> Iterator[ac.Step]:
    """The threshold with and without momentum."""
    for beta, value in ((given.number(9, 10), 38), (given.number(0), 2)):
        yield ac.evaluation(f"threshold {value}", 2 * (1 + beta) / (1 - beta), "=", value)


@claim.law(
    beta1=st.sampled_from([0.25, 0.375, 0.5]),
    beta2=st.sampled_from([0.5, 0.75, 0.875]),
    size=st.integers(8, 15),
    sign=st.sampled_from([1, -1]),
)
def below_the_threshold_it_shrinks_and_above_it_grows(
    subject: ac.Subject, beta1: float, beta2: float, size: int, sign: int
) -> None:
    """On x^2/2, so near to 0 that eps = 1 is nearly the whole denominator: a quarter below the threshold the
    parameter is nearer to 0 after 40 steps; a quarter above it is farther after 8, before v can respond."""
    start = np.array([sign * size * 2.0**-14]).astype(subject.format.dtype)
    threshold = 2 * (1 + beta1) / (1 - beta1)
    for share, steps, shrinks in ((0.75, 40, True), (1.25, 8, False)):
        hyper = ac.Hyperparameters(share * threshold, beta1, beta2, 1.0)
        trace = follow(subject, start, hyper, lambda x: x, steps)
        before, after = (abs(float(np.asarray(trace.parameters)[i, 0])) for i in (0, -1))
        if not (after < before if shrinks else after > before):
            where = f"at {share:.0%} of the threshold"
            raise ac.Broken(f"{where} the parameter goes from {before:.17g} to {after:.17g}", trace)


@claim.witness
def around_the_threshold(exact: ac.Exact) -> None:
    r"""With $\beta_1 = 1/2$ and $D = 1$ the threshold is 6. The parameter after fifty steps from $x = 1$, $m
    = 0$, rounded up below the threshold and down above it."""
    reached = {}
    for lr in ("5.9", "6", "6.1"):
        adam = FrozenPreconditioner(ac.Hyperparameters(Fraction(lr), Fraction(1, 2), 0, 1))
        x, m = Fraction(1), Fraction(0)
        for _ in range(50):
            x, m = descended(adam, x, m, 1)
        reached[lr] = abs(x)
    exact.says("lr = 5.9", Fraction(ceil(1000 * reached["5.9"]), 1000), "<", 1)
    exact.says("lr = 6", reached["6"], "=", 3 - Fraction(1, 2**49))
    exact.says("lr = 6.1", floor(reached["6.1"]), ">", 100)


@claim.figure
def growth_against_the_curvature(axes: Any) -> None:
    r"""The factor of a step with a frozen preconditioner: the spectral radius of the definition, run on a
    quadratic loss. It passes 1 at $2(1+\beta_1)/(1-\beta_1)$ (dotted): 2, 6 and 38."""
    ratios = np.logspace(-1, 2, 400)
    for beta1 in (0.0, 0.5, 0.9):
        adam = FrozenPreconditioner(ac.Hyperparameters(1.0, beta1, 0.0, 1.0))
        axes.semilogx(ratios, [spectral_radius(adam, r) for r in ratios], label=f"beta1 = {beta1:g}")
        threshold = 2 * (1 + beta1) / (1 - beta1)
        axes.axvline(threshold, color="gray", linestyle=":", label="" if beta1 else "thresholds")
    axes.axhline(1, color="gray", linewidth=0.5)
    axes.set_ylim(0, 2)
    axes.set_xlabel("lr · curvature / denominator")
    axes.set_ylabel("growth per step")
    axes.legend()
