"""Operations that variants need beyond those of the definition, open to any number system.

The definition treats every coordinate separately and never branches. A clipped norm needs all
coordinates, and rectification needs a branch.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from typing import Any

import numpy as np

from adamcheck.adam import Adam
from adamcheck.numbers import ema
from adamcheck.numbers.enclosure import NONNEGATIVE, Enclosure


@singledispatch
def total(x: Any) -> Any:
    """The sum over all coordinates, one number."""
    return x


@singledispatch
def choose(x: Any, bound: float, above: Callable[[], Any], otherwise: Callable[[], Any]) -> Any:
    """`above()` if the number `x` is larger than `bound`, else `otherwise()`; only one is evaluated."""
    return above() if x > bound else otherwise()


@singledispatch
def adjusted(x: Any, change: Callable[[float], float], error: Callable[[float], float]) -> Any:
    """A function of a hyperparameter, computed in floats and known up to `error(x)`."""
    return change(float(x))


@singledispatch
def known_within(x: Any, unit: float) -> Any:
    """A scalar that a program may keep in a dtype of this unit roundoff, for any dtype of its arrays."""
    return x


def of_modulus(definition: type[Adam]) -> type[Adam] | None:
    """A definition for complex numbers as pairs, in which v averages |g|^2 = re^2 + im^2 for both parts.

    Optax computes this (its `abs_sq`).

    Returns:
        None if the definition averages something else than g^2 in v.
    """
    if definition.second_moment is not Adam.second_moment:
        return None

    class OfModulus(definition):  # type: ignore[valid-type, misc]
        title = f"{definition.title}, with moduli of complex gradients in v"
        coordinatewise = False

        def second_moment(self, v: Any, g: Any) -> Any:
            square = g * g
            return ema(v, square + partner(square), self.hyper.beta2)

    return OfModulus


@singledispatch
def partner(x: Any) -> Any:
    """Swap the two parts of each complex number, where coordinates are pairs of parts."""
    return x.reshape(-1, 2)[:, ::-1].reshape(x.shape)


@partner.register
def _(x: Enclosure) -> Enclosure:
    other = np.arange(x.value.size) ^ 1
    stretch = x.stretch[:, other] if x.stretch.shape[-1] == x.value.size else x.stretch
    radius = np.broadcast_to(x.radius, (len(x.arithmetic.formats), x.value.size))[:, other]
    return Enclosure(x.value[other], radius, x.arithmetic, stretch, x.magnitude[other], x.within)


@total.register
def _(x: np.ndarray) -> Any:
    return x.sum(dtype=x.dtype)


@total.register
def _(x: Enclosure) -> Enclosure:
    a = x.arithmetic
    with np.errstate(all="ignore"):
        value = np.atleast_1d(x.value.sum())
        # In any order, each of the n - 1 sums is at most the sum of magnitudes, and rounds at that size.
        of_sums = x.value.size * a.rounding * x.upper.sum(axis=1, keepdims=True)
        radius = x.radius.sum(axis=1, keepdims=True) + of_sums
        magnitude = np.abs(value.astype(np.float64))
    stretch = x.stretch.max(axis=1, keepdims=True)
    return Enclosure(value, radius, a, stretch, magnitude, min(x.within, NONNEGATIVE))


@choose.register
def _(x: np.ndarray, bound: float, above: Callable[[], Any], otherwise: Callable[[], Any]) -> Any:
    """Each of several numbers chooses for itself, so that both are evaluated."""
    if x.size == 1:
        return above() if x > bound else otherwise()
    with np.errstate(all="ignore"):
        return np.where(x > bound, above(), otherwise())


@choose.register
def _(x: Enclosure, bound: float, above: Callable[[], Any], otherwise: Callable[[], Any]) -> Enclosure:
    """The radius is infinite under the allowances for which `x` may lie on either side of the bound."""
    result = above() if x.value[0] > bound else otherwise()
    if not isinstance(result, Enclosure):
        result = Enclosure.exact(float(result), x.arithmetic)
    with np.errstate(all="ignore"):
        certain = np.abs((x.value - bound).astype(np.float64)) > x.radius
    return result.widened(np.where(certain, 0.0, np.inf))


@known_within.register
def _(x: Enclosure, unit: float) -> Enclosure:
    return x.widened(unit * x.magnitude)


@adjusted.register
def _(x: Enclosure, change: Callable[[float], float], error: Callable[[float], float]) -> Enclosure:
    given = float(x.value[0])
    return Enclosure.rounded(change(given), x.arithmetic).widened(np.full((1, 1), error(given)))
