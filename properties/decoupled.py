"""Weight decay of targets: runs with and without it, and whether it is decoupled."""

from __future__ import annotations

from typing import Any

import numpy as np

import adamcheck as ac

DECAY = 0.5
"""The weight decay of laws; exact in every dtype, and at most 1 / lr."""

_HYPER = ac.Hyperparameters(lr=0.5, beta1=0.5, beta2=0.5, eps=0.25)


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
