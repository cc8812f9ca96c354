"""Arrays for implementations that write to what they are given."""

from __future__ import annotations

import numpy as np


def own(array: np.ndarray) -> np.ndarray:
    """A copy on memory of its own, laid out as the array is: what is strided stays strided."""
    if array.flags.forc or any(stride < 0 for stride in array.strides):
        return np.array(array)
    span = sum((n - 1) * stride for n, stride in zip(array.shape, array.strides, strict=True))
    memory = np.zeros(span + array.itemsize, np.uint8)
    copy: np.ndarray = np.ndarray(array.shape, array.dtype, memory.data, strides=array.strides)
    copy[...] = array
    return copy
