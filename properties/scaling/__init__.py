"""Adaptive scaling.

The effect of scaling each coordinate separately on a narrow valley.
"""
