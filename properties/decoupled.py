"""Weight decay of targets: runs with and without it, and whether it is decoupled."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

DECAY = 0.5
"""The weight decay of laws; exact in every dtype, and at most 1 / lr."""

_HYPER = ac.Hyperparameters(lr=0.5, beta1=0.5, beta2=0.5, eps=0.25)

_PUSHES = st.builds(
    lambda base, growth, steps: base * growth ** np.arange(steps, dtype=np.float64),
    st.sampled_from([sign * k / 8 for k in (8, 9, 12, 15) for sign in (1, -1)]),
    st.sampled_from([1.0, 2.0, 0.5, -1.0]),
    st.integers(2, 4),
)
"""The gradients of one coordinate: constant, growing, shrinking or alternating."""


def pushed(format: ac.Format) -> Any:
    """Short trajectories of one coordinate from 0, whose hyperparameters are exact in every dtype."""

    def made(gradients: Any, lr: int, betas: tuple[float, float], eps: int) -> ac.Trajectory:
        hyper = ac.Hyperparameters(2.0**-lr, *betas, 2.0**-eps)
        return ac.Trajectory(hyper, np.zeros(1, format.dtype), gradients[:, None].astype(format.dtype))

    betas = st.sampled_from([(0.5, 0.5), (0.5, 0.75), (0.75, 0.75), (0.75, 0.5), (0.25, 0.5)])
    return st.builds(made, _PUSHES, st.integers(0, 3), betas, st.integers(2, 8))


def assert_decoupled(subject: ac.Subject) -> None:
    """Raises `NotOffered` for a target whose weight decay goes through the moments.

    Under a zero gradient decoupled decay moves a parameter in proportion to itself, any other does not.
    """
    start = np.array([1.0, 0.25], subject.format.dtype)
    hyper = subject.settled(_HYPER).replace(weight_decay=DECAY)
    trace = subject.run(ac.Trajectory(hyper, start, np.zeros((1, 2), subject.format.dtype)))
    weights = np.array([[1.0], [-4.0]])
    due = ac.predicted(trace, ac.AdamW).combined(weights)
    if not ac.meets(ac.observed(trace).combined(weights), due.at(0)):
        raise ac.NotOffered("its weight decay goes through the moments")


def decaying_from(subject: ac.Subject, start: np.ndarray, trajectory: ac.Trajectory) -> ac.Trace:
    """The run from `start` with weight decay. Raises `NotOffered` if it is not decoupled."""
    assert_decoupled(subject)
    hyper = trajectory.hyper.replace(weight_decay=DECAY)
    return subject.run(trajectory.replace(hyper=hyper, parameters=start))


def shrinkage(trace: ac.Trace) -> Any:
    """What decoupled weight decay adds to each update of a trace: -lr * weight_decay * theta, as quads."""
    before = ac.to_quad(np.asarray(trace.parameters)[:-1])
    return -trace.hyper.lr * trace.hyper.weight_decay * before
