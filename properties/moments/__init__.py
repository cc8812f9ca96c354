"""The moments and their correction.

The moving averages, their initialization bias, and the effect of its correction.
"""
