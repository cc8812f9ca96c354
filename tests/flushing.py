"""Definitions run as by a processor that flushes: what is subnormal is read as 0, and 0 is written for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.numbers.floats import format_of
from adamcheck.targets.reference import DefinitionTarget


def flushed(x: Any) -> Any:
    """Arrays with 0 for every number below the smallest normal one of their dtype."""
    if not isinstance(x, np.ndarray) or x.dtype.name not in ("float64", "float32", "bfloat16"):
        return x
    return np.where(np.abs(x) < format_of(x.dtype).normal, np.zeros_like(x), x)


class Flushed(np.ndarray):
    """An array whose every operation flushes its operands and its result."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        plain = [flushed(x.view(np.ndarray)) if isinstance(x, Flushed) else flushed(x) for x in inputs]
        result = flushed(getattr(ufunc, method)(*plain, **keywords))
        return result.view(Flushed) if isinstance(result, np.ndarray) else result


class FlushingTarget(DefinitionTarget):
    """A definition in such arrays; `declared`: whether the target says so."""

    def __init__(self, definition: type[Adam] = Adam, *, declared: bool = True) -> None:
        super().__init__(definition)
        self.capabilities = replace(self.capabilities, subnormals=not declared)

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Any:
        return super().start(parameters.view(Flushed), hyper)
