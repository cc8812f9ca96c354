"""Gradients over the whole range of a dtype, one column a regime, and hyperparameters to go with them."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from adamcheck.adam import Hyperparameters
from adamcheck.numbers.floats import Format

REGIMES = (
    "any magnitude",
    "near 1",
    "normal",
    "decaying",
    "growing",
    "alternating",
    "near eps",
    "zeros then non-zeros",
    "non-zeros then zeros",
    "two scales",
    "sparse",
    "squares near overflow",
    "squares near underflow",
    "constant",
    "zero",
)

BETAS = (0.0, 0.1, 0.5, 0.75, 0.875, 0.9, 0.95, 0.99, 0.999, 1 - 2.0**-10, 1 - 2.0**-20)
EPSILONS = (0.0, 1e-10, 1e-8, 1e-5, 1e-3, 0.1, 1.0, 2.0**-40, 2.0**-24, 2.0**-14)


def hyperparameters() -> st.SearchStrategy[Hyperparameters]:
    """lr between 2**-40 and 2**4, decimal or a power of two; decay rates from 0 to 1; eps from 0 to 1."""
    exponent = st.integers(-40, 4).map(lambda k: 2.0**k)
    decimal = st.sampled_from((1e-3, 1e-2, 3e-4, 0.1, 1.0))
    betas = st.sampled_from(BETAS)
    return st.builds(Hyperparameters, decimal | exponent, betas, betas, st.sampled_from(EPSILONS))


def gradients(rng: np.random.Generator, format: Format, eps: float, steps: int = 12) -> Any:
    """Gradients (steps, regimes) in the dtype of `format`."""
    t = np.arange(steps)
    smallest, largest = np.log2(format.tiny), np.log2(format.huge)
    switch = rng.integers(1, steps)

    def signs() -> Any:
        return rng.choice([-1.0, 1.0], size=steps)

    def scale(low: float, high: float, size: int | None = None) -> Any:
        return np.exp2(rng.uniform(low, high, size))

    def normal() -> Any:
        return rng.normal(size=steps)

    columns = {
        "any magnitude": signs() * scale(smallest / 2, largest / 2, steps),
        "near 1": signs() * scale(-6, 3, steps),
        "normal": normal(),
        "decaying": scale(-4, 4) * normal() * scale(-2, 0) ** t,
        "growing": scale(-8, 0) * normal() * scale(0, 1) ** t,
        "alternating": scale(-6, 6) * (-1.0) ** t,
        "near eps": signs() * max(eps, format.tiny) * scale(-4, 4, steps),
        "zeros then non-zeros": np.where(t < switch, 0.0, normal() * scale(-8, 4)),
        "non-zeros then zeros": np.where(t < switch, normal() * scale(-8, 4), 0.0),
        "two scales": normal() * np.where(t % 2 == 0, 1.0, scale(-12, 0)),
        "sparse": np.where(rng.random(steps) < 0.3, normal() * scale(-4, 4), 0.0),
        "squares near overflow": signs() * scale(largest / 2 - 4, largest / 2, steps),
        "squares near underflow": signs() * scale(smallest / 2 - 2, smallest / 2 + 6, steps),
        "constant": np.full(steps, scale(-6, 6)),
        "zero": np.zeros(steps),
    }
    with np.errstate(over="ignore", under="ignore"):
        return np.stack([columns[name] for name in REGIMES], axis=1).astype(format.dtype)
