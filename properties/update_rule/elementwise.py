"""Every parameter on its own.

All operations of the update are elementwise: Adam on n parameters is n runs of Adam on one parameter. Each
has a learning rate of its own, made of its own gradients only. What couples the parameters is the loss.
"""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..bitwise import assert_bitwise_or_enclosed

claim = ac.Claim(
    title="Every parameter on its own",
    says=(
        r"Squares, roots and quotients are taken elementwise, so that every parameter has a learning rate of "
        r"its own."
    ),
    source="The Adam Update Rule: A Synthesis of Moments",
    verdict=ac.holds(),
    statement=(
        ac.proposition(
            "For all gradients and all $t$: coordinate $i$ of the update depends on coordinate $i$ "
            r"of the gradients $g_1, \ldots, g_t$ and on nothing else, and is the update of Adam on "
            "that coordinate alone.",
            "a-vector-is-its-coordinates",
        ),
        ac.prose(
            "With the same gradients it is the same in every coordinate. The shape in which the "
            "parameters are arranged makes no difference."
        ),
    ),
)


@claim.derivation
def a_vector_is_its_coordinates(given: ac.Given) -> Iterator[ac.Step]:
    r"""Two coordinates at once, from any state: every entry of what the step returns is written out in
    quantities of its own coordinate."""
    adam, t = given.adam(), given.time("t")
    m, v, g = given.reals("m", 2), [given.nonnegative("v_1"), given.nonnegative("v_2")], given.reals("g", 2)
    before = ac.State(t, given.vector(m), given.vector(v), given.vector([0, 0]))
    state, update = adam.update(before, given.vector([0, 0]), given.vector(g))
    hyper = adam.hyper
    moments = [
        (hyper.beta1 * m[i] + (1 - hyper.beta1) * g[i], hyper.beta2 * v[i] + (1 - hyper.beta2) * g[i] * g[i])
        for i in range(2)
    ]
    yield ac.identity("m", state.m, [m_i for m_i, _ in moments])
    yield ac.identity("v", state.v, [v_i for _, v_i in moments])
    later = t + 1
    written = [
        -(hyper.lr * (m_i / (1 - hyper.beta1**later)) / (ac.sqrt(v_i / (1 - hyper.beta2**later)) + hyper.eps))
        for m_i, v_i in moments
    ]
    yield ac.identity("the update", update, written)


@claim.law(needs=("matrices",), trajectory=lambda format: ac.trajectories(format, coordinates=(2, 6)))
def the_shape_makes_no_difference(subject: ac.Subject, notes: ac.Notes, trajectory: ac.Trajectory) -> None:
    """Parameters in a matrix of two rows take the steps that they take in one row."""
    trajectory = trajectory.first(12)
    even = trajectory.parameters.size // 2 * 2
    trajectory = trajectory.replace(
        parameters=trajectory.parameters[:even], gradients=trajectory.gradients[:, :even]
    )
    flat = subject.run(trajectory)
    shaped = subject.run(
        trajectory.replace(
            parameters=trajectory.parameters.reshape(2, -1),
            gradients=trajectory.gradients.reshape(-1, 2, even // 2),
        )
    )
    flattened = np.asarray(shaped.parameters).reshape(-1, even)
    same_run = replace(flat, parameters=flattened)
    assert_bitwise_or_enclosed(
        same_run, np.asarray(flat.parameters), flat, "differs in a matrix", notes, subject.definition
    )


@claim.law(trajectory=lambda format: ac.trajectories(format, coordinates=(2, 6)), chosen=st.integers(0, 5))
def coordinates_do_not_see_each_other(subject: ac.Subject, trajectory: ac.Trajectory, chosen: int) -> None:
    """Other gradients in one coordinate leave every bit of the other coordinates as it was."""
    chosen %= trajectory.gradients.shape[1]
    changed = trajectory.gradients.copy()
    changed[:, chosen] = -8 * changed[::-1, chosen] + 1
    trace = subject.run(trajectory)
    after = subject.run(trajectory.replace(gradients=changed))
    others = [i for i in range(changed.shape[1]) if i != chosen]
    kept, due = np.asarray(after.parameters)[:, others], np.asarray(trace.parameters)[:, others]
    ac.assert_bitwise(kept, due, f"with other gradients in coordinate {chosen}", trace)


@claim.law(trajectory=lambda format: ac.trajectories(format, coordinates=(2, 6)), chosen=st.integers(0, 5))
def a_coordinate_alone_does_the_same(
    subject: ac.Subject, notes: ac.Notes, trajectory: ac.Trajectory, chosen: int
) -> None:
    """A coordinate alone takes the steps that it takes among others."""
    part = [-1 - chosen % trajectory.gradients.shape[1]]  # a tail is where kernels differ: the last one first
    trace = subject.run(trajectory)
    among = trace.part(len(trace.gradients), part)
    alone = subject.run(
        trajectory.replace(parameters=trajectory.parameters[part], gradients=trajectory.gradients[:, part])
    )
    assert_bitwise_or_enclosed(alone, among.parameters, among, "differs alone", notes, subject.definition)


@claim.witness
def beside_a_larger_gradient(exact: ac.Exact) -> None:
    r"""Gradients 3 and 4 make steps of $\alpha$ in both coordinates. A rule that divided by the length of the
    gradient would make steps of $3\alpha/5$ and $4\alpha/5$: there the coordinates know of each other."""
    for g, by_length in ((3, Fraction(3, 5)), (4, Fraction(4, 5))):
        run = exact.run([g], beta1=0, beta2=0)
        exact.says(f"the step for {g}", run.update, "=", -1)
        exact.says(f"against {by_length}", -run.update, "!=", by_length)


@claim.figure
def five_scales_at_once(axes: Any) -> None:
    """Five parameters at once, with gradients of the same shape but of sizes from 1e-4 to 1e4: with eps =
    1e-8 their ways are the same, because each has its own learning rate. With eps = 1 (dashed) only the
    larger ones agree."""
    t = np.arange(1, 201)
    wave = 0.5 + np.sin(t / 15)
    sizes = 10.0 ** np.arange(-4, 5, 2)
    for eps, style in ((1e-8, "-"), (1.0, "--")):
        runs = ac.Adam(ac.Hyperparameters(lr=1.0, eps=eps)).run(np.zeros(5), wave[:, None] * sizes)
        way = np.cumsum([update for _, update in runs], axis=0)
        for i, size in enumerate(sizes):
            label = f"size {size:g}" if eps < 1 else None
            axes.plot(t, way[:, i], style, color=f"C{i}", linewidth=3 - i / 2, label=label)
    axes.set_xlabel("step t")
    axes.set_ylabel("way / lr")
    axes.legend()
