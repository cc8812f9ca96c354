r"""The largest square of m_hat / sqrt(v_hat) that any t gradients can make, in any number system.

With eps = 0 that is the square of the largest update in units of lr. It is a factor for each moment times
the sum of the powers 0 .. t-1 of beta1^2 / beta2. All of it needs beta2 > 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np

import adamcheck as ac

from .closed_forms import in_quads


def longer(adam: ac.Adam, total: Any) -> Any:
    """The sum with one power more; an empty sum is 0."""
    return 1 + adam.hyper.beta1 * adam.hyper.beta1 / adam.hyper.beta2 * total


def closed_form(adam: ac.Adam, t: Any) -> Any:
    """The sum of t powers. Needs beta1^2 != beta2."""
    beta1, beta2 = adam.hyper.beta1, adam.hyper.beta2
    return beta2 * (1 - beta1**t * beta1**t / beta2**t) / (beta2 - beta1 * beta1)


def uncorrected(adam: ac.Adam, total: Any) -> Any:
    """The largest m^2 / v."""
    return (1 - adam.hyper.beta1) * (1 - adam.hyper.beta1) * total / (1 - adam.hyper.beta2)


def corrected(adam: ac.Adam, total: Any, t: Any) -> Any:
    """The largest m_hat^2 / v_hat after t steps."""
    factor = 1 - adam.hyper.beta1**t
    return uncorrected(adam, total) * (1 - adam.hyper.beta2**t) / (factor * factor)


def supremum(adam: ac.Adam) -> Any:
    """The least upper bound over all t, of both. Needs beta1^2 < beta2."""
    return uncorrected(adam, adam.hyper.beta2 / (adam.hyper.beta2 - adam.hyper.beta1 * adam.hyper.beta1))


def largest(adam: ac.Adam) -> Iterator[Any]:
    """The largest m_hat^2 / v_hat after 1, 2, 3, ... steps."""
    total, t = 0, 0
    while True:
        total, t = longer(adam, total), t + 1
        yield corrected(adam, total, t)


def reached(adam: ac.Adam, gradients: Iterable[Any]) -> Iterator[Any]:
    """m_hat^2 / v_hat after each gradient, by the stages of the definition and without taking a root."""
    m = v = peak = 0 * adam.hyper.beta1
    for t, g in enumerate(gradients, start=1):
        m, v = adam.first_moment(m, g), adam.second_moment(v, g)
        m_hat = adam.correct_first(m, t)
        peak, v_hat = adam.correct_second(peak, v, t)
        yield m_hat * m_hat / v_hat


@np.errstate(invalid="ignore")  # quad announces 0**t, and gives the right 0
def update_bounds(trace: ac.Trace) -> Any:
    """The largest updates that the steps of a trace could make with eps = 0, as a column (T, 1) of quads."""
    adam = in_quads(trace)
    return adam.hyper.lr * np.sqrt(np.stack(list(islice(largest(adam), len(trace.gradients)))))
