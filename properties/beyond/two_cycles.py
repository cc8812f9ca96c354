r"""Two-cycles.

Where the minimum repels, Adam may jump to and fro between two points at equal distances from it. Such a cycle
exists wherever the minimum repels; it is stable only for small $\beta_1$, and never at the default betas.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac
from adamcheck.variants.dialects import NoBiasCorrection

from ..dual import Dual
from ..late import late_state
from ..predictions import assert_met, predict, seen

claim = ac.Claim(
    title="Two-cycles",
    says="With a constant learning rate Adam may end in a cycle of two points instead of the minimum.",
    source='Bock & Weiss, "Non-convergence and Limit Cycles in the Adam Optimizer" (2019)',
    verdict=ac.holds_if(
        r"$\beta_1 \beta_2 (3 - \beta_1) < 1 - 3\beta_1$, for $\epsilon = 0$: then the cycle attracts what "
        r"is close to it. It exists for all betas, but is unstable for $\beta_1 \geq 1/3$, and so at the "
        r"defaults"
    ),
    statement=(
        r"Let $k = (1-\beta_1)/(1+\beta_1)$. Late in a run on $h x^2/2$ with $\alpha h/\epsilon > 2/k$ there "
        r"is the cycle X, -X with $X = \alpha k/2 - \epsilon/h$, $m = \mp k h X$, $v = h^2 X^2$. For "
        r"$\epsilon = 0$ and $\beta_1 + \beta_2 > 0$ the eigenvalues of half a turn, linearized, are smaller "
        r"than 1 in absolute value if and only if $\beta_1 \beta_2 (3 - \beta_1) < 1 - 3\beta_1$; and on the "
        r"cycle $\alpha h/\sqrt{v} = 2(1+\beta_1)/(1-\beta_1)$, the threshold of stability."
    ),
)


def _half_turn(adam: ac.Adam, place: Sequence[Any], h: Any) -> tuple[Any, Any, Any]:
    """One late step on h x^2 / 2, mirrored: the cycle is a fixed point of it."""
    x, m, v = place
    state, x = adam.step(late_state(m, v), x, h * x)
    return -x, -state.m, state.v


def _cycle(adam: ac.Adam, x: Any, h: Any) -> tuple[Any, Any, Any]:
    """The state of the cycle at x."""
    k = (1 - adam.hyper.beta1) / (1 + adam.hyper.beta1)
    return x, -k * h * x, h * h * x * x


def half_turn_jacobian(adam: ac.Adam, x: Any, h: Any) -> list[list[Any]]:
    """The derivative of half a turn at the cycle, in relative changes of x, m and v."""
    state = _cycle(adam, x, h)
    columns = []
    for direction in range(3):
        moved = [Dual(y, y if i == direction else 0 * y) for i, y in enumerate(state)]
        columns.append([after.slope / y for after, y in zip(_half_turn(adam, moved, h), state, strict=True)])
    return [list(row) for row in zip(*columns, strict=True)]


def _late(given: ac.Given, x: Any, h: Any, eps: Any) -> ac.Adam:
    """The definition late in a run, with the learning rate for which the cycle is at x."""
    beta1 = given.decay("beta1")
    return given.adam(
        NoBiasCorrection, beta1=beta1, eps=eps, lr=2 * (x + eps / h) * (1 + beta1) / (1 - beta1)
    )


@claim.derivation
def the_cycle(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $\alpha = 2 (X + \epsilon/h)/k$, half a turn leads from X back to X. So X is positive if and only
    if $\alpha h/\epsilon > 2/k$, where the minimum repels."""
    x, h, eps = given.positive("X"), given.positive("h"), given.positive("eps")
    adam = _late(given, x, h, eps)
    state = _cycle(adam, x, h)
    yield ac.identity("parameter and moments", _half_turn(adam, state, h), state)
    adam = _late(given, x, h, 0)
    beta1 = adam.hyper.beta1
    sharpness = adam.hyper.lr * h / adam.denominator(state[2], 1)
    yield ac.identity("at the edge of stability", sharpness, 2 * (1 + beta1) / (1 - beta1))


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
    adam = _late(given, x, h, 0)
    b1, b2 = adam.hyper.beta1, adam.hyper.beta2
    found = half_turn_jacobian(adam, x, h)
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


@claim.law(
    beta2=st.sampled_from([0.5, 0.75, 0.875, 0.0]),
    curvature=st.integers(-2, 2).map(lambda k: 2.0**k),
    lr=st.integers(0, 3).map(lambda k: 2.0**-k),
    share=st.integers(1, 7).map(lambda k: k / 16),
)
def without_first_moment_the_cycle_starts_at_once(
    subject: ac.Subject, beta2: float, curvature: float, lr: float, share: float
) -> None:
    """With beta1 = 0, v_hat is the square of the slope at X = lr/2 - eps/h from the first step on, and each
    update leads from one of X and -X to the other."""
    eps = share * lr * curvature
    x = lr / 2 - eps / curvature
    turns = np.array([[1.0], [-1.0]] * 8)
    gradients = (curvature * x * turns).astype(subject.format.dtype)
    hyper = ac.Hyperparameters(lr, 0.0, beta2, eps)
    trace = subject.run(ac.Trajectory(hyper, np.zeros(1, subject.format.dtype), gradients))
    assert_met(seen(trace), predict(trace).at(-2 * x * turns), "half a turn", trace)


@claim.witness
def a_cycle(exact: ac.Exact) -> None:
    r"""With $\alpha = 1$, $h = 1$, $\epsilon = 1/4$, $\beta_1 = 0$ and $\beta_2 = 1/2$: from 1/4 to -1/4 and
    back."""
    quarter = Fraction(1, 4)
    run = exact.run([quarter, -quarter] * 2, start=quarter, beta1=0, beta2=Fraction(1, 2), eps=quarter)
    for i, update in enumerate(run.updates):
        exact.says(f"update {i + 1}", update, "=", Fraction((-1) ** (i + 1), 2))


@claim.figure
def growth_on_the_cycle(axes: Any) -> None:
    r"""How much a small deviation from the cycle grows in a step, for $\epsilon = 0$: the spectral radius of
    the definition's Jacobian. The cycle is stable below 1, that is left of the dotted lines, where $\beta_1
    \beta_2 (3 - \beta_1) = 1 - 3 \beta_1$."""
    rates = np.linspace(0, 0.96, 97)
    for beta2 in (0.5, 0.9, 0.999):
        growth = []
        for beta1 in rates:
            adam = NoBiasCorrection(ac.Hyperparameters(2 * (1 + beta1) / (1 - beta1), beta1, beta2, 0.0))
            growth.append(np.abs(np.linalg.eigvals(np.array(half_turn_jacobian(adam, 1.0, 1.0)))).max())
        axes.plot(rates, growth, label=f"beta2 = {beta2:g}")
        roots = np.roots([beta2, -3 * beta2 - 3, 1])
        axes.axvline(roots.min(), color="gray", linestyle=":", label="" if beta2 < 0.999 else "theorem")
    axes.axhline(1, color="gray", linewidth=0.5)
    axes.set_xlabel("beta1")
    axes.set_ylabel("growth per step")
    axes.legend()
