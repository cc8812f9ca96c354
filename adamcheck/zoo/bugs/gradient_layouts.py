"""Bugs of gradients that are laid out in memory unlike their parameters, and of arrays that run backwards."""

from __future__ import annotations

from typing import Any

import numpy as np

from adamcheck.zoo.bugs import array_experiments as arrays
from adamcheck.zoo.bugs.faulty import FaultyRun
from adamcheck.zoo.bugs.layouts import KnowsItsLayout
from adamcheck.zoo.bugs.registry import NO_REPORT, behaviour


def _backwards(array: np.ndarray) -> bool:
    return any(stride < 0 for stride in array.strides)


def _repeated(array: np.ndarray) -> bool:
    return any(stride == 0 and length > 1 for stride, length in zip(array.strides, array.shape, strict=True))


def _turned(array: np.ndarray) -> bool:
    return bool(array.flags.f_contiguous and not array.flags.c_contiguous)


@behaviour(
    "gradient-in-the-order-of-parameters",
    "gradients are walked in memory order, as are parameters, whatever the layout of each",
    "pytorch/pytorch#106951: a stride of the gradient is not that of the tensor",
    exposes=arrays.column_major_gradient,
)
class GradientInTheOrderOfParameters(KnowsItsLayout):
    """Only a gradient in another order than its parameter shows it."""

    def step(self, gradient: np.ndarray) -> Any:
        if _turned(gradient) == self.turned:
            return super().step(gradient)
        flat = gradient.reshape(-1, order="F" if _turned(gradient) else "C")
        return super().step(np.array(flat.reshape(gradient.shape, order="F" if self.turned else "C")))


@behaviour(
    "column-major-gradient-dropped",
    "a gradient in Fortran order counts as 0 where the parameter is in C order",
    "of the kind of pytorch/pytorch#110758: layouts that differ are refused, here in silence",
    exposes=arrays.column_major_gradient,
)
class ColumnMajorGradientDropped(KnowsItsLayout):
    """Only a gradient in another order than its parameter shows it."""

    def step(self, gradient: np.ndarray) -> Any:
        other = _turned(gradient) and not self.turned
        return super().step(np.zeros_like(gradient) if other else gradient)


@behaviour(
    "moments-in-the-order-of-gradients",
    "m and v are stored in the order of the gradient and read in that of the parameter",
    f"{NO_REPORT}: zeros_like keeps the layout of what it is given",
    exposes=arrays.column_major_gradient,
)
class MomentsInTheOrderOfGradients(KnowsItsLayout):
    """Only a gradient in another order than its parameter shows it, from the second step on."""

    def step(self, gradient: np.ndarray) -> Any:
        after = super().step(gradient)
        if _turned(gradient) and not self.turned:
            self.state = self.state.map(lambda x: np.array(x.reshape(-1, order="F").reshape(x.shape)))
        return after


@behaviour(
    "negative-strides-forwards",
    "gradients with negative strides are read in the order of memory",
    f"{NO_REPORT}: the sign of a stride is lost",
    exposes=arrays.backward_gradient,
)
class NegativeStridesForwards(FaultyRun):
    """Only such gradients show it."""

    def step(self, gradient: np.ndarray) -> Any:
        axes = tuple(axis for axis, stride in enumerate(gradient.strides) if stride < 0)
        return super().step(np.flip(gradient, axes) if axes else gradient)


@behaviour(
    "negative-strides-not-updated",
    "parameters stay where a gradient has negative strides",
    f"{NO_REPORT}: a loop that ends before it begins",
    exposes=arrays.backward_gradient,
)
class NegativeStridesNotUpdated(FaultyRun):
    """Only such gradients show it."""

    def step(self, gradient: np.ndarray) -> Any:
        before = self.parameters
        after = super().step(gradient)
        self.parameters = before if _backwards(gradient) else after
        return self.parameters


@behaviour(
    "broadcast-gradient-once",
    "of a gradient that repeats one number by a stride of 0, only the first element is used",
    "of the kind of pytorch/pytorch#106951: an expanded gradient",
    exposes=arrays.broadcast_gradient,
)
class BroadcastGradientOnce(FaultyRun):
    """Only such a gradient shows it."""

    def step(self, gradient: np.ndarray) -> Any:
        if not _repeated(gradient):
            return super().step(gradient)
        first = np.zeros_like(gradient, order="C", subok=False)
        first.flat[0] = gradient.flat[0]
        return super().step(first)


@behaviour(
    "broadcast-gradient-divided",
    "a gradient that repeats one number by a stride of 0 is divided by its size",
    f"{NO_REPORT}: a mean that was taken already",
    exposes=arrays.broadcast_gradient,
)
class BroadcastGradientDivided(FaultyRun):
    """Only such a gradient shows it, beside others or near eps."""

    def step(self, gradient: np.ndarray) -> Any:
        share = gradient / gradient.dtype.type(gradient.size) if _repeated(gradient) else gradient
        return super().step(share)


@behaviour(
    "strided-gradient-dropped",
    "a gradient that is not contiguous counts as 0 where the parameter is",
    "of the kind of pytorch/pytorch#118117: an operation that does nothing for strides",
    exposes=arrays.gradient_with_gaps,
)
class StridedGradientDropped(KnowsItsLayout):
    """Only a gradient in another layout than its parameter shows it."""

    def step(self, gradient: np.ndarray) -> Any:
        contiguous = gradient.flags.c_contiguous or gradient.flags.f_contiguous
        other = self.contiguous and not contiguous
        return super().step(np.zeros_like(gradient) if other else gradient)


@behaviour(
    "read-only-gradient-taken-for-constant",
    "a gradient that cannot be written counts as that of the first step",
    f"{NO_REPORT}: what cannot change is read once",
    exposes=arrays.read_only_gradient,
)
class ReadOnlyGradientTakenForConstant(FaultyRun):
    """Only such gradients show it, from the second step on."""

    first: Any = None

    def step(self, gradient: np.ndarray) -> Any:
        if gradient.flags.writeable:
            return super().step(gradient)
        self.first = gradient.copy() if self.first is None else self.first
        return super().step(self.first)


@behaviour(
    "four-axes-channels-first",
    "arrays with four axes are read as if their second axis were the last",
    "of the kind of ROCm/apex#97: channels_last gradients of NHWC models",
    exposes=arrays.four_axes,
)
class FourAxesChannelsFirst(FaultyRun):
    """Only arrays with four axes show it."""

    def step(self, gradient: np.ndarray) -> Any:
        if gradient.ndim != 4:
            return super().step(gradient)
        return super().step(np.array(np.moveaxis(gradient, 1, -1).reshape(gradient.shape)))


@behaviour(
    "more-axes-than-five-not-updated",
    "arrays with more than five axes stay",
    f"{NO_REPORT}: a kernel with room for five strides",
    exposes=arrays.six_axes,
)
class MoreAxesThanFiveNotUpdated(FaultyRun):
    """Only such arrays show it."""

    def step(self, gradient: np.ndarray) -> Any:
        before = self.parameters
        after = super().step(gradient)
        self.parameters = before if gradient.ndim > 5 else after
        return self.parameters
