"""The choices that every door offers, written once; importing them costs nothing, so `--help` is quick."""

from __future__ import annotations

DTYPE_NAMES = ("float64", "float32", "float16", "bfloat16")
"""The working precisions, the finest first."""

PROFILES = {"quick": 10, "standard": 20, "thorough": 1000}
"""How many examples each check tries, by the name of the profile."""

HYPERPARAMETERS = ("lr", "beta1", "beta2", "eps")
"""What everybody's Adam takes, by the names used here."""

DECAY = "weight_decay"
"""The additional hyperparameter of definitions with weight decay."""

DOCUMENTED = "documented"
"""What `--accept` takes for every definition that is known."""

TIME_LIMIT = 60.0
"""The default time limit for one call of a target, in seconds."""
