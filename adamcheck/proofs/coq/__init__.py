"""Coq: the algebraic steps of the derivations, translated for a proof assistant and decided by it."""
