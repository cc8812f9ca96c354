"""Closed loops: the gradient of each step is that of a loss at the parameters just reached."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from adamcheck import Adam, Exact, Hyperparameters, Subject, Trace

Slope = Callable[[Any], Any]
"""The gradient of a loss at given parameters."""


def descend(adam: Adam, start: Any, slope: Slope, steps: int) -> list[Any]:
    """The parameters before the first step and after each, in any number system."""
    state, reached = adam.start(start), [start]
    for _ in range(steps):
        state, parameters = adam.step(state, reached[-1], slope(reached[-1]))
        reached.append(parameters)
    return reached


def descend_exactly(exact: Exact, start: Any, slope: Slope, steps: int, **options: Any) -> list[Fraction]:
    """The same for one coordinate of a witness, whose script repeats the run; options as in `Exact.run`."""
    gradients: list[Any] = []
    reached = [Fraction(start)]
    for _ in range(steps):
        gradients.append(slope(reached[-1]))
        reached.append(reached[-1] + Exact().run(gradients, start=start, **options).update)
    exact.run(gradients, start=start, **options)
    return reached


def follow(subject: Subject, start: np.ndarray, hyper: Hyperparameters, slope: Slope, steps: int) -> Trace:
    """The trace of a target in a closed loop; `slope` maps parameters to gradients of the same dtype."""
    run, reached, gradients = subject.start(start, hyper), [start], []
    for _ in range(steps):
        gradients.append(slope(reached[-1]))
        reached.append(run.step(gradients[-1]))
    return Trace(hyper, np.stack(gradients), np.stack(reached))
