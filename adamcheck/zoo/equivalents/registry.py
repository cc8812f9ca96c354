"""The registry of equivalent rewrites, and the decorators that register one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from adamcheck.adam import Adam, State
from adamcheck.targets.base import Target
from adamcheck.targets.reference import DefinitionTarget


@dataclass(frozen=True)
class Equivalent:
    """A correct rewrite of a definition.

    Attributes:
        name: The name.
        of: The name of the definition.
        says: What is evaluated differently.
        make: Makes a target that evaluates the formula in this way.
    """

    name: str
    of: str
    says: str
    make: Callable[[], Target]

    def target(self) -> Target:
        """A new target that evaluates the formula in this way."""
        return self.make()


EQUIVALENTS: dict[str, Equivalent] = {}
"""Every correct rewrite by name."""

_Rewrite = TypeVar("_Rewrite", bound=type[Adam])


def add(thing: type, name: str, of: str, make: Callable[[], Target]) -> None:
    """Register a rewrite, whose docstring says what it evaluates differently."""
    if name in EQUIVALENTS:
        raise ValueError(f"two equivalents are named {name!r}")
    says = " ".join((inspect.getdoc(thing) or "").split())
    EQUIVALENTS[name] = Equivalent(name, of, says, make)


def equivalent(name: str, of: str = "adam") -> Callable[[_Rewrite], _Rewrite]:
    """Register a definition that evaluates another one in its own way."""

    def register(rewrite: _Rewrite) -> _Rewrite:
        add(rewrite, name, of, lambda: DefinitionTarget(rewrite, name))
        return rewrite

    return register


class Stored(Adam):
    """A definition that knows the dtype of the run, in which state and parameters are stored."""

    dtype: Any = None

    def start(self, parameters: Any) -> State:
        self.dtype = np.asarray(parameters).dtype
        return super().start(parameters)

    def stored(self, x: Any) -> Any:
        """`x` rounded to the dtype of the run."""
        return np.asarray(x).astype(self.dtype)[()]
