"""Preparing the judge: compiling its loops before other processes need them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.compiled.available import compiles
from adamcheck.judge import Judge


def prepare(begin: Callable[[], None]) -> None:
    """Compile the loops of the judge if that has not been done on this machine.

    Args:
        begin: Called before that, which takes some seconds.
    """
    kept = files("adamcheck.compiled") / "__pycache__"
    if not compiles() or (
        kept.is_dir() and any(file.name.startswith("execution.execute-") for file in kept.iterdir())
    ):
        return
    from adamcheck.compiled.caching import is_kept
    from adamcheck.compiled.comparison import compare
    from adamcheck.compiled.execution import execute

    if not (is_kept(execute) and is_kept(compare)):
        begin()
        judge = Judge(Hyperparameters(), np.zeros(1))
        judge.step(np.ones(1), np.zeros(1))
        judge.judgement()
