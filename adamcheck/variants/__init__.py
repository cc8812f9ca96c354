"""Variants of the definition: documented dialects."""
