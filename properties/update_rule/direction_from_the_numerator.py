"""The direction of an update.

In every coordinate the denominator is positive, so that the sign of the update is against that of the
corrected first moment. In several coordinates the direction is another matter: the denominators differ, and
turn the step away from the first moment by any angle below 90 degrees.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

claim = ac.Claim(
    title="The direction of an update",
    says=r"An update has its direction from the numerator $\hat m_t$, and a scale from the denominator.",
    source="The Adam Update Rule: A Synthesis of Moments",
    verdict=ac.holds_if(
        r"direction means the sign in each coordinate. The direction of the whole step is that of $-\hat "
        r"m_t$ where all $\hat v_t$ are equal; elsewhere it may differ from that by any angle below 90 "
        r"degrees"
    ),
    statement=(
        ac.proposition(
            r"For $\epsilon > 0$ and all gradients: in each coordinate the sign of $\theta_t - "
            r"\theta_{t-1}$ is that of $-\hat m_t$.",
            "each-coordinate-goes-against-its-moment",
        ),
        ac.prose(r"Hence $\langle \theta_t - \theta_{t-1}, \hat m_t \rangle < 0$ unless $\hat m_t = 0$."),
        ac.proposition(
            r"The angle between the step and $-\hat m_t$ has no upper bound below 90 degrees, for $\epsilon "
            r"= 0$ and, with gradients that are large enough, for every $\epsilon > 0$.",
            "the-whole-step-may-turn-away",
            "with-any-eps",
        ),
    ),
)


@claim.derivation
def each_coordinate_goes_against_its_moment(given: ac.Given) -> Iterator[ac.Step]:
    r"""The update times a positive number, the denominator, is $-\alpha \hat m_t$."""
    adam, t = given.adam(), given.time("t")
    m, v, g = given.real("m"), given.nonnegative("v"), given.real("g")
    state, update = adam.update(ac.State(t, m, v, v), 0, g)
    m_hat = adam.correct_first(state.m, state.step)
    denominator = adam.denominator(adam.correct_second(state.v, state.v, state.step)[1], state.step)
    yield ac.identity("scaled by the denominator", update * denominator, -adam.hyper.lr * m_hat)
    yield ac.inequality("which is positive", adam.denominator(v, 1), ">", 0)


@claim.derivation
def the_whole_step_may_turn_away(given: ac.Given) -> Iterator[ac.Step]:
    r"""Two coordinates with the gradients 1 and k, without memory of the gradient; the second has seen a
    gradient p before, the first only 1. Only the ratio of p and k counts. As p grows, $r = 1/p$ vanishes:
    the second hardly moves, and the square of the cosine between the step and $-\hat m_t$ tends to
    $1/(1+k^2)$; as k grows, that tends to 0."""
    half, one, k, p = given.number(1, 2), given.number(1), given.positive("k"), given.positive("p")
    r = given.positive("r")
    adam = given.adam(lr=one, beta1=0, beta2=half, eps=0)
    *_, (_, first) = adam.run(0 * one, [one, one])
    *_, (_, unscaled) = adam.run(0 * one, [p, k])
    *_, (_, scaled) = adam.run(0 * one, [one, k / p])
    yield ac.identity("only the ratio counts", unscaled, scaled)
    *_, (_, second) = adam.run(0 * one, [one, k * r])
    cosine_squared = (first + k * second) ** 2 / ((1 + k * k) * (first**2 + second**2))
    yield ac.limit("as the earlier gradient grows", cosine_squared, r, 0, 1 / (1 + k * k))
    yield ac.limit("as the current one grows", 1 / (1 + k * k), k, "oo", 0)


@claim.derivation
def with_any_eps(given: ac.Given) -> Iterator[ac.Step]:
    r"""Gradients that are multiplied by c = 1/e make with $\epsilon$ the update that they make without c and
    with $e \epsilon$. As e vanishes, that tends to the update without $\epsilon$: so does the angle."""
    one, half, k = given.number(1), given.number(1, 2), given.positive("k")
    p, e, eps = given.positive("p"), given.positive("e"), given.positive("eps")

    def second(eps: Any, gradients: list[Any]) -> Any:
        *_, (_, update) = given.adam(lr=one, beta1=0, beta2=half, eps=eps).run(0 * one, gradients)
        return update

    for name, gradients in (("first", [one, one]), ("second", [p, k])):
        multiplied = second(eps, [g / e for g in gradients])
        yield ac.identity(f"the {name} coordinate, multiplied", multiplied, second(e * eps, gradients))
        yield ac.limit(f"the {name} coordinate", second(e * eps, gradients), e, 0, second(0, gradients))


def _with_room_for_eps(format: ac.Format) -> Any:
    return ac.trajectories(format, hyper=ac.dyadic_hyperparameters(format))


@claim.law(trajectory=_with_room_for_eps)
def under_positive_gradients_no_parameter_grows(subject: ac.Subject, trajectory: ac.Trajectory) -> None:
    """While no gradient is negative, no update is positive; and where all are negative, none is. Rounding
    does not change a sign, so this is exact."""
    trace = subject.run(trajectory.replace(gradients=np.abs(trajectory.gradients)))
    mirrored = subject.run(trajectory.replace(gradients=-np.abs(trajectory.gradients)))
    for run, sign in ((trace, 1), (mirrored, -1)):
        path = sign * np.asarray(run.parameters).astype(np.float64)
        if (path[1:] > path[:-1]).any():
            raise ac.Broken("an update goes against the sign of every gradient so far", run)


@claim.witness
def a_step_far_from_its_numerator(exact: ac.Exact) -> None:
    r"""Two coordinates, $\beta_1 = 0$ and $\beta_2 = 1/2$: after the gradients 1, 1 in the first and 35, 7 in
    the second, $\hat m_2 = (1, 7)$. The steps are -1 and -1/3; the square of the cosine between the step and
    $-\hat m_2$ is 1/5, an angle of 63 degrees."""
    half = Fraction(1, 2)
    first = exact.run([1, 1], beta1=0, beta2=half).update
    second = exact.run([35, 7], beta1=0, beta2=half).update
    exact.says("the first coordinate", first, "=", -1)
    exact.says("the second coordinate", second, "=", Fraction(-1, 3))
    cosine_squared = (first + 7 * second) ** 2 / (50 * (first**2 + second**2))
    exact.says("the square of the cosine", cosine_squared, "=", Fraction(1, 5))


@claim.figure
def angle_on_a_bowl(axes: Any) -> None:
    """The angle between the update and the negated corrected first moment, on the bowl h x²/2 + y²/2
    from (0.3, 1) with lr = 0.01. It is small while the gradients of x and y are of one size, and where one of
    them is far larger."""
    for h in (1.0, 3.0, 10.0, 100.0):
        adam, theta = ac.Adam(ac.Hyperparameters(lr=0.01)), np.array([0.3, 1.0])
        state, angles = adam.start(theta), []
        for t in range(1, 201):
            state, update = adam.update(state, theta, np.array([h, 1.0]) * theta)
            theta, m_hat = theta + update, adam.correct_first(state.m, t)
            cosine = -(update @ m_hat) / np.sqrt((update @ update) * (m_hat @ m_hat))
            angles.append(np.degrees(np.arccos(min(cosine, 1.0))))
        axes.plot(range(1, 201), angles, label=f"h = {h:g}")
    axes.set_ylim(-3, 90)
    axes.set_xlabel("step t")
    axes.set_ylabel("angle between step and -m_hat, in degrees")
    axes.legend()
