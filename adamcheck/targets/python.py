"""A user's own Adam: `make(parameters, *, lr, beta1, beta2, eps)`, then `step(gradient)`.

`make` is a function or a class. What it returns is called with each gradient, or its method `step`
is; either returns the new parameters. Nothing else is required. Two methods more are used if they are
there: `moments() -> (m, v)`, and the pair `save() -> state`, `load(state)`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.targets.base import Capabilities, NotOffered, Run, Target


class _PythonRun(Run):
    def __init__(self, made: Any) -> None:
        self._made = made
        self._step: Callable[[Any], Any] = made if callable(made) else made.step

    def step(self, gradient: np.ndarray) -> Any:
        return self._step(gradient)

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        m, v = self._made.moments()
        return m, v

    def save(self) -> Any:
        return self._made.save()

    def load(self, saved: Any) -> None:
        self._made.load(saved)


class PythonTarget(Target):
    """A Python callable or class that follows the convention of this module."""

    def __init__(self, make: Callable[..., Any], name: str, options: Mapping[str, Any] = {}) -> None:
        self.name = name
        self.library = (getattr(make, "__module__", None) or "").partition(".")[0]
        self._make = make
        self._options = dict(options)
        parameters = inspect.signature(make).parameters
        self._takes_decay = "weight_decay" in parameters
        self.capabilities = Capabilities(
            moments=hasattr(make, "moments"),
            checkpoint=hasattr(make, "save") and hasattr(make, "load"),
            weight_decay=self._takes_decay,
        )

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        keywords = {"lr": hyper.lr, "beta1": hyper.beta1, "beta2": hyper.beta2, "eps": hyper.eps}
        if self._takes_decay:
            keywords["weight_decay"] = hyper.weight_decay
        elif hyper.weight_decay:
            raise NotOffered("weight_decay")
        return _PythonRun(self._make(parameters, **keywords, **self._options))
