r"""Late bursts.

On a quadratic loss Adam first converges fast: with a frozen preconditioner the distance shrinks by
$\sqrt{\beta_1}$ a step, whatever the curvature. But v forgets, at the rate $\sqrt{\beta_2}$, how large the
gradients were. When the denominator has shrunk to the threshold of stability, the parameter bursts out, and
does so again and again.
"""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np

import adamcheck as ac

from ..closed_loop import descend
from ..frozen import FrozenPreconditioner, descended
from ..intervals import distances

claim = ac.Claim(
    title="Late bursts",
    says="On a convex quadratic loss Adam converges, and once it is close to the minimum it stays there.",
    source='after Ma, Wu & E, "A Qualitative Study of the Dynamic Behavior for Adaptive Gradient Algorithms"',
    verdict=ac.false_as_stated(
        r"at the defaults, on $x^2/2$ from $x = \alpha/2$, $|x|$ is below $10^{-26} \alpha$ from step 1170 "
        r"to 1194, and above $\alpha/5$ in step 1339. Measured from $x = 1$: with $\alpha = 0.1$ it falls to "
        r"$3 \cdot 10^{-150}$, exceeds $\alpha/10$ at $t = 7067$, and again and again: after 2050 steps, in "
        r"the end every 500 or so. With $\alpha = 0.01$ the first burst comes at $t = 14081$, with 0.001 at "
        r"$t = 21496$ (in float64 too early, out of subnormal numbers)"
    ),
    statement=(
        ac.proposition(
            r"With a frozen preconditioner and $s^2 < 4\beta_1$ (see the threshold of stability) a positive "
            r"definite energy is multiplied by exactly $\beta_1$ in every step; meanwhile $v_{t+1} \geq "
            r"\beta_2 v_t$, so that the preconditioned curvature grows by at most $1/\sqrt{\beta_2}$ a step.",
            "first-it-converges",
            "then-the-denominator-forgets",
        ),
        ac.proposition(
            r"Started at $\alpha/2$ with the default hyperparameters on $x^2/2$, Adam comes within $10^{-26} "
            r"\alpha$ of the minimum and leaves it again, beyond $\alpha/5$.",
            "all-but-converged-it-bursts-out",
        ),
        ac.prose("Measured: that bursts come again and again, and from where else they come."),
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


@claim.witness
def all_but_converged_it_bursts_out(exact: ac.Exact) -> None:
    r"""The run from $\alpha/2$ at the defaults, enclosed by interval arithmetic of 900 digits; $|x|/\alpha$
    rounded up where it is small and down where it is large."""
    lr = ac.Hyperparameters().lr
    path = [[x / Fraction(lr) for x in ends] for ends in distances(lr / 2, 1339)]
    near = max(above for _, above in path[1170:1195])
    exact.says("steps 1170 to 1194", Fraction(ceil(10**28 * near), 10**28), "<", Fraction(1, 10**26))
    far = path[1339][0]
    exact.says("step 1339", Fraction(floor(10**4 * far), 10**4), ">", Fraction(1, 5))


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
