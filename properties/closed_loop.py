"""Closed loops: the gradient of each step is that of a loss at the parameters just reached."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

Slope = Callable[[Any], Any]
"""The gradient of a loss at given parameters."""


def descend(adam: ac.Adam, start: Any, slope: Slope, steps: int) -> list[Any]:
    """The parameters before the first step and after each, in any number system."""
    state, reached = adam.start(start), [start]
    for _ in range(steps):
        state, parameters = adam.step(state, reached[-1], slope(reached[-1]))
        reached.append(parameters)
    return reached


def descend_exactly(exact: ac.Exact, start: Any, slope: Slope, steps: int, **options: Any) -> list[Fraction]:
    """The same for one coordinate of a witness, whose script repeats the run; options as in `Exact.run`."""
    gradients: list[Any] = []
    reached = [Fraction(start)]
    for _ in range(steps):
        gradients.append(slope(reached[-1]))
        reached.append(reached[-1] + ac.Exact().run(gradients, start=start, **options).update)
    exact.run(gradients, start=start, **options)
    return reached


def follow(
    subject: ac.Subject, start: np.ndarray, hyper: ac.Hyperparameters, slope: Slope, steps: int
) -> ac.Trace:
    """The trace of a target in a closed loop; `slope` maps parameters to gradients of the same dtype."""
    run, reached, gradients = subject.start(start, hyper), [start], []
    for _ in range(steps):
        gradients.append(slope(reached[-1]))
        reached.append(run.step(gradients[-1]))
    return ac.Trace(hyper, np.stack(gradients), np.stack(reached), subject.format.flushes)
