"""Fixed experiments in every regime, the same for every target.

They depend on the dtype only, so that measured accuracy can be compared between targets and runs. Laws,
in contrast, are tried on random examples.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from adamcheck import regimes
from adamcheck.adam import Hyperparameters
from adamcheck.checks.trajectory import Trajectory
from adamcheck.numbers.floats import Format

STEPS = 24

DYADIC, DECIMAL = ("dyadic", "dyadic near eps", "dyadic large eps"), ("defaults", "other betas", "large eps")


def probes(format: Format) -> Mapping[str, Trajectory]:
    """The fixed experiments in a dtype, by name."""
    half = format.narrow
    dyadic = Hyperparameters(lr=2.0**-6, beta1=0.875, beta2=0.75 if half else 1 - 2.0**-7, eps=2.0**-4)
    tiny_eps = 2.0**-6 if half else 2.0**-20
    chosen = {
        "dyadic": (dyadic, 1.0),
        "dyadic near eps": (dyadic.replace(eps=tiny_eps), tiny_eps),
        "dyadic large eps": (dyadic.replace(eps=1.0, beta1=0.5), 1.0),
        "defaults": (Hyperparameters(), 1.0),
        "other betas": (Hyperparameters(lr=1e-2, beta1=0.5, beta2=0.95, eps=1e-6), 1.0),
        "large eps": (Hyperparameters(eps=0.1), 0.1),
        "defaults near eps": (Hyperparameters(), 1.0 if half else 2.0**-26),
    }
    return {name: _probe(format, hyper, scale) for name, (hyper, scale) in chosen.items()}


def _probe(format: Format, hyper: Hyperparameters, scale: float) -> Trajectory:
    gradients = in_every_regime(STEPS, np.random.default_rng(STEPS)) * scale
    with np.errstate(over="ignore", under="ignore"):
        rounded = gradients.astype(format.dtype)
    return Trajectory(hyper, np.zeros(rounded.shape[1], dtype=format.dtype), rounded)


def in_every_regime(steps: int, rng: np.random.Generator) -> np.ndarray:
    """Gradients near 1 in every regime, shape (steps, 10).

    The columns are random, signs, decaying, growing, alternating, constant, late, sparse, a spike, and a
    first step much larger than the rest.
    """
    free = regimes.free(rng, steps)
    columns = [
        free,
        regimes.signs(rng, steps),
        regimes.geometric(steps, 2.0**-0.25),
        -(2.0**-3) * regimes.geometric(steps, 2.0**0.25),
        1.5 * regimes.alternating(steps),
        regimes.constant(steps),
        regimes.late(free, steps // 3),
        regimes.sparse(free, rng.random(steps) < 0.3),
        32 * regimes.spike(steps, steps // 2, 2.0**-6),
        regimes.spike(steps, 0, 2.0**-6),
    ]
    return np.stack(columns, axis=1)
