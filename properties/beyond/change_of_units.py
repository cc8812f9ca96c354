r"""A change of units.

Adam is said to be invariant to a rescaling of each gradient. Without $\epsilon$, its update is invariant: it
stays the same, although new units of the parameters require a converted update. A separate learning rate and
$\epsilon$ for each coordinate undo any change of units. A shift of the origin changes no update.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from operator import mul
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

import adamcheck as ac

from ..closed_loop import descend

claim = ac.Claim(
    title="A change of units",
    says="Adam is invariant to diagonal rescaling of the gradients.",
    source='Kingma & Ba, "Adam" (2015), abstract',
    verdict=ac.holds_if(
        r"$\epsilon = 0$; it is the update that is invariant. Parameters in other units need a converted "
        r"update, for which the learning rate and $\epsilon$ of each coordinate must be converted, too"
    ),
    statement=(
        ac.prose("Let $D > 0$ be diagonal."),
        ac.proposition(
            r"For all gradients and all $t$: if $\epsilon = 0$ (0/0 read as 0), the gradients $D^{-1} "
            "g$ lead to the same updates as g.",
            "units-may-be-undone: without eps the update stays the same",
        ),
        ac.proposition(
            r"If each coordinate has its own learning rate and $\epsilon$, the update for $D^{-1} g$ "
            r"with $D \alpha$ and $D^{-1} \epsilon$ is D times the update for g.",
            "units-may-be-undone: the first moment",
            "units-may-be-undone: the second moment",
            "units-may-be-undone: the update",
        ),
        ac.proposition(
            r"The update does not depend on $\theta$.",
            "units-may-be-undone: a shift changes nothing",
        ),
    ),
)


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
    bare, s = given.adam(eps=0), given.positive("s")  # m may have either sign, so the gradient need not
    old, new = (bare.update(ac.State(t, m / u, v / (u * u), v), theta, s / u)[1] for u in (1, d))
    yield ac.identity("without eps the update stays the same", new, old)
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
    none = (ac.predicted(trace) - ac.predicted(other)).at(0)
    ac.assert_met(
        ac.observed(trace) - ac.observed(other), none, "difference made by the first parameters", trace
    )


@claim.witness
def three_units_to_one(exact: ac.Exact) -> None:
    r"""Units 3 times smaller turn the gradient 3 into 1. Without $\epsilon$ the step is -1 as before; with
    $\epsilon = 1$ it is -1/2 instead of -3/4. In the new units -3/4 is -9/4: converted, $\alpha$ and
    $\epsilon$ give that."""
    plain = [exact.run([g], beta1=0, beta2=0).update for g in (3, 1)]
    exact.says("without eps, in smaller units", plain[1], "=", plain[0])
    three, one = (exact.run([g], beta1=0, beta2=0, eps=1).update for g in (3, 1))
    exact.says("with eps = 1, in smaller units", one, "!=", three)
    exact.says("the same step, converted", one, "!=", 3 * three)
    converted = exact.run([1], beta1=0, beta2=0, eps=Fraction(1, 3), lr=3).update
    exact.says("with lr and eps converted", converted, "=", 3 * three)


@claim.figure
def one_length_in_three_units(axes: Any) -> None:
    r"""Adam on $x^2/2$ from a length of 1, measured in units of 1, 1/4 and 4, with the learning rate 0.05,
    and the distance from the minimum in units of 1. The same number for $\alpha$ is another length in each
    (solid); converted, the three runs are one (dashed)."""
    for color, unit in enumerate((1.0, 0.25, 4.0)):
        for converted, style in ((False, "-"), (True, "--")):
            hyper = ac.Hyperparameters(lr=0.05, eps=1e-8)
            hyper = hyper.replace(lr=hyper.lr / unit, eps=hyper.eps * unit) if converted else hyper
            path = descend(ac.Adam(hyper), 1 / unit, partial(mul, unit * unit), 60)
            label = None if converted else f"units of {unit:g}"
            axes.plot(unit * np.array(path), style, color=f"C{color}", label=label, linewidth=3 - color)
    axes.set_xlabel("step t")
    axes.set_ylabel("distance from the minimum")
    axes.legend()
