"""Enclosures: a value in quad precision, with the radius within which correct floating-point code stays.

An `Enclosure` has for every coordinate a value that is exact enough, and radii that contain the result
of *every* reasonable evaluation of the same formula in a given dtype. Each operation propagates the
radii of its operands and widens them by `ROUNDINGS` roundings of `unit * scale + stretch * tiny / 2`
each; the scale depends on the operation. No constant is tuned: `unit`, `tiny` and `huge` belong to the
dtype.

One enclosure carries the radii of several *allowances* (first axis of a radius): the value needs quad
arithmetic, each further radius only float64 arithmetic.
"""

from adamcheck.numbers.enclosure import averages as averages  # registers the moving average
from adamcheck.numbers.enclosure import functions as functions  # registers root, maximum and zeros
from adamcheck.numbers.enclosure.allowances import ROUNDINGS, Allowance, Arithmetic, Freedom, allowances
from adamcheck.numbers.enclosure.operators import NONNEGATIVE, Enclosure, magnitude_of

__all__ = [
    "NONNEGATIVE",
    "ROUNDINGS",
    "Allowance",
    "Arithmetic",
    "Enclosure",
    "Freedom",
    "allowances",
    "magnitude_of",
]
