"""Detection power: which known bugs the checks detect, name and tell from correct rewrites."""
