"""Learning rates that change from step to step: the definition with a rate for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import adamcheck as ac

from .closed_loop import Slope


def scheduled(adam: ac.Adam, rates: Iterable[Any], start: Any, slope: Slope) -> Iterator[Any]:
    """The parameters after each step of a closed loop, one step for each learning rate."""
    state, parameters = adam.start(start), start
    for rate in rates:
        at_rate = type(adam)(adam.hyper.replace(lr=rate))
        state, parameters = at_rate.step(state, parameters, slope(parameters))
        yield parameters
