"""Diagnosis: what a target computes instead, where it is not what it should be."""
