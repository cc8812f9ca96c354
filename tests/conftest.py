"""Hypothesis draws the same examples everywhere: a failure here fails for everybody. No line is broken to a width."""

import os

from hypothesis import settings

settings.register_profile("adamcheck", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("adamcheck")

os.environ.pop("COLUMNS", None)
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
"""Hundreds of commands are started: without bytecode, each of them would compile the whole package again."""
