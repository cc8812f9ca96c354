"""The learning rate as a factor.

The moments do not know the learning rate: on given gradients every update is proportional to it. In training
the gradients are those at the parameters reached, so that only the first step is; after that another learning
rate leads to other gradients.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

import adamcheck as ac

from ..closed_loop import descend, descend_exactly

claim = ac.Claim(
    title="The learning rate as a factor",
    says=r"$\alpha$ is the step size, a master learning rate for all parameters.",
    source="The Adam Update Rule: A Synthesis of Moments",
    verdict=ac.holds_if(
        r"the gradients are given: then every update is proportional to $\alpha$. In training only the first "
        r"one is, since the later gradients depend on the way covered"
    ),
    statement=(
        ac.proposition(
            "For all gradients, all $t$ and all $c > 0$: the update with the learning rate $c "
            r"\alpha$ is $c$ times the update with $\alpha$, in every coordinate, and the moments are "
            "the same.",
            "updates-are-proportional",
        ),
    ),
)


@claim.derivation
def updates_are_proportional(given: ac.Given) -> Iterator[ac.Step]:
    r"""From the same state; and the states stay the same, as no moment depends on $\alpha$. By induction this
    holds at every t, and the way from the start is c times as long."""
    adam, t, c = given.adam(), given.time("t"), given.positive("c")
    m, v, g, way = given.real("m"), given.nonnegative("v"), given.real("g"), given.real("w")
    faster = ac.Adam(adam.hyper.replace(lr=c * adam.hyper.lr))
    before = ac.State(t, m, v, v)
    (state, update), (state_c, update_c) = adam.update(before, way, g), faster.update(before, c * way, g)
    yield ac.identity("the first moment", state_c.m, state.m)
    yield ac.identity("the second moment", state_c.v, state.v)
    yield ac.identity("the update", update_c, c * update)
    _, reached = adam.step(before, way, g)
    _, reached_c = faster.step(before, c * way, g)
    yield ac.identity("the way from the start", reached_c, c * reached)


@claim.law(trajectory=ac.in_range_trajectories, k=st.integers(-8, 8))
def a_power_of_two_scales_the_way_bitwise(subject: ac.Subject, trajectory: ac.Trajectory, k: int) -> None:
    """With the learning rate multiplied by a power of two, every parameter that started at 0 is multiplied by
    it, in every bit."""
    factor = 2.0**k
    faster = trajectory.replace(hyper=trajectory.hyper.replace(lr=factor * trajectory.hyper.lr))
    assume(faster.in_range())
    trace = subject.run(trajectory)
    expected = np.asarray(trace.parameters) * np.asarray(factor).astype(subject.format.dtype)
    ac.assert_bitwise(subject.run(faster).parameters, expected, f"lr times 2**{k}", trace)


@claim.witness
def in_training_only_the_first_step_is_proportional(exact: ac.Exact) -> None:
    r"""On $x^2/2$ from 1, $\epsilon = 1$ and no memory: with $\alpha = 1/2$ the first two steps are -1/4 and
    -3/14. With $\alpha = 1$ the first is twice as long, the second is not, as it starts elsewhere."""
    slow, fast = (
        descend_exactly(exact, 1, lambda x: x, 2, lr=lr, beta1=0, beta2=0, eps=1)
        for lr in (Fraction(1, 2), 1)
    )
    exact.says("the first step, lr = 1/2", slow[1] - slow[0], "=", Fraction(-1, 4))
    exact.says("the first step, lr = 1", fast[1] - fast[0], "=", Fraction(-1, 2))
    exact.says("the second step, lr = 1/2", slow[2] - slow[1], "=", Fraction(-3, 14))
    exact.says("the second step, lr = 1", fast[2] - fast[1], "=", Fraction(-1, 3))


@claim.figure
def way_against_the_learning_rate(axes: Any) -> None:
    """The way covered in 20, 100 and 500 steps on x²/2 from 1 with the default betas. It is proportional to
    the learning rate until it comes near 1, where the minimum is."""
    rates = np.geomspace(1e-5, 1, 200)
    adam = ac.Adam(ac.Hyperparameters(lr=rates))
    reached = descend(adam, np.ones(rates.shape), lambda x: x, 500)
    for steps in (20, 100, 500):
        axes.loglog(rates, np.abs(1 - reached[steps]), label=f"{steps} steps")
    axes.axhline(1, color="gray", linewidth=1, linestyle="--")
    axes.set_xlabel("learning rate")
    axes.set_ylabel("way covered")
    axes.legend()
