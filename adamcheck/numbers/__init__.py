"""The number systems, and the operations that the definition of Adam uses in all of them."""

from adamcheck.numbers import exact as exact  # fractions come with Python: nobody imports us to have them
from adamcheck.numbers.operations import ema, maximum, sqrt, zeros_like

__all__ = ["ema", "maximum", "sqrt", "zeros_like"]
