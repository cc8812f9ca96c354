"""The update rule.

Direction, magnitude and eps; the limit in which the step only sees signs.
"""
