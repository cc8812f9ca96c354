"""The operations that the definition of Adam uses, open to any number system.

`+ - * /`, integer powers and `abs` are Python's operators. The functions here complete them. Each is a
`functools.singledispatch` function: a number system registers its types where it defines them, so that
none is imported before it is used.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any, TypeAlias

import numpy as np

__all__ = ["Value", "ema", "maximum", "sqrt", "zeros_like"]

Value: TypeAlias = Any
"""A value of one number system: a sympy expression, a fraction, a float, an array of floats, of quads or of
such objects, an enclosure. All values of a call belong to the same system; Python's types cannot say that of
classes that have only their operators in common, so the alias says it to people."""


@singledispatch
def sqrt(x: Value) -> Value:
    """Square root of `x`, in the number system of `x`.

    Arrays of Python objects, such as sympy expressions or fractions, are handled elementwise.

    Raises:
        TypeError: No number system has registered the type.
    """
    raise TypeError(f"no square root for numbers of type {type(x).__name__!r}")


@singledispatch
def maximum(x: Value, y: Value) -> Value:
    """The larger of `x` and `y`, elementwise, in the number system of `x`."""
    raise TypeError(f"no maximum for numbers of type {type(x).__name__!r}")


@singledispatch
def ema(old: Value, new: Value, beta: Value) -> Value:
    """One step of an exponential moving average: `beta * old + (1 - beta) * new`.

    It is a separate operation because correct programs write it in several ways that round differently;
    `adamcheck.numbers.enclosure` registers one enclosure that covers them all.
    """
    return beta * old + (1 - beta) * new


@singledispatch
def zeros_like(x: Value) -> Value:
    """A zero of the same number system and shape as `x`."""
    return 0 * x


@sqrt.register
def _(x: float) -> float:
    return float(np.sqrt(x))


@sqrt.register
def _(x: np.generic) -> Value:
    return np.sqrt(x)


@sqrt.register
def _(x: np.ndarray) -> Value:
    return _elementwise_sqrt(x) if x.dtype == object else np.sqrt(x)


@maximum.register(int | float | np.generic)
def _(x: Value, y: Value) -> Value:
    return np.maximum(x, y)


@maximum.register
def _(x: np.ndarray, y: Value) -> Value:
    return _elementwise_maximum(x, y) if x.dtype == object else np.maximum(x, y)


@zeros_like.register
def _(x: np.ndarray) -> Value:
    return np.zeros_like(x)


_elementwise_sqrt = np.frompyfunc(sqrt, 1, 1)
_elementwise_maximum = np.frompyfunc(maximum, 2, 1)
