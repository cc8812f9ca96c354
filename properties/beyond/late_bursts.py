r"""Late bursts.

On a quadratic loss Adam first converges fast: with a frozen preconditioner the distance shrinks by
$\sqrt{\beta_1}$ a step, whatever the curvature. But v forgets, at the rate $\sqrt{\beta_2}$, how large the
gradients were. When the denominator has shrunk to the threshold of stability, the parameter bursts out, and
does so again and again.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

import adamcheck as ac

from ..closed_loop import descend
from ..frozen import FrozenPreconditioner, descended

claim = ac.Claim(
    title="Late bursts",
    says="On a convex quadratic loss Adam converges, and once it is close to the minimum it stays there.",
    source='after Ma, Wu & E, "A Qualitative Study of the Dynamic Behavior for Adaptive Gradient Algorithms"',
    verdict=ac.measured(
        r"on $x^2/2$ from $x = 1$ with $\alpha = 0.1$ and the other defaults, in float64: $|x|$ falls to "
        r"$3 \cdot 10^{-150}$, bursts out to $0.9\,\alpha$ at $t = 7067$, and then every 500 steps or so to "
        r"$\alpha/4$ until the end of the run at $t = 30000$. With $\alpha = 0.01$ the first burst comes at "
        r"$t = 14081$, with 0.001 at $t = 21429$ (out of subnormal numbers)"
    ),
    statement=(
        ac.proposition(
            r"Proved: with a frozen preconditioner and $s^2 < 4\beta_1$ (see the threshold of "
            r"stability) a positive definite energy is multiplied by exactly $\beta_1$ in every step; "
            r"meanwhile $v_{t+1} \geq \beta_2 v_t$, so that the preconditioned curvature grows by at "
            r"most $1/\sqrt{\beta_2}$ a step.",
            "first-it-converges",
            "then-the-denominator-forgets",
        ),
        ac.prose("Measured: that it reaches the threshold, and what follows."),
    ),
)


@claim.derivation
def first_it_converges(given: ac.Given) -> Iterator[ac.Step]:
    r"""From the recursion $x_2 = s x_1 - \beta_1 x_0$ of two steps: the energy $x_1^2 - s x_1 x_0 + \beta_1
    x_0^2$ is multiplied by $\beta_1$, and is positive definite if $s^2 < 4\beta_1$."""
    adam, curvature = FrozenPreconditioner(given.hyper(eps=given.positive("D"))), given.positive("lambda")
    beta1, x0, m = adam.hyper.beta1, given.real("x"), given.real("m")
    s = 1 + beta1 - adam.hyper.lr * (1 - beta1) * curvature / adam.hyper.eps
    x1, m1 = descended(adam, x0, m, curvature)
    x2, _ = descended(adam, x1, m1, curvature)

    def energy(x: Any, y: Any) -> Any:
        return x * x - s * x * y + beta1 * y * y

    yield ac.identity("one step", energy(x2, x1), beta1 * energy(x1, x0))
    y, z = given.real("y"), given.real("z")
    squares = (2 * y - s * z) ** 2 + (4 * beta1 - s * s) * z * z
    yield ac.identity("a sum of squares", 4 * energy(y, z), squares)


@claim.derivation
def then_the_denominator_forgets(given: ac.Given) -> Iterator[ac.Step]:
    r"""v shrinks by $\beta_2$ at most, and by just that where the gradient has vanished."""
    adam, v, g = given.adam(), given.nonnegative("v"), given.real("g")
    yield ac.inequality("v", adam.second_moment(v, g), ">=", adam.hyper.beta2 * v)
    yield ac.identity("without a gradient", adam.second_moment(v, 0 * g), adam.hyper.beta2 * v)


@claim.figure
def distance_from_the_minimum(axes: Any) -> None:
    r"""The distance from the minimum of $x^2/2$, from $x = 1$ with the default betas and $\epsilon$: the
    largest in every 50 steps, in units of the learning rate, measured in float64, which ends at $10^{-324}$.
    The run is not over when it is that near: it bursts out to the size of the learning rate."""
    for lr in (1e-1, 1e-2, 1e-3):
        path = np.abs(descend(ac.Adam(ac.Hyperparameters(lr=lr)), 1.0, lambda x: x, 29999)) / lr
        axes.semilogy(np.arange(0, 30000, 50), path.reshape(-1, 50).max(axis=1), label=f"lr = {lr:g}")
    axes.set_yticks([10.0**k for k in range(-300, 1, 50)])
    axes.set_ylim(1e-320, 1e70)
    axes.set_xlabel("step t")
    axes.set_ylabel("|x| / lr")
    axes.legend(ncols=3, loc="upper center")
