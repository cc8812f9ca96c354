"""Practical considerations: what the order of the gradients does."""
