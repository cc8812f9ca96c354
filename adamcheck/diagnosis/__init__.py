"""Diagnosis: which formula a target computes if it does not compute the expected one."""
