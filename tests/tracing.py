"""Traces to write and read, and what is asked of those that come back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adamcheck.adam import Hyperparameters
from adamcheck.numbers.floats import format_of
from adamcheck.traces.trace import Trace, TraceError, load

ENDINGS = (".npz", ".safetensors", ".json")

HYPER = Hyperparameters(lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8)


def bits(array: Any) -> Any:
    """The bytes of a trace's array, with every NaN the same (which one it is means nothing)."""
    array = np.ascontiguousarray(array)
    return (
        np.where(np.isnan(array.astype(float)), np.nan, array.astype(float)).tobytes(),
        array.shape,
        array.dtype,
    )


def assert_same(read: Trace, written: Trace) -> None:
    assert read.hyper == written.hyper
    assert bits(np.asarray(read.gradients)) == bits(written.gradients)
    assert bits(np.asarray(read.parameters)) == bits(written.parameters)


def a_trace(dtype: str = "float64", shape: tuple[int, ...] = (3,), steps: int = 4, seed: int = 0) -> Trace:
    rng = np.random.default_rng(seed)
    working = format_of(dtype).dtype
    gradients = rng.normal(size=(steps, *shape)).astype(working)
    return Trace(HYPER, gradients, rng.normal(size=(steps + 1, *shape)).astype(working))


def assert_refused(path: Path, message: str) -> None:
    with pytest.raises(TraceError, match=message) as caught:
        load(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
