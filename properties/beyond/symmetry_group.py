r"""The symmetries of Adam.

Which linear changes of the parameters leave Adam the same algorithm? With $\epsilon$ fixed only those that
permute the axes and change signs: 8 in the plane, 48 in space. (That these do commute, in every step, is
derived in the claim on signed permutations.)
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any

import numpy as np

import adamcheck as ac

claim = ac.Claim(
    title="The symmetry group of Adam",
    says="A linear change of the parameters commutes with Adam if and only if it is a signed permutation.",
    source="completes: Fundamental Properties, Invariance and Equivariance",
    verdict=ac.holds(),
    statement=(
        ac.prose(
            r"Let A be invertible. A loss in the parameters $A\theta$ has the gradient $B g$ with $B "
            "= A^{-T}$."
        ),
        ac.proposition(
            r"For all betas and $\epsilon \geq 0$ (0/0 read as 0): the step for $B g$ is A times the "
            "step for g, for all g, if and only if A is a signed permutation.",
            "with-eps-no-entry-but-one-will-do",
            "without-eps-no-row-has-two-entries",
        ),
    ),
)


def _first_update(adam: ac.Adam, gradient: Any) -> Any:
    return adam.update(adam.start(0 * gradient), 0 * gradient, gradient)[1]


@claim.derivation
def with_eps_no_entry_but_one_will_do(given: ac.Given) -> Iterator[ac.Step]:
    r"""A gradient of size s along axis j demands $\varphi(B_{ij} s) = A_{ij} \varphi(s)$ of the first step
    $\varphi$. For $B_{ij} = b > 0$ the sizes $\epsilon$ and $2\epsilon$ demand different $A_{ij}$ unless $b
    = 1$; then $A_{ij} = 1$. Signs go along. So $A = B = A^{-T}$ has entries -1, 0, 1 and is orthogonal."""
    adam, b = given.adam(), given.positive("b")
    eps, s = adam.hyper.eps, given.positive("s")
    small, large = (_first_update(adam, b * x) / _first_update(adam, x) for x in (eps, 2 * eps))
    yield ac.identity("two demands", small - large, b * (b - 1) / ((b + 1) * (2 * b + 1)))
    yield ac.identity("signs go along", _first_update(adam, -b * s), -_first_update(adam, b * s))


@claim.derivation
def without_eps_no_row_has_two_entries(given: ac.Given) -> Iterator[ac.Step]:
    r"""Without $\epsilon$ the first step is a sign: $A_{ij}$ is the sign of $B_{ij}$. Were there two in a
    row of A, a gradient with fitting signs would make a step of 1 on the left and of 2 on the right. An
    invertible matrix with one entry, -1 or 1, in each row is a signed permutation."""
    adam, s, b = given.adam(eps=0), given.positive("s"), given.positives("b", 2)
    one = _first_update(adam, s)
    yield ac.identity("the entry is a sign", _first_update(adam, b[0] * s), one)
    yield ac.identity("a row of two, step of the sum", _first_update(adam, b[0] * s + b[1] * s), one)
    yield ac.inequality("a row of two, sum of the steps", one + one, "!=", one)


def _commuting(n: int) -> int:
    """How many invertible n by n matrices with entries -1, 0, 1 commute with the first step."""
    adam = ac.Adam(ac.Hyperparameters(*map(Fraction, (1, 0, 0, 1))))
    step = cache(lambda gradient: _first_update(adam, gradient))

    def commutes(a: Any, g: Any) -> bool:
        determinant = round(np.linalg.det(a))
        cofactors = np.rint(determinant * np.linalg.inv(a).T).astype(int)
        moved = [step(Fraction(int(x), determinant)) for x in cofactors @ g]
        return bool(np.array_equal(moved, a @ [step(Fraction(int(x))) for x in g]))

    matrices = (np.array(entries).reshape(n, n) for entries in product((-1, 0, 1), repeat=n * n))
    gradients = [*np.eye(n, dtype=int), np.arange(1, n + 1)]
    return sum(all(commutes(a, g) for g in gradients) for a in matrices if round(np.linalg.det(a)) != 0)


@claim.witness
def all_matrices_of_signs(exact: ac.Exact) -> None:
    r"""Of all matrices with entries -1, 0, 1 exactly the $2^n n!$ signed permutations commute, with
    $\epsilon = 1$: 8 of 81 in the plane, 48 of 19683 in space."""
    exact.says("in the plane", _commuting(2), "=", 8)
    exact.says("in space", _commuting(3), "=", 48)


@claim.witness
def a_shear(exact: ac.Exact) -> None:
    r"""The shear $(\theta_1 + \theta_2, \theta_2)$ turns the gradient (1, 1) into (1, 0), and moves the
    step (-1/2, -1/2) to (-1, -1/2) instead of (-1/2, 0)."""
    one, zero = (exact.run([g], beta1=0, beta2=0, eps=1).update for g in (1, 0))
    exact.says("first coordinate", one, "!=", one + one)
    exact.says("second coordinate", zero, "!=", one)


@claim.figure
def mismatch_of_a_rotation(axes: Any) -> None:
    r"""How far the first step of the rotated problem is from the rotated first step, at most over gradients
    of length 1: nothing at quarter turns, and only there. A large $\epsilon$ makes Adam more like gradient
    descent, which commutes with all rotations."""
    degrees = np.linspace(0, 360, 721)
    turns = np.exp(1j * np.deg2rad(degrees))
    directions = np.exp(1j * np.linspace(0, 2 * np.pi, 360, endpoint=False))[:, None]
    for eps in (0.01, 0.1, 1.0, 10.0):
        adam = ac.Adam(ac.Hyperparameters(lr=1.0, eps=eps))

        def step(g: Any, adam: ac.Adam = adam) -> Any:
            return _first_update(adam, g.real) + 1j * _first_update(adam, g.imag)

        mismatch = np.abs(step(turns * directions) - turns * step(directions)).max(axis=0)
        axes.plot(degrees, mismatch, label=f"eps = {eps:g}")
    axes.set_xticks(range(0, 361, 45))
    axes.set_ylim(0, 2)
    axes.set_xlabel("angle of the rotation, degrees")
    axes.set_ylabel("largest mismatch / lr")
    axes.legend(ncols=4, loc="upper center")
