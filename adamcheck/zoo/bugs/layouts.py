"""Bugs of layouts: strides ignored, memory order for index order, axes treated differently."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from adamcheck.adam import State
from adamcheck.variants.dialects import NoBiasCorrection
from adamcheck.zoo.bugs import array_experiments as arrays
from adamcheck.zoo.bugs.faulty import FaultyRun
from adamcheck.zoo.bugs.registry import NO_REPORT, behaviour
from adamcheck.zoo.bugs.tensors import SomeElements


def in_memory(array: np.ndarray) -> np.ndarray:
    """What lies in memory from the first element of `array` on, in its shape; round its end to its begin."""
    whole = array if array.base is None else array.base
    flat = whole.reshape(-1, order="F" if whole.flags.f_contiguous else "C")
    at = (array.ctypes.data - whole.ctypes.data) // max(array.itemsize, 1)
    taken: np.ndarray = np.take(flat, at + np.arange(array.size), mode="wrap")
    return taken.reshape(array.shape)


def _contiguous(array: np.ndarray) -> bool:
    return bool(array.flags.c_contiguous or array.flags.f_contiguous)


class KnowsItsLayout(FaultyRun):
    """Remembers how its first parameters lie in memory."""

    def __init__(self, definition: Any, parameters: np.ndarray, hyper: Any, shared: dict[Any, Any]) -> None:
        super().__init__(definition, parameters, hyper, shared)
        self.contiguous = _contiguous(parameters)
        self.turned = bool(parameters.flags.f_contiguous and not parameters.flags.c_contiguous)
        self.aligned = parameters.ctypes.data % 16 == 0


@behaviour(
    "gradient-strides-ignored",
    "gradients are read from memory one after another, whatever their strides",
    "of the kind of pytorch/pytorch#106951: a kernel takes one layout for granted",
    exposes=arrays.gaps_both,
)
class GradientStridesIgnored(FaultyRun):
    """Only gradients that are not contiguous in index order show it."""

    def step(self, gradient: np.ndarray) -> Any:
        return super().step(in_memory(gradient))


@behaviour(
    "strided-v-not-updated",
    "v stays 0 where parameters are not contiguous",
    "pytorch/pytorch#118115: addcmul_ on MPS leaves exp_avg_sq as it was",
    exposes=arrays.gaps_both,
)
class StridedSecondMomentNotUpdated(KnowsItsLayout):
    """Only a view of another array shows it: steps of lr m_hat / eps."""

    def step(self, gradient: np.ndarray) -> Any:
        if self.contiguous:
            return super().step(gradient)
        m, before = self.state.m, self.parameters
        with np.errstate(all="ignore"):
            m = self.stored(self.adam.first_moment(m, self.downhill(gradient)))
            t = self.state.step + 1
            update = -self.hyper.lr * self.adam.correct_first(m, t) / self.hyper.eps
        self.state = replace(self.state, step=t, m=m)
        self.parameters = self.stored(before + update)
        return self.parameters


@behaviour(
    "strided-moments-not-kept",
    "m and v start from 0 in every step where parameters are not contiguous",
    "of the kind of pytorch/pytorch#118117: a contiguous copy is updated and forgotten",
    exposes=arrays.gaps_both,
)
class StridedMomentsNotKept(KnowsItsLayout):
    """Only a view of another array shows it, from its second step on."""

    def step(self, gradient: np.ndarray) -> Any:
        if not self.contiguous:
            self.state = replace(self.state, m=0 * self.state.m, v=0 * self.state.v)
        return super().step(gradient)


@behaviour(
    "strided-gradient-read-once",
    "where gradients are not contiguous, that of the first step is used in all",
    f"{NO_REPORT}: a contiguous copy that is made once",
    exposes=arrays.gaps_both,
)
class StridedGradientReadOnce(FaultyRun):
    """Only such gradients show it, from the second step on."""

    first: Any = None

    def step(self, gradient: np.ndarray) -> Any:
        if _contiguous(gradient):
            return super().step(gradient)
        self.first = gradient.copy() if self.first is None else self.first
        return super().step(self.first)


@behaviour(
    "strided-not-corrected",
    "parameters that are not contiguous take steps without bias correction",
    f"{NO_REPORT}: a slow path that nobody compares",
    exposes=arrays.gaps_both,
)
class StridedNotCorrected(KnowsItsLayout):
    """Only a view of another array shows it."""

    def __init__(self, definition: Any, parameters: np.ndarray, hyper: Any, shared: dict[Any, Any]) -> None:
        chosen = definition if _contiguous(parameters) else NoBiasCorrection
        super().__init__(chosen, parameters, hyper, shared)


@behaviour(
    "unaligned-element-skipped",
    "the first element stays where parameters do not begin at a multiple of 16 bytes",
    f"{NO_REPORT}: a loop that begins at the first aligned address",
    exposes=arrays.blocks_both,
)
class UnalignedElementSkipped(KnowsItsLayout):
    """Only a part of another array shows it."""

    def step(self, gradient: np.ndarray) -> Any:
        before = self.parameters
        after = super().step(gradient)
        if not self.aligned and gradient.size:
            self.parameters = after.copy()
            self.parameters.flat[0] = before.flat[0]
        return self.parameters


@behaviour(
    "column-major-moments-scrambled",
    "m and v of column-major parameters are stored in one order and read in the other",
    "ooples/AiDotNet.Tensors#322, of its kind: kernels walk memory",
    exposes=arrays.column_major_both,
)
class ColumnMajorMomentsScrambled(KnowsItsLayout):
    """Fortran order shows it, from the second step on."""

    def step(self, gradient: np.ndarray) -> Any:
        after = super().step(gradient)
        if self.turned:
            self.state = self.state.map(lambda x: np.array(x.reshape(-1).reshape(x.shape, order="F")))
        return after


@behaviour(
    "column-major-gradient-read-by-rows",
    "gradients in Fortran order are read as if their rows followed each other",
    "of the kind of pytorch/pytorch#106951: strides of the gradient are not looked at",
    exposes=arrays.column_major_both,
)
class ColumnMajorGradientReadByRows(FaultyRun):
    """Fortran order shows it."""

    def step(self, gradient: np.ndarray) -> Any:
        turned = gradient.flags.f_contiguous and not gradient.flags.c_contiguous
        read = gradient.reshape(-1, order="F").reshape(gradient.shape) if turned else gradient
        return super().step(np.array(read))


@behaviour(
    "one-v-per-row",
    "in matrices, v is averaged over each row",
    "zyushun/Adam-mini: one v per block, unasked",
    exposes=arrays.matrix,
)
class OneSecondMomentPerRow(FaultyRun):
    """Only matrices show it."""

    def step(self, gradient: np.ndarray) -> Any:
        if gradient.ndim < 2:
            return super().step(gradient)
        return self._step_with(np.mean(gradient * gradient, axis=-1, keepdims=True), gradient)

    def _step_with(self, square: np.ndarray, gradient: np.ndarray) -> Any:
        state, beta2 = self.state, self.hyper.beta2
        v = beta2 * state.v + (1 - beta2) * np.broadcast_to(square, gradient.shape)
        m, t = self.adam.first_moment(state.m, gradient), state.step + 1
        denominator = self.adam.denominator(self.adam.correct_second(state.peak, v, t)[1], t)
        update = -(self.hyper.lr * self.adam.correct_first(m, t) / denominator)
        self.state = State(t, self.stored(m), self.stored(v), state.peak)
        self.parameters = self.stored(self.parameters + update)
        return self.parameters


@behaviour(
    "v-factored",
    "in matrices, v is the product of its means over rows and columns",
    "Adafactor's second moment, in Adam",
    exposes=arrays.matrix,
)
class SecondMomentFactored(OneSecondMomentPerRow):
    """Only matrices show it; those of one row or column do not."""

    def step(self, gradient: np.ndarray) -> Any:
        if gradient.ndim < 2 or not np.any(gradient):
            return super().step(gradient)
        square = gradient * gradient
        rows, columns = np.mean(square, axis=-1, keepdims=True), np.mean(square, axis=-2, keepdims=True)
        return self._step_with(rows * columns / np.mean(square, axis=(-2, -1), keepdims=True), gradient)


@behaviour(
    "gradient-centralized",
    "in matrices, the mean over each row is taken off the gradient",
    "Yonghongwei/Gradient-Centralization, as in Ranger, here unasked",
    exposes=arrays.matrix,
)
class GradientCentralized(FaultyRun):
    """Only matrices show it."""

    def step(self, gradient: np.ndarray) -> Any:
        if gradient.ndim < 2:
            return super().step(gradient)
        return super().step(gradient - np.mean(gradient, axis=-1, keepdims=True).astype(gradient.dtype))


@behaviour(
    "matrix-transposed",
    "square matrices take the transposed gradient",
    f"{NO_REPORT}: two conventions for rows and columns",
    exposes=arrays.square,
)
class MatrixTransposed(FaultyRun):
    """Only square matrices show it."""

    def step(self, gradient: np.ndarray) -> Any:
        square = gradient.ndim == 2 and gradient.shape[0] == gradient.shape[1]
        return super().step(gradient.T.copy() if square else gradient)


@behaviour(
    "columns-use-their-first-gradient",
    "in arrays of shape (n, 1), every row takes the gradient of the first",
    f"{NO_REPORT}: an axis of size 1 is broadcast",
    exposes=arrays.column,
)
class ColumnsUseTheirFirstGradient(FaultyRun):
    """Only such arrays show it."""

    def step(self, gradient: np.ndarray) -> Any:
        flat = gradient.ndim == 2 and gradient.shape[-1] == 1 and gradient.size
        return super().step(np.broadcast_to(gradient[:1], gradient.shape).copy() if flat else gradient)


@behaviour(
    "first-slice-only",
    "of arrays with three axes and more, only the first slice moves",
    "of the kind of deepspeedai/DeepSpeed#5187: a loop over two axes",
    exposes=arrays.cube,
)
class FirstSliceOnly(SomeElements):
    """Matrices do not show it."""

    def moved(self, shape: tuple[int, ...]) -> np.ndarray:
        mask = np.ones(shape, bool)
        if len(shape) > 2:
            mask[1:] = False
        return mask


@behaviour(
    "scalars-not-corrected",
    "parameters of shape () take steps without bias correction",
    f"{NO_REPORT}: a path for numbers that are not arrays",
    exposes=arrays.scalar,
)
class ScalarsNotCorrected(FaultyRun):
    """Only they show it."""

    def __init__(self, definition: Any, parameters: np.ndarray, hyper: Any, shared: dict[Any, Any]) -> None:
        super().__init__(definition if parameters.shape else NoBiasCorrection, parameters, hyper, shared)
