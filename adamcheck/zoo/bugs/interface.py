"""Bugs of the interface: ignored or overwritten arguments, results that change, late schedules."""

from __future__ import annotations

from typing import Any

import numpy as np

from adamcheck.adam import Adam, Hyperparameters, State
from adamcheck.variants.dialects import InverseRootRate
from adamcheck.zoo.bugs import experiments as by
from adamcheck.zoo.bugs.faulty import FaultyRun
from adamcheck.zoo.bugs.registry import NO_REPORT, behaviour, formula


@formula(
    "lr-ignored",
    "lr = 0.001, whatever value is requested",
    "kelvinxu/arctic-captions#34, torch/optim#148",
    exposes=by.ordinary,
)
class RateIgnored(Adam):
    """Any other lr shows it."""

    def __init__(self, hyper: Hyperparameters) -> None:
        super().__init__(hyper.replace(lr=0 * hyper.lr + 0.001))


@formula(
    "betas-ignored",
    "beta1 = 0.9 and beta2 = 0.999, whatever value is requested",
    "google/objax#93, Nerogar/OneTrainer#153",
    exposes=by.ordinary,
)
class BetasIgnored(Adam):
    """Any other beta shows it."""

    def __init__(self, hyper: Hyperparameters) -> None:
        super().__init__(hyper.replace(beta1=0 * hyper.beta1 + 0.9, beta2=0 * hyper.beta2 + 0.999))


@formula(
    "schedule-read-early",
    "the learning rate of step t + 1",
    "google-deepmind/optax#415, google-deepmind/optax#1744",
    exposes=by.ordinary,
    of="inverse-root-lr",
)
class ScheduleReadEarly(InverseRootRate):
    """Only a schedule shows it."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        state, update = super().update(state, parameters, gradient)
        return state, update * (state.step / (state.step + 1.0)) ** 0.5


@formula(
    "schedule-read-late",
    "the learning rate of step t - 1, in the first step that of step 1",
    "pytorch/torchtitan#1010, of its kind",
    exposes=by.ordinary,
    of="inverse-root-lr",
)
class ScheduleReadLate(InverseRootRate):
    """Only a schedule shows it."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        state, update = super().update(state, parameters, gradient)
        return state, update * (state.step / max(state.step - 1.0, 1.0)) ** 0.5


@formula(
    "schedule-ignored",
    "the learning rate of step 1 forever",
    f"{NO_REPORT}: the rate is read once",
    exposes=by.ordinary,
    of="inverse-root-lr",
)
class ScheduleIgnored(Adam):
    """Only a schedule shows it."""


@behaviour(
    "gradient-decayed-in-place",
    "lambda theta is added to the caller's array",
    "pytorch/pytorch#12107, pytorch/pytorch#12218",
    by.same_gradient,
    of="adam-l2",
)
class GradientDecayedInPlace(FaultyRun):
    """The gradient given shows it, or giving it again."""

    def step(self, gradient: np.ndarray) -> Any:
        before = self.parameters
        after = super().step(gradient.copy())
        gradient += self.hyper.weight_decay * before
        return after


@behaviour(
    "gradient-zeroed",
    "the caller's gradient is 0 after the step",
    "Thinc clears the caller's gradient",
    exposes=by.same_gradient,
    of="adam-l2",
)
class GradientZeroed(FaultyRun):
    """The gradient given shows it, or giving it again."""

    def step(self, gradient: np.ndarray) -> Any:
        after = super().step(gradient.copy())
        gradient[...] = 0
        return after


@behaviour(
    "gradient-clipped-in-place",
    "the caller's gradient lies in [-1, 1] after the step",
    "jolibrain/deepdetect#950: grad.clamp_",
    exposes=by.same_gradient,
    of="adam-l2",
)
class GradientClippedInPlace(FaultyRun):
    """Giving one array again shows it."""

    def step(self, gradient: np.ndarray) -> Any:
        after = super().step(gradient.copy())
        np.clip(gradient, -1, 1, out=gradient)
        return after


@behaviour(
    "gradients-kept-by-reference",
    "the moments are computed from all gradients given, read again each time",
    f"{NO_REPORT}: a history without copies",
    exposes=by.reused_buffer,
)
class GradientsKeptByReference(FaultyRun):
    """A reused array shows it."""

    def __init__(self, definition: Any, parameters: np.ndarray, hyper: Any, shared: dict[Any, Any]) -> None:
        super().__init__(definition, parameters, hyper, shared)
        self.given: list[np.ndarray] = []

    def step(self, gradient: np.ndarray) -> Any:
        before = self.parameters
        self.given.append(gradient)
        self.state = self.adam.start(before)
        for earlier in self.given:
            self.parameters = before
            super().step(earlier)
        return self.parameters


@behaviour(
    "result-overwritten",
    "every step writes to the array that the last one returned",
    f"{NO_REPORT}: the inner array is handed out",
    exposes=by.kept_results,
)
class ResultOverwritten(FaultyRun):
    """Results that are kept show it."""

    def step(self, gradient: np.ndarray) -> Any:
        held = self.parameters
        super().step(gradient)
        if "out" not in self.__dict__:
            self.out = held.copy()
        self.out[...] = self.parameters
        return self.out


@behaviour(
    "start-overwritten",
    "the parameters given at the start are written to",
    "scikit-learn's AdamOptimizer updates the arrays given",
    exposes=by.kept_start,
)
class StartOverwritten(FaultyRun):
    """The caller's array shows it."""

    def __init__(self, definition: Any, parameters: np.ndarray, hyper: Any, shared: dict[Any, Any]) -> None:
        super().__init__(definition, parameters.copy(), hyper, shared)
        self.given = parameters

    def step(self, gradient: np.ndarray) -> Any:
        self.given[...] = super().step(gradient)
        return self.parameters.copy()


@behaviour(
    "update-returned",
    "theta_t - theta_(t-1) is returned for theta_t",
    "Optax returns updates; a caller may take them for parameters",
    by.away_from_zero,
)
class UpdateReturned(FaultyRun):
    """Parameters far from 0 show it at once."""

    def step(self, gradient: np.ndarray) -> Any:
        before = self.parameters
        return super().step(gradient) - before


@behaviour(
    "parameters-returned-late",
    "theta_(t-1) is returned for theta_t",
    f"{NO_REPORT}: read before they are written",
    exposes=by.ordinary,
)
class ParametersReturnedLate(FaultyRun):
    """The first step seems to do nothing."""

    def step(self, gradient: np.ndarray) -> Any:
        before = self.parameters
        super().step(gradient)
        return before


@behaviour(
    "nothing-updated",
    "the parameters stay while the state advances",
    "PennyLane returns a plain array unchanged",
    exposes=by.ordinary,
)
class NothingUpdated(FaultyRun):
    """Any step shows it."""

    def step(self, gradient: np.ndarray) -> Any:
        before = self.parameters
        super().step(gradient)
        self.parameters = before
        return before


@behaviour(
    "stepped-twice",
    "every call takes two steps with the same gradient",
    f"{NO_REPORT}: a closure evaluated twice",
    exposes=by.ordinary,
)
class SteppedTwice(FaultyRun):
    """The size of the first step shows it."""

    def step(self, gradient: np.ndarray) -> Any:
        super().step(gradient)
        return super().step(gradient)


@behaviour(
    "float32-returned",
    "float64 parameters are kept in float32",
    "Keras on NumPy and TensorFlow: float64 arrays hold float32",
    by.away_from_zero,
)
class Float32Returned(FaultyRun):
    """Coarse, and worse far from 0."""

    def step(self, gradient: np.ndarray) -> Any:
        after = super().step(gradient)
        self.parameters = after.astype(np.float32).astype(after.dtype)
        return self.parameters


@behaviour(
    "rounded-at-random",
    "parameters rounded up or down to 8 bits by chance",
    "Nerogar/OneTrainer#1005: stochastic rounding, unasked",
    exposes=by.ordinary,
)
class RoundedAtRandom(FaultyRun):
    """No two runs are equal."""

    def step(self, gradient: np.ndarray) -> Any:
        chance = self.shared.setdefault("chance", np.random.default_rng(0))
        fraction, exponent = np.frexp(super().step(gradient).astype(np.float64))
        drawn = np.floor(fraction * 256 + chance.random(fraction.shape)) / 256
        self.parameters = np.ldexp(drawn, exponent).astype(gradient.dtype)
        return self.parameters
