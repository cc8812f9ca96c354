"""Periodic gradients with one large one: N, -1, ..., -1, late in a run."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import adamcheck as ac

from .enclosed import enclosed, enclosed_hyper, ends
from .late import late_state


def rare(n: int) -> list[float]:
    """One period of gradients: n once, then -1."""
    return [float(n)] + [-1.0] * (n - 1)


def late_updates(definition: type[ac.Adam], hyper: ac.Hyperparameters, period: Sequence[Any]) -> list[Any]:
    """The updates of one period, late in a run on periodic gradients.

    The moments there are the corrected ones after the first period: both are the averages over all the
    past with weights that fall geometrically.
    """
    adam = ac.Adam(hyper)
    *_, (first, _) = adam.run(0 * period[0], period)
    v = adam.correct_second(first.peak, first.v, len(period))[1]
    state, updates = late_state(adam.correct_first(first.m, len(period)), v), []
    for gradient in period:
        state, update = definition(hyper).update(state, 0 * gradient, gradient)
        updates.append(update)
    return updates


def enclosed_drift(n: int) -> tuple[Fraction, Fraction]:
    """The ends of an enclosure of Adam's drift in a late period, in units of lr."""
    updates = late_updates(ac.Adam, enclosed_hyper(lr=1.0), [enclosed(g) for g in rare(n)])
    return ends(sum(updates[1:], updates[0]))
