"""Preconditioning.

Adam as gradient descent in another metric, and how natural that metric is.
"""
