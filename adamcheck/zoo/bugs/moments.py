"""Bugs of the moments: wrong betas, wrong powers of the gradient, moments of the wrong step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from adamcheck.adam import Adam, State
from adamcheck.numbers import ema, sqrt
from adamcheck.variants.operations import total
from adamcheck.zoo.bugs import experiments as by
from adamcheck.zoo.bugs.registry import NO_REPORT, arithmetic, formula


@formula(
    "betas-swapped",
    "beta2 for m and beta1 for v",
    f"{NO_REPORT}: two arguments in the wrong order",
    exposes=by.ordinary,
)
class BetasSwapped(Adam):
    """The first step is right; a constant gradient does not show it."""

    def __init__(self, hyper: Any) -> None:
        super().__init__(hyper.replace(beta1=hyper.beta2, beta2=hyper.beta1))


@formula(
    "betas-complemented",
    "1 - beta for beta, as in the first version of the paper",
    "mila-iqia/blocks#1159: beta means 1 - beta",
    exposes=by.ordinary,
)
class BetasComplemented(Adam):
    """A constant gradient does not show it."""

    def __init__(self, hyper: Any) -> None:
        super().__init__(hyper.replace(beta1=1 - hyper.beta1, beta2=1 - hyper.beta2))


@formula(
    "beta2-ignored",
    "beta1 for v as well",
    "Nerogar/OneTrainer#153, jolibrain/joliGEN#193, keisuke-umezawa/deeplearning-default-value#3",
    exposes=by.ordinary,
)
class Beta2Ignored(Adam):
    """The first step is right; a constant gradient does not show it."""

    def __init__(self, hyper: Any) -> None:
        super().__init__(hyper.replace(beta2=hyper.beta1))


@formula("beta1-ignored", "beta2 for m as well", "jolibrain/joliGEN#193, of its kind", exposes=by.ordinary)
class Beta1Ignored(Adam):
    """The first step is right; a constant gradient does not show it."""

    def __init__(self, hyper: Any) -> None:
        super().__init__(hyper.replace(beta1=hyper.beta2))


@formula(
    "m-not-averaged",
    "m = beta1 m + g",
    "PennyLaneAI/pennylane#53: the factor 1 - beta1 is left out",
    exposes=by.ordinary,
)
class FirstMomentSummed(Adam):
    """Off by 1 / (1 - beta1) in every step."""

    def first_moment(self, m: Any, g: Any) -> Any:
        return self.hyper.beta1 * m + g


@formula("v-not-averaged", "v = beta2 v + g^2", "PennyLaneAI/pennylane#53, of its kind", exposes=by.ordinary)
class SecondMomentSummed(Adam):
    """Off by sqrt(1 - beta2) in every step."""

    def second_moment(self, v: Any, g: Any) -> Any:
        return self.hyper.beta2 * v + g * g


@formula(
    "moments-not-averaged",
    "m = beta1 m + g and v = beta2 v + g^2",
    "PennyLaneAI/pennylane#53, of its kind",
    exposes=by.ordinary,
)
class BothMomentsSummed(FirstMomentSummed, SecondMomentSummed):
    """Off by sqrt(1 - beta2) / (1 - beta1) in every step."""


@formula(
    "v-of-gradients",
    "v averages g instead of g^2",
    "seen in implementations from scratch: the square is forgotten",
    exposes=by.ordinary,
)
class SecondMomentOfGradients(Adam):
    """The root of a negative average is NaN; positive gradients show what the formula is."""

    def second_moment(self, v: Any, g: Any) -> Any:
        return ema(v, g, self.hyper.beta2)


@formula(
    "v-of-magnitudes",
    "v averages |g| instead of g^2",
    f"{NO_REPORT}: the square is forgotten",
    exposes=by.ordinary,
)
class SecondMomentOfMagnitudes(Adam):
    """It does not show where |g| is 1."""

    def second_moment(self, v: Any, g: Any) -> Any:
        return ema(v, abs(g), self.hyper.beta2)


@formula(
    "v-of-m-times-g", "v averages m g instead of g^2", f"{NO_REPORT}: the wrong factor", exposes=by.ordinary
)
class SecondMomentOfProduct(Adam):
    """Negative, hence NaN, where the sign of the gradient changes."""

    def moments(self, state: State, g: Any) -> tuple[Any, Any]:
        m = self.first_moment(state.m, g)
        return m, ema(state.v, m * g, self.hyper.beta2)


@formula(
    "v-of-m",
    "v averages m^2 instead of g^2",
    "replikativ/raster#233: vectorized code reads the new moment",
    exposes=by.ordinary,
)
class SecondMomentOfFirst(Adam):
    """Off by 1 / (1 - beta1) at the first step."""

    def moments(self, state: State, g: Any) -> tuple[Any, Any]:
        m = self.first_moment(state.m, g)
        return m, self.second_moment(state.v, m)


@formula(
    "v-of-all-coordinates",
    "v averages the sum of all squares",
    "mitsuba-renderer/mitsuba3#1051: g * g is a scalar product",
    exposes=by.ordinary,
)
class SecondMomentOfAllCoordinates(Adam):
    """Two coordinates are enough to show it."""

    def second_moment(self, v: Any, g: Any) -> Any:
        return ema(v, 0 * g + total(g * g), self.hyper.beta2)


@formula(
    "centred",
    "sqrt(v_hat - m_hat^2): the standard deviation",
    "RMSProp's option, in Adam",
    exposes=by.ordinary,
)
class Centred(Adam):
    """Infinite at the first step."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        after, _ = super().update(state, parameters, gradient)
        m_hat = self.correct_first(after.m, after.step)
        variance = self.correct_second(after.peak, after.v, after.step)[1] - m_hat * m_hat
        return after, -(self.hyper.lr * m_hat / self.denominator(variance, after.step))


@formula(
    "centred-in-place",
    "v <- v - m^2, and stored",
    "UselessToys/Ecosystem_WebUI#383: LaProp's denominator is its state",
    exposes=by.ordinary,
)
class CentredInPlace(Adam):
    """A constant gradient shows it too."""

    def moments(self, state: State, g: Any) -> tuple[Any, Any]:
        m, v = super().moments(state, g)
        return m, v - m * m


@formula(
    "m-of-the-step-before",
    "the update uses m of the step before",
    "of the kind of replikativ/raster#233",
    exposes=by.ordinary,
)
class StaleFirstMoment(Adam):
    """The first step does nothing; after that, a constant gradient does not show it."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        after, _ = super().update(state, parameters, gradient)
        v_hat = self.correct_second(after.peak, after.v, after.step)[1]
        m_hat = self.correct_first(state.m, after.step)
        return after, -(self.hyper.lr * m_hat / self.denominator(v_hat, after.step))


@formula(
    "v-of-the-step-before",
    "the update uses v of the step before",
    "of the kind of replikativ/raster#233",
    exposes=by.ordinary,
)
class StaleSecondMoment(Adam):
    """The first step divides by eps alone."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        after, _ = super().update(state, parameters, gradient)
        v_hat = self.correct_second(state.peak, state.v, after.step)[1]
        m_hat = self.correct_first(after.m, after.step)
        return after, -(self.hyper.lr * m_hat / self.denominator(v_hat, after.step))


@formula("root-omitted", "v_hat + eps", f"{NO_REPORT}: the variance for the deviation", exposes=by.ordinary)
class RootOmitted(Adam):
    """It does not show where |g| is 1."""

    def denominator(self, v_hat: Any, t: Any) -> Any:
        return v_hat + self.hyper.eps


@formula(
    "multiplied-by-the-root",
    "m_hat (sqrt(v_hat) + eps): multiplied instead of divided",
    "oracle/tribuo#401",
    exposes=by.ordinary,
)
class MultipliedByTheRoot(Adam):
    """It does not show where |g| is 1."""

    def denominator(self, v_hat: Any, t: Any) -> Any:
        return 1 / (sqrt(v_hat) + self.hyper.eps)


@formula(
    "nesterov-unasked",
    "beta1 m_hat + (1 - beta1) g / (1 - beta1^t) for m_hat",
    "online-ml/river#219, FluxML/Flux.jl#224: errors in Nesterov's form",
    exposes=by.ordinary,
)
class NesterovUnasked(Adam):
    """90 % at the first step."""

    def numerator(self, m_hat: Any, g: Any, t: Any) -> Any:
        now = (1 - self.hyper.beta1) / (1 - self.hyper.beta1**t)
        return self.hyper.beta1 * m_hat + now * g


@formula(
    "without-momentum", "g for m_hat", f"{NO_REPORT}: RMSProp with a bias correction", exposes=by.ordinary
)
class WithoutMomentum(Adam):
    """The first step is right; a constant gradient does not show it."""

    def numerator(self, m_hat: Any, g: Any, t: Any) -> Any:
        return g


@formula(
    "moments-not-stored",
    "m and v of the step before are 0 in every step",
    "raskr/rust-autograd#16: copies are updated, not the state",
    exposes=by.ordinary,
)
class MomentsNotStored(Adam):
    """The first step is right."""

    def moments(self, state: State, g: Any) -> tuple[Any, Any]:
        return self.first_moment(0 * state.m, g), self.second_moment(0 * state.v, g)


@formula(
    "moments-are-one-array",
    "m and v are the same array: v overwrites m",
    "m = v = zeros(n): a classic",
    exposes=by.ordinary,
)
class MomentsAreOneArray(Adam):
    """Every step shows it."""

    def moments(self, state: State, g: Any) -> tuple[Any, Any]:
        v = self.second_moment(self.first_moment(state.v, g), g)
        return v, v


@formula(
    "v-starts-at-one",
    "v_0 = 1 instead of 0",
    "TensorFlow's RMSProp starts its average at 1",
    exposes=by.ordinary,
)
class SecondMomentStartsAtOne(Adam):
    """Early steps show it, as far as |g| is not far above 1 / sqrt(1 - beta2)."""

    def start(self, parameters: Any) -> State:
        state = super().start(parameters)
        return replace(state, v=state.v + 1)


@formula(
    "moments-start-at-one",
    "m_0 = v_0 = 1 instead of 0",
    "seen in implementations from scratch: ones_like for zeros_like",
    exposes=by.ordinary,
)
class MomentsStartAtOne(Adam):
    """Early steps show it, most of all where the gradient is far below 1."""

    def start(self, parameters: Any) -> State:
        state = super().start(parameters)
        return replace(state, m=state.m + 1, v=state.v + 1)


@formula(
    "moments-start-at-parameters",
    "m_0 = v_0 = theta_0 instead of 0",
    "seen in implementations from scratch: the moments are copies of the parameters",
    exposes=by.away_from_zero,
)
class MomentsStartAtParameters(Adam):
    """Early steps from anywhere but 0 show it; a negative parameter gives NaN."""

    def start(self, parameters: Any) -> State:
        state = super().start(parameters)
        return replace(state, m=parameters, v=parameters)


@formula(
    "gradients-accumulate",
    "the gradient is the sum of all gradients so far",
    "PyTorch adds to .grad until zero_grad is called",
    exposes=by.ordinary,
)
class GradientsAccumulate(Adam):
    """The first step is right."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        sum_ = gradient if state.memory is None else state.memory + gradient
        return super().update(replace(state, memory=sum_), parameters, sum_)


@arithmetic(
    "complex-square",
    "v averages g^2 instead of |g|^2, for complex g",
    "pytorch/pytorch#59998, tensorflow/tensorflow#38541, keras-team/tf-keras#30",
    exposes=by.ordinary,
)
class ComplexSquare(Adam):
    """Two neighbouring coordinates are one complex number."""

    def second_moment(self, v: Any, g: Any) -> Any:
        return ema(v, _real(_complex(g) ** 2, g.shape), self.hyper.beta2)

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        after, _ = super().update(state, parameters, gradient)
        m_hat = self.correct_first(after.m, after.step)
        v_hat = self.correct_second(after.peak, after.v, after.step)[1]
        denominator = self.denominator(_complex(v_hat), after.step)
        return after, -_real(self.hyper.lr * _complex(m_hat) / denominator, m_hat.shape)


def _complex(x: Any) -> Any:
    even = np.append(x, np.zeros(x.size % 2))
    return even[::2] + 1j * even[1::2]


def _real(z: Any, shape: tuple[int, ...]) -> Any:
    flat = np.stack([z.real, z.imag], axis=1).reshape(-1)
    return flat[: int(np.prod(shape))].reshape(shape)
