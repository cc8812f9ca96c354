"""Number systems, and the operations that the definition of Adam uses in all of them."""

from adamcheck.numbers import exact as exact  # registers the operations on fractions
from adamcheck.numbers.operations import ema, maximum, sqrt, zeros_like

__all__ = ["ema", "maximum", "sqrt", "zeros_like"]
