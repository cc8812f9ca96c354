"""The moments and their correction.

What the moving averages are, their initialization bias, and what correcting it does.
"""
