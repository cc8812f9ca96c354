"""Proofs: derivations whose steps engines decide, and witnesses in exact numbers."""
