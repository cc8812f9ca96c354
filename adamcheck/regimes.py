"""Regimes of gradients: how the gradients of one coordinate go over the steps of a run.

Each has hidden a bug somewhere. Whoever needs gradients (checks, fixed experiments, known bugs, the
campaign) draws magnitudes and places and takes the courses from here. All in float64. The last axis is the
step; a magnitude or place may be an array of one for each coordinate, shape (coordinates, 1).
"""

from __future__ import annotations

import numpy as np


def signs(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Draw -1 or 1, for an array of this shape."""
    result: np.ndarray = rng.choice([-1.0, 1.0], shape)
    return result


def free(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Draw random signs and magnitudes in [1/2, 2], for an array of this shape."""
    result: np.ndarray = rng.uniform(0.5, 2, shape) * signs(rng, *shape)
    return result


def constant(steps: int) -> np.ndarray:
    """Always 1, shape (steps,), as of all that follow."""
    return np.ones(steps)


def alternating(steps: int) -> np.ndarray:
    """1, -1, 1, ...: the first moment nearly vanishes."""
    result: np.ndarray = (-1.0) ** np.arange(steps)
    return result


def geometric(steps: int, ratio: float | np.ndarray) -> np.ndarray:
    """1, ratio, ratio squared, ...: decaying or growing gradients."""
    result: np.ndarray = ratio ** np.arange(steps)
    return result


def late(values: np.ndarray, first: int | np.ndarray) -> np.ndarray:
    """Zero before a step (from 0): a layer that is frozen, an embedding row not yet seen."""
    return np.where(np.arange(values.shape[-1]) < first, 0.0, values)


def ended(values: np.ndarray, last: int | np.ndarray) -> np.ndarray:
    """Zero from a step on (from 0): a state that only decays."""
    return np.where(np.arange(values.shape[-1]) < last, values, 0.0)


def sparse(values: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Zero in the steps that are not present (booleans)."""
    return np.where(present, values, 0.0)


def two_scales(values: np.ndarray, odd: float | np.ndarray) -> np.ndarray:
    """The values, and in every second step only a part of them."""
    return values * np.where(np.arange(values.shape[-1]) % 2 == 0, 1.0, odd)


def spike(steps: int, at: int, rest: float) -> np.ndarray:
    """1 in one step (from 0) and `rest` in all others: an outlier that the second moment remembers."""
    return np.where(np.arange(steps) == at, 1.0, rest)
