"""How far correct code may be off, as arrays for anybody's own tests."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.numbers.floats import format_of
from adamcheck.updates import prediction
from adamcheck.variants.standard import Standard

_READ = 2.0**-52
"""Covers the rounding, in float64, of the expected update and of the observed one."""


class Tolerance(NamedTuple):
    """What `tolerance` returns: the expected updates and how far correct code may be off.

    Attributes:
        updates: The expected updates theta_t - theta_{t-1}, in float64, shape (T, ...).
        radius: How far an observed update may be off, in float64, shape (T, ...); infinite where nothing can
            be said: after an overflow, or where a narrow dtype cannot tell a beta from 1.
    """

    updates: np.ndarray
    radius: np.ndarray


def tolerance(
    gradients: Any,
    *,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    start: Any = 0.0,
    dtype: Any = None,
    definition: str | type[Adam] = Adam,
) -> Tolerance:
    """Compute the expected updates of an Adam and how far correct code may be off.

    The radius covers every legitimate order of evaluation and the rounding of stored parameters. It is
    derived from the definition for the dtype at hand, so your test needs no `rtol` or `atol` of its own.

    Args:
        gradients: The gradients of T steps, of any shape (T, ...); they are rounded to `dtype`.
        lr: The learning rate.
        beta1: The decay rate of the first moment.
        beta2: The decay rate of the second moment.
        eps: The constant in the denominator.
        weight_decay: The weight decay; used only by definitions that have weight decay.
        start: The parameters before the first step, of one gradient's shape or one number for all; they are
            rounded to `dtype`.
        dtype: The working precision of the code under test: float64, float32, float16 or bfloat16, by name or
            as a dtype; by default the dtype of `gradients`.
        definition: The definition, by name as in `adamcheck verify --as` (such as "adamw" or
            "nadam:momentum_decay=0.01") or as a class.

    Returns:
        The expected updates and the radius. The difference of parameters that correct code stores, read in
        float64, differs from `updates` by at most `radius`.

    Raises:
        ValueError: A shape, a dtype, a hyperparameter or the name of a definition is wrong.

    Example:
        >>> import numpy as np
        >>> import adamcheck
        >>> gradients = np.array([[1.0, -2.0], [0.5, 0.25]])
        >>> updates, radius = adamcheck.tolerance(gradients, lr=0.125)
        >>> parameters = np.zeros((3, 2))  # those that your optimizer stores; here, it does nothing
        >>> bool((abs(np.diff(parameters, axis=0) - updates) <= radius).all())
        False
        >>> updates.shape, radius.shape, bool((radius < 1e-12).all())
        ((2, 2), (2, 2), True)
    """
    given = np.asarray(gradients)
    if given.ndim == 0 or len(given) == 0:
        raise ValueError(f"gradients has shape {given.shape}: expected one gradient a step, shape (T, ...)")
    format = format_of(dtype if dtype is not None else given.dtype)
    rows = given.reshape(len(given), -1).astype(format.dtype)
    first = np.asarray(start)
    try:
        first = np.broadcast_to(first, given.shape[1:]).reshape(-1).astype(format.dtype)
    except ValueError:
        raise ValueError(
            f"start has shape {first.shape}: expected that of one gradient, {given.shape[1:]}"
        ) from None
    chosen = Standard.parse(definition).definition if isinstance(definition, str) else definition
    hyper = Hyperparameters(lr, beta1, beta2, eps, weight_decay)
    expected = prediction(chosen, hyper, first, rows, format).visible
    updates = expected.value.astype(np.float64)
    radius = expected.radius * (1 + _READ) + _READ * np.abs(updates)
    return Tolerance(updates.reshape(given.shape), radius.reshape(given.shape))
