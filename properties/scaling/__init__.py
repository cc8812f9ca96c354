"""Adaptive scaling.

What scaling each coordinate by itself does on a narrow valley.
"""
