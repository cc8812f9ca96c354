"""Theorems and measurements beyond the chapter."""
