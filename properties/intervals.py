"""A closed loop of the definition at its defaults, enclosed by interval arithmetic of many digits."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

from mpmath.ctx_iv import MPIntervalContext, ivmpf
from mpmath.libmp import to_rational

import adamcheck as ac

from .closed_loop import descend

_CONTEXT = MPIntervalContext()
_CONTEXT.dps = 900
"""The intervals grow in every step, up to fivefold before a burst: after 1340 steps 820 digits are lost."""


@ac.sqrt.register
def _(x: ivmpf) -> Any:
    return _CONTEXT.sqrt(x)


def distances(start: float, steps: int) -> tuple[tuple[Fraction, Fraction], ...]:
    """The ends of enclosures of |x| on x^2 / 2 from `start`, before the first step and after each.

    The hyperparameters are the float64 numbers of the defaults, exactly.
    """
    definition = type(ac.Adam(_hyperparameters()))
    return _distances(definition, start, steps)  # type: ignore[arg-type]  # classes are hashable


def _hyperparameters() -> ac.Hyperparameters:
    return ac.Hyperparameters().map(_CONTEXT.mpf)


@cache  # by the definition, since a wrong one may take the place of Adam
def _distances(definition: type[ac.Adam], start: float, steps: int) -> tuple[tuple[Fraction, Fraction], ...]:
    path = descend(definition(_hyperparameters()), _CONTEXT.mpf(start), lambda x: x, steps)
    return tuple((_fraction(abs(x).a), _fraction(abs(x).b)) for x in path)


def _fraction(x: Any) -> Fraction:
    """The number of an interval that is a point."""
    return Fraction(*map(int, to_rational(x._mpi_[0])))
