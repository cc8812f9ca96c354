"""Experiments with arrays: sizes, axes, and memory layouts of parameters and gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from adamcheck.targets.base import Target
from adamcheck.traces.trace import Trace
from adamcheck.zoo.bugs.experiment import DYADIC, Experiment, along, free

_SHAPES = "updates-are-enclosed-in-arrays-of-any-shape"
_LARGE = "updates-are-enclosed-in-large-arrays"
_PARTS = "updates-are-enclosed-in-parts-of-arrays"
_COLUMN_MAJOR = "updates-are-enclosed-in-column-major-arrays"

single = along("single", "one coordinate", DYADIC, free(8, 1))
hundred = along("hundred", "130 coordinates", DYADIC, free(6, 130), asked_by=_SHAPES)
blocks = along("blocks", "2500 coordinates", DYADIC, free(4, 2500), asked_by=_LARGE)
thousands = along("thousands", "4100 coordinates", DYADIC, free(3, 4100), asked_by=_LARGE)
column = along("column", "parameters of shape (5, 1)", DYADIC, free(8, 5, 1), asked_by=_SHAPES)
square = along("square", "parameters of shape (3, 3)", DYADIC, free(8, 3, 3), asked_by=_SHAPES)
cube = along("cube", "parameters of shape (2, 3, 4)", DYADIC, free(8, 2, 3, 4), asked_by=_SHAPES)

_Arrange = Callable[[np.ndarray], np.ndarray]


def _laid_out(
    name: str,
    says: str,
    parameters: _Arrange,
    gradients: _Arrange,
    asked_by: str,
) -> Experiment:
    """Steps of a matrix with its parameters and its gradients in layouts of their own."""

    def use(target: Target, dtype: np.dtype[Any]) -> Trace:
        due, start = free(8, 4, 3).astype(dtype), np.zeros((4, 3), dtype)
        run = target.start(parameters(start), DYADIC)
        rows = [start, *(np.array(run.step(gradients(g))) for g in due)]
        return Trace(DYADIC, due, np.stack(rows))

    return Experiment(name, says, use, asked_by=asked_by)


def _every_second(array: np.ndarray) -> np.ndarray:
    """Every second element of an array, with other numbers between them."""
    between = np.stack([array, array + 1], axis=-1)
    return between.reshape(*array.shape[:-1], -1)[..., ::2]


def _a_block(array: np.ndarray) -> np.ndarray:
    return np.pad(array, ((0, 0), (1, 1)))[:, 1:-1]


column_major_both = _laid_out(
    "column-major both",
    "parameters and gradients in Fortran order",
    np.asfortranarray,
    np.asfortranarray,
    _COLUMN_MAJOR,
)
gaps_both = _laid_out(
    "gaps", "parameters and gradients that are every second element", _every_second, _every_second, _PARTS
)
blocks_both = _laid_out(
    "blocks of matrices", "parameters and gradients that are parts of matrices", _a_block, _a_block, _PARTS
)
