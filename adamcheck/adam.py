"""Adam, written down once.

The definition of Kingma & Ba, "Adam: A Method for Stochastic Optimization" (2015), algorithm 1, in
the form of the textbook: one method a stage, and nothing but `+ - * /`, powers, `sqrt`, `maximum`
and `ema`, so that the same lines run on symbols, exact rationals, floats, quads and enclosures.
A variant overrides the one stage in which it differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from math import isfinite
from numbers import Real
from typing import Any, ClassVar

from adamcheck.numbers import ema, maximum, sqrt, zeros_like


class HyperparameterError(ValueError):
    """A hyperparameter outside the range in which Adam is defined."""


@dataclass(frozen=True)
class Hyperparameters:
    """The hyperparameters of Adam, in any number system; the defaults are Kingma & Ba's.

    lr: step size, finite; beta1, beta2: decay rates in [0, 1); eps: at least 0;
    weight_decay: finite, used by the variants that decay. Raises `HyperparameterError` where a real
    number is out of range; symbols are taken as they are.
    """

    lr: Any = 1e-3
    beta1: Any = 0.9
    beta2: Any = 0.999
    eps: Any = 1e-8
    weight_decay: Any = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            name, value = field.name, getattr(self, field.name)
            if isinstance(value, str | bytes | bool) or value is None:
                raise HyperparameterError(f"{name} must be a number, not {value!r}")
            if not isinstance(value, Real):
                continue
            number = float(value)
            if not isfinite(number):
                raise HyperparameterError(f"{name} must be finite, not {value}")
            if name in ("beta1", "beta2") and not 0 <= number < 1:
                raise HyperparameterError(f"{name} must be in [0, 1), not {value}")
            if name == "eps" and number < 0:
                raise HyperparameterError(f"eps must be at least 0, not {value}")

    def map(self, convert: Any) -> Hyperparameters:
        """The same hyperparameters with `convert` applied to each."""
        return Hyperparameters(*(convert(getattr(self, field.name)) for field in fields(self)))

    def replace(self, **changes: Any) -> Hyperparameters:
        """The same hyperparameters but for `changes`."""
        return replace(self, **changes)


@dataclass(frozen=True)
class State:
    """What Adam remembers from one step to the next.

    Attributes:
        step: The number of steps so far.
        m: The first moment, in the shape of the parameters.
        v: The second moment, likewise.
        peak: The largest second moment so far, for AMSGrad; 0 for the others.
        memory: Whatever else a variant remembers: one value of the number system, or None.
    """

    step: Any
    m: Any
    v: Any
    peak: Any
    memory: Any = None

    @property
    def remembered(self) -> dict[str, Any]:
        """Everything but the step count, by name; without `memory` where there is none."""
        values = {"m": self.m, "v": self.v, "peak": self.peak}
        return values if self.memory is None else {**values, "memory": self.memory}

    def map(self, convert: Callable[[Any], Any]) -> State:
        """The same state with `convert` applied to everything but the step count."""
        return replace(self, **{name: convert(value) for name, value in self.remembered.items()})


class Adam:
    """The textbook step; parameters and gradients are scalars or arrays of one number system.

    A variant overrides the stages in which it differs. `update` calls them in this order: `gradient`,
    `moments` (which calls `first_moment` and `second_moment`), `correct_first`, `correct_second`,
    `numerator`, `denominator`, `decay`. All values of a coordinate (parameters, gradients, moments, updates)
    have the shape of the parameters; hyperparameters are scalars. t is the number of this step, from 1: an
    int, but an integer symbol in derivations and an array of counts where coordinates count apart, so that a
    stage may take powers of it and must not branch on it without need.

    Args:
        hyper: The hyperparameters, in the same number system.
    """

    title = "textbook Adam"
    coordinatewise = True
    """Whether every coordinate is treated as if there were no other."""
    decays = False
    """Whether the definition takes `weight_decay`."""
    running_product = False
    """Whether a scalar of the state is a product over all steps so far: programs may keep it in a dtype of
    its own, a checkpoint may round it, and nobody knows it after a jump of the step count."""
    own: ClassVar[Mapping[str, str]] = {}
    """Hyperparameters that it has beside Adam's: for each the class attribute that holds its value."""

    def __init__(self, hyper: Hyperparameters) -> None:
        self.hyper = hyper

    def start(self, parameters: Any) -> State:
        """The state before the first step: m = v = 0. Override it to give a variant its `memory`.

        Args:
            parameters: The parameters before the first step; only shape and number system count.
        """
        zero = zeros_like(parameters)
        return State(step=0, m=zero, v=zero, peak=zero)

    def step(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        """Take one step: the new state and the new parameters."""
        state, update = self.update(state, parameters, gradient)
        return state, parameters + update

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        """Take one step by all stages in turn.

        Args:
            state: The state before the step.
            parameters: The parameters before it.
            gradient: The gradient of the loss there.

        Returns:
            The new state and the update theta_t - theta_{t-1}.
        """
        t = state.step + 1
        g = self.gradient(gradient, parameters)
        m, v = self.moments(state, g)
        m_hat = self.correct_first(m, t)
        peak, v_hat = self.correct_second(state.peak, v, t)
        update = -(self.hyper.lr * self.numerator(m_hat, g, t) / self.denominator(v_hat, t))
        return State(t, m, v, peak, state.memory), self.decay(parameters, update)

    def gradient(self, gradient: Any, parameters: Any) -> Any:
        """Turn the gradient that is given into the g that the moments average.

        Args:
            gradient: The gradient of the loss at `parameters`.
            parameters: The parameters before the step.
        """
        return gradient

    def moments(self, state: State, g: Any) -> tuple[Any, Any]:
        """Average g into both moments; override it where one moment needs the other.

        Args:
            state: The state before the step.
            g: What `gradient` made of the gradient.

        Returns:
            The new m and v.
        """
        return self.first_moment(state.m, g), self.second_moment(state.v, g)

    def first_moment(self, m: Any, g: Any) -> Any:
        """Average g into the m of the step before: the new m."""
        return ema(m, g, self.hyper.beta1)

    def second_moment(self, v: Any, g: Any) -> Any:
        """Average g squared into the v of the step before: the new v, never negative."""
        return ema(v, g * g, self.hyper.beta2)

    def correct_first(self, m: Any, t: Any) -> Any:
        """Correct the bias that starting from 0 leaves in the new m: m_hat."""
        return m / (1 - self.hyper.beta1**t)

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        """Correct the bias of the new v.

        Args:
            peak: The largest second moment before this step; 0 before the first.
            v: The new second moment.
            t: The number of this step.

        Returns:
            The new peak, which the textbook leaves as it is, and v_hat.
        """
        return peak, v / (1 - self.hyper.beta2**t)

    def numerator(self, m_hat: Any, g: Any, t: Any) -> Any:
        """What lr multiplies: m_hat, or a mixture of it and this step's g, as in Nesterov's form."""
        return m_hat

    def denominator(self, v_hat: Any, t: Any) -> Any:
        """What lr times the numerator is divided by: at least eps in the textbook, so never 0 for eps > 0."""
        return sqrt(v_hat) + self.hyper.eps

    def decay(self, parameters: Any, update: Any) -> Any:
        """Add what decoupled weight decay moves.

        Args:
            parameters: The parameters before the step.
            update: The update without it, -lr * numerator / denominator.

        Returns:
            The whole update theta_t - theta_{t-1}.
        """
        return update

    def run(self, parameters: Any, gradients: Iterable[Any]) -> Iterator[tuple[State, Any]]:
        """Take a step along each gradient, in an open loop.

        Args:
            parameters: The parameters before the first step.
            gradients: One for each step, in the shape of the parameters.

        Yields:
            The state and the update after each gradient.
        """
        state = self.start(parameters)
        for gradient in gradients:
            state, update = self.update(state, parameters, gradient)
            parameters = parameters + update
            yield state, update


class AdamW(Adam):
    """Decoupled weight decay: Loshchilov & Hutter, "Decoupled Weight Decay Regularization" (2019)."""

    title = "AdamW (decoupled weight decay)"
    decays = True

    def decay(self, parameters: Any, update: Any) -> Any:
        decayed = parameters * (1 - self.hyper.lr * self.hyper.weight_decay)
        return (decayed - parameters) + super().decay(parameters, update)


class AdamL2(Adam):
    """Coupled weight decay: the gradient of an L2 penalty, added before the moments."""

    title = "Adam with coupled (L2) weight decay"
    decays = True

    def gradient(self, gradient: Any, parameters: Any) -> Any:
        return super().gradient(gradient, parameters) + self.hyper.weight_decay * parameters


class AMSGrad(Adam):
    """The largest v so far, then corrected: Reddi, Kale & Kumar (2018) as PyTorch computes it."""

    title = "AMSGrad (maximum of v)"

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        peak = maximum(peak, v)
        return super().correct_second(peak, peak, t)
