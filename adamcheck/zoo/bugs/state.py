"""Bugs of the state: wrong counters, skipped steps, shared state."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from adamcheck.adam import Adam, State
from adamcheck.zoo.bugs import experiments as by
from adamcheck.zoo.bugs.bias_correction import SURVIVOR, SecondCorrectedOneStepAhead
from adamcheck.zoo.bugs.faulty import FaultyRun, TwoTensors
from adamcheck.zoo.bugs.registry import NO_REPORT, arithmetic, behaviour, formula


@behaviour(
    "step-per-tensor",
    "one counter for all tensors, incremented in each",
    "clab/dynet#77, flashlight/flashlight#143, DiffSharp/DiffSharp#292, mattn/tensai#130",
    exposes=by.ordinary,
)
class StepPerTensor(TwoTensors):
    """Two tensors show it (here: halves of the array)."""

    counted = 0

    def step_tensor(self, tensor: int, parameters: np.ndarray, gradient: np.ndarray) -> Any:
        self.states[tensor] = replace(self.states[tensor], step=self.counted)
        self.counted += 1
        return super().step_tensor(tensor, parameters, gradient)


@behaviour(
    "increment-not-idempotent",
    "from the second tensor on, beta2^t is multiplied once too often, beta1^t is not",
    "deepspeedai/DeepSpeed#7819, #7820",
    exposes=by.ordinary,
)
class IncrementNotIdempotent(TwoTensors):
    """Needs two tensors."""

    def step_tensor(self, tensor: int, parameters: np.ndarray, gradient: np.ndarray) -> Any:
        adam = SecondCorrectedOneStepAhead(self.hyper) if tensor else self.adam
        self.states[tensor], parameters = adam.step(self.states[tensor], parameters, gradient)
        return parameters


@arithmetic(
    "counter-wraps-at-256",
    "an 8-bit step counter wraps to 0 at step 256, where 1 - beta^0 divides",
    "of the kind of pytorch/ao#4915: a narrow counter",
    exposes=by.long,
)
class CounterWraps(Adam):
    """Longer runs show it."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        state, update = super().update(state, parameters, gradient)
        return replace(state, step=state.step % 256), update

    def correct_first(self, m: Any, t: Any) -> Any:
        return m / (np.float64(1) - self.hyper.beta1 ** (t % 256))

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v / (np.float64(1) - self.hyper.beta2 ** (t % 256))


@formula(
    "moments-restart",
    "m and v become 0 every 8 steps while t goes on",
    "an optimizer made anew for each epoch; CodefyUI/CodefyUI#147",
    exposes=by.ordinary,
)
class MomentsRestart(Adam):
    """The ninth step shows it."""

    def moments(self, state: State, g: Any) -> tuple[Any, Any]:
        if state.step % 8 == 0:
            state = replace(state, m=0 * state.m, v=0 * state.v)
        return super().moments(state, g)


@formula(
    "everything-restarts",
    "m, v and t become 0 every 8 steps",
    "an optimizer made anew for each epoch; CodefyUI/CodefyUI#147",
    exposes=by.ordinary,
)
class EverythingRestarts(Adam):
    """The ninth step shows it."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        if state.step % 8 == 0:
            state = replace(state.map(lambda x: 0 * x), step=0)
        return super().update(state, parameters, gradient)


def _where(condition: Any, new: State, old: State) -> State:
    """The new state in some coordinates, the old one in the others."""
    before = old.remembered
    return replace(new, **{x: np.where(condition, now, before[x]) for x, now in new.remembered.items()})


@arithmetic(
    "zero-gradient-freezes-coordinate",
    "where g is 0, neither m, v nor theta change",
    "tensorflow/tensorflow#6460: LazyAdam, unasked",
    exposes=by.zeros,
)
class ZeroGradientFreezesCoordinate(Adam):
    """A zero after a gradient shows it."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        after, update = super().update(state, parameters, gradient)
        return _where(gradient != 0, after, state), np.where(gradient != 0, update, np.zeros_like(update))


@arithmetic(
    "zero-gradient-skips-update",
    "where g is 0, theta does not change; m and v do",
    SURVIVOR,
    exposes=by.zeros,
)
class ZeroGradientSkipsUpdate(Adam):
    """A zero after a gradient shows it."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        after, update = super().update(state, parameters, gradient)
        return after, np.where(gradient != 0, update, np.zeros_like(update))


@arithmetic(
    "zero-step-skipped",
    "a step in which all gradients are 0 does not count",
    "chainer/chainer#1913, pytorch/pytorch#42754: no gradient and 0 confused",
    exposes=by.zero_steps,
)
class ZeroStepSkipped(Adam):
    """Only such a step shows it."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        if not np.any(gradient):
            return state, np.zeros_like(gradient)
        return super().update(state, parameters, gradient)


@behaviour(
    "coordinates-count-their-own-steps",
    "t counts from a coordinate's first gradient that is not 0",
    "InfiniTensor/InfiniTrain#235, NVIDIA/apex#1615: the other way round",
    by.zeros,
)
class CoordinatesCountTheirOwnSteps(FaultyRun):
    """A late coordinate shows it."""

    def step(self, gradient: np.ndarray) -> Any:
        seen = self.state.step if isinstance(self.state.step, np.ndarray) else np.zeros(gradient.shape)
        started = (seen > 0) | (gradient != 0)
        # A coordinate that has not started divides 0 by what it would in its first step.
        self.state = replace(self.state, step=np.where(started, seen, 0.0))
        super().step(gradient)
        self.state = replace(self.state, step=np.where(started, self.state.step, 0.0))
        return self.parameters


@arithmetic(
    "nan-becomes-zero",
    "a gradient that is NaN counts as 0",
    SURVIVOR + "; SlopDotCash/asi#71",
    exposes=by.not_a_number,
)
class NotANumberBecomesZero(Adam):
    """The run goes on as if nothing had happened."""

    def gradient(self, gradient: Any, parameters: Any) -> Any:
        return np.where(np.isnan(gradient), np.zeros_like(gradient), gradient)


@arithmetic(
    "nan-step-counts",
    "a step with a NaN leaves m, v and theta, and t advances",
    "facebookresearch/mmf#1073, of its kind",
    exposes=by.not_a_number,
)
class NotANumberStepCounts(Adam):
    """No NaN ever reaches the parameters."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        if np.isfinite(gradient).all():
            return super().update(state, parameters, gradient)
        return replace(state, step=state.step + 1), np.zeros_like(gradient)


@behaviour(
    "state-keyed-by-shape",
    "all runs with parameters of one shape share m, v and t",
    "tensorflow/tensorflow#34182, piergiaj/pytorch-i3d#38, of their kind",
    exposes=by.beside_another,
)
class StateKeyedByShape(FaultyRun):
    """A second run shows it."""

    def step(self, gradient: np.ndarray) -> Any:
        key = gradient.shape
        self.state = self.shared.get(key, self.state)
        super().step(gradient)
        self.shared[key] = self.state
        return self.parameters


@behaviour(
    "step-shared-by-runs",
    "all runs share one counter",
    "ikostrikov/pytorch-a3c#12, of its kind",
    exposes=by.beside_another,
)
class StepSharedByRuns(FaultyRun):
    """A second run shows it."""

    def step(self, gradient: np.ndarray) -> Any:
        self.state = replace(self.state, step=self.shared.get("step", 0))
        self.shared["step"] = self.state.step + 1
        return super().step(gradient)


@behaviour(
    "last-hyperparameters-win",
    "all runs use the hyperparameters of the run that was started last",
    "PaddlePaddle/Paddle#47352: group 0's for every group",
    exposes=by.beside_another,
)
class LastHyperparametersWin(FaultyRun):
    """A second run shows it."""

    def __init__(self, definition: Any, parameters: Any, hyper: Any, shared: dict[Any, Any]) -> None:
        super().__init__(definition, parameters, hyper, shared)
        shared["adam"] = self.adam

    def step(self, gradient: np.ndarray) -> Any:
        self.adam = self.shared["adam"]
        return super().step(gradient)


@behaviour(
    "first-step-only-allocates",
    "the first call makes the state and does nothing else",
    f"{NO_REPORT}: state made where it is missing",
    exposes=by.ordinary,
)
class FirstStepOnlyAllocates(FaultyRun):
    """The first step shows it."""

    ready = False

    def step(self, gradient: np.ndarray) -> Any:
        if self.ready:
            return super().step(gradient)
        self.ready = True
        return self.parameters
