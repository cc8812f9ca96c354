"""Checks: callables that take a target and random inputs, and raise where the target breaks a law."""
