"""Arrays for implementations that write to their arguments."""

from __future__ import annotations

import numpy as np


def own(array: np.ndarray) -> np.ndarray:
    """A copy with its own memory, in the memory layout of the array, including its strides."""
    if array.flags.forc or any(stride < 0 for stride in array.strides):
        return np.array(array)
    span = sum((n - 1) * stride for n, stride in zip(array.shape, array.strides, strict=True))
    memory = np.zeros(span + array.itemsize, np.uint8)
    copy: np.ndarray = np.ndarray(array.shape, array.dtype, memory.data, strides=array.strides)
    copy[...] = array
    return copy
