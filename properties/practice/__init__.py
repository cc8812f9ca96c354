"""Practical considerations.

The regimes of eps, the order of the gradients, the scale of the features.
"""
