"""No blind spots: the judge rejects wrong formulas, down to the ninth digit of beta2 in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from float_runs import recorded

from adamcheck.adam import Adam, Hyperparameters, State
from adamcheck.judge import Ruling, judge
from adamcheck.numbers import sqrt
from adamcheck.numbers.floats import format_of
from adamcheck.traces.trace import Trace

DEFAULTS = Hyperparameters()
DYADIC = Hyperparameters(lr=2.0**-6, beta1=7 / 8, beta2=1 - 2.0**-7, eps=2.0**-10)


class EpsilonInsideRoot(Adam):
    def denominator(self, v_hat: Any, t: Any) -> Any:
        return sqrt(v_hat + self.hyper.eps)


class EpsilonSquaredInsideRoot(Adam):
    def denominator(self, v_hat: Any, t: Any) -> Any:
        return sqrt(v_hat + self.hyper.eps * self.hyper.eps)


class EpsilonHat(Adam):
    def denominator(self, v_hat: Any, t: Any) -> Any:
        return sqrt(v_hat) + self.hyper.eps / sqrt(1 - self.hyper.beta2**t)


class NoEpsilon(Adam):
    def denominator(self, v_hat: Any, t: Any) -> Any:
        return sqrt(v_hat)


class NoRoot(Adam):
    def denominator(self, v_hat: Any, t: Any) -> Any:
        return v_hat + self.hyper.eps


class NoBiasCorrection(Adam):
    def correct_first(self, m: Any, t: Any) -> Any:
        return m

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v


class FirstMomentUncorrected(Adam):
    def correct_first(self, m: Any, t: Any) -> Any:
        return m


class SecondMomentUncorrected(Adam):
    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v


class StepCountOneAhead(Adam):
    def correct_first(self, m: Any, t: Any) -> Any:
        return super().correct_first(m, t + 1)

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return super().correct_second(peak, v, t + 1)


class StepCountStuckAtOne(Adam):
    def correct_first(self, m: Any, t: Any) -> Any:
        return super().correct_first(m, 1)

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return super().correct_second(peak, v, 1)


class SwappedBetas(Adam):
    def __init__(self, hyper: Hyperparameters) -> None:
        super().__init__(hyper.replace(beta1=hyper.beta2, beta2=hyper.beta1))


class SwappedBetasInTheCorrection(Adam):
    def correct_first(self, m: Any, t: Any) -> Any:
        return m / (1 - self.hyper.beta2**t)


class SecondMomentOfMagnitudes(Adam):
    def second_moment(self, v: Any, g: Any) -> Any:
        return super().second_moment(v, sqrt(abs(g)))


class CentredSecondMoment(Adam):
    """AdaBelief's: the variance around the first moment."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        m = self.first_moment(state.m, gradient)
        centred = self.second_moment(state.v, gradient - m)
        t = state.step + 1
        denominator = self.denominator(self.correct_second(state.peak, centred, t)[1], t)
        return State(t, m, centred, state.peak), -(self.hyper.lr * self.correct_first(m, t) / denominator)


class StaleFirstMoment(Adam):
    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        after, _ = super().update(state, parameters, gradient)
        v_hat = self.correct_second(after.peak, after.v, after.step)[1]
        denominator = self.denominator(v_hat, after.step)
        return after, -(self.hyper.lr * self.correct_first(state.m, after.step) / denominator)


class Ascent(Adam):
    def decay(self, parameters: Any, update: Any) -> Any:
        return -update


class SumInsteadOfAverage(Adam):
    def first_moment(self, m: Any, g: Any) -> Any:
        return self.hyper.beta1 * m + g


class ClippedGradient(Adam):
    def gradient(self, gradient: Any, parameters: Any) -> Any:
        return np.clip(gradient, -1, 1)


class ZeroGradientsSkipped(Adam):
    """Moments frozen and no update where the gradient is zero."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        after, update = super().update(state, parameters, gradient)
        m, v = (np.where(gradient == 0, old, new) for old, new in ((state.m, after.m), (state.v, after.v)))
        return State(after.step, m, v, after.peak), np.where(gradient == 0, 0 * update, update)


MUTANTS = [
    EpsilonInsideRoot,
    EpsilonSquaredInsideRoot,
    EpsilonHat,
    NoEpsilon,
    NoRoot,
    NoBiasCorrection,
    FirstMomentUncorrected,
    SecondMomentUncorrected,
    StepCountOneAhead,
    StepCountStuckAtOne,
    SwappedBetas,
    SwappedBetasInTheCorrection,
    SecondMomentOfMagnitudes,
    CentredSecondMoment,
    StaleFirstMoment,
    Ascent,
    SumInsteadOfAverage,
    ClippedGradient,
    ZeroGradientsSkipped,
]


def telling_gradients(dtype: str, eps: float) -> Any:
    """Near 1, near eps, near the root of eps, sparse, two scales: each fault shows in one of them."""
    rng = np.random.default_rng(0)
    g = rng.normal(size=(12, 5)) * [1.0, eps, np.sqrt(eps), 1.0, 1.0]
    g[2::3, 3] = 0.0
    g[::2, 4] *= 64
    return g.astype(format_of(dtype).dtype)


@pytest.mark.parametrize("mutant", MUTANTS)
@pytest.mark.parametrize("hyper", [DEFAULTS, DYADIC], ids=["default", "dyadic"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_wrong_formula_is_rejected(mutant: type[Adam], hyper: Hyperparameters, dtype: str) -> None:
    judgement = judge(recorded(mutant, hyper, telling_gradients(dtype, hyper.eps)))
    assert judgement.outcome == Ruling.REJECTED
    assert judgement.offence is not None
    assert judgement.offence.radii > 1


def with_one_hyperparameter_off(hyper: Hyperparameters, name: str, relative: float) -> Trace:
    wrong = hyper.replace(**{name: getattr(hyper, name) * (1 + relative)})
    trace = recorded(Adam, wrong, telling_gradients("float64", hyper.eps))
    return Trace(hyper, trace.gradients, trace.parameters)


@pytest.mark.parametrize("hyper", [DEFAULTS, DYADIC], ids=["default", "dyadic"])
@pytest.mark.parametrize(
    ("name", "relative"), [("beta2", 1e-9), ("beta1", 1e-9), ("lr", 1e-6), ("lr", 1e-9), ("eps", 1e-9)]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_in_float64_the_ninth_digit_of_a_hyperparameter_counts(
    hyper: Hyperparameters, name: str, relative: float, sign: int
) -> None:
    judgement = judge(with_one_hyperparameter_off(hyper, name, sign * relative))
    assert judgement.outcome != Ruling.ENCLOSED
    assert judgement.offence is not None


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_weight_of_one_does_not_hide_an_update_wrong_by_a_thousandth(dtype: str) -> None:
    hyper = Hyperparameters(lr=1e-3, beta1=7 / 8, beta2=1 - 2.0**-7)
    gradients = telling_gradients(dtype, hyper.eps)[:, :1]
    start = np.ones_like(gradients[0])
    trace = recorded(Adam, hyper.replace(lr=hyper.lr * 1.001), gradients, start)
    judgement = judge(Trace(hyper, trace.gradients, trace.parameters))
    assert judgement.outcome != Ruling.ENCLOSED
    assert judgement.offence is not None
    assert judge(recorded(Adam, hyper, gradients, start)).outcome == Ruling.ENCLOSED


def test_a_fault_that_shows_only_from_one_step_on_is_named_there() -> None:
    class ForgetsAfterFive(Adam):
        def first_moment(self, m: Any, g: Any) -> Any:
            self.calls = getattr(self, "calls", 0) + 1
            return super().first_moment(m if self.calls < 6 else 0 * m, g)

    judgement = judge(recorded(ForgetsAfterFive, DYADIC, telling_gradients("float64", DYADIC.eps)))
    assert judgement.outcome == Ruling.REJECTED
    assert judgement.offence is not None
    assert judgement.offence.step == 6
