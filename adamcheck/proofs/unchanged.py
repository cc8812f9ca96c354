"""Whether a derivation has changed the engine that judges it: the definition, the operations, the checker."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from adamcheck import numbers
from adamcheck.adam import Adam, AdamL2, AdamW, AMSGrad, Hyperparameters, State

_CLASSES = (Adam, AdamW, AdamL2, AMSGrad, Hyperparameters, State)

_OPERATIONS = ("sqrt", "maximum", "zeros_like", "ema")


class Snapshot:
    """What the engine consists of at one time."""

    def __init__(self) -> None:
        self._before = dict(_parts())

    def restore(self) -> str:
        """Undo changes of attributes. Returns the name of one that was changed, "" if there is none."""
        now = dict(_parts())
        # What is new, such as a module that was imported or a type that was registered, changes nothing.
        changed = [place for place, value in self._before.items() if now.get(place) is not value]
        for owner, name in changed:
            value = self._before[owner, name]
            if isinstance(owner, str):
                getattr(numbers, owner).register(_kind(owner, name), value)
            else:
                setattr(owner, name, value)
        return ", ".join(sorted({name for _, name in changed}))


def _parts() -> Iterator[tuple[tuple[Any, str], Any]]:
    for owner in (*_CLASSES, *_modules(), *_own_classes()):
        for name, value in vars(owner).items():
            if not name.startswith("__") or name in ("__eq__", "__bool__", "__init__", "__post_init__"):
                yield (owner, name), value
    for operation in _OPERATIONS:
        for name, function in _registered(operation).values():
            yield (operation, name), function


def _registered(operation: str) -> dict[type, tuple[str, Any]]:
    """The functions that an operation uses, with the names of the types that it uses them for."""
    registry: Mapping[type, Any] = getattr(numbers, operation).registry
    return {kind: (f"{kind.__module__}.{kind.__qualname__}", made) for kind, made in registry.items()}


def _kind(operation: str, name: str) -> type:
    return next(kind for kind, (known, _) in _registered(operation).items() if known == name)


def _modules() -> Iterator[ModuleType]:
    for name, module in list(sys.modules.items()):
        if name.startswith("adamcheck.proofs"):
            yield module


def _own_classes() -> Iterator[type]:
    for module in _modules():
        for value in list(vars(module).values()):
            if isinstance(value, type) and value.__module__ == module.__name__:
                yield value
