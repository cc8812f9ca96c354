"""Enclosures: the truth in quad, with the radius that honest floating-point code may differ by.

An `Enclosure` holds for every coordinate an exact-enough value and radii that contain the result of
*every* sensible evaluation of the same formula in a given dtype. Each operation propagates the radii
of its operands and widens them by `ROUNDINGS` roundings, of `unit * scale + stretch * tiny / 2` each;
each operation says what its scale is. Nothing here is chosen by taste: `unit`, `tiny` and `huge`
belong to the dtype.

Several *allowances* are carried side by side (first axis of a radius): the value costs quad
arithmetic, a further radius only float64 arithmetic.
"""

from adamcheck.numbers.enclosure import averages as averages  # registers the moving average
from adamcheck.numbers.enclosure import functions as functions  # registers the root and the others
from adamcheck.numbers.enclosure.allowances import ROUNDINGS, Allowance, Arithmetic, allowances
from adamcheck.numbers.enclosure.operators import NONNEGATIVE, Enclosure, magnitude_of

__all__ = ["NONNEGATIVE", "ROUNDINGS", "Allowance", "Arithmetic", "Enclosure", "allowances", "magnitude_of"]
