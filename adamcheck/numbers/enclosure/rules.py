"""The rules of radii: how far the result of an operation may be off, from how far its operands may be off.

Each rule is a pure function of numbers. It is evaluated twice: on arrays, beside values in quad
(`adamcheck.numbers.enclosure`), and one coordinate after the other, compiled (`adamcheck.compiled`).
The theorems of `adamcheck certify --judge` are about these rules. In the names of arguments, `x` and `y` are
the operands, `size` is a magnitude, `radius` how far a number may be off, `upper` their sum.
"""

from __future__ import annotations

from typing import Any

import numpy as np

where, larger, root = np.where, np.maximum, np.sqrt
INFINITY = np.inf

UP, DOWN = 1 + 2.0**-45, 1 - 2.0**-45
"""Factors that cover the rounding of the radius arithmetic itself, which takes fewer than 2**7 float64
operations, including those of the magnitudes, and of values that have twice as many digits as the radius
speaks of."""


def finished(size: Any, radius: Any, stretch: Any, underflow: Any, finite: Any, up: Any) -> Any:
    """Add the error of underflow, round the radius up, and make it infinite where some order overflows.

    NaN becomes infinite, too.
    """
    radius = (radius + underflow * stretch) * up
    return where((size + radius <= finite) & (stretch <= finite), radius, INFINITY)


def lower_end(size: Any, radius: Any, least: Any) -> Any:
    """A lower bound on the magnitude of every evaluation; it may be negative, where `least` is not known."""
    return larger(size * DOWN - radius, least)


def of_sum(x_radius: Any, x_upper: Any, y_radius: Any, y_upper: Any, rounding: Any) -> Any:
    """The radius of `x + y`, in whichever order it is evaluated with other sums."""
    return x_radius + y_radius + rounding * (x_upper + y_upper)


def of_difference(
    size: Any,
    x_size: Any,
    x_radius: Any,
    x_upper: Any,
    y_size: Any,
    y_radius: Any,
    y_upper: Any,
    rounding: Any,
    same: Any,
) -> Any:
    """The radius of `x - y`, whose magnitude is `size`.

    Sterbenz: a difference of numbers of one format within a factor of 2 is exact. (If their signs differ, the
    magnitude of the difference is the sum of their magnitudes.) What enters a coarser format, where `same` is
    false, is rounded first.
    """
    near = same & (2 * (x_size - x_radius) >= y_upper) & (2 * (y_size - y_radius) >= x_upper)
    scale = where(near, size + (x_radius + y_radius), x_upper + y_upper)
    return x_radius + y_radius + rounding * scale


def least_of_sum(lower: Any, x_lower: Any, y_lower: Any, rounding: Any, underflow: Any, stretch: Any) -> Any:
    """A lower bound on a sum of numbers that are not negative, where its radius extends below 0.

    The radius does, but the number does not: a sum is at least as large as each of its terms.
    """
    bound = larger(x_lower, y_lower) * (1 - rounding) * DOWN - underflow * stretch
    return where(lower > 0, -INFINITY, bound)


def of_product(x_size: Any, x_radius: Any, x_upper: Any, y_radius: Any, y_upper: Any, rounding: Any) -> Any:
    """The radius of `x * y`."""
    return rounding * (x_upper * y_upper) + x_size * y_radius + x_radius * y_upper


def stretch_of_product(x_stretch: Any, x_upper: Any, y_stretch: Any, y_upper: Any) -> Any:
    """What some order of evaluation multiplies last may be as large as either operand."""
    return larger(x_stretch * larger(1.0, y_upper), y_stretch * larger(1.0, x_upper))


def of_quotient(
    size: Any,
    x_radius: Any,
    y_radius: Any,
    y_upper: Any,
    y_lower: Any,
    x_factor: Any,
    rounding: Any,
    finite: Any,
) -> Any:
    """The radius of `x / y`, whose magnitude is `size`; infinite where `y` may be 0.

    `y` may be held scaled up by the factor of `x`, as in `x / (y / s)` for `(s * x) / y`.
    """
    error = (size * y_radius + x_radius) / y_lower
    radius = rounding * (size + error) + error
    held = (x_factor >= 1) | (y_upper <= finite * x_factor)
    return where((y_lower > 0) & held, radius, INFINITY)


def stretch_of_quotient(x_stretch: Any, y_stretch: Any, y_lower: Any) -> Any:
    """`y` may be held scaled down by its stretch, as in `(x * s) / (y * s)`."""
    return x_stretch * larger(1.0, y_stretch / y_lower)


def of_root(
    size: Any, x_size: Any, x_radius: Any, x_upper: Any, x_lower: Any, anything: Any, rounding: Any
) -> Any:
    """The radius of the root of `x`, whose magnitude is `size`.

    A concave function deviates more on the lower side; this form of the difference does not cancel. It is
    infinite where `x` may be `anything` and some evaluation may take the root of a negative number.
    """
    high = root(x_upper)
    below = x_radius / (size + root(larger(x_lower, 0.0)))
    to_zero = where(anything & (x_size < x_radius), INFINITY, larger(size, high - size))
    return where(x_lower > 0, below, to_zero) + rounding * high


def of_average(
    old_radius: Any,
    old_upper: Any,
    new_radius: Any,
    new_upper: Any,
    weight_of_old: Any,
    error_of_old: Any,
    weight_of_new: Any,
    error_of_new: Any,
) -> Any:
    """The radius of a step of a moving average, from its weights and their relative errors."""
    return (
        weight_of_old * old_radius
        + error_of_old * old_upper
        + weight_of_new * new_radius
        + error_of_new * new_upper
    )


def anchored(
    old_least: Any, new_upper: Any, weight_of_old: Any, least_weight_of_new: Any, rounding: Any
) -> Any:
    """What `new + beta*(old - new)` adds: it rounds at the size of `new`, which may be larger."""
    return rounding * (2 * larger(weight_of_old * new_upper - least_weight_of_new * old_least, 0.0))
