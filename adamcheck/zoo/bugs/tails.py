"""Bugs of vector loops: ends that are left out, done twice or done otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from adamcheck.variants.dialects import EpsilonHat, NoBiasCorrection
from adamcheck.zoo.bugs import array_experiments as arrays
from adamcheck.zoo.bugs import experiments as by
from adamcheck.zoo.bugs.faulty import FaultyRun
from adamcheck.zoo.bugs.registry import NO_REPORT, behaviour
from adamcheck.zoo.bugs.tensors import SomeElements


class Numbered(FaultyRun):
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


class Skipped(SomeElements, Numbered):
    """Leaves some elements as they are."""

    def moved(self, shape: tuple[int, ...]) -> np.ndarray:
        return ~self.mask(np.empty(shape, np.int8))


class Repeated(Numbered):
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


class Otherwise(Numbered):
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
    exposes=arrays.seventeen,
)
class TailOfFour(Skipped):
    """n = 17 shows it, n = 16 does not."""

    def chosen(self, number: np.ndarray, size: int) -> Any:
        return self.tail(number, size, 4)


@behaviour(
    "tail-of-sixteen-not-updated",
    "the last n mod 16 elements stay",
    "deepspeedai/DeepSpeed#735, of its kind: vectors of 16",
    exposes=arrays.twelve,
)
class TailOfSixteen(Skipped):
    """n = 12 shows it, n = 16 does not."""

    def chosen(self, number: np.ndarray, size: int) -> Any:
        return self.tail(number, size, 16)


@behaviour(
    "tail-stepped-twice",
    "the last n mod 8 elements take every step twice",
    "deepspeedai/DeepSpeed#735, the other way round: the scalar loop begins too early",
    exposes=arrays.seventeen,
)
class TailSteppedTwice(Repeated):
    """n = 17 shows it, n = 16 does not."""

    def chosen(self, number: np.ndarray, size: int) -> Any:
        return self.tail(number, size, 8)


@behaviour(
    "last-vector-overlaps",
    "the last vector of 8 is shifted to the end, and steps some elements twice",
    f"{NO_REPORT}: an overlapping tail is right only where nothing is stored in place",
    exposes=arrays.hundred,
)
class LastVectorOverlaps(Repeated):
    """n = 17 shows it, n = 16 does not."""

    def chosen(self, number: np.ndarray, size: int) -> Any:
        done = size - size % 8
        return (number >= size - 8) & (number < done) & (done < size) & (size > 8)


@behaviour(
    "tail-without-momentum",
    "the last n mod 8 elements do not keep m and v",
    "deepspeedai/DeepSpeed#1643, of its kind: the scalar path differs",
    exposes=arrays.seventeen,
)
class TailWithoutState(Numbered):
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
    exposes=arrays.seventeen,
)
class TailWithEpsilonHat(Otherwise):
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
class LastElementForgotten(Skipped):
    """Two elements show it."""

    def chosen(self, number: np.ndarray, size: int) -> Any:
        return (number == size - 1) & (size > 1)


@behaviour(
    "first-element-twice",
    "the first of several elements takes every step twice",
    f"{NO_REPORT}: the loop begins where the peeled part had begun",
    exposes=by.ordinary,
)
class FirstElementTwice(Repeated):
    """Two elements show it."""

    def chosen(self, number: np.ndarray, size: int) -> Any:
        return (number == 0) & (size > 1)


@behaviour(
    "odd-element-not-corrected",
    "the last element of an odd number takes a step without bias correction",
    f"{NO_REPORT}: a loop unrolled by two",
    exposes=arrays.few,
)
class OddElementNotCorrected(Otherwise):
    """Three elements show it."""

    def chosen(self, number: np.ndarray, size: int) -> Any:
        return (number == size - 1) & (size % 2 == 1)


@behaviour(
    "single-element-not-corrected",
    "arrays of one element take steps without bias correction",
    f"{NO_REPORT}: a scalar path",
    exposes=arrays.single,
)
class SingleElementNotCorrected(Otherwise):
    """One element shows it."""

    def chosen(self, number: np.ndarray, size: int) -> Any:
        return np.full(number.shape, size == 1)
