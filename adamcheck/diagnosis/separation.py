"""Directed search for gradients that separate two formulas.

The pool of experiments is fixed, and two formulas may differ only on gradients that it lacks, for instance
where one gradient is much larger than the next. Differential evolution maximizes the distance of their
updates in plain floats, with one dimension per step. Only the enclosures decide whether the result separates
them.
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
"""The number of members of the population per dimension."""

_GENERATIONS = 24


def separating(one: type[Adam], other: type[Adam], format: Format, *, seed: int = 0) -> Trajectory | None:
    """Search for gradients on which no run can follow both formulas.

    Args:
        one: A definition.
        other: Another definition. If one of them has weight decay, the trajectory has it, too.
        format: The working precision. Magnitudes stay in the range in which squares keep their digits.
        seed: The seed of the search.

    Returns:
        A trajectory of one coordinate whose updates certainly differ. None if none was found, which proves
        nothing, or if a formula does not treat coordinates independently.
    """
    if not (one.coordinatewise and other.coordinatewise):
        return None
    from scipy.optimize import differential_evolution  # half a second that only a diagnosis needs

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
    """Gradients with the signs of x, and magnitudes from 2**-largest to 2**largest on a logarithmic scale."""
    result: np.ndarray = np.sign(x) * 2.0 ** (largest * (2 * np.abs(x) - 1))
    return result


@np.errstate(all="ignore")
def _updates(definition: type[Adam], along: Trajectory) -> np.ndarray:
    run = definition(along.hyper).run(along.parameters, along.gradients)
    return np.stack([update for _, update in run]).astype(np.float64)


@np.errstate(all="ignore")
def _distance(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The distance of runs, one per column: the logarithm of the largest relative difference of an update."""
    scale = np.abs(one) + np.abs(other)
    relative = np.where(scale > 0, np.abs(one - other) / scale, 0.0)
    relative[np.isnan(relative)] = 0.0
    result: np.ndarray = np.log(relative.max(axis=0) + np.finfo(np.float64).tiny)
    return result
