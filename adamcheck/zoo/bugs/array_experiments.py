"""Experiments with arrays: sizes, axes, and memory layouts of parameters and gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from adamcheck.targets.base import Target
from adamcheck.traces.trace import Trace
from adamcheck.zoo.bugs.experiment import DYADIC, Experiment, along, free

_EVERY_KIND = "updates-are-enclosed-in-arrays-of-every-kind"
_SHAPES = "updates-are-enclosed-in-arrays-of-any-shape"
_LARGE = "updates-are-enclosed-in-large-arrays"
_PARTS = "updates-are-enclosed-in-parts-of-arrays"
_COLUMN_MAJOR = "updates-are-enclosed-in-column-major-arrays"

seventeen = along("seventeen", "17 coordinates", DYADIC, free(8, 17))
many = along(
    "many", "1100 coordinates", DYADIC, free(4, 1100), asked_by="updates-are-enclosed-in-large-arrays"
)
twelve = along("twelve", "12 coordinates", DYADIC, free(8, 12))
few = along("few", "3 coordinates", DYADIC, free(8, 3))
matrix = along(
    "matrix",
    "parameters of shape (4, 3)",
    DYADIC,
    free(8, 4, 3),
    asked_by="updates-are-enclosed-in-arrays-of-any-shape",
)
scalar = along(
    "scalar",
    "parameters of shape ()",
    DYADIC,
    free(8),
    asked_by="updates-are-enclosed-in-arrays-without-axes",
)
single = along("single", "one coordinate", DYADIC, free(8, 1))
hundred = along("hundred", "130 coordinates", DYADIC, free(6, 130), asked_by=_EVERY_KIND)
blocks = along("blocks", "2500 coordinates", DYADIC, free(4, 2500), asked_by=_LARGE)
thousands = along("thousands", "4100 coordinates", DYADIC, free(3, 4100), asked_by=_LARGE)
column = along("column", "parameters of shape (5, 1)", DYADIC, free(8, 5, 1), asked_by=_SHAPES)
square = along("square", "parameters of shape (3, 3)", DYADIC, free(8, 3, 3), asked_by=_EVERY_KIND)
cube = along("cube", "parameters of shape (2, 3, 4)", DYADIC, free(8, 2, 3, 4), asked_by=_EVERY_KIND)

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


def _repeated(array: np.ndarray) -> np.ndarray:
    return np.repeat(array, 2, axis=1)[:, ::2]


def _a_block(array: np.ndarray) -> np.ndarray:
    return np.pad(array, ((0, 0), (1, 1)))[:, 1:-1]


column_major = _laid_out(
    "column-major", "parameters in Fortran order", np.asfortranarray, np.copy, _COLUMN_MAJOR
)
strided = _laid_out(
    "strided", "parameters that are every second element of an array", _repeated, np.copy, _PARTS
)
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

four_axes = along(
    "four axes", "parameters of shape (2, 3, 2, 2)", DYADIC, free(6, 2, 3, 2, 2), asked_by=_EVERY_KIND
)
six_axes = along(
    "six axes",
    "parameters of shape (1, 2, 1, 3, 2, 2)",
    DYADIC,
    free(6, 1, 2, 1, 3, 2, 2),
    asked_by=_EVERY_KIND,
)
int16_and_more = along(
    "40000", "40,000 coordinates", DYADIC, free(2, 40_000), asked_by=_EVERY_KIND, long=True
)
uint16_and_more = along(
    "66000", "66,000 coordinates", DYADIC, free(2, 66_000), asked_by=_EVERY_KIND, long=True
)


def _row_major(array: np.ndarray) -> np.ndarray:
    return np.array(array, order="C")


def _backwards(array: np.ndarray) -> np.ndarray:
    return np.flip(np.flip(array).copy())


def _read_only(array: np.ndarray) -> np.ndarray:
    copy = array.copy()
    copy.flags.writeable = False
    return copy


column_major_gradient = _laid_out(
    "column-major gradient", "gradients in Fortran order", _row_major, np.asfortranarray, _EVERY_KIND
)
backward_gradient = _laid_out(
    "backward gradient", "gradients with negative strides", _row_major, _backwards, _EVERY_KIND
)
gradient_with_gaps = _laid_out(
    "gradient with gaps", "gradients that are every second element", _row_major, _every_second, _EVERY_KIND
)
read_only_gradient = _laid_out(
    "read-only gradient", "gradients that cannot be written", _row_major, _read_only, _EVERY_KIND
)


def _broadcast(target: Target, dtype: np.dtype[Any]) -> Trace:
    numbers, start = free(8).astype(dtype), np.zeros((4, 3), dtype)
    numbers[::2] *= 64
    run = target.start(start.copy(), DYADIC)
    due = [np.broadcast_to(number, start.shape) for number in numbers]
    rows = [start, *(np.array(run.step(gradient)) for gradient in due)]
    return Trace(DYADIC, np.stack(due), np.stack(rows))


broadcast_gradient = Experiment(
    "broadcast gradient", "gradients that repeat one number", _broadcast, asked_by=_EVERY_KIND
)
