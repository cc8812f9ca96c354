"""Bugs that only large arrays show: indices that overflow, paths taken from some size on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from adamcheck.zoo.bugs import array_experiments as arrays
from adamcheck.zoo.bugs.arithmetic import through
from adamcheck.zoo.bugs.faulty import FaultyRun
from adamcheck.zoo.bugs.registry import NO_REPORT, behaviour
from adamcheck.zoo.bugs.tensors import SomeElements


@behaviour(
    "index-in-int16",
    "elements from number 32,768 on stay: their index is negative",
    "deepspeedai/DeepSpeed#7640, NVIDIA/TransformerEngine#3136: 2^31 elements, in small",
    exposes=arrays.int16_and_more,
)
class IndexInInt16(SomeElements):
    """Only arrays of more than 32,768 elements show it."""

    def moved(self, shape: tuple[int, ...]) -> np.ndarray:
        return (np.arange(int(np.prod(shape))) < 2**15).reshape(shape)


@behaviour(
    "index-in-uint16",
    "elements from number 65,536 on take the gradient of number i mod 65,536",
    "PaddlePaddle/Paddle#62461, in small: an index that wraps",
    exposes=arrays.uint16_and_more,
)
class IndexInUint16(FaultyRun):
    """Only arrays of more than 65,536 elements show it."""

    def step(self, gradient: np.ndarray) -> Any:
        flat = gradient.reshape(-1)
        return super().step(flat[np.arange(flat.size) % 2**16].reshape(gradient.shape))


@behaviour(
    "size-in-int16",
    "arrays of 32,768 elements and more stay: their size is negative",
    "deepspeedai/DeepSpeed#5187, in small: a size of 32 bits",
    exposes=arrays.int16_and_more,
)
class SizeInInt16(FaultyRun):
    """Only such arrays show it."""

    def step(self, gradient: np.ndarray) -> Any:
        before = self.parameters
        after = super().step(gradient)
        self.parameters = before if gradient.size >= 2**15 else after
        return self.parameters


@behaviour(
    "large-arrays-without-momentum",
    "arrays of 16,384 elements and more do not keep m",
    f"{NO_REPORT}: a state that is left out to save memory",
    exposes=arrays.int16_and_more,
)
class LargeArraysWithoutMomentum(FaultyRun):
    """Only such arrays show it, from the second step on."""

    def step(self, gradient: np.ndarray) -> Any:
        if gradient.size >= 2**14:
            self.state = replace(self.state, m=0 * self.state.m)
        return super().step(gradient)


@behaviour(
    "large-arrays-in-bfloat16",
    "m and v stored in bfloat16 in arrays of 16,384 elements and more",
    f"{NO_REPORT}: states rounded to save memory",
    exposes=arrays.int16_and_more,
)
class LargeArraysInBfloat16(FaultyRun):
    """Only such arrays show it, from the second step on."""

    def step(self, gradient: np.ndarray) -> Any:
        after = super().step(gradient)
        if gradient.size >= 2**14:
            self.state = self.state.map(lambda x: through(x, "bfloat16"))
        return after
