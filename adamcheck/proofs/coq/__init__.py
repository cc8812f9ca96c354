"""Coq: the algebraic steps of the derivations, translated and decided by a proof assistant."""
