"""Short runs: a few steps of one coordinate, for laws that compare several runs of a target."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac

_GRADIENTS = st.builds(
    lambda base, growth, steps: base * growth ** np.arange(steps, dtype=np.float64),
    st.sampled_from([sign * k / 8 for k in (8, 9, 12, 15) for sign in (1, -1)]),
    st.sampled_from([1.0, 2.0, 0.5, -1.0]),
    st.integers(2, 4),
)
"""The gradients of one coordinate: constant, growing, shrinking or alternating."""


def short_runs(format: ac.Format) -> Any:
    """Trajectories of one coordinate from 0 and 2 to 4 steps, with hyperparameters exact in every dtype."""

    def made(gradients: Any, lr: int, betas: tuple[float, float], eps: int) -> ac.Trajectory:
        hyper = ac.Hyperparameters(2.0**-lr, *betas, 2.0**-eps)
        return ac.Trajectory(hyper, np.zeros(1, format.dtype), gradients[:, None].astype(format.dtype))

    betas = st.sampled_from([(0.5, 0.5), (0.5, 0.75), (0.75, 0.75), (0.75, 0.5), (0.25, 0.5)])
    return st.builds(made, _GRADIENTS, st.integers(0, 3), betas, st.integers(2, 8))
