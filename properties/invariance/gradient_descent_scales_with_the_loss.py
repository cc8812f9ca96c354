"""Gradient descent scales with the loss.

A step of gradient descent is proportional to the gradient. So the loss multiplied by c takes it along the
path of the learning rate c alpha on the old loss: the stable learning rates are divided by c. Adam's update
grows less than in proportion, at any eps > 0, and for gradients far above eps hardly at all.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from operator import mul
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

from ..closed_loop import descend, descend_exactly
from ..comparisons import GradientDescent
from ..memories import some_memory

claim = ac.Claim(
    title="Gradient descent scales with the loss",
    says=(
        r"Unlike Adam's, the step of SGD is proportional to the scale of the loss, so that SGD depends "
        r"strongly on how large the gradients are."
    ),
    source="Fundamental Properties: Invariance and Equivariance",
    verdict=ac.holds(),
    statement=(
        ac.proposition(
            r"For all losses and $c > 0$: gradient descent with the learning rate $\alpha$ on $c f$ "
            r"takes the path of the learning rate $c \alpha$ on $f$.",
            "a-scaled-loss-is-a-scaled-learning-rate: the same step",
        ),
        ac.proposition(
            r"On $\frac{1}{2} h x^2$ it converges on $c f$ if and only if $c < 2/(\alpha h)$.",
            "a-scaled-loss-is-a-scaled-learning-rate: at the limit",
            "a-scaled-loss-is-a-scaled-learning-rate: beyond it",
            "a-scaled-loss-is-a-scaled-learning-rate: below it: closer",
            "a-scaled-loss-is-a-scaled-learning-rate: below it: not as far out",
        ),
        ac.proposition(
            "Adam's update for $c > 1$ is larger by a factor between 1 and $c$: below $c$ for all "
            r"$\epsilon \geq 0$ and $\hat v_t > 0$, and above 1 for $\epsilon > 0$.",
            "adams-update-grows-less-than-in-proportion",
        ),
    ),
)


@claim.derivation
def a_scaled_loss_is_a_scaled_learning_rate(given: ac.Given) -> Iterator[ac.Step]:
    r"""One step from the same parameter, with the gradient scaled or the learning rate: by induction the
    paths are the same. On a bowl the factor of a step is $1 - c \alpha h$, which is -1 at $c = 2/(\alpha h)$
    and below it beyond."""
    descent, c, g = given.adam(GradientDescent), given.positive("c"), given.real("g")
    faster, x = GradientDescent(descent.hyper.replace(lr=c * descent.hyper.lr)), given.real("x")
    scaled = descent.step(descent.start(x), x, c * g)[1]
    yield ac.identity("the same step", scaled, faster.step(faster.start(x), x, g)[1])
    h, y, lr = given.positive("h"), given.positive("y"), descent.hyper.lr

    def on_the_bowl(factor: Any) -> Any:
        return descent.step(descent.start(y), y, factor * h * y)[1]

    yield ac.identity("at the limit", on_the_bowl(2 / (lr * h)), -y)
    yield ac.inequality("beyond it", on_the_bowl((2 + c) / (lr * h)), "<", -y)
    yield ac.inequality("below it: closer", on_the_bowl(2 / ((1 + c) * lr * h)), "<", y)
    yield ac.inequality("below it: not as far out", on_the_bowl(2 / ((1 + c) * lr * h)), ">", -y)


@claim.derivation
def adams_update_grows_less_than_in_proportion(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $c = 1 + d$, from moments scaled along, $(c m, c^2 v)$: the update for the gradient $c g$ is
    shorter than c times that for g, and longer than that."""
    adam, t, d = given.adam(), given.time("t"), given.positive("d")
    m, v, g, c = given.positive("m"), given.nonnegative("v"), given.positive("g"), 1 + d
    _, update = adam.update(ac.State(t, m, v, v), 0, g)
    _, scaled = adam.update(ac.State(t, c * m, c * c * v, v), 0, c * g)
    yield ac.inequality("below c times", -scaled, "<", -c * update)
    yield ac.inequality("above once", -scaled, ">", -update)


def _short_memories(format: ac.Format) -> Any:
    return ac.trajectories(format, hyper=some_memory(format))


@claim.law(trajectory=_short_memories, k=st.integers(2, 6))
def updates_grow_less_than_in_proportion(subject: ac.Subject, trajectory: ac.Trajectory, k: int) -> None:
    """On the loss multiplied by a power of two, no update is multiplied by as much, wherever rounding cannot
    hide the difference."""
    trajectory = trajectory.first(3)
    scaled = subject.run(trajectory.scaled(2.0**k))
    trace = subject.run(trajectory)
    observed = np.abs(ac.observed(trace).value) * 2.0**k - np.abs(ac.observed(scaled).value)
    due = np.abs(ac.predicted(trace).value) * 2.0**k - np.abs(ac.predicted(scaled).value)
    hidden = [
        2.0**k * updates(trace).radius + updates(scaled).radius for updates in (ac.observed, ac.predicted)
    ]
    certain = due.astype(np.float64) > hidden[0] + hidden[1]
    if not certain.any():
        raise ac.NotJudged
    if (certain & ~(observed > 0)).any():
        raise ac.Broken(f"an update grows in proportion to the loss, which is multiplied by {2**k}", scaled)


@claim.witness
def ten_times_the_loss(exact: ac.Exact) -> None:
    r"""On $x^2/2$ from 1 with $\alpha = 1/4$: gradient descent converges by the factor 3/4 a step. On ten
    times the loss it moves away by the factor 3/2 a step. Adam's first step (no memory, $\epsilon = 0$) is
    1/4 on both."""
    for c, factor in ((1, Fraction(3, 4)), (10, Fraction(-3, 2))):
        options: dict[str, Any] = {"lr": Fraction(1, 4), "beta1": 0, "beta2": 0}
        plain = descend_exactly(exact, 1, partial(mul, c), 3, definition=GradientDescent, **options)
        exact.says(f"gradient descent after 3 steps on {c} times the loss", plain[-1], "=", factor**3)
        step = exact.run([c], start=1, **options).update
        exact.says(f"Adam's first step on {c} times the loss", step, "=", Fraction(-1, 4))


@claim.figure
def distance_by_loss_scale(axes: Any) -> None:
    """How far x²/2, multiplied by c, is from its minimum after 200 steps from 1. Gradient descent (lr = 0.1)
    needs c of the right order: it diverges above 20 and hardly moves below 0.01. Adam (lr = 0.02) does the
    same for all c until gradients come near eps = 1e-8."""
    scales, one = np.geomspace(1e-10, 1e4, 400), np.ones(400)
    optimizers = {
        "gradient descent": GradientDescent(ac.Hyperparameters(lr=0.1)),
        "Adam": ac.Adam(ac.Hyperparameters(lr=0.02)),
    }
    for name, optimizer in optimizers.items():
        with np.errstate(over="ignore", invalid="ignore"):
            last = np.abs(descend(optimizer, one, lambda x: scales * x, 200)[-1])
        axes.loglog(scales, np.clip(last, 1e-18, 1e3), label=name)
    axes.set_ylim(1e-17, 1e2)
    axes.set_xlabel("scale c of the loss")
    axes.set_ylabel("distance after 200 steps")
    axes.legend()
