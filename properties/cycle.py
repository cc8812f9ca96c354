"""The cycle of two points on h x^2 / 2, late in a run: half a turn leads to the mirror image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import adamcheck as ac
from adamcheck.variants.dialects import NoBiasCorrection

from .dual import Dual


def half_turn(adam: ac.Adam, place: Sequence[Any], h: Any) -> tuple[Any, Any, Any]:
    """One step without corrections on h x^2 / 2, mirrored: the cycle is a fixed point of it."""
    x, m, v = place
    state, x = adam.step(ac.State(1, m, v, v), x, h * x)  # the number of the step does not count
    return -x, -state.m, state.v


def cycle(adam: ac.Adam, x: Any, h: Any) -> tuple[Any, Any, Any]:
    """The state of the cycle at x."""
    k = (1 - adam.hyper.beta1) / (1 + adam.hyper.beta1)
    return x, -k * h * x, h * h * x * x


def jacobian(adam: ac.Adam, x: Any, h: Any) -> list[list[Any]]:
    """The derivative of half a turn at the cycle, in relative changes of x, m and v."""
    state = cycle(adam, x, h)
    columns = []
    for direction in range(3):
        moved = [Dual(y, y if i == direction else 0 * y) for i, y in enumerate(state)]
        columns.append([after.slope / y for after, y in zip(half_turn(adam, moved, h), state, strict=True)])
    return [list(row) for row in zip(*columns, strict=True)]


def with_the_cycle_at(given: ac.Given, x: Any, h: Any, eps: Any) -> ac.Adam:
    """The uncorrected definition with the learning rate for which the cycle is at x."""
    beta1 = given.decay("beta1")
    return given.adam(
        NoBiasCorrection, beta1=beta1, eps=eps, lr=2 * (x + eps / h) * (1 + beta1) / (1 - beta1)
    )
