"""Gradients over the whole range of a dtype, one column a regime, and hyperparameters to go with them."""

from __future__ import annotations

from typing import Any

import numpy as np

from adamcheck import regimes
from adamcheck.adam import Hyperparameters
from adamcheck.numbers.floats import Format

REGIMES = (
    "any magnitude",
    "whole range",
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
    "subnormal",
    "near overflow",
    "constant",
    "zero",
)

_DYADIC_BETAS = (0.0, 0.5, 0.75, 0.875, 1 - 2.0**-10, 1 - 2.0**-20)
_DECIMAL_BETAS = (0.1, 0.9, 0.95, 0.99, 0.999)
_DYADIC_EPSILONS = (0.0, 2.0**-40, 2.0**-24, 2.0**-14, 2.0**-6, 1.0)
_DECIMAL_EPSILONS = (0.0, 1e-10, 1e-8, 1e-5, 1e-3, 0.1)
_DECIMAL_RATES = (1e-5, 3e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0, 1000.0)

BETAS = (*_DYADIC_BETAS, *_DECIMAL_BETAS)
EPSILONS = (*_DYADIC_EPSILONS, *_DECIMAL_EPSILONS[1:])


def hyperparameters(rng: np.random.Generator, *, decays: bool) -> Hyperparameters:
    """Powers of two and what they make, which every dtype holds exactly, or decimals; in equal shares."""
    if rng.integers(2):
        rate, decay = 2.0 ** rng.integers(-40, 11), 2.0**-4
        (beta1, beta2), eps = rng.choice(_DYADIC_BETAS, 2), rng.choice(_DYADIC_EPSILONS)
    else:
        rate, decay = rng.choice(_DECIMAL_RATES), 0.01
        (beta1, beta2), eps = rng.choice(_DECIMAL_BETAS, 2), rng.choice(_DECIMAL_EPSILONS)
    return Hyperparameters(float(rate), float(beta1), float(beta2), float(eps), decay if decays else 0.0)


def gradients(rng: np.random.Generator, format: Format, eps: float, steps: int = 12, sets: int = 1) -> Any:
    """Gradients (steps, regimes * sets) in the dtype of `format`."""
    smallest, largest = np.log2(format.tiny), np.log2(format.huge)
    every, once = (sets, steps), (sets, 1)
    switch = rng.integers(1, steps, once)

    def signs() -> Any:
        return regimes.signs(rng, *every)

    def scale(low: Any, high: Any, size: tuple[int, int] = once) -> Any:
        return np.exp2(rng.uniform(low, high, size))

    def normal() -> Any:
        return rng.normal(size=every)

    columns = {
        "any magnitude": signs() * scale(smallest / 2, largest / 2, every),
        "whole range": signs() * scale(smallest, largest, every),
        "near 1": signs() * scale(-6, 3, every),
        "normal": normal(),
        "decaying": scale(-4, 4) * normal() * regimes.geometric(steps, scale(-2, 0)),
        "growing": scale(-8, 0) * normal() * regimes.geometric(steps, scale(0, 1)),
        "alternating": scale(-6, 6) * regimes.alternating(steps),
        "near eps": signs() * max(eps, format.tiny) * scale(-4, 4, every),
        "zeros then non-zeros": regimes.late(normal() * scale(-8, 4), switch),
        "non-zeros then zeros": regimes.ended(normal() * scale(-8, 4), switch),
        "two scales": regimes.two_scales(normal(), scale(-12, 0)),
        "sparse": regimes.sparse(present=rng.random(every) < 0.3, values=normal() * scale(-4, 4)),
        "squares near overflow": signs() * scale(largest / 2 - 4, largest / 2, every),
        "squares near underflow": signs() * scale(smallest / 2 - 2, smallest / 2 + 6, every),
        "subnormal": signs() * scale(smallest, np.log2(format.normal), every),
        "near overflow": signs() * scale(largest - 4, largest, every),
        "constant": scale(-6, 6) * regimes.constant(steps),
        "zero": np.zeros(every),
    }
    with np.errstate(over="ignore", under="ignore"):
        rows = np.concatenate([columns[name] for name in REGIMES]).astype(format.dtype)
    return np.ascontiguousarray(rows.T)
