"""Bugs between tensors: counters, gradients and states that meet the wrong tensor, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from adamcheck.zoo.bugs import tensors_experiments as by
from adamcheck.zoo.bugs.faulty_tensors import FaultyTensors
from adamcheck.zoo.bugs.registry import NO_REPORT, behaviour_of_tensors

Gradients = Sequence[np.ndarray | None]


@behaviour_of_tensors(
    "late-tensor-takes-the-common-count",
    "a tensor whose gradients come late uses the number of steps of the optimizer",
    "NVIDIA/apex#1615, InfiniTensor/InfiniTrain#235: t is counted for the group",
    exposes=by.late_tensor,
)
class LateTensorTakesTheCommonCount(FaultyTensors):
    """A tensor that misses its first gradients shows it."""

    steps = 0

    def step(self, gradients: Gradients) -> list[Any]:
        self.states = [replace(state, step=self.steps) for state in self.states]
        self.steps += 1
        return super().step(gradients)


@behaviour_of_tensors(
    "late-tensor-restarts-all-counts",
    "t of all tensors becomes 0 where a tensor gets its first gradient",
    f"{NO_REPORT}: the state is made for all tensors at once",
    exposes=by.beside_late,
)
class LateTensorRestartsAllCounts(FaultyTensors):
    """A tensor beside a late one shows it."""

    def step(self, gradients: Gradients) -> list[Any]:
        new = any(g is not None and not s.step for g, s in zip(gradients, self.states, strict=True))
        if new:
            self.states = [replace(state, step=0) for state in self.states]
        return super().step(gradients)


@behaviour_of_tensors(
    "late-tensor-empties-all-moments",
    "m and v of all tensors become 0 where a tensor gets its first gradient",
    f"{NO_REPORT}: one buffer for the moments of all, made anew where it grows",
    exposes=by.beside_late,
)
class LateTensorEmptiesAllMoments(FaultyTensors):
    """A tensor beside a late one shows it."""

    def step(self, gradients: Gradients) -> list[Any]:
        new = any(g is not None and not s.step for g, s in zip(gradients, self.states, strict=True))
        if new:
            self.states = [replace(state, m=0 * state.m, v=0 * state.v) for state in self.states]
        return super().step(gradients)


@behaviour_of_tensors(
    "missing-gradient-is-zero",
    "a tensor without a gradient takes a step with the gradient 0",
    "chainer/chainer#1913, pytorch/pytorch#42754",
    exposes=by.pausing_tensor,
)
class MissingGradientIsZero(FaultyTensors):
    """A tensor without a gradient moves."""

    def step(self, gradients: Gradients) -> list[Any]:
        filled = [np.zeros_like(p) if g is None else g for g, p in zip(gradients, self.tensors, strict=True)]
        return super().step(filled)


@behaviour_of_tensors(
    "missing-gradient-repeats",
    "a tensor without a gradient takes a step with its last one",
    "of the kind of pytorch/pytorch#42754: a gradient that is left over",
    exposes=by.pausing_tensor,
)
class MissingGradientRepeats(FaultyTensors):
    """A tensor without a gradient moves."""

    last: Gradients = ()

    def step(self, gradients: Gradients) -> list[Any]:
        kept = [*self.last, *[None] * (len(gradients) - len(self.last))]
        self.last = [k if g is None else g for g, k in zip(gradients, kept, strict=True)]
        return super().step(self.last)


@behaviour_of_tensors(
    "missing-gradient-decays-moments",
    "m and v of a tensor without a gradient decay",
    "chainer/chainer#1913, half of it",
    exposes=by.pausing_tensor,
)
class MissingGradientDecaysMoments(FaultyTensors):
    """The next gradient of that tensor shows it."""

    def step(self, gradients: Gradients) -> list[Any]:
        for tensor, gradient in enumerate(gradients):
            if gradient is None:
                state, hyper = self.states[tensor], self.adams[tensor].hyper
                self.states[tensor] = replace(state, m=hyper.beta1 * state.m, v=hyper.beta2 * state.v)
        return super().step(gradients)


@behaviour_of_tensors(
    "missing-gradient-ends-the-loop",
    "tensors after one without a gradient stay",
    f"{NO_REPORT}: break for continue",
    exposes=by.beside_pausing,
)
class MissingGradientEndsTheLoop(FaultyTensors):
    """A tensor after one without a gradient shows it."""

    def step(self, gradients: Gradients) -> list[Any]:
        ended, left = False, []
        for gradient in gradients:
            ended = ended or gradient is None
            left.append(None if ended else gradient)
        return super().step(left)


@behaviour_of_tensors(
    "missing-gradient-skips-the-step",
    "no tensor moves in a step in which some tensor has no gradient",
    f"{NO_REPORT}: a guard against incomplete gradients",
    exposes=by.before_pausing,
)
class MissingGradientSkipsTheStep(FaultyTensors):
    """A tensor beside one without a gradient shows it."""

    def step(self, gradients: Gradients) -> list[Any]:
        complete = all(gradient is not None for gradient in gradients)
        return super().step(gradients if complete else [None] * len(gradients))


@behaviour_of_tensors(
    "states-by-position-among-present",
    "states belong to positions among the tensors with a gradient",
    "tfjs adam_optimizer.ts, of its kind: moments are found by position",
    exposes=by.beside_pausing,
)
class StatesByPositionAmongPresent(FaultyTensors):
    """A tensor after one without a gradient shows it, where both have one shape."""

    def step(self, gradients: Gradients) -> list[Any]:
        present = [tensor for tensor, gradient in enumerate(gradients) if gradient is not None]
        for position, tensor in enumerate(present):
            gradient = gradients[tensor]
            assert gradient is not None
            fits = self.states[position].m.shape == gradient.shape
            self.swap(tensor, position if fits else tensor)
            self.move(tensor, gradient)
            self.swap(tensor, position if fits else tensor)
        return list(self.tensors)

    def swap(self, one: int, other: int) -> None:
        """Exchange the states of two tensors."""
        self.states[one], self.states[other] = self.states[other], self.states[one]


@behaviour_of_tensors(
    "last-tensor-forgotten",
    "the last of several tensors stays",
    f"{NO_REPORT}: range(len(tensors) - 1)",
    exposes=by.last_of_two,
)
class LastTensorForgotten(FaultyTensors):
    """Two tensors show it."""

    def step(self, gradients: Gradients) -> list[Any]:
        return super().step([*gradients[:-1], None] if len(gradients) > 1 else gradients)


@behaviour_of_tensors(
    "fourth-tensor-forgotten",
    "tensors from the fourth on stay",
    f"{NO_REPORT}: a kernel with room for three pointers",
    exposes=by.last_of_four,
)
class FourthTensorForgotten(FaultyTensors):
    """Four tensors show it."""

    def step(self, gradients: Gradients) -> list[Any]:
        return super().step([g if tensor < 3 else None for tensor, g in enumerate(gradients)])


@behaviour_of_tensors(
    "matrices-read-the-tensor-before",
    "a matrix takes the gradient of the tensor before, as far as that goes",
    "deepspeedai/DeepSpeed#1643, of its kind: a pointer that is not moved on",
    exposes=by.second_of_four,
)
class MatricesReadTheTensorBefore(FaultyTensors):
    """A matrix after another tensor shows it."""

    def step(self, gradients: Gradients) -> list[Any]:
        read = list(gradients)
        for tensor, (before, gradient) in enumerate(pairwise(gradients), 1):
            if before is not None and gradient is not None and gradient.ndim > 1:
                read[tensor] = np.resize(before, gradient.shape)
        return super().step(read)


@behaviour_of_tensors(
    "all-tensors-in-one-norm",
    "the gradients of all tensors are scaled to norm 1 where it is larger, if there are several",
    "Thinc clips at 1 by default; here where tensors are flattened",
    exposes=by.second_of_four,
)
class AllTensorsInOneNorm(FaultyTensors):
    """Two tensors with large gradients show it."""

    def step(self, gradients: Gradients) -> list[Any]:
        known = [gradient for gradient in gradients if gradient is not None]
        if len(gradients) < 2 or not known:
            return super().step(gradients)
        norm = max(1.0, float(np.sqrt(sum(np.sum(np.square(g.astype(np.float64))) for g in known))))
        return super().step([None if g is None else g / g.dtype.type(norm) for g in gradients])
