"""Hyperparameters over everything that programs are asked for."""

from __future__ import annotations

from hypothesis import strategies as st

from adamcheck.adam import Hyperparameters
from adamcheck.power.campaign.regimes import BETAS, EPSILONS


def hyperparameters() -> st.SearchStrategy[Hyperparameters]:
    """lr between 2**-40 and 2**4, decimal or a power of two; decay rates from 0 to 1; eps from 0 to 1."""
    exponent = st.integers(-40, 4).map(lambda k: 2.0**k)
    decimal = st.sampled_from((1e-3, 1e-2, 3e-4, 0.1, 1.0))
    betas = st.sampled_from(BETAS)
    return st.builds(Hyperparameters, decimal | exponent, betas, betas, st.sampled_from(EPSILONS))
