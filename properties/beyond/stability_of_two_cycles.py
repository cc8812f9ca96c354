r"""The stability of two-cycles.

A cycle of two points exists wherever the minimum repels. It attracts only for small $\beta_1$, and at the
default betas it repels as the minimum does.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

import adamcheck as ac
from adamcheck.variants.dialects import NoBiasCorrection

from ..cycle import jacobian, with_the_cycle_at

claim = ac.Claim(
    title="The stability of two-cycles",
    says="The cycle of two points around a minimum attracts what is close to it.",
    source='Bock & Weiss, "Non-convergence and Limit Cycles in the Adam Optimizer" (2019)',
    verdict=ac.holds_if(
        r"$\beta_1 \beta_2 (3 - \beta_1) < 1 - 3\beta_1$, for $\epsilon = 0$. So it is unstable for $\beta_1 "
        r"\geq 1/3$, and at the defaults"
    ),
    statement=(
        ac.proposition(
            r"Late in a run on $h x^2/2$ with $\epsilon = 0$ and $\beta_1 + \beta_2 > 0$ the "
            "eigenvalues of half a turn of the cycle, linearized, are smaller than 1 in absolute "
            r"value if and only if $\beta_1 \beta_2 (3 - \beta_1) < 1 - 3\beta_1$.",
            "its-stability",
        ),
        ac.proposition(
            r"For $\beta_2 \to 1$ that is $\beta_1 < 3 - 2\sqrt{2} \approx 0.17$.",
            "its-stability: the largest beta1 for beta2 = 1",
        ),
    ),
)


def _determinant(j: list[list[Any]]) -> Any:
    """The determinant of a 3 by 3 matrix: three cyclic products less the three others."""
    rows = range(3)
    forward = sum(j[0][i] * j[1][(i + 1) % 3] * j[2][(i + 2) % 3] for i in rows)
    return forward - sum(j[0][i] * j[1][(i + 2) % 3] * j[2][(i + 1) % 3] for i in rows)


@claim.derivation
def its_stability(given: ac.Given) -> Iterator[ac.Step]:
    r"""The Jacobian of half a turn comes from the definition, run on dual numbers. Its characteristic
    polynomial $z^3 - T z^2 + S z - D$ has all its roots inside the unit circle if and only if four numbers
    are positive (the criterion of Jury); three of them always are."""
    x, h = given.positive("X"), given.positive("h")
    adam = with_the_cycle_at(given, x, h, 0)
    b1, b2 = adam.hyper.beta1, adam.hyper.beta2
    found = jacobian(adam, x, h)
    j = [[2 * (b1 + b2) - 1, -2 * b1, -b2], [1 + b1, -b1, 0], [2 * (1 - b2), 0, b2]]
    for name, row, entries in zip(("parameter", "first moment", "second moment"), found, j, strict=True):
        yield ac.identity(f"how the {name} responds", row, entries)
    trace = j[0][0] + j[1][1] + j[2][2]
    second = sum(j[a][a] * j[b][b] - j[a][b] * j[b][a] for a, b in ((0, 1), (0, 2), (1, 2)))
    det = b1 * b2
    yield ac.identity("the determinant", _determinant(j), det)
    yield ac.inequality("Jury, at 1", 1 - trace + second - det, ">", 0)
    yield ac.identity("Jury, at -1", 1 + trace + second + det, 4 * (b1 + b2))
    yield ac.inequality("Jury, one side", 1 - det**2 + (second - det * trace), ">", 0)
    other = 1 - det**2 - (second - det * trace)
    yield ac.identity("Jury, other side", other, (1 - b2) * (1 - 3 * b1 - b1 * b2 * (3 - b1)))
    limit = 3 - 2 * ac.sqrt(given.number(2))
    yield ac.evaluation("the largest beta1 for beta2 = 1", limit * (3 - limit), "=", 1 - 3 * limit)


@claim.figure
def growth_on_the_cycle(axes: Any) -> None:
    r"""How much a small deviation from the cycle grows in a step, for $\epsilon = 0$: the spectral radius of
    the definition's Jacobian. The cycle is stable below 1, that is left of the dotted lines, where $\beta_1
    \beta_2 (3 - \beta_1) = 1 - 3 \beta_1$."""
    from scipy.linalg import eigvals  # only now: every run imports every claim, and SciPy takes a while

    rates = np.linspace(0, 0.96, 97)
    for beta2 in (0.5, 0.9, 0.999):
        growth = []
        for beta1 in rates:
            adam = NoBiasCorrection(ac.Hyperparameters(2 * (1 + beta1) / (1 - beta1), beta1, beta2, 0.0))
            growth.append(np.abs(eigvals(np.array(jacobian(adam, 1.0, 1.0)))).max())
        axes.plot(rates, growth, label=f"beta2 = {beta2:g}")
        roots = np.roots([beta2, -3 * beta2 - 3, 1])
        axes.axvline(roots.min(), color="gray", linestyle=":", label="" if beta2 < 0.999 else "theorem")
    axes.axhline(1, color="gray", linewidth=0.5)
    axes.set_xlabel("beta1")
    axes.set_ylabel("growth per step")
    axes.legend()
