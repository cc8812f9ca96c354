"""Exponential moving averages of enclosures, in every order of evaluation that correct programs use."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from adamcheck import numbers
from adamcheck.numbers.enclosure.allowances import Arithmetic, Floats
from adamcheck.numbers.enclosure.operators import (
    NO_STRETCH,
    NONNEGATIVE,
    Enclosure,
    finish,
    magnitude_of,
    quiet,
)


class _Average(Enclosure):
    """A moving average that started at zero, with its number of steps and the sum of their weights."""

    def __init__(self, average: Enclosure, steps: int, total: Floats) -> None:
        a, magnitude, within = average.arithmetic, average.magnitude, average.within
        super().__init__(average.value, average.radius, a, NO_STRETCH, magnitude, within, average.drift)
        self.steps = steps
        self.total = total


@numbers.ema.register
@quiet
def _(old: Enclosure, new: Enclosure, beta: Enclosure) -> Enclosure:
    """Cover `beta*old + (1-beta)*new` and, if the allowance permits, two more orders of evaluation.

    `old + c*(new-old)` with `c = 1-beta` rounds at the size of `old` even if beta is small. Its scale is
    therefore `(1+c)|old| + c|new|`, compared with `beta|old| + c|new|` for the direct form. The recursion
    on the corrected average, `hat + w*(new-hat)` with `w = c/(1-beta**t)`, adds the error of `w`.
    """
    b, c, of_old, of_new = _weights(beta, old.arithmetic)
    a = old.arithmetic.join(beta.arithmetic)
    steps = old.steps + 1 if isinstance(old, _Average) else 1
    total = 1 - beta.magnitude**steps
    value = beta.value * old.value + c.value * new.value
    weight = np.where(a.lerp > 0, c.upper * _weight_error(beta, steps, total), 0.0)
    of_new = of_new + weight
    if isinstance(old, _Average):
        of_old = of_old + weight / old.total  # `hat` is `old / old.total`
    radius = b.upper * old.radius + of_old * old.upper + c.upper * new.radius + of_new * new.upper
    within = min(old.within, new.within, c.within, NONNEGATIVE)
    average = finish(value, magnitude_of(value), radius, a, new.stretch, within)
    return _Average(average, steps, total)


@lru_cache
def _weights(beta: Enclosure, arithmetic: Arithmetic) -> tuple[Enclosure, Enclosure, Floats, Floats]:
    """A decay rate and its complement in the arithmetic of a moving average, and their relative errors.

    An error is relative to the number that the weight multiplies. The results are cached, because they are
    the same in every step.
    """
    a = beta.arithmetic.join(arithmetic)
    b, c = beta.entering(a), (1 - beta).entering(a)
    of_old = b.radius + a.rounding * np.where(a.lerp > 0, 1 + c.upper, b.upper)
    return b, c, of_old, c.radius + a.rounding * c.upper


def _weight_error(beta: Enclosure, steps: int, total: Floats) -> Floats:
    """The relative error of a weight `c / (1 - beta**steps)` formed in the format of `beta`."""
    unit = beta.arithmetic.unit
    error = beta.power_error(steps) + unit * total
    return np.where(error < total, error / (total - error), np.inf) + unit
