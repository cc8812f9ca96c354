"""The zoo: programs that are known to be wrong, and rewrites that are known to be right."""
