"""The moments, their initialization bias and its correction."""
