r"""The symmetries of Adam.

Which linear changes of the parameters leave Adam the same algorithm? With $\epsilon$ fixed only those that
permute the axes and change signs: 8 in the plane, 48 in space. A change of units may be undone by a learning
rate and an $\epsilon$ of its own for each coordinate, and a shift of the origin is never noticed. (That
signed permutations do commute, in every step, is derived in the claim on rotations.)
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

import adamcheck as ac

from ..predictions import assert_met, predict, seen

claim = ac.Claim(
    title="The symmetry group of Adam",
    says="A linear change of the parameters commutes with Adam if and only if it is a signed permutation.",
    source="completes: Fundamental Properties, Invariance and Equivariance",
    verdict=ac.holds(),
    statement=(
        r"Let A be invertible. A loss in the parameters $A\theta$ has the gradient $B g$ with $B = A^{-T}$. "
        r"For all betas and $\epsilon \geq 0$ (0/0 read as 0): the step for $B g$ is A times the step for g, "
        r"for all g, if and only if A is a signed permutation. If $D > 0$ is diagonal and each coordinate "
        r"has its own learning rate and $\epsilon$, the step for $D^{-1} g$ with $D \alpha$ and $D^{-1} "
        r"\epsilon$ is D times the step for g. The step does not depend on $\theta$."
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


@claim.derivation
def units_may_be_undone(given: ac.Given) -> Iterator[ac.Step]:
    r"""By induction: if the moments in the new units are $m/d$ and $v/d^2$, they are so one step later, and
    the update is d times the old one."""
    adam, t, d = given.adam(), given.time("t"), given.positive("d")
    m, v, g, theta = given.real("m"), given.nonnegative("v"), given.real("g"), given.real("theta")
    hyper = adam.hyper
    other = ac.Adam(hyper.replace(lr=d * hyper.lr, eps=hyper.eps / d))
    state, update = adam.update(ac.State(t, m, v, v), theta, g)
    state_d, update_d = other.update(ac.State(t, m / d, v / (d * d), v), d * theta, g / d)
    yield ac.identity("the first moment", d * state_d.m, state.m)
    yield ac.identity("the second moment", d * d * state_d.v, state.v)
    yield ac.identity("the update", update_d, d * update)
    _, shifted = adam.update(ac.State(t, m, v, v), theta + d, g)
    yield ac.identity("a shift changes nothing", shifted, update)


@claim.law(trajectory=ac.in_range_trajectories, k=st.integers(-6, 6))
def units_that_are_powers_of_two_are_undone_bitwise(
    subject: ac.Subject, trajectory: ac.Trajectory, k: int
) -> None:
    """In units 2^k times smaller, with lr and eps converted, every bit of the run is the same,
    converted."""
    unit, hyper = 2.0**k, trajectory.hyper
    converted = trajectory.scaled(1 / unit, eps_too=True)
    converted = converted.replace(hyper=converted.hyper.replace(lr=hyper.lr * unit))
    assume(converted.in_range())
    trace = subject.run(trajectory)
    expected = np.asarray(trace.parameters) * np.asarray(unit).astype(trace.parameters.dtype)
    ac.assert_bitwise(subject.run(converted).parameters, expected, f"in units of 2**{-k}", trace)


@claim.law(trajectory=lambda format: ac.trajectories(format, at_zero=False))
def a_shift_of_the_origin_changes_no_update(subject: ac.Subject, trajectory: ac.Trajectory) -> None:
    """From other first parameters, with the same gradients, the updates are the same."""
    trace = subject.run(trajectory)
    other = subject.run(trajectory.replace(parameters=0 * trajectory.parameters))
    none = (predict(trace) - predict(other)).at(0)
    assert_met(seen(trace) - seen(other), none, "difference made by the first parameters", trace)


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
def a_shear_and_a_change_of_units(exact: ac.Exact) -> None:
    r"""The shear $(\theta_1 + \theta_2, \theta_2)$ turns the gradient (1, 1) into (1, 0), and moves the
    step (-1/2, -1/2) to (-1, -1/2) instead of (-1/2, 0). Units 3 times smaller turn the gradient 3 into 1
    and the step -3/4 into -1/2 instead of -9/4."""
    one, zero = (exact.run([g], beta1=0, beta2=0, eps=1).update for g in (1, 0))
    exact.says("first coordinate", one, "!=", one + one)
    exact.says("second coordinate", zero, "!=", one)
    three = exact.run([3], beta1=0, beta2=0, eps=1).update
    exact.says("in smaller units", one, "!=", 3 * three)
    converted = exact.run([1], beta1=0, beta2=0, eps=Fraction(1, 3), lr=3).update
    exact.says("with lr and eps converted", converted, "=", 3 * three)


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
