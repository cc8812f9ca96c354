"""Traces of recorded runs, and their file formats."""
