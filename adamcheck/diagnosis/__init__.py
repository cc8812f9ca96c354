"""The parts of a diagnosis: hypotheses, chosen experiments, fitted changes, and what can be observed."""
