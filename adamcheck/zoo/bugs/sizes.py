"""Bugs of sizes: blocks and threads that are left out or done twice, paths taken from some size on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from adamcheck.zoo.bugs import array_experiments as arrays
from adamcheck.zoo.bugs.arithmetic import in_eight_bits
from adamcheck.zoo.bugs.faulty import FaultyRun
from adamcheck.zoo.bugs.registry import NO_REPORT, behaviour
from adamcheck.zoo.bugs.tails import Otherwise, Repeated, Skipped


@behaviour(
    "last-block-forgotten",
    "in arrays of more than 1024 elements, the last n mod 1024 elements stay",
    "of the kind of bytedance/lightseq#98: blocks of 1024",
    exposes=arrays.blocks,
)
class LastBlockForgotten(Skipped):
    """n = 2500 shows it, n = 2048 does not."""

    def chosen(self, number: np.ndarray, size: int) -> Any:
        return self.tail(number, size, 1024) & (size > 1024)


@behaviour(
    "second-block-reads-the-first",
    "elements from the 1025th on take the gradients of the first ones",
    "deepspeedai/DeepSpeed#1643, of its kind: a pointer that is not moved on",
    exposes=arrays.blocks,
)
class SecondBlockReadsTheFirst(FaultyRun):
    """Only a large array shows it."""

    def step(self, gradient: np.ndarray) -> Any:
        flat = gradient.reshape(-1)
        return super().step(flat[np.arange(flat.size) % 1024].reshape(gradient.shape))


@behaviour(
    "index-in-uint8",
    "elements from the 257th on take the gradient of number i mod 256",
    "deepspeedai/DeepSpeed#7640, in small: an index that wraps",
    exposes=arrays.blocks,
)
class IndexInUint8(FaultyRun):
    """More than 256 elements show it."""

    def step(self, gradient: np.ndarray) -> Any:
        flat = gradient.reshape(-1)
        return super().step(flat[np.arange(flat.size) % 256].reshape(gradient.shape))


@behaviour(
    "blocks-count-steps",
    "t advances in each block of 1024 elements",
    "flashlight/flashlight#143, of its kind: the counter is inside the loop",
    exposes=arrays.blocks,
)
class BlocksCountSteps(FaultyRun):
    """More than 1024 elements show it."""

    def step(self, gradient: np.ndarray) -> Any:
        blocks = max(1, -(-gradient.size // 1024))
        block = (np.arange(gradient.size) // 1024).reshape(gradient.shape)
        calls = self.state.step if isinstance(self.state.step, int) else int(np.min(self.state.step))
        self.state = replace(self.state, step=calls + block if blocks > 1 else calls)
        super().step(gradient)
        self.state = replace(self.state, step=calls + blocks)
        return self.parameters


@behaviour(
    "threads-leave-the-rest",
    "in arrays of 64 elements and more, the last n mod 4 elements stay: four threads take n // 4 each",
    f"{NO_REPORT}: work divided without its remainder",
    exposes=arrays.hundred,
)
class ThreadsLeaveTheRest(Skipped):
    """n = 130 shows it, n = 128 does not."""

    def chosen(self, number: np.ndarray, size: int) -> Any:
        return self.tail(number, size, 4) & (size >= 64)


@behaviour(
    "threads-overlap",
    "in arrays of 64 elements and more, the first element of the second thread takes every step twice",
    f"{NO_REPORT}: work divided with ends that count in",
    exposes=arrays.hundred,
)
class ThreadsOverlap(Repeated):
    """n = 130 shows it."""

    def chosen(self, number: np.ndarray, size: int) -> Any:
        return (number == -(-size // 4)) & (size >= 64)


@behaviour(
    "parallel-from-4096-not-corrected",
    "arrays of 4096 elements and more take steps without bias correction",
    "ooples/AiDotNet.Tensors#350, of its kind: a parallel path that differs",
    exposes=arrays.thousands,
)
class ParallelNotCorrected(Otherwise):
    """4096 elements show it."""

    def chosen(self, number: np.ndarray, size: int) -> Any:
        return np.full(number.shape, size >= 4096)


@behaviour(
    "eight-bits-from-4096",
    "m and v stored in 8 bits in arrays of 4096 elements and more",
    "bitsandbytes: min_8bit_size = 4096, unasked",
    exposes=arrays.thousands,
)
class EightBitsFrom4096(FaultyRun):
    """4096 elements show it."""

    def step(self, gradient: np.ndarray) -> Any:
        after = super().step(gradient)
        if gradient.size >= 4096:
            self.state = self.state.map(in_eight_bits)
        return after
