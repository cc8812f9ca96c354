"""The operations that the definition of Adam uses, open to any number system.

`+ - * /`, integer powers and `abs` are Python's operators. The functions here complete them. Each is a
`functools.singledispatch` function: a number system registers its types where it defines them, so that
none is imported before it is used.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np

__all__ = ["ema", "maximum", "sqrt", "zeros_like"]


@singledispatch
def sqrt(x: Any) -> Any:
    """Square root of `x`, in the number system of `x`.

    Arrays of Python objects, such as sympy expressions or fractions, are handled elementwise.

    Raises:
        TypeError: No number system has registered the type.
    """
    raise TypeError(f"no square root for numbers of type {type(x).__name__!r}")


@singledispatch
def maximum(x: Any, y: Any) -> Any:
    """The larger of `x` and `y`, elementwise, in the number system of `x`."""
    raise TypeError(f"no maximum for numbers of type {type(x).__name__!r}")


@singledispatch
def ema(old: Any, new: Any, beta: Any) -> Any:
    """One step of an exponential moving average: `beta * old + (1 - beta) * new`.

    It is a separate operation because correct programs write it in several ways that round differently;
    `adamcheck.numbers.enclosure` registers one enclosure that covers them all.
    """
    return beta * old + (1 - beta) * new


@singledispatch
def zeros_like(x: Any) -> Any:
    """A zero of the same number system and shape as `x`."""
    return 0 * x


@sqrt.register
def _(x: float) -> float:
    return float(np.sqrt(x))


@sqrt.register
def _(x: np.generic) -> Any:
    return np.sqrt(x)


@sqrt.register
def _(x: np.ndarray) -> Any:
    return _elementwise_sqrt(x) if x.dtype == object else np.sqrt(x)


@maximum.register(int | float | np.generic)
def _(x: Any, y: Any) -> Any:
    return np.maximum(x, y)


@maximum.register
def _(x: np.ndarray, y: Any) -> Any:
    return _elementwise_maximum(x, y) if x.dtype == object else np.maximum(x, y)


@zeros_like.register
def _(x: np.ndarray) -> Any:
    return np.zeros_like(x)


_elementwise_sqrt = np.frompyfunc(sqrt, 1, 1)
_elementwise_maximum = np.frompyfunc(maximum, 2, 1)
