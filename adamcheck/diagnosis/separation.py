"""Directed search: the gradients on which two formulas part, found by an optimizer.

The pool of experiments is fixed; two formulas that part only in a corner of it, where one gradient dwarfs
the next, say, look the same there. Differential evolution climbs the distance of their updates in plain
floats, a gradient of every step a dimension. Only the enclosures decide whether what it found separates them.
"""

from __future__ import annotations

import numpy as np

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.checks.trajectory import Trajectory
from adamcheck.diagnosis.experiments import visible
from adamcheck.numbers.floats import Format
from adamcheck.updates import meets

_STEPS = 6
_HYPER = Hyperparameters(lr=2.0**-6, beta1=0.875, beta2=0.75, eps=2.0**-6)

_POPULATION = 8
"""Members of the population a dimension."""

_GENERATIONS = 24


def separating(one: type[Adam], other: type[Adam], format: Format, *, seed: int = 0) -> Trajectory | None:
    """Search gradients on which no run can follow both formulas.

    Args:
        one: A definition.
        other: Another; where one of them takes weight decay, weights decay.
        format: The working precision; magnitudes stay where their squares keep their digits.
        seed: Where the search starts from.

    Returns:
        A trajectory of one coordinate whose updates are certainly apart; None where none was found, which
        proves nothing, or where a formula treats coordinates together.
    """
    from scipy.optimize import differential_evolution  # half a second that only a diagnosis needs

    if not (one.coordinatewise and other.coordinatewise):
        return None
    hyper = _HYPER.replace(weight_decay=0.5 if one.decays or other.decays else 0.0)
    largest = np.log2(format.huge) / 4

    def trajectory(points: np.ndarray) -> Trajectory:
        columns = points.reshape(_STEPS + 1, -1)  # one point a column
        gradients = _magnitudes(columns[1:], largest)
        return Trajectory(hyper, columns[0].astype(format.dtype), gradients.astype(format.dtype))

    def closeness(points: np.ndarray) -> np.ndarray:
        along = trajectory(points)
        return -_distance(_updates(one, along), _updates(other, along))

    found = differential_evolution(
        closeness,
        bounds=[(-2.0, 2.0), *[(-1.0, 1.0)] * _STEPS],
        popsize=_POPULATION,
        maxiter=_GENERATIONS,
        vectorized=True,
        updating="deferred",
        polish=False,
        rng=seed,
    )
    experiment = trajectory(found.x)
    apart = not meets(visible(one, experiment), visible(other, experiment))
    return experiment if apart else None


def _magnitudes(x: np.ndarray, largest: float) -> np.ndarray:
    """Gradients of the sign of x, their magnitudes from 2**-largest to 2**largest in equal ratios."""
    result: np.ndarray = np.sign(x) * 2.0 ** (largest * (2 * np.abs(x) - 1))
    return result


@np.errstate(all="ignore")
def _updates(definition: type[Adam], along: Trajectory) -> np.ndarray:
    run = definition(along.hyper).run(along.parameters, along.gradients)
    return np.stack([update for _, update in run]).astype(np.float64)


@np.errstate(all="ignore")
def _distance(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The distance of runs, a run a column: the largest relative difference of an update, as a logarithm."""
    scale = np.abs(one) + np.abs(other)
    relative = np.where(scale > 0, np.abs(one - other) / scale, 0.0)
    relative[np.isnan(relative)] = 0.0
    result: np.ndarray = np.log(relative.max(axis=0) + np.finfo(np.float64).tiny)
    return result
