"""Examination: every check on every target, with results as frozen data."""
