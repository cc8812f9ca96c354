"""Beyond the text.

Theorems and measurements that the chapter does not know: bounds, symmetries, failures, rounding.
"""
