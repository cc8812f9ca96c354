"""The diagonal path.

Without eps the curvature of a coordinate drops out of Adam: it multiplies numerator and denominator alike. So
coordinates that start at the same distance move alike, and the path is exactly diagonal. From elsewhere the
first step is diagonal too, but the minimum does not lie there.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

import adamcheck as ac

from ..closed_loop import descend, follow
from ..comparisons import GradientDescent

claim = ac.Claim(
    title="The diagonal path",
    says=(
        r"On $\frac{1}{2}(100 x^2 + y^2)$ Adam lets all parameters progress at a similar rate, and so goes "
        r"to the minimum on a straighter, diagonal path."
    ),
    source="Interpreting the Adam Update: Adaptive Coordinate-wise Scaling",
    verdict=ac.holds_if(
        r"$|x_0| = |y_0|$ and $\epsilon$ is negligible: then the path is exactly diagonal, whatever the "
        r"curvatures. From elsewhere the first step is diagonal too, which is not where the minimum is: from "
        r"$(1/1000, 1)$ gradient descent starts in the better direction"
    ),
    statement=(
        ac.proposition(
            r"For $\epsilon = 0$, any betas and any $t$: on $\frac{1}{2} h x^2$ the path from $x_0$ "
            "does not depend on $h > 0$.",
            "the-curvature-drops-out",
        ),
        ac.prose(r"Hence on $\frac{1}{2}(H x^2 + h y^2)$ from $x_0 = y_0$: $x_t = y_t$ for all $t$."),
        ac.proposition(
            r"From any start the first step is $-\alpha (\mathrm{sign}\, x_0, \mathrm{sign}\, y_0)$.",
            "the-first-step: without eps, +x",
            "the-first-step: without eps, -x",
        ),
        ac.proposition(
            r"With $\epsilon > 0$ the first step of $y$ is the shorter one by the share $\epsilon "
            r"(H-h) / (H (h x_0 + \epsilon))$.",
            "the-first-step: with eps",
        ),
    ),
)


@claim.derivation
def the_curvature_drops_out(given: ac.Given) -> Iterator[ac.Step]:
    r"""If the moments on the bowl of curvature h are $(hm, h^2 v)$ where those on the bowl of curvature 1 are
    $(m, v)$, at the same x, then the gradient is h times as large, and one step later all of this holds
    again: by induction at every t."""
    adam, t, h = given.adam(eps=0), given.time("t"), given.positive("h")
    m, v, x = given.real("m"), given.nonnegative("v"), given.positive("x")
    for name, at in (("x > 0", x), ("x < 0", -x)):
        state, reached = adam.step(ac.State(t, m, v, v), at, at)
        state_h, reached_h = adam.step(ac.State(t, h * m, h * h * v, v), at, h * at)
        yield ac.identity(f"the first moment, {name}", state_h.m, h * state.m)
        yield ac.identity(f"the second moment, {name}", state_h.v, h * h * state.v)
        yield ac.identity(f"the parameter, {name}", reached_h, reached)


@claim.derivation
def the_first_step(given: ac.Given) -> Iterator[ac.Step]:
    r"""Without $\epsilon$ it is $\alpha$ in each coordinate; with $\epsilon$ it is shorter where the
    curvature is smaller."""
    adam, bare, x = given.adam(), given.adam(eps=0), given.positive("x")
    h, d = given.positive("h"), given.positive("d")
    for sign in (1, -1):
        _, update = bare.update(bare.start(0 * x), 0, sign * h * x)
        yield ac.identity(f"without eps, {'+-'[sign < 0]}x", update, -sign * bare.hyper.lr)
    eps = adam.hyper.eps
    flat, steep = (adam.update(adam.start(0 * x), 0, curvature * x)[1] for curvature in (h, h + d))
    share = eps * d / ((h + d) * (h * x + eps))
    yield ac.identity("with eps", flat, (1 - share) * steep)


def _starts(format: ac.Format) -> Any:
    return ac.in_range_trajectories(format, at_zero=False)


def _exponents(format: ac.Format) -> Any:
    return st.integers(0, 2) if format.huge < 2.0**20 else st.integers(-6, 6)


@claim.law(trajectory=_starts, k=_exponents)
def the_curvature_drops_out_bitwise(subject: ac.Subject, trajectory: ac.Trajectory, k: int) -> None:
    """On a bowl whose curvature is a power of two, with eps multiplied by it, every parameter is bitwise the
    one on the bowl of curvature 1: the gradients come from the parameters reached."""
    start, hyper, h = trajectory.parameters, trajectory.hyper, 2.0**k
    steep_hyper = hyper.replace(eps=h * hyper.eps)
    flat = follow(subject, start, hyper, lambda x: x, 4)
    steep = follow(subject, start, steep_hyper, lambda x: (h * x).astype(x.dtype), 4)
    for trace in (flat, steep):
        assume(ac.Trajectory(trace.hyper, start, np.asarray(trace.gradients)).in_range())
    ac.assert_bitwise(steep.parameters, flat.parameters, f"on the bowl of curvature 2**{k}", flat)


@claim.witness
def the_better_direction(exact: ac.Exact) -> None:
    r"""The square of the cosine between the first step and the way to the minimum, curvatures 100 and 1. From
    (1/10, 1) it is 121/202 for Adam and 400/10201 for gradient descent: Adam is better. From (1/1000, 1) it
    is about 0.50 for Adam and 0.99 for gradient descent."""
    for x, relation in ((Fraction(1, 10), ">"), (Fraction(1, 1000), "<")):
        squares = []
        for definition in (ac.Adam, GradientDescent):
            gradients = (100 * x, Fraction(1))
            step = [exact.run([g], definition=definition, beta1=0, beta2=0).update for g in gradients]
            product = step[0] * x + step[1]
            squares.append(product**2 / ((step[0] ** 2 + step[1] ** 2) * (x**2 + 1)))
        exact.says(f"from ({x}, 1), Adam and gradient descent", squares[0], relation, squares[1])


@claim.figure
def paths_on_the_bowl(axes: Any) -> None:
    """Paths on (100 x² + y²)/2 to the minimum at (0, 0), marked by a cross. Adam (lr = 0.02, 40 steps) goes
    along the diagonal where it starts on it. From the other two starts its first steps are parallel to the
    diagonal and overshoot in x. Gradient descent (dashed, lr = 0.005, 200 steps) goes down to the valley
    first."""
    bowl = np.array([100.0, 1.0])
    for color, start in enumerate(((1.0, 1.0), (0.4, 1.0), (-0.1, 1.0))):
        first = np.array(start)
        path = np.array(descend(ac.Adam(ac.Hyperparameters(lr=0.02)), first, lambda theta: bowl * theta, 40))
        axes.plot(path[:, 0], path[:, 1], ".-", color=f"C{color}", linewidth=1, label=f"from {start}")
        plain = GradientDescent(ac.Hyperparameters(lr=0.005))
        path = np.array(descend(plain, first, lambda theta: bowl * theta, 200))
        axes.plot(path[:, 0], path[:, 1], "--", color=f"C{color}", linewidth=1)
    axes.plot(0, 0, "+", color="gray", markersize=12)
    axes.set_xlabel("x, curvature 100")
    axes.set_ylabel("y, curvature 1")
    axes.legend()
