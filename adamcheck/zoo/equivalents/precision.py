"""Rewrites in another precision: wider parts, Newton steps for the root, other forms of the update."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from adamcheck.adam import State
from adamcheck.numbers.quad import to_quad
from adamcheck.zoo.equivalents.registry import Stored, equivalent


@equivalent("square-of-a-scaled-gradient")
class SquareOfScaledGradient(Stored):
    """beta2 v + (sqrt(1 - beta2) g)^2."""

    def second_moment(self, v: Any, g: Any) -> Any:
        scaled = (1 - self.hyper.beta2) ** 0.5 * g
        return self.hyper.beta2 * v + scaled * scaled


@equivalent("square-by-einsum")
class SquareByEinsum(Stored):
    """The square as an Einstein sum without a sum."""

    def second_moment(self, v: Any, g: Any) -> Any:
        wide = np.asarray(g, np.float64)
        return self.hyper.beta2 * v + (1 - self.hyper.beta2) * np.einsum("...,...->...", wide, wide)


@equivalent("root-by-power")
class RootByPower(Stored):
    """v_hat^(1/2) for the root."""

    def denominator(self, v_hat: Any, t: Any) -> Any:
        return np.asarray(v_hat, np.float64) ** 0.5 + self.hyper.eps


@equivalent("reciprocal-root-with-newton-steps")
class ReciprocalRoot(Stored):
    """sqrt(x) as x y, y = 1/sqrt(x) to 13 bits, and three Newton steps."""

    def denominator(self, v_hat: Any, t: Any) -> Any:
        x = np.asarray(v_hat, np.float64)
        usable = (x > 1e-290) & (x < 1e290)
        safe = np.where(usable, x, 1.0)
        fraction, exponent = np.frexp(1 / np.sqrt(safe))
        y = np.ldexp(np.round(fraction * 2.0**13) / 2.0**13, exponent)
        for _ in range(3):
            y = y * (1.5 - 0.5 * safe * y * y)
        return np.where(usable, safe * y, np.sqrt(x)) + self.hyper.eps


@equivalent("reciprocal-of-the-denominator")
class ReciprocalOfDenominator(Stored):
    """m_hat (1 / (sqrt(v_hat) + eps)): one reciprocal for a product."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        t = state.step + 1
        m, v = (self.stored(x) for x in self.moments(state, gradient))
        inverse = 1 / self.denominator(self.correct_second(state.peak, v, t)[1], t)
        update = -(self.hyper.lr * (self.correct_first(m, t) * inverse))
        return replace(state, step=t, m=m, v=v), self.stored(update)


@equivalent("ratio-before-lr")
class RatioBeforeRate(Stored):
    """lr (m_hat / (sqrt(v_hat) + eps))."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        t = state.step + 1
        m, v = (self.stored(x) for x in self.moments(state, gradient))
        ratio = self.correct_first(m, t) / self.denominator(self.correct_second(state.peak, v, t)[1], t)
        return replace(state, step=t, m=m, v=v), self.stored(-self.hyper.lr * self.stored(ratio))


@equivalent("denominator-over-lr")
class DenominatorOverRate(Stored):
    """m_hat / ((sqrt(v_hat) + eps) / lr), with the quotients in double."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        t = state.step + 1
        m, v = (self.stored(x) for x in self.moments(state, gradient))
        denominator = self.denominator(self.correct_second(state.peak, v, t)[1], t)
        update = self.correct_first(m, t) / (np.float64(denominator) / -self.hyper.lr)
        return replace(state, step=t, m=m, v=v), self.stored(update)


@equivalent("root-and-quotient-in-double")
class RootAndQuotientInDouble(Stored):
    """Averages in the dtype of the run, root and quotient in double."""

    def correct_first(self, m: Any, t: Any) -> Any:
        return super().correct_first(np.float64(self.stored(m)), t)

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return super().correct_second(peak, np.float64(self.stored(v)), t)


@equivalent("whole-step-in-long-double")
class WholeStepInLongDouble(Stored):
    """The whole step in the longest format of the machine, only its results in the dtype of the run."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        wide = replace(state, m=np.longdouble(state.m), v=np.longdouble(state.v))
        after, update = super().update(wide, np.longdouble(parameters), np.longdouble(gradient))
        return after.map(self.stored), self.stored(update)


@equivalent("square-in-quad")
class SquareInQuad(Stored):
    """g^2 and its average in quad, rounded once."""

    def second_moment(self, v: Any, g: Any) -> Any:
        beta2 = self.hyper.beta2
        square = to_quad(g) * to_quad(g)
        average = to_quad(beta2) * to_quad(v) + to_quad(1 - beta2) * square
        return self.stored(average.astype(np.float64))


@equivalent("moments-with-weights-taken-out")
class WeightsTakenOut(Stored):
    """m / (1 - beta1) and v / (1 - beta2) are summed, the weights come in with the corrections."""

    def start(self, parameters: Any) -> State:
        state = super().start(parameters)
        return replace(state, memory=np.stack([state.m, state.v]))

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        t, (beta1, beta2) = state.step + 1, (self.hyper.beta1, self.hyper.beta2)
        first, second = (x.astype(np.float64) for x in state.memory)
        first, second = beta1 * first + gradient, beta2 * second + np.square(np.float64(gradient))
        m, v = self.stored((1 - beta1) * first), self.stored((1 - beta2) * second)
        update = -(self.hyper.lr * self.correct_first(m, t))
        update = update / self.denominator(self.correct_second(state.peak, v, t)[1], t)
        sums = np.stack([self.stored(first), self.stored(second)])
        return replace(state, step=t, m=m, v=v, memory=sums), self.stored(update)


@equivalent("eps-over-lr")
class EpsilonOverRate(Stored):
    """m_hat / (sqrt(v_hat) / lr + eps / lr)."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        t, lr = state.step + 1, self.hyper.lr
        m, v = (self.stored(x) for x in self.moments(state, gradient))
        root = np.sqrt(np.float64(self.correct_second(state.peak, v, t)[1]))
        update = -(self.correct_first(m, t) / (root / lr + self.hyper.eps / lr))
        return replace(state, step=t, m=m, v=v), self.stored(update)
