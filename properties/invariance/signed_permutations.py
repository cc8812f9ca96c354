"""Signed permutations.

What maps axes to axes, Adam follows: with coordinates exchanged and signs changed, the run is the same run,
exchanged and changed. Quarter turns and mirror images are of this kind.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from operator import mul
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..bitwise import assert_bitwise_or_enclosed
from ..closed_loop import descend

claim = ac.Claim(
    title="Signed permutations",
    says=(
        r"As each component is scaled along its own axis, it makes no difference to Adam which axis is "
        r"which, nor in which direction it points."
    ),
    source="Fundamental Properties: Invariance and Equivariance",
    verdict=ac.holds(),
    statement=(
        ac.prose("Let P be a signed permutation, a matrix with one entry, 1 or -1, in each row and column."),
        ac.proposition(
            r"For all gradients, all hyperparameters and all $t$: with the gradients $P g_1, \ldots, "
            "P g_t$ the first moment is $P m_t$, the second moment is permuted without signs, and "
            r"the update is $P (\theta_t - \theta_{t-1})$.",
            "signed-permutations-commute",
        ),
    ),
)


@claim.derivation
def signed_permutations_commute(given: ac.Given) -> Iterator[ac.Step]:
    r"""Induction on the state: if the moments of the moved run are those of the run, moved, they are so after
    one more step, and the update is the moved update. Exchanges and changes of sign make up the rest."""
    adam, t = given.adam(), given.time("t")
    m, g = given.vector(given.reals("m", 2)), given.vector(given.gradients(2))
    v = given.vector([given.nonnegative("v_1"), given.nonnegative("v_2")])
    state, update = adam.update(ac.State(t, m, v, v), 0 * g, g)
    moves = {"exchanged": (np.array([1, 1]), [1, 0]), "one sign changed": (np.array([-1, 1]), [0, 1])}
    for name, (signs, order) in moves.items():
        before = ac.State(t, signs * m[order], v[order], v[order])
        after, moved = adam.update(before, 0 * g, signs * g[order])
        yield ac.identity(f"the first moment, {name}", after.m, signs * state.m[order])
        yield ac.identity(f"the second moment, {name}", after.v, state.v[order])
        yield ac.identity(f"the update, {name}", moved, signs * update[order])


@st.composite
def _signed_permutations(draw: Any, format: ac.Format) -> tuple[ac.Trajectory, list[int], list[int]]:
    trajectory = draw(ac.trajectories(format, coordinates=(2, 9)))
    n = trajectory.gradients.shape[1]
    signs = draw(st.lists(st.sampled_from([-1, 1]), min_size=n, max_size=n))
    # The simplest one turns the order round: vectorised kernels differ in the last coordinates, if anywhere.
    return trajectory, signs, draw(st.permutations(range(n)[::-1]))


@claim.law(drawn=_signed_permutations)
def signed_permutations_move_the_run(
    subject: ac.Subject, notes: ac.Notes, drawn: tuple[ac.Trajectory, list[int], list[int]]
) -> None:
    """With coordinates exchanged and signs changed, so are the parameters after every step, bit by bit."""
    trajectory, signs, order = drawn
    trace, moved = subject.run(trajectory), subject.run(trajectory.transformed(signs, order))
    parameters = np.asarray(trace.parameters)
    expected = parameters[:, order] * np.array(signs).astype(parameters.dtype)
    assert_bitwise_or_enclosed(
        moved, expected, trace, "differs under a permutation", notes, subject.definition
    )


@claim.witness
def a_quarter_turn(exact: ac.Exact) -> None:
    r"""The gradients (3, 1) and (0, 2), turned by a right angle, are (-1, 3) and (-2, 0). With $\beta_1 =
    \beta_2 = 1/2$ and $\epsilon = 1$ the two updates are rotated, too."""
    half = Fraction(1, 2)
    runs = [exact.run(g, beta1=half, beta2=half, eps=1) for g in ([3, 0], [1, 2], [-1, -2], [3, 0])]
    for t in range(2):
        first, second, *turned = (run.updates[t] for run in runs)
        exact.says(f"the first coordinate of update {t + 1}, turned", turned[0], "=", -second)
        exact.says(f"the second coordinate of update {t + 1}, turned", turned[1], "=", first)


@claim.figure
def a_bowl_and_its_images(axes: Any) -> None:
    """The path of Adam on one elongated bowl (thick), and on its images under signed permutations: a mirror,
    the exchange of the axes, and half a turn. The paths are the images of the path."""
    curvature, start = np.array([1.0, 12.0]), np.array([-1.0, 0.6])
    images = {"itself": (1, 1, 0), "mirrored": (-1, 1, 0), "exchanged": (1, 1, 1), "half a turn": (-1, -1, 0)}
    for name, (x, y, exchange) in images.items():
        signs, order = np.array([x, y]), [1, 0] if exchange else [0, 1]
        adam, curved = ac.Adam(ac.Hyperparameters(lr=0.05)), partial(mul, curvature[order])
        path = descend(adam, signs * start[order], curved, 60)
        axes.plot(*np.transpose(path), label=name, linewidth=4 if name == "itself" else 1.5)
    axes.plot(0, 0, "x", color="gray", label="minimum")
    axes.set_aspect("equal")
    axes.set_xlabel("coordinate 1")
    axes.set_ylabel("coordinate 2")
    axes.legend(fontsize="small")
