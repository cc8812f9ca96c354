"""Recorded runs: what a trace is, and its file formats."""
