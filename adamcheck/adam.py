"""The definition of Adam, written once and evaluated in many number systems.

It follows Kingma & Ba, "Adam: A Method for Stochastic Optimization" (2015), algorithm 1. Each stage
is one method, and uses only `+ - * /`, powers, `sqrt`, `maximum` and `ema`, so that the same lines
run on symbols, exact rationals, floats, quads and enclosures. A variant overrides the stage in which
it differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from math import isfinite
from numbers import Real
from typing import ClassVar

from adamcheck.numbers import Value, ema, maximum, sqrt, zeros_like


class HyperparameterError(ValueError):
    """A hyperparameter is outside the range in which Adam is defined; the message names it."""


@dataclass(frozen=True)
class Hyperparameters:
    """The hyperparameters of Adam, scalars of one number system. The defaults are those of Kingma & Ba.

    Args:
        lr: The learning rate, finite.
        beta1: The decay rate of the first moment, in [0, 1).
        beta2: The decay rate of the second moment, in [0, 1).
        eps: The constant added in the denominator, at least 0, in the units of the gradients.
        weight_decay: The weight decay, finite; used only by definitions that have weight decay.

    Raises:
        HyperparameterError: A real number is out of range. Symbols and enclosures are not checked.
    """

    lr: Value = 1e-3
    beta1: Value = 0.9
    beta2: Value = 0.999
    eps: Value = 1e-8
    weight_decay: Value = 0.0

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

    def map(self, convert: Callable[[Value], Value]) -> Hyperparameters:
        """A copy with `convert` applied to each hyperparameter."""
        return Hyperparameters(*(convert(getattr(self, field.name)) for field in fields(self)))

    def replace(self, **changes: Value) -> Hyperparameters:
        """A copy with some hyperparameters changed. Raises `HyperparameterError`."""
        return replace(self, **changes)


@dataclass(frozen=True)
class State:
    """The state that Adam keeps between steps.

    Attributes:
        step: The number of steps so far.
        m: The first moment, in the shape of the parameters and the units of the gradients.
        v: The second moment, in the shape of the parameters and the squared units of the gradients.
        peak: The largest second moment so far in AMSGrad, in the shape of the parameters; 0 in definitions
            without it.
        memory: One further value of the number system that a variant keeps, or None.
    """

    step: Value
    m: Value
    v: Value
    peak: Value
    memory: Value = None

    @property
    def remembered(self) -> dict[str, Value]:
        """The state without the step count, by name; without `memory` if there is none."""
        values = {"m": self.m, "v": self.v, "peak": self.peak}
        return values if self.memory is None else {**values, "memory": self.memory}

    def map(self, convert: Callable[[Value], Value]) -> State:
        """A copy with `convert` applied to everything but the step count."""
        return replace(self, **{name: convert(value) for name, value in self.remembered.items()})


class Adam:
    """The step of Kingma & Ba, "Adam: A Method for Stochastic Optimization" (2015), algorithm 1.

    Args:
        hyper: The hyperparameters: scalars of the number system of the parameters and gradients.

    Note:
        A variant overrides the stages in which it differs. `update` calls them in this order: `gradient`,
        `moments` (which calls `first_moment` and `second_moment`), `correct_first`, `correct_second`,
        `numerator`, `denominator`, `decay`. Parameters, gradients, moments and updates are scalars or
        arrays of one number system, all of the shape of the parameters.

        Stages get `t`, the number of the current step from 1. It is an int in runs, an integer symbol in
        derivations, and an array of counts if coordinates are counted separately. A stage may therefore
        use powers of `t`, and should avoid branching on it.
    """

    title = "textbook Adam"
    coordinatewise = True
    """Whether the update of each coordinate is independent of all others."""
    decays = False
    """Whether the definition uses `weight_decay`."""
    running_product = False
    """Whether the state has a scalar that is a product over all steps so far. Programs may keep it in another
    dtype, a checkpoint may round it, and it is unknown after a jump of the step count."""
    own: ClassVar[Mapping[str, str]] = {}
    """Additional hyperparameters: the class attribute that holds the value, by the name of each."""

    def __init__(self, hyper: Hyperparameters) -> None:
        self.hyper = hyper

    def start(self, parameters: Value) -> State:
        """Make the state before the first step, with m = v = 0. A variant with a `memory` overrides this.

        Args:
            parameters: The parameters before the first step. Only their shape and number system are used.

        Returns:
            The state, with a step count of 0.
        """
        zero = zeros_like(parameters)
        return State(step=0, m=zero, v=zero, peak=zero)

    def step(self, state: State, parameters: Value, gradient: Value) -> tuple[State, Value]:
        """Take one step.

        Args:
            state: The state before the step.
            parameters: The parameters before the step.
            gradient: The gradient of the loss at `parameters`.

        Returns:
            The new state and the new parameters.
        """
        state, update = self.update(state, parameters, gradient)
        return state, parameters + update

    def update(self, state: State, parameters: Value, gradient: Value) -> tuple[State, Value]:
        """Compute the update of one step by calling all stages in turn.

        Args:
            state: The state before the step.
            parameters: The parameters before the step.
            gradient: The gradient of the loss at `parameters`.

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

    def gradient(self, gradient: Value, parameters: Value) -> Value:
        """Transform the gradient before it enters the moments. Textbook Adam returns it unchanged.

        Args:
            gradient: The gradient of the loss at `parameters`.
            parameters: The parameters before the step.

        Returns:
            The transformed gradient g.
        """
        return gradient

    def moments(self, state: State, g: Value) -> tuple[Value, Value]:
        """Update both moments. A variant in which one moment needs the other overrides this.

        Args:
            state: The state before the step.
            g: The gradient that `gradient` returned.

        Returns:
            The new m and v.
        """
        return self.first_moment(state.m, g), self.second_moment(state.v, g)

    def first_moment(self, m: Value, g: Value) -> Value:
        """Update the first moment.

        Args:
            m: The first moment before the step.
            g: The gradient that `gradient` returned.

        Returns:
            The new first moment, beta1 * m + (1 - beta1) * g.
        """
        return ema(m, g, self.hyper.beta1)

    def second_moment(self, v: Value, g: Value) -> Value:
        """Update the second moment.

        Args:
            v: The second moment before the step.
            g: The gradient that `gradient` returned.

        Returns:
            The new second moment, beta2 * v + (1 - beta2) * g**2, which is never negative.
        """
        return ema(v, g * g, self.hyper.beta2)

    def correct_first(self, m: Value, t: Value) -> Value:
        """Correct the bias of the first moment, which comes from the start at 0.

        Args:
            m: The new first moment.
            t: The number of the current step, from 1.

        Returns:
            m_hat, which is m / (1 - beta1**t).
        """
        return m / (1 - self.hyper.beta1**t)

    def correct_second(self, peak: Value, v: Value, t: Value) -> tuple[Value, Value]:
        """Correct the bias of the second moment, which comes from the start at 0.

        Args:
            peak: The largest second moment before this step; 0 before the first step.
            v: The new second moment.
            t: The number of the current step, from 1.

        Returns:
            The new peak, which textbook Adam leaves unchanged, and v_hat, which is v / (1 - beta2**t).
        """
        return peak, v / (1 - self.hyper.beta2**t)

    def numerator(self, m_hat: Value, g: Value, t: Value) -> Value:
        """Compute the numerator of the update, which lr multiplies.

        Args:
            m_hat: The corrected first moment.
            g: The gradient that `gradient` returned; used by Nesterov variants.
            t: The number of the current step, from 1.

        Returns:
            m_hat in textbook Adam.
        """
        return m_hat

    def denominator(self, v_hat: Value, t: Value) -> Value:
        """Compute the denominator of the update.

        Args:
            v_hat: The corrected second moment.
            t: The number of the current step, from 1.

        Returns:
            sqrt(v_hat) + eps in textbook Adam, which is never 0 if eps > 0.
        """
        return sqrt(v_hat) + self.hyper.eps

    def decay(self, parameters: Value, update: Value) -> Value:
        """Add decoupled weight decay to the update. Textbook Adam has none.

        Args:
            parameters: The parameters before the step.
            update: The update without weight decay, -lr * numerator / denominator.

        Returns:
            The complete update theta_t - theta_{t-1}.
        """
        return update

    def run(self, parameters: Value, gradients: Iterable[Value]) -> Iterator[tuple[State, Value]]:
        """Take one step per given gradient (open loop).

        Args:
            parameters: The parameters before the first step.
            gradients: One gradient per step, in the shape of the parameters.

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

    def decay(self, parameters: Value, update: Value) -> Value:
        decayed = parameters * (1 - self.hyper.lr * self.hyper.weight_decay)
        return (decayed - parameters) + super().decay(parameters, update)


class AdamL2(Adam):
    """Coupled weight decay: the gradient of an L2 penalty is added before the moments."""

    title = "Adam with coupled (L2) weight decay"
    decays = True

    def gradient(self, gradient: Value, parameters: Value) -> Value:
        return super().gradient(gradient, parameters) + self.hyper.weight_decay * parameters


class AMSGrad(Adam):
    """AMSGrad, which corrects the largest v so far: Reddi, Kale & Kumar (2018) as PyTorch computes it."""

    title = "AMSGrad (maximum of v)"

    def correct_second(self, peak: Value, v: Value, t: Value) -> tuple[Value, Value]:
        peak = maximum(peak, v)
        return super().correct_second(peak, peak, t)
