"""Hyperparameters by the length of the memory that they give Adam."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

import adamcheck as ac

_SHORT = st.builds(
    ac.Hyperparameters,
    lr=st.integers(0, 6).map(lambda k: 2.0**-k),
    beta1=st.just(0.5),
    beta2=st.just(0.5),
    eps=st.integers(2, 10).map(lambda k: 2.0**-k),
)


def no_memory(format: ac.Format) -> Any:
    """Hyperparameters with both betas 0, which some implementations refuse."""
    return ac.hyperparameters(format).map(lambda hyper: hyper.replace(beta1=0.0, beta2=0.0))


def some_memory(format: ac.Format) -> Any:
    """Hyperparameters with betas of at least 1/2, often 1/2: with longer memories the radii in bfloat16 are
    so large that they leave most updates undecided."""
    return _SHORT | ac.hyperparameters(format).filter(lambda hyper: min(hyper.beta1, hyper.beta2) >= 0.5)
