"""A user's own Adam: `make(parameters, *, lr, beta1, beta2, eps)`, then `step(gradient)`.

`make` is a function or a class. What it returns is called with each gradient, or its method `step`
is; either returns the new parameters. Nothing else is required. Two methods more are used if they are
there: `moments() -> (m, v)`, and the pair `save() -> state`, `load(state)`. Attributes of `make` that are
true say what it is meant for: `in_place` to write to the parameters it is given and to return them,
`vectors_only` to take no arrays of several axes.
Hyperparameters may have other names, and parameters and gradients may be lists: see `Convention`.
"""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.choices import DECAY, TIME_LIMIT
from adamcheck.support.text import raised
from adamcheck.targets.arrays import own
from adamcheck.targets.base import (
    ANY_COUNT,
    Capabilities,
    NotOffered,
    Run,
    Target,
    TargetCrash,
    TensorsRun,
    counts_told,
)
from adamcheck.targets.convention import AS_USUAL, Convention, values
from adamcheck.targets.options import check_call
from adamcheck.targets.start import Start
from adamcheck.targets.time_limit import time_limit

FILE_PREFIX = "adamcheck_target_"
"""What the module of a target's file is called, before the name of the file."""

_OTHER_NAMES = "; other names for them: --map b1=beta1 --map betas=beta1,beta2 (in Python hyper_names={...})"


class _PythonRun(Run):
    def __init__(self, made: Any, convention: Convention, parameters: np.ndarray, in_place: bool) -> None:
        self._made = made
        self._convention = convention
        self._like = np.empty_like(parameters)
        self._in_place = in_place
        step = getattr(made, "step", made)
        if not callable(step):
            raise TargetCrash(
                f"the call returned {_an(type(made).__name__)}, expected a function of the gradient, "
                "or an object with a method `step`"
            )
        self._step: Callable[[Any], Any] = step

    def call(self, gradient: Any) -> Any:
        """Take a step with arguments in the target's convention, and return its result."""
        with self._convention.hinting():
            return self._step(gradient)

    def step(self, gradient: np.ndarray) -> Any:
        after = self._join(self.call(self._convention.split(gradient)), "a step")
        return own(after) if self._in_place and isinstance(after, np.ndarray) else after

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        m, v = self._offered("moments")()
        return self._join(m, "moments()"), self._join(v, "moments()")

    def copied(self) -> Run:
        return self._with(copy.deepcopy, "copies")

    def pickled(self) -> Run:
        return self._with(lambda made: pickle.loads(pickle.dumps(made)), "pickles")

    def _with(self, copied: Callable[[Any], Any], what: str) -> Run:
        """A run with a copy of what was made. Raises `NotOffered` if it cannot be copied."""
        try:
            with time_limit(TIME_LIMIT):
                made = copied(self._made)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise NotOffered(f"{what}: {raised(error)}") from error
        return _PythonRun(made, self._convention, self._like, self._in_place)

    def save(self) -> Any:
        return self._offered("save")()

    def load(self, saved: Any) -> None:
        self._offered("load")(saved)

    def _join(self, answer: Any, what: str) -> Any:
        return self._convention.join(answer, self._like, what)

    def _offered(self, method: str) -> Callable[..., Any]:
        if not hasattr(self._made, method):
            raise NotOffered(method)
        offered: Callable[..., Any] = getattr(self._made, method)
        return offered


class _ListRun(TensorsRun):
    """A run of what takes lists, which are several tensors as they are."""

    def __init__(self, run: _PythonRun) -> None:
        self._run = run

    def step(self, gradients: Sequence[np.ndarray | None]) -> Sequence[Any]:
        after: Sequence[Any] = self._run.call(list(gradients))
        return after


class PythonTarget(Target):
    """A Python callable or class that follows the convention of this module."""

    def __init__(
        self,
        make: Callable[..., Any],
        name: str,
        options: Mapping[str, Any] = {},
        convention: Convention = AS_USUAL,
    ) -> None:
        self.name = name
        self.declares = str(getattr(make, "definition", ""))
        library = (getattr(make, "__module__", None) or "").partition(".")[0]
        if library not in ("__main__", "builtins") and not library.startswith(FILE_PREFIX):
            self.library = library
            with suppress(PackageNotFoundError):
                self.version = version(library)
        self._make = make
        self._options = dict(options)
        self._convention = convention
        self._names = convention.complete(name, _takes(make, DECAY) and DECAY not in options)
        check_call(
            make, name, list(self._names), options, hint="" if convention.hyper_names else _OTHER_NAMES
        )
        self.fixed = dict(convention.fixed)
        self._takes_decay = any(DECAY in ours for ours in self._names.values())
        made = make if inspect.isclass(make) else self._example()
        self.capabilities = Capabilities(
            moments=_offers(made, "moments"),
            checkpoint=_offers(made, "save") and _offers(made, "load", "saved"),
            weight_decay=self._takes_decay,
            tensors=convention.as_list,
            matrices=not getattr(make, "vectors_only", False),
            parameter_counts=getattr(make, "parameter_counts", ANY_COUNT),
            copies=inspect.isclass(make),
            pickles=inspect.isclass(make),
        )

    def _example(self) -> Any:
        """What a function makes: only that tells which methods there are. None where it raises: the
        checks will find that out."""
        try:
            with time_limit(TIME_LIMIT):
                return self._called(np.zeros(1), Hyperparameters())
        except KeyboardInterrupt:
            raise
        except BaseException:
            return None

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        if hyper.weight_decay and not self._takes_decay:
            raise NotOffered(DECAY)
        fewest, most = self.capabilities.parameter_counts
        if not fewest <= parameters.size <= (most or parameters.size):
            raise NotOffered(f"takes {counts_told((fewest, most))}")
        in_place = bool(getattr(self._make, "in_place", False))
        given = own(parameters) if in_place else parameters
        return _PythonRun(self._called(given, hyper), self._convention, given, in_place)

    def begin(self, start: Start) -> Run | TensorsRun:
        if not (start.together and self._convention.as_list):
            return super().begin(start)
        made = self._made_for(start.tensors, start.hyper)
        return _ListRun(_PythonRun(made, self._convention, np.empty(0), False))

    def _called(self, parameters: np.ndarray, hyper: Hyperparameters) -> Any:
        return self._made_for(self._convention.split(parameters), hyper)

    def _made_for(self, parameters: Any, hyper: Hyperparameters) -> Any:
        with self._convention.hinting():
            return self._make(parameters, **values(self._names, hyper), **self._options)


def _offers(made: Any, method: str, *arguments: str) -> bool:
    """Whether what was made, or a class that makes it, has a method that takes just these arguments.

    A helper of the same name that takes others is none of our business.
    """
    function = getattr(made, method, None)
    if not callable(function):
        return False
    given = ("self", *arguments) if inspect.isclass(made) else arguments
    try:
        inspect.signature(function).bind(*given)
    except TypeError:
        return False
    except ValueError:  # its signature cannot be read
        return True
    return True


def _an(kind: str) -> str:
    return "None" if kind == "NoneType" else f"an object of type {kind}"


def _takes(make: Callable[..., Any], keyword: str) -> bool:
    try:
        return keyword in inspect.signature(make).parameters
    except (ValueError, TypeError):
        return False
