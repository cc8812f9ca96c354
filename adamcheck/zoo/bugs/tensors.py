"""Bugs of arrays: elements, tensors and memory layouts that are left out."""

from __future__ import annotations

from typing import Any

import numpy as np

from adamcheck.variants.dialects import NoBiasCorrection
from adamcheck.zoo.bugs import array_experiments as arrays
from adamcheck.zoo.bugs import experiments as by
from adamcheck.zoo.bugs.bias_correction import OnlyFirstCorrected
from adamcheck.zoo.bugs.faulty import FaultyRun, TwoTensors
from adamcheck.zoo.bugs.registry import behaviour


class SomeElements(FaultyRun):
    """Moves only some elements; the others keep their values."""

    def moved(self, shape: tuple[int, ...]) -> np.ndarray:
        """Which elements are moved, as booleans of this shape."""
        raise NotImplementedError

    def step(self, gradient: np.ndarray) -> Any:
        before = self.parameters
        super().step(gradient)
        self.parameters = np.where(self.moved(gradient.shape), self.parameters, before)
        return self.parameters


@behaviour(
    "tail-not-updated",
    "the last n mod 8 elements stay",
    "bytedance/lightseq#98, deepspeedai/DeepSpeed#735: vectors of 8",
    exposes=arrays.seventeen,
)
class TailNotUpdated(SomeElements):
    """n = 17 shows it, n = 16 does not."""

    def moved(self, shape: tuple[int, ...]) -> np.ndarray:
        size = int(np.prod(shape))
        return (np.arange(size) < size - size % 8).reshape(shape)


@behaviour(
    "tail-not-corrected",
    "the last n mod 8 elements take a step without bias correction",
    "deepspeedai/DeepSpeed#1643, #735: the scalar path differs",
    exposes=arrays.seventeen,
)
class TailNotCorrected(FaultyRun):
    """n = 17 shows it, n = 16 does not."""

    def step(self, gradient: np.ndarray) -> Any:
        state, before = self.state, self.parameters
        super().step(gradient)
        with np.errstate(all="ignore"):
            _, other = NoBiasCorrection(self.hyper).step(state, before, gradient)
        size = gradient.size
        tail = (np.arange(size) >= size - size % 8).reshape(gradient.shape)
        self.parameters = np.where(tail, other, self.parameters)
        return self.parameters


@behaviour(
    "small-arrays-not-corrected",
    "v is not corrected in arrays of fewer than 4 elements",
    "bytedance/lightseq#98: fewer than 1024 elements",
    exposes=arrays.few,
)
class SmallArraysNotCorrected(FaultyRun):
    """One such array shows it."""

    def __init__(self, definition: Any, parameters: np.ndarray, hyper: Any, shared: dict[Any, Any]) -> None:
        chosen = OnlyFirstCorrected if parameters.size < 4 else definition
        super().__init__(chosen, parameters, hyper, shared)


@behaviour(
    "large-arrays-cut-off",
    "elements from the 1025th on stay",
    "deepspeedai/DeepSpeed#7640, NVIDIA/TransformerEngine#3136: 2^31 elements",
    exposes=arrays.many,
)
class LargeArraysCutOff(SomeElements):
    """Only a large array shows it."""

    def moved(self, shape: tuple[int, ...]) -> np.ndarray:
        return (np.arange(int(np.prod(shape))) < 1024).reshape(shape)


@behaviour(
    "first-row-only",
    "as many elements are moved as the first axis is long",
    "deepspeedai/DeepSpeed#5187, of its kind: size(0) for numel()",
    exposes=arrays.matrix,
)
class FirstAxisOnly(SomeElements):
    """Vectors do not show it."""

    def moved(self, shape: tuple[int, ...]) -> np.ndarray:
        count = shape[0] if shape else 1
        return (np.arange(int(np.prod(shape))) < count).reshape(shape)


@behaviour(
    "scalars-not-updated",
    "parameters of shape () stay",
    "of the kind of deepspeedai/DeepSpeed#5187: no axis, no element",
    exposes=arrays.scalar,
)
class ScalarsNotUpdated(SomeElements):
    """Only they show it."""

    def moved(self, shape: tuple[int, ...]) -> np.ndarray:
        return np.full(shape, bool(shape))


@behaviour(
    "first-tensor-only",
    "only the first tensor is moved",
    "PennyLaneAI/pennylane#1928: an index not incremented, in Adagrad",
    exposes=by.ordinary,
)
class FirstTensorOnly(TwoTensors):
    """Two tensors show it (here: halves of the array)."""

    def step_tensor(self, tensor: int, parameters: np.ndarray, gradient: np.ndarray) -> Any:
        moved = super().step_tensor(tensor, parameters, gradient)
        return parameters if tensor else moved


@behaviour(
    "moments-of-the-first-tensor",
    "all tensors of one size use m and v of the first",
    "deepspeedai/DeepSpeed#1643: a pointer into the first tensor",
    exposes=by.ordinary,
)
class MomentsOfTheFirstTensor(TwoTensors):
    """Two tensors show it (here: halves of the array)."""

    def step_tensor(self, tensor: int, parameters: np.ndarray, gradient: np.ndarray) -> Any:
        if self.states[0].m.shape != gradient.shape:
            return super().step_tensor(tensor, parameters, gradient)
        self.states[tensor] = self.states[0]
        moved = super().step_tensor(tensor, parameters, gradient)
        self.states[0] = self.states[tensor]
        return moved


@behaviour(
    "strided-not-updated",
    "parameters that are not contiguous stay",
    "pytorch/pytorch#118115, #118117: addcdiv_ on MPS",
    exposes=arrays.strided,
)
class StridedNotUpdated(FaultyRun):
    """Only a view of another array shows it."""

    def __init__(self, definition: Any, parameters: np.ndarray, hyper: Any, shared: dict[Any, Any]) -> None:
        super().__init__(definition, parameters, hyper, shared)
        self.contiguous = parameters.flags.c_contiguous or parameters.flags.f_contiguous

    def step(self, gradient: np.ndarray) -> Any:
        before = self.parameters
        after = super().step(gradient)
        if not self.contiguous:
            self.parameters = before
        return after if self.contiguous else before


@behaviour(
    "memory-order-for-index-order",
    "gradients meet parameters in the order in which these lie in memory",
    "ooples/AiDotNet.Tensors#322: kernels walk memory",
    exposes=arrays.column_major,
)
class MemoryOrderForIndexOrder(FaultyRun):
    """Fortran order shows it."""

    def __init__(self, definition: Any, parameters: np.ndarray, hyper: Any, shared: dict[Any, Any]) -> None:
        super().__init__(definition, parameters, hyper, shared)
        turned = parameters.flags.f_contiguous and not parameters.flags.c_contiguous
        self.order: Any = "F" if turned else "C"

    def step(self, gradient: np.ndarray) -> Any:
        in_memory = gradient.reshape(-1).reshape(gradient.shape, order=self.order)
        return super().step(np.array(in_memory))
