"""Adaptive coordinate-wise scaling: what it does on a narrow valley."""
