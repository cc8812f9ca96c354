"""Bugs of sizes: ends of vector loops, blocks and threads that are left out or done twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from adamcheck.variants.dialects import EpsilonHat, NoBiasCorrection
from adamcheck.zoo.bugs import array_experiments as arrays
from adamcheck.zoo.bugs import experiments as by
from adamcheck.zoo.bugs.arithmetic import in_eight_bits
from adamcheck.zoo.bugs.faulty import FaultyRun
from adamcheck.zoo.bugs.registry import NO_REPORT, behaviour
from adamcheck.zoo.bugs.tensors import SomeElements


class _Numbered(FaultyRun):
    """Treats elements by their numbers in index order."""

    def chosen(self, number: np.ndarray, size: int) -> Any:
        """Which elements are treated in another way, as booleans."""
        raise NotImplementedError

    @staticmethod
    def tail(number: np.ndarray, size: int, width: int) -> np.ndarray:
        """Which elements are left over by vectors of some width."""
        left_over: np.ndarray = number >= size - size % width
        return left_over

    def mask(self, gradient: np.ndarray) -> np.ndarray:
        """Which elements are treated in another way, in the shape of the gradient."""
        chosen: np.ndarray = self.chosen(np.arange(gradient.size), gradient.size)
        return chosen.reshape(gradient.shape)


class _Skipped(SomeElements, _Numbered):
    """Leaves some elements as they are."""

    def moved(self, shape: tuple[int, ...]) -> np.ndarray:
        return ~self.mask(np.empty(shape, np.int8))


class _Repeated(_Numbered):
    """Takes a second step with the same t in some elements."""

    def step(self, gradient: np.ndarray) -> Any:
        t, mask = self.state.step, self.mask(gradient)
        super().step(gradient)
        once, after = self.state, self.parameters
        self.state = replace(once, step=t)
        super().step(gradient)
        self.state = replace(
            once, m=np.where(mask, self.state.m, once.m), v=np.where(mask, self.state.v, once.v)
        )
        self.parameters = np.where(mask, self.parameters, after)
        return self.parameters


class _Otherwise(_Numbered):
    """Updates some elements by another definition."""

    other: Any = NoBiasCorrection

    def step(self, gradient: np.ndarray) -> Any:
        state, before = self.state, self.parameters
        super().step(gradient)
        with np.errstate(all="ignore"):
            _, other = self.other(self.hyper).step(state, before, gradient)
        self.parameters = self.stored(np.where(self.mask(gradient), other, self.parameters))
        return self.parameters


@behaviour(
    "tail-of-four-not-updated",
    "the last n mod 4 elements stay",
    "deepspeedai/DeepSpeed#735, of its kind: vectors of 4",
    exposes=by.seventeen,
)
class TailOfFour(_Skipped):
    """n = 17 shows it, n = 16 does not."""

    def chosen(self, number: np.ndarray, size: int) -> Any:
        return self.tail(number, size, 4)


@behaviour(
    "tail-of-sixteen-not-updated",
    "the last n mod 16 elements stay",
    "deepspeedai/DeepSpeed#735, of its kind: vectors of 16",
    exposes=by.seventeen,
)
class TailOfSixteen(_Skipped):
    """n = 17 shows it, n = 16 does not."""

    def chosen(self, number: np.ndarray, size: int) -> Any:
        return self.tail(number, size, 16)


@behaviour(
    "tail-stepped-twice",
    "the last n mod 8 elements take every step twice",
    "deepspeedai/DeepSpeed#735, the other way round: the scalar loop begins too early",
    exposes=by.seventeen,
)
class TailSteppedTwice(_Repeated):
    """n = 17 shows it, n = 16 does not."""

    def chosen(self, number: np.ndarray, size: int) -> Any:
        return self.tail(number, size, 8)


@behaviour(
    "last-vector-overlaps",
    "the last vector of 8 is shifted to the end, and steps some elements twice",
    f"{NO_REPORT}: an overlapping tail is right only where nothing is stored in place",
    exposes=arrays.hundred,
)
class LastVectorOverlaps(_Repeated):
    """n = 17 shows it, n = 16 does not."""

    def chosen(self, number: np.ndarray, size: int) -> Any:
        done = size - size % 8
        return (number >= size - 8) & (number < done) & (done < size) & (size > 8)


@behaviour(
    "tail-without-momentum",
    "the last n mod 8 elements do not keep m and v",
    "deepspeedai/DeepSpeed#1643, of its kind: the scalar path differs",
    exposes=by.seventeen,
)
class TailWithoutState(_Numbered):
    """n = 17 shows it, n = 16 does not."""

    def chosen(self, number: np.ndarray, size: int) -> Any:
        return self.tail(number, size, 8)

    def step(self, gradient: np.ndarray) -> Any:
        kept = (~self.mask(gradient)).astype(gradient.dtype)
        self.state = replace(self.state, m=self.state.m * kept, v=self.state.v * kept)
        return super().step(gradient)


@behaviour(
    "tail-with-eps-hat",
    "the last n mod 8 elements add eps before v is corrected",
    f"{NO_REPORT}: the scalar path was written by somebody else",
    exposes=by.seventeen,
)
class TailWithEpsilonHat(_Otherwise):
    """n = 17 shows it, n = 16 does not."""

    other = EpsilonHat

    def chosen(self, number: np.ndarray, size: int) -> Any:
        return self.tail(number, size, 8)


@behaviour(
    "last-element-forgotten",
    "the last of several elements stays",
    f"{NO_REPORT}: i < n - 1",
    exposes=by.ordinary,
)
class LastElementForgotten(_Skipped):
    """Two elements show it."""

    def chosen(self, number: np.ndarray, size: int) -> Any:
        return (number == size - 1) & (size > 1)


@behaviour(
    "first-element-twice",
    "the first of several elements takes every step twice",
    f"{NO_REPORT}: the loop begins where the peeled part had begun",
    exposes=by.ordinary,
)
class FirstElementTwice(_Repeated):
    """Two elements show it."""

    def chosen(self, number: np.ndarray, size: int) -> Any:
        return (number == 0) & (size > 1)


@behaviour(
    "odd-element-not-corrected",
    "the last element of an odd number takes a step without bias correction",
    f"{NO_REPORT}: a loop unrolled by two",
    exposes=by.few,
)
class OddElementNotCorrected(_Otherwise):
    """Three elements show it."""

    def chosen(self, number: np.ndarray, size: int) -> Any:
        return (number == size - 1) & (size % 2 == 1)


@behaviour(
    "single-element-not-corrected",
    "arrays of one element take steps without bias correction",
    f"{NO_REPORT}: a scalar path",
    exposes=arrays.single,
)
class SingleElementNotCorrected(_Otherwise):
    """One element shows it."""

    def chosen(self, number: np.ndarray, size: int) -> Any:
        return np.full(number.shape, size == 1)


@behaviour(
    "last-block-forgotten",
    "in arrays of more than 1024 elements, the last n mod 1024 elements stay",
    "of the kind of bytedance/lightseq#98: blocks of 1024",
    exposes=arrays.blocks,
)
class LastBlockForgotten(_Skipped):
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
class ThreadsLeaveTheRest(_Skipped):
    """n = 130 shows it, n = 128 does not."""

    def chosen(self, number: np.ndarray, size: int) -> Any:
        return self.tail(number, size, 4) & (size >= 64)


@behaviour(
    "threads-overlap",
    "in arrays of 64 elements and more, the first element of the second thread takes every step twice",
    f"{NO_REPORT}: work divided with ends that count in",
    exposes=arrays.hundred,
)
class ThreadsOverlap(_Repeated):
    """n = 130 shows it."""

    def chosen(self, number: np.ndarray, size: int) -> Any:
        return (number == -(-size // 4)) & (size >= 64)


@behaviour(
    "parallel-from-4096-not-corrected",
    "arrays of 4096 elements and more take steps without bias correction",
    "ooples/AiDotNet.Tensors#350, of its kind: a parallel path that differs",
    exposes=arrays.thousands,
)
class ParallelNotCorrected(_Otherwise):
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
