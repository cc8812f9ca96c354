"""Proofs: derivations whose steps are decided by engines, and witnesses in exact numbers."""
