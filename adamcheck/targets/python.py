"""A user's own Adam: `make(parameters, *, lr, beta1, beta2, eps)`, then `step(gradient)`.

`make` is a function or a class. What it returns is called with each gradient, or its method `step`
is; either returns the new parameters. Nothing else is required. Two methods more are used if they are
there: `moments() -> (m, v)`, and the pair `save() -> state`, `load(state)`. If `make` has an attribute
`in_place` that is true, it is meant to write to the parameters it is given and to return them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.patience import PATIENCE, time_limit
from adamcheck.targets.arrays import own
from adamcheck.targets.base import Capabilities, NotOffered, Run, Target, TargetCrash, TargetHung
from adamcheck.targets.options import check_call

FILE_PREFIX = "adamcheck_target_"
"""What the module of a target's file is called, before the name of the file."""

HYPERPARAMETERS = ("lr", "beta1", "beta2", "eps")


class _PythonRun(Run):
    def __init__(self, made: Any, in_place: bool) -> None:
        self._made = made
        self._in_place = in_place
        step = getattr(made, "step", made)
        if not callable(step):
            raise TargetCrash(
                f"the call returned {_an(type(made).__name__)}, expected a function of the gradient, "
                "or an object with a method `step`"
            )
        self._step: Callable[[Any], Any] = step

    def step(self, gradient: np.ndarray) -> Any:
        after = self._step(gradient)
        return own(after) if self._in_place and isinstance(after, np.ndarray) else after

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        m, v = self._offered("moments")()
        return m, v

    def save(self) -> Any:
        return self._offered("save")()

    def load(self, saved: Any) -> None:
        self._offered("load")(saved)

    def _offered(self, method: str) -> Callable[..., Any]:
        if not hasattr(self._made, method):
            raise NotOffered(method)
        offered: Callable[..., Any] = getattr(self._made, method)
        return offered


class PythonTarget(Target):
    """A Python callable or class that follows the convention of this module."""

    def __init__(self, make: Callable[..., Any], name: str, options: Mapping[str, Any] = {}) -> None:
        self.name = name
        library = (getattr(make, "__module__", None) or "").partition(".")[0]
        if library not in ("__main__", "builtins") and not library.startswith(FILE_PREFIX):
            self.library = library
            with suppress(PackageNotFoundError):
                self.version = version(library)
        self._make = make
        self._options = dict(options)
        check_call(make, name, HYPERPARAMETERS, options)
        self._takes_decay = _takes(make, "weight_decay") and "weight_decay" not in options
        made = make if inspect.isclass(make) else self._example()
        self.capabilities = Capabilities(
            moments=hasattr(made, "moments"),
            checkpoint=hasattr(made, "save") and hasattr(made, "load"),
            weight_decay=self._takes_decay,
        )

    def _example(self) -> Any:
        """What a function makes: only that tells which methods there are. None where it raises: the
        checks will find that out."""
        with suppress(Exception, SystemExit, TargetHung), time_limit(PATIENCE):
            return self._make(np.zeros(1), lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, **self._options)
        return None

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        keywords = {name: getattr(hyper, name) for name in HYPERPARAMETERS}
        if self._takes_decay:
            keywords["weight_decay"] = hyper.weight_decay
        elif hyper.weight_decay:
            raise NotOffered("weight_decay")
        in_place = bool(getattr(self._make, "in_place", False))
        given = own(parameters) if in_place else parameters
        return _PythonRun(self._make(given, **keywords, **self._options), in_place)


def _an(kind: str) -> str:
    return "None" if kind == "NoneType" else f"an object of type {kind}"


def _takes(make: Callable[..., Any], keyword: str) -> bool:
    try:
        return keyword in inspect.signature(make).parameters
    except (ValueError, TypeError):
        return False
