"""How somebody's Adam is called, found out by looking at its signatures and by probing.

What comes of it is `Glue`: Python that calls the target, which is printed for whoever asks and run as it
stands.
"""

from __future__ import annotations

import inspect
import io
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from adamcheck.choices import HYPERPARAMETERS, TIME_LIMIT
from adamcheck.targets.base import TargetHung
from adamcheck.targets.calling.containers import Holder
from adamcheck.targets.calling.fixed import values_of
from adamcheck.targets.calling.glue import Glue
from adamcheck.targets.calling.probe import PLAIN, Unfit, parameter_counts, probed, takes_matrices
from adamcheck.targets.calling.trials import is_likely, trials
from adamcheck.targets.time_limit import time_limit

__all__ = ["Glue", "Holder", "recognise"]


def recognise(
    thing: Callable[..., Any],
    options: Mapping[str, Any] = {},
    called: str = "",
    patience: float = TIME_LIMIT,
) -> Glue | None:
    """Find out how a class or function is called.

    Args:
        thing: A class or function that is an Adam.
        options: More arguments for it.
        called: A part of the call as `Glue.says` has it, which the one found must contain.
        patience: Time limit for all trials together, in seconds.

    Returns:
        The first way in which it can be called and moves parameters, and what is known of the
        hyperparameters that it fixes; None where it is called as adamcheck documents, or where no way works.

    Raises:
        TargetHung: The trials exceed the time limit.
    """
    quiet = io.StringIO()
    try:
        with (
            redirect_stdout(quiet),
            redirect_stderr(quiet),
            time_limit(patience, "looking for how it is called"),
            np.errstate(all="ignore"),
        ):
            if not called and _documented(thing, options) and not inspect.isgeneratorfunction(thing):
                # A function is taken at its word: what it makes is not run before it is examined.
                if not inspect.isclass(thing) or all(_steps(thing, options, count) for count in (1, 2, 3)):
                    return None
                called = ".step(" if hasattr(thing, "step") else ""
            return _recognised(thing, options, called)
    except TargetHung:
        if _documented(thing, options):
            return None  # as its steps will show
        raise


def _recognised(thing: Callable[..., Any], options: Mapping[str, Any], called: str) -> Glue | None:
    module = sys.modules.get(getattr(thing, "__module__", "") or "")
    name = getattr(thing, "__name__", type(thing).__name__)
    content = (
        {key: value for key, value in vars(module).items() if not key.startswith("__")} if module else {}
    )
    torch = any(value is sys.modules.get("torch", content) for value in content.values())
    things = {**content, name: partial(thing, **options) if options else thing}
    # A faulty Adam may give no numbers, but neither does one that is called in a wrong way: that comes later.
    for likely, numbers in product((True, False), (True, False)):
        for trial in trials(thing, name, options, module, torch):
            if called not in trial.says or likely is not is_likely(trial):
                continue
            try:
                glue = probed(trial, things, numbers=numbers)
            except Unfit:
                continue
            glue = replace(glue, things=things)
            return replace(
                glue,
                fixed=values_of(glue, thing),
                matrices=takes_matrices(glue),
                parameter_counts=parameter_counts(glue),
            )
    return None


def _documented(thing: Callable[..., Any], options: Mapping[str, Any]) -> bool:
    """Whether its signature is the one that adamcheck documents."""
    try:
        inspect.signature(thing).bind("parameters", **dict.fromkeys(HYPERPARAMETERS), **options)
    except (TypeError, ValueError):
        return False
    return True


def _steps(thing: Callable[..., Any], options: Mapping[str, Any], count: int) -> bool:
    """Whether a step of what a class makes, with the documented signature, returns as many numbers."""
    start = np.array([101.5, 203.25, 150.125])[:count]
    try:
        made = thing(start.copy(), **PLAIN, **options)
        after = getattr(made, "step", made)(np.array([0.5, 1.25, 0.75])[:count])
        return after is not None and np.shape(after) == start.shape
    except (KeyboardInterrupt, TargetHung):
        raise
    except BaseException:
        return False
