"""Invariance.

Changes of a problem that do not change what Adam does.
"""
