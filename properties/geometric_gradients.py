"""Gradients that grow or shrink like the powers of beta2 / beta1: those that make the largest updates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

import adamcheck as ac


@st.composite
def geometric(
    draw: Any, format: ac.Format, betas: Sequence[tuple[float, float]], eps: Sequence[float]
) -> ac.Trajectory:
    """A trajectory of one coordinate with one of these pairs of betas, within the range of the dtype.

    The gradients are exact in every dtype where beta2 / beta1 is a power of two.
    """
    beta1, beta2 = draw(st.sampled_from(betas))
    reach = min(ac.exponent_range(format), 6)
    count = 1 + int(2 * reach / abs(np.log2(beta2 / beta1)))
    gradients = (beta2 / beta1) ** (np.arange(count) - (count - 1) / 2) * draw(st.sampled_from([1.0, -1.0]))
    hyper = ac.Hyperparameters(2.0 ** -draw(st.integers(0, 6)), beta1, beta2, draw(st.sampled_from(eps)))
    return ac.Trajectory(hyper, np.zeros(1, format.dtype), gradients[:, None].astype(format.dtype))
