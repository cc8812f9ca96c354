"""Bugs of signs: magnitudes for numbers, one sign only, signs of the wrong thing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from adamcheck.adam import Adam, State
from adamcheck.numbers import ema, maximum
from adamcheck.zoo.bugs import experiments as by
from adamcheck.zoo.bugs.faulty import FaultyRun
from adamcheck.zoo.bugs.registry import NO_REPORT, arithmetic, behaviour, formula


@formula(
    "negative-gradients-dropped",
    "max(g, 0) for g",
    f"{NO_REPORT}: a rectified gradient",
    exposes=by.ordinary,
)
class NegativeGradientsDropped(Adam):
    """Positive gradients do not show it."""

    def gradient(self, gradient: Any, parameters: Any) -> Any:
        return maximum(gradient, 0 * gradient)


@formula("gradient-without-sign", "|g| for g", f"{NO_REPORT}: a magnitude for the value", exposes=by.ordinary)
class GradientWithoutSign(Adam):
    """Positive gradients do not show it."""

    def gradient(self, gradient: Any, parameters: Any) -> Any:
        return abs(gradient)


@formula(
    "update-without-sign",
    "theta always falls, by the magnitude of the update",
    f"{NO_REPORT}: unsigned arithmetic",
    exposes=by.ordinary,
)
class UpdateWithoutSign(Adam):
    """It does not show where m is positive."""

    def numerator(self, m_hat: Any, g: Any, t: Any) -> Any:
        return abs(m_hat)


@formula(
    "v-of-positive-gradients",
    "v averages max(g, 0)^2 instead of g^2",
    f"{NO_REPORT}: a rectified gradient is squared",
    exposes=by.ordinary,
)
class SecondMomentOfPositiveGradients(Adam):
    """Positive gradients do not show it."""

    def second_moment(self, v: Any, g: Any) -> Any:
        positive = maximum(g, 0 * g)
        return ema(v, positive * positive, self.hyper.beta2)


@arithmetic(
    "sign-of-the-gradient",
    "the magnitude of m with the sign of g",
    f"{NO_REPORT}: a sign kept apart and taken from the wrong array",
    exposes=by.ordinary,
)
class SignOfTheGradient(Adam):
    """It shows where the gradient turns against m."""

    def numerator(self, m_hat: Any, g: Any, t: Any) -> Any:
        return np.copysign(m_hat, g)


@arithmetic(
    "sign-of-m",
    "lr sign(m) for the update",
    "Lion's update, in Adam",
    exposes=by.ordinary,
)
class SignOfFirstMoment(Adam):
    """Only constant magnitudes hide it."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        state, update = super().update(state, parameters, gradient)
        return state, np.sign(update) * np.asarray(self.hyper.lr, update.dtype)


@arithmetic(
    "cautious-unasked",
    "coordinates in which m and g have different signs stay",
    "kyleliang919/C-Optim: its mask, unasked",
    exposes=by.ordinary,
)
class Cautious(Adam):
    """A gradient that turns against m shows it."""

    def numerator(self, m_hat: Any, g: Any, t: Any) -> Any:
        return np.where(m_hat * g < 0, np.zeros_like(m_hat), m_hat)


@arithmetic(
    "m-restarts-where-the-sign-turns",
    "m is 0 before a gradient of the other sign",
    "Rprop's rule, in Adam",
    exposes=by.ordinary,
)
class FirstMomentRestartsWhereTheSignTurns(Adam):
    """A gradient that turns against m shows it."""

    def first_moment(self, m: Any, g: Any) -> Any:
        return super().first_moment(np.where(m * g < 0, np.zeros_like(m), m), g)


@arithmetic(
    "negative-v-turned",
    "sqrt(|v_hat|) with v averaging g |g|",
    f"{NO_REPORT}: a signed square and a guard against negative numbers",
    exposes=by.ordinary,
)
class SignedSquare(Adam):
    """Gradients of one sign do not show it."""

    def second_moment(self, v: Any, g: Any) -> Any:
        return ema(v, g * abs(g), self.hyper.beta2)

    def denominator(self, v_hat: Any, t: Any) -> Any:
        return super().denominator(abs(v_hat), t)


@arithmetic(
    "zero-moves-up",
    "where g is exactly 0, it counts as eps",
    f"{NO_REPORT}: a guard against the division 0 / 0",
    exposes=by.zeros,
)
class ZeroMovesUp(Adam):
    """A coordinate without a gradient moves by half of lr."""

    def gradient(self, gradient: Any, parameters: Any) -> Any:
        return np.where(gradient == 0, np.asarray(self.hyper.eps, gradient.dtype), gradient)


@behaviour(
    "complex-gradient-conjugated",
    "the imaginary part of the gradient has the other sign",
    "ComPWA/tensorwaves#567, google/jaxopt#169: jax.grad gives the conjugate",
    exposes=by.complex_parameters,
)
class ComplexGradientConjugated(FaultyRun):
    """It does not show where gradients are real."""

    def downhill(self, gradient: np.ndarray) -> np.ndarray:
        conjugated = gradient * np.array([1, -1], gradient.dtype) if self.complex else gradient
        return super().downhill(conjugated)


@behaviour(
    "maximize-negates-m",
    "m is turned after the moments, and what is stored is turned again in the next step",
    f"{NO_REPORT}: the sign is applied to the stored array",
    exposes=by.maximizing,
)
class MaximizeNegatesFirstMoment(FaultyRun):
    """The second step up shows it."""

    def step(self, gradient: np.ndarray) -> Any:
        after = super().step(gradient)
        if self.maximizes:
            self.state = replace(self.state, m=-self.state.m)
        return after


@behaviour(
    "maximize-only-at-first",
    "only the first step goes up",
    f"{NO_REPORT}: the gradient is negated where the state is made",
    exposes=by.maximizing,
)
class MaximizeOnlyAtFirst(FaultyRun):
    """The second step up shows it."""

    def downhill(self, gradient: np.ndarray) -> np.ndarray:
        return super().downhill(gradient) if self.state.step == 0 else gradient
