"""Invariance.

What may be done to a problem without changing what Adam does.
"""
