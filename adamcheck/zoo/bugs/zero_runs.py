"""Bugs of zero and constant stretches: skipped decay, dropped state, gradients taken for repeated ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from adamcheck.adam import Adam, State
from adamcheck.zoo.bugs import experiments as by
from adamcheck.zoo.bugs import wide_experiments as wide
from adamcheck.zoo.bugs.faulty import FaultyRun
from adamcheck.zoo.bugs.registry import NO_REPORT, arithmetic, behaviour


@arithmetic(
    "zero-gradient-keeps-m",
    "where g is 0, m does not decay; v does",
    "of the kind of tensorflow/tensorflow#23668: moments of sparse gradients",
    exposes=by.zeros,
)
class ZeroGradientKeepsFirst(Adam):
    """A zero after a gradient shows it."""

    def first_moment(self, m: Any, g: Any) -> Any:
        return np.where(g == 0, m, super().first_moment(m, g))


@arithmetic(
    "zero-gradient-keeps-v",
    "where g is 0, v does not decay; m does",
    "of the kind of tensorflow/tensorflow#23668: moments of sparse gradients",
    exposes=by.zeros,
)
class ZeroGradientKeepsSecond(Adam):
    """A zero after a gradient shows it."""

    def second_moment(self, v: Any, g: Any) -> Any:
        return np.where(g == 0, v, super().second_moment(v, g))


@arithmetic(
    "zero-gradient-keeps-moments",
    "where g is 0, neither m nor v decays; theta moves",
    "pytorch/pytorch#3137, tensorflow/tensorflow#6460, of their kind",
    exposes=by.zeros,
)
class ZeroGradientKeepsMoments(Adam):
    """A zero after a gradient shows it."""

    def moments(self, state: State, g: Any) -> tuple[Any, Any]:
        m, v = super().moments(state, g)
        return np.where(g == 0, state.m, m), np.where(g == 0, state.v, v)


@arithmetic(
    "zero-gradient-drops-m",
    "where g is 0, m becomes 0",
    f"{NO_REPORT}: momentum is masked by what is present",
    exposes=by.zeros,
)
class ZeroGradientDropsFirst(Adam):
    """A zero after a gradient shows it."""

    def first_moment(self, m: Any, g: Any) -> Any:
        return np.where(g == 0, np.zeros_like(m), super().first_moment(m, g))


class _CountsZeros(Adam):
    """Counts the zero gradients in a row of each coordinate, in `memory`."""

    def start(self, parameters: Any) -> State:
        return replace(super().start(parameters), memory=np.zeros_like(parameters))

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        zeros = np.where(gradient == 0, state.memory + 1, np.zeros_like(gradient))
        after, update = super().update(self.before(state, gradient), parameters, gradient)
        return replace(after, memory=zeros.astype(np.asarray(gradient).dtype)), update

    def before(self, state: State, gradient: Any) -> State:
        """The state from which the step is taken."""
        raise NotImplementedError


class _DropsState(_CountsZeros):
    most = 0
    """The number of zeros in a row after which a coordinate loses its state."""

    def before(self, state: State, gradient: Any) -> State:
        lost = state.memory >= self.most
        return replace(state, m=np.where(lost, 0 * state.m, state.m), v=np.where(lost, 0 * state.v, state.v))


@arithmetic(
    "state-dropped-after-four-zeros",
    "m and v become 0 after 4 zero gradients in a row",
    f"{NO_REPORT}: rows that are not used leave a cache",
    exposes=wide.short_zero_run,
)
class StateDroppedAfterFour(_DropsState):
    """Four zeros after a gradient show it."""

    most = 4


@arithmetic(
    "state-dropped-after-sixteen-zeros",
    "m and v become 0 after 16 zero gradients in a row",
    f"{NO_REPORT}: rows that are not used leave a cache",
    exposes=wide.zero_run,
)
class StateDroppedAfterSixteen(_DropsState):
    """Sixteen zeros after a gradient show it."""

    most = 16


class _CatchesUp(_CountsZeros):
    """Nothing happens where g is 0; the next gradient decays the moments for all steps missed."""

    def before(self, state: State, gradient: Any) -> State:
        missed = self.decayed(state.memory)
        m, v = self.hyper.beta1**missed * state.m, self.hyper.beta2**missed * state.v
        return replace(state, m=np.where(gradient == 0, state.m, m), v=np.where(gradient == 0, state.v, v))

    def decayed(self, missed: Any) -> Any:
        """The number of decays that are made up for."""
        raise NotImplementedError

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        after, update = super().update(state, parameters, gradient)
        kept = replace(
            after,
            m=np.where(gradient == 0, state.m, after.m),
            v=np.where(gradient == 0, state.v, after.v),
        )
        return kept, np.where(gradient == 0, np.zeros_like(update), update)


@arithmetic(
    "lazy-catch-up-capped",
    "where g is 0 nothing happens, and the next gradient makes up for at most 2 decays",
    "tensorflow/tensorflow#23668: a lazy update that decays by the steps skipped",
    exposes=wide.short_zero_run,
)
class LazyCatchUpCapped(_CatchesUp):
    """Three zeros after a gradient show all of it."""

    def decayed(self, missed: Any) -> Any:
        return np.minimum(missed, 2)


@arithmetic(
    "lazy-catch-up-one-short",
    "where g is 0 nothing happens, and the next gradient makes up for all decays but one",
    "tensorflow/tensorflow#23668, of its kind: an index that is off by one",
    exposes=wide.short_zero_run,
)
class LazyCatchUpOneShort(_CatchesUp):
    """A zero after a gradient shows it."""

    def decayed(self, missed: Any) -> Any:
        return np.maximum(missed - 1, 0)


@arithmetic(
    "zero-step-only-counts",
    "a step in which all gradients are 0 advances t and does nothing else",
    "facebookresearch/mmf#1073, of its kind: a step that is skipped, and counted",
    exposes=by.zero_steps,
)
class ZeroStepOnlyCounts(Adam):
    """Only such a step shows it."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        if np.any(gradient):
            return super().update(state, parameters, gradient)
        return replace(state, step=state.step + 1), np.zeros_like(gradient)


@arithmetic(
    "zero-step-restarts-the-count",
    "t is 1 again after a step in which all gradients are 0",
    f"{NO_REPORT}: a zero gradient is taken for a new start",
    exposes=by.zero_steps,
)
class ZeroStepRestartsTheCount(Adam):
    """Only such a step shows it."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        return super().update(state if np.any(gradient) else replace(state, step=0), parameters, gradient)


@arithmetic(
    "count-starts-at-first-gradient",
    "t counts from the first step in which some gradient is not 0",
    "pytorch/torchtitan#4382, the other way round: a zero step that makes the state",
    exposes=wide.late_start,
)
class CountStartsAtFirstGradient(Adam):
    """Zero steps before all others show it."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        if state.step == 0 and not np.any(gradient):
            return state, np.zeros_like(gradient)
        return super().update(state, parameters, gradient)


class _Remembers(FaultyRun):
    """Remembers the gradient of the step before."""

    last: Any = None
    repeated = 0
    """How often the gradient came again."""

    def step(self, gradient: np.ndarray) -> Any:
        self.repeated = self.repeated + 1 if self.again(gradient) else 0
        after = self.taken(gradient)
        self.last = gradient.copy()
        return after

    def again(self, gradient: np.ndarray) -> bool:
        """Whether the gradient is that of the step before."""
        return self.last is not None and np.array_equal(gradient, self.last)

    def taken(self, gradient: np.ndarray) -> Any:
        """What the step does."""
        raise NotImplementedError


@behaviour(
    "repeated-gradient-skipped",
    "a step with the gradient of the step before does nothing",
    f"{NO_REPORT}: a stale gradient is to be noticed",
    exposes=wide.constant,
)
class RepeatedGradientSkipped(_Remembers):
    """Only a gradient that repeats in every coordinate shows it."""

    def taken(self, gradient: np.ndarray) -> Any:
        return self.parameters if self.repeated else super(_Remembers, self).step(gradient)


@behaviour(
    "repeated-gradient-not-counted",
    "t does not advance in a step with the gradient of the step before",
    f"{NO_REPORT}: a step that seems to be repeated is counted once",
    exposes=wide.constant,
)
class RepeatedGradientNotCounted(_Remembers):
    """Only a gradient that repeats in every coordinate shows it."""

    def taken(self, gradient: np.ndarray) -> Any:
        if self.repeated:
            self.state = replace(self.state, step=self.state.step - 1)
        return super(_Remembers, self).step(gradient)


@behaviour(
    "eight-repeated-gradients-taken-for-m",
    "m becomes g after 8 repetitions of the gradient",
    f"{NO_REPORT}: a short cut where the average seems to have settled",
    exposes=wide.constant_stretch,
)
class EightRepeatedTakenForMoment(_Remembers):
    """A constant gradient from the start hides it: there m_hat is g."""

    def taken(self, gradient: np.ndarray) -> Any:
        after = super(_Remembers, self).step(gradient)
        if self.repeated >= 8:
            self.state = replace(self.state, m=gradient.copy())
        return after


@behaviour(
    "zero-rows-skipped",
    "rows of a matrix without any gradient are left alone, state and all",
    "apache/mxnet#9177, neuro-galaxy/torch_brain#49: lazy updates, unasked",
    exposes=wide.zero_rows,
)
class ZeroRowsSkipped(FaultyRun):
    """Only matrices show it."""

    def step(self, gradient: np.ndarray) -> Any:
        if gradient.ndim < 2:
            return super().step(gradient)
        old, before = self.state, self.parameters
        used = np.any(gradient != 0, axis=tuple(range(1, gradient.ndim)), keepdims=True)
        after = super().step(gradient)
        self.state = replace(
            self.state, m=np.where(used, self.state.m, old.m), v=np.where(used, self.state.v, old.v)
        )
        self.parameters = np.where(used, after, before)
        return self.parameters
