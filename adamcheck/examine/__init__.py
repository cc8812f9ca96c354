"""Examination: every check on every target, and the results as plain frozen data."""
