"""Closed loops: the gradient of each step is that of a loss at the parameters just reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    path = descend_together(exact, [start], lambda place: [slope(place[0])], steps, **options)
    return [x for (x,) in path]


def descend_together(
    exact: ac.Exact,
    start: Sequence[Any],
    slope: Callable[[Sequence[Any]], Sequence[Any]],
    steps: int,
    **options: Any,
) -> list[tuple[Fraction, ...]]:
    """The same for several coordinates, each a run of its own; `slope` is the gradient at all of them."""
    gradients: list[list[Any]] = [[] for _ in start]
    reached = [tuple(map(Fraction, start))]
    for _ in range(steps):
        for run, g in zip(gradients, slope(reached[-1]), strict=True):
            run.append(g)
        runs = zip(gradients, start, strict=True)
        updates = (type(exact)().run(run, start=x, **options).update for run, x in runs)
        reached.append(tuple(x + update for x, update in zip(reached[-1], updates, strict=True)))
    for run, x in zip(gradients, start, strict=True):
        exact.run(run, start=x, **options)
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
