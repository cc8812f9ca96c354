"""Number systems, and the operations that the definition of Adam uses in all of them."""

from adamcheck.numbers import exact as exact  # registers the operations on fractions
from adamcheck.numbers.operations import Value, ema, maximum, sqrt, zeros_like

__all__ = ["Value", "ema", "maximum", "sqrt", "zeros_like"]
