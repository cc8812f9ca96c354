"""Claims about Adam, each with the proofs, laws and examples that decide it."""
