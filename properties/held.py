"""How many numbers a saved state holds, whatever it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Number
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

_OTHERS = (type, ModuleType, FunctionType, bytes, bytearray)
"""What is not looked into."""


def numbers_held(content: Any) -> int:
    """The numbers in nested containers, arrays and objects; an array or object that occurs twice counts once.

    A text counts as one number, as programs may write numbers as text.
    """
    return _held(content, set())


def _held(content: Any, seen: set[int]) -> int:
    if isinstance(content, Number | str):
        return 1
    if content is None or isinstance(content, _OTHERS) or id(content) in seen:
        return 0
    seen.add(id(content))
    if hasattr(content, "shape") and hasattr(content, "dtype"):
        return int(np.prod(content.shape, dtype=int))
    return sum(_held(part, seen) for part in _parts(content))


def _parts(content: Any) -> Iterable[Any]:
    if isinstance(content, Mapping):
        return content.values()
    if isinstance(content, Iterable):
        return list(content)
    slots = [name for kind in type(content).__mro__ for name in getattr(kind, "__slots__", ())]
    named = {name: getattr(content, name, None) for name in slots} | getattr(content, "__dict__", {})
    return named.values()
