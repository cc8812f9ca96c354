"""Exponential moving averages of enclosures, in every order of evaluation that correct programs use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from adamcheck import numbers
from adamcheck.numbers.enclosure import rules
from adamcheck.numbers.enclosure.allowances import Arithmetic, Averages, Floats
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
    """Cover `beta*old + (1-beta)*new` and, if the allowance permits, other orders of evaluation.

    `old + c*(new-old)` with `c = 1-beta` rounds at the size of `old` even if beta is small. Its scale is
    therefore `(1+c)|old| + c|new|`, compared with `beta|old| + c|new|` for the direct form. The recursion
    on the corrected average, `hat + w*(new-hat)` with `w = c/(1-beta**t)`, adds the error of `w`.
    `new + beta*(old-new)` has the scale `beta|old| + (1+beta)|new|`; where that is larger, the difference,
    `2*(beta|new| - c|old|)`, is added.
    """
    steps = old.steps + 1 if isinstance(old, _Average) else 1
    a = old.arithmetic.join(beta.arithmetic)
    w = _weights(beta, old.arithmetic, steps)
    value = beta.value * old.value + w.new.value * new.value
    of_old = w.of_old
    if isinstance(old, _Average):
        of_old = of_old + w.of_corrected / old.total  # `hat` is `old / old.total`
    numbers_of = old.radius, old.upper, new.radius, new.upper
    radius = rules.of_average(*numbers_of, w.old.upper, of_old, w.new.upper, w.of_new)
    if a.modes[-1].averages >= Averages.ANCHORED:
        radius = radius + rules.anchored(old.least, new.upper, w.old.upper, w.new.least, a.anchored)
    within = min(old.within, new.within, w.new.within, NONNEGATIVE)
    average = finish(value, magnitude_of(value), radius, a, new.stretch, within)
    return _Average(average, steps, w.total)


@dataclass(frozen=True)
class _Weights:
    """The weights of one step of a moving average, and their relative errors.

    An error is relative to the number that the weight multiplies.

    Attributes:
        old: The decay rate, in the arithmetic of the average.
        new: Its complement, likewise.
        of_old: The error of the weight of the old average.
        of_new: The error of the weight of the new number.
        of_corrected: The further error of the weight of the old average where that is corrected.
        total: The sum of the weights up to this step.
    """

    old: Enclosure
    new: Enclosure
    of_old: Floats
    of_new: Floats
    of_corrected: Floats
    total: Floats


@lru_cache(maxsize=1024)  # the same in every run with these decay rates
def _weights(beta: Enclosure, arithmetic: Arithmetic, steps: int) -> _Weights:
    """The weights of a step, by its number from 1."""
    a = beta.arithmetic.join(arithmetic)
    b, c = beta.entering(a), (1 - beta).entering(a)
    total = 1 - beta.magnitude**steps
    corrected = np.where(a.lerp, c.upper * _weight_error(beta, steps, total), 0.0)
    of_old = b.radius + a.rounding * np.where(a.lerp, 1 + c.upper, b.upper)
    of_new = c.radius + a.rounding * c.upper + corrected
    return _Weights(b, c, of_old, of_new, corrected, total)


def _weight_error(beta: Enclosure, steps: int, total: Floats) -> Floats:
    """The relative error of a weight `c / (1 - beta**steps)` formed in the format of `beta`."""
    unit = beta.arithmetic.unit
    error = beta.power_error(steps) + unit * total
    return np.where(error < total, error / (total - error), np.inf) + unit
