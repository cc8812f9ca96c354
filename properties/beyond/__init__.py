"""Theorems and measurements that the chapter does not know: tight bounds, symmetries, failures, rounding."""
