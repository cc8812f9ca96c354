"""No rotational invariance.

Adam treats every coordinate by itself, so its steps belong to the axes: turn the problem, and the run is not
the turned run. The exceptions are exactly the signed permutations, which map axes to axes. Gradient
descent commutes with every rotation.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..comparisons import GradientDescent
from ..memories import some_memory

claim = ac.Claim(
    title="No rotational invariance",
    says=(
        r"Rotating the problem leads Adam to a different trajectory, because it scales each component "
        r"along fixed axes; gradient descent does not depend on the orientation of the axes."
    ),
    source="Fundamental Properties: Invariance and Equivariance",
    verdict=ac.holds_if(
        r"the rotation is not a signed permutation of the axes; quarter turns and all other signed "
        r"permutations only rotate the trajectory"
    ),
    statement=(
        ac.prose(r"Let Q be orthogonal and $\epsilon \geq 0$."),
        ac.proposition(
            "The step for the gradient $Q g$ is Q times the step for g, for all g, only if all "
            "entries of Q are -1, 0 or 1, which makes Q a signed permutation; then it is, in all "
            "steps of all trajectories.",
            "nothing-else-commutes",
        ),
        ac.proposition(
            "Gradient descent satisfies it for every Q.",
            "gradient-descent-commutes-with-every-rotation",
        ),
    ),
)

FIVE_Q = np.array([[3, -4], [4, 3]])
"""Five times the rotation by the angle of the 3-4-5 triangle."""


def _turned(gradients: Any) -> Any:
    """Q g for the gradients g in the rows, which must be multiples of 5 to stay exact."""
    return gradients @ FIVE_Q.T / 5


@claim.derivation
def gradient_descent_commutes_with_every_rotation(given: ac.Given) -> Iterator[ac.Step]:
    r"""Its step is linear in the gradient: any matrix may stand where Q does."""
    descent, g = given.adam(GradientDescent), given.vector(given.gradients(2))
    matrix = given.vector(given.reals("q", 4)).reshape(2, 2)

    def step(gradient: Any) -> Any:
        return descent.update(descent.start(0 * g), 0 * g, gradient)[1]

    yield ac.identity("the turned step", step(matrix @ g), matrix @ step(g))


@claim.derivation
def nothing_else_commutes(given: ac.Given) -> Iterator[ac.Step]:
    r"""If some entry of Q has a size q strictly between 0 and 1, take a gradient of size s along the axis of
    its column. The first step of the turned problem is longer there than the turned first step. And an
    orthogonal matrix with entries -1, 0 and 1 is a signed permutation."""
    s, x, adam = given.positive("s"), given.positive("x"), given.adam(eps=given.nonnegative("eps"))
    q = 1 / (1 + x)  # every number between 0 and 1

    def length(gradient: Any) -> Any:
        return -adam.update(adam.start(0 * s), 0 * s, gradient)[1]

    yield ac.inequality("it is longer", length(q * s), ">", q * length(s))


@claim.law(
    hyper=some_memory,
    integers=st.lists(st.tuples(st.integers(-15, 15), st.integers(-15, 15)), min_size=1, max_size=12),
    exponent=st.integers(-2, 2),
)
def a_rotation_changes_the_run(
    subject: ac.Subject, hyper: ac.Hyperparameters, integers: list[tuple[int, int]], exponent: int
) -> None:
    """Turned by the angle of the 3-4-5 triangle, the problem leads to other steps than the turned ones: by a
    difference that is predicted, met, and certainly not zero."""
    gradients = 5 * np.array(integers)
    runs = [(g * 2.0**exponent).astype(subject.format.dtype) for g in (gradients, _turned(gradients))]
    parameters = np.zeros(4, subject.format.dtype)
    trajectory = ac.Trajectory(hyper, parameters, np.hstack(runs))
    difference = np.vstack([-FIVE_Q.T, 5 * np.eye(2)])  # 5 (the step of the turned problem - Q the step)
    trace = subject.run(trajectory)
    observed, predicted = (updates(trace).combined(difference) for updates in (ac.observed, ac.predicted))
    ac.assert_met_and_not_zero(observed, predicted, "5 (step of the turned problem - turned step)", trace)


@claim.witness
def the_angle_of_a_3_4_5_triangle(exact: ac.Exact) -> None:
    r"""Q turns the gradient (5, 10) into (-5, 10). Adam's first step on that is (1, -1) without eps, but the
    turned step is (1/5, -7/5). With $\epsilon = 1$ they differ as well."""
    for eps in (0, 1):
        step = [exact.run([g], beta1=0, beta2=0, eps=eps).update for g in (5, 10)]
        turned = [exact.run([int(g)], beta1=0, beta2=0, eps=eps).update for g in _turned(np.array([5, 10]))]
        due = [sum(Fraction(int(q), 5) * u for q, u in zip(row, step, strict=True)) for row in FIVE_Q]
        for i, name in enumerate(("first", "second")):
            exact.says(f"the {name} coordinates with eps = {eps}", turned[i], "!=", due[i])


@claim.figure
def paths_in_turned_problems(axes: Any) -> None:
    """One elongated bowl, turned by an angle for the run and back for the picture: Adam takes another path
    for each angle, and the first one again after a quarter turn (dotted). Gradient descent takes the same
    for all."""
    curvature, start = np.array([1.0, 12.0]), np.array([-1.0, 0.6])

    def path(definition: type[ac.Adam], lr: float, degrees: float) -> Any:
        turn = np.deg2rad(degrees)
        q = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        optimizer, theta = definition(ac.Hyperparameters(lr=lr)), q @ start
        state, points = optimizer.start(theta), [start]
        for _ in range(60):
            state, theta = optimizer.step(state, theta, q @ (curvature * (q.T @ theta)))
            points.append(q.T @ theta)
        return np.transpose(points)

    for degrees, style in ((0, "-"), (20, "-"), (45, "-"), (90, ":")):
        width = 4 if style == ":" else 1.5
        axes.plot(*path(ac.Adam, 0.05, degrees), style, linewidth=width, label=f"Adam, {degrees} degrees")
    for degrees, style in ((0, "--"), (45, ":")):
        axes.plot(*path(GradientDescent, 0.05, degrees), style, label=f"gradient descent, {degrees} degrees")
    axes.plot(0, 0, "x", color="gray", label="minimum")
    axes.set_xlabel("flat direction")
    axes.set_ylabel("steep direction")
    axes.legend(fontsize="small")
