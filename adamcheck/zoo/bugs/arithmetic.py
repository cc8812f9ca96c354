"""Bugs of arithmetic: state, squares or scalars in a coarse dtype, scaled or clipped gradients."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from adamcheck.adam import Adam, Hyperparameters, State
from adamcheck.numbers import ema, maximum, sqrt
from adamcheck.numbers.floats import format_of
from adamcheck.variants.family import RAdam
from adamcheck.variants.operations import total
from adamcheck.zoo.bugs import experiments as by
from adamcheck.zoo.bugs.bias_correction import SURVIVOR, AtAnotherStep
from adamcheck.zoo.bugs.registry import arithmetic, formula


def through(x: Any, dtype: str) -> Any:
    """`x` rounded to `dtype` and back."""
    array = np.asarray(x)
    return array.astype(format_of(dtype).dtype).astype(array.dtype)[()]


class _StateIn(Adam):
    """The state rounded to `stored` after every step."""

    stored = ""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        state, update = super().update(state, parameters, gradient)
        return state.map(lambda x: through(x, self.stored)), update


@arithmetic(
    "state-in-bfloat16",
    "m and v stored in bfloat16",
    "databricks/flashoptim#2, keras-team/keras-hub#2629",
    exposes=by.ordinary,
)
class StateInBfloat16(_StateIn):
    """Any run shows it: 0.4 % at the second step."""

    stored = "bfloat16"


@arithmetic(
    "state-in-float16",
    "m and v stored in float16",
    "pytorch/pytorch#43706: state is cast to the dtype of the parameters",
    exposes=by.ordinary,
)
class StateInFloat16(_StateIn):
    """Any run shows it; small squares become 0."""

    stored = "float16"


@arithmetic(
    "state-in-float32",
    "m and v stored in float32 beside float64 parameters",
    "ooples/AiDotNet#1266, pytorch/pytorch#43706",
    exposes=by.ordinary,
)
class StateInFloat32(_StateIn):
    """1e-7 of the update: enclosed only coarsely."""

    stored = "float32"


@arithmetic(
    "state-in-eight-bits",
    "m and v stored in 256 equal parts of their largest magnitude",
    "of the kind of 8-bit optimizers, unasked",
    exposes=by.ordinary,
)
class StateInEightBits(Adam):
    """Any run shows it."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        state, update = super().update(state, parameters, gradient)
        return state.map(in_eight_bits), update


def in_eight_bits(x: Any) -> Any:
    """`x` in 256 equal parts of its largest magnitude."""
    unit = np.max(np.abs(x), initial=0.0) / 127
    return x if unit == 0 else (np.round(x / unit) * unit).astype(x.dtype)


@arithmetic(
    "square-in-float16",
    "g^2 in float16",
    "of the kind of google-deepmind/optax#1754, pytorch/pytorch#8860",
    exposes=by.ordinary,
)
class SquareInFloat16(Adam):
    """Below |g| = 2e-4 it is 0, from |g| = 256 on infinite."""

    def second_moment(self, v: Any, g: Any) -> Any:
        short = np.asarray(g).astype(np.float16)
        return ema(v, (short * short).astype(np.asarray(g).dtype), self.hyper.beta2)


@arithmetic(
    "approximate-root",
    "1 / sqrt(v_hat) to 13 bits",
    "of the kind of mathiasbourgoin/Sarek#298: approximate square roots",
    exposes=by.ordinary,
)
class ApproximateRoot(Adam):
    """1e-4 of the update, in any run."""

    def denominator(self, v_hat: Any, t: Any) -> Any:
        fraction, exponent = np.frexp(1 / np.sqrt(np.asarray(v_hat, np.float64)))
        reciprocal = np.ldexp(np.round(fraction * 2.0**13) / 2.0**13, exponent)
        return (1 / reciprocal).astype(np.asarray(v_hat).dtype) + self.hyper.eps


@arithmetic(
    "subnormals-flushed",
    "v below the smallest normal number becomes 0",
    "LLNL/lbann#56, PaddlePaddle/Paddle#15800, of their kind",
    exposes=by.subnormal,
)
class SubnormalsFlushed(Adam):
    """In float32, |g| below 1e-19 with an eps as small."""

    def second_moment(self, v: Any, g: Any) -> Any:
        v = super().second_moment(v, g)
        return np.where(v < format_of(np.asarray(v).dtype).normal, np.zeros_like(v), v)


@arithmetic("small-v-flushed", "v below 1e-12 becomes 0", SURVIVOR, exposes=by.small_gradients)
class SmallSecondMomentFlushed(Adam):
    """|g| below 1e-6 shows it."""

    def second_moment(self, v: Any, g: Any) -> Any:
        v = super().second_moment(v, g)
        return np.where(v < 1e-12, np.zeros_like(v), v)


@formula(
    "gradient-clipped",
    "g cut off at -1 and 1",
    "apache/mxnet#9881, gorgonia/gorgonia#469, jolibrain/deepdetect#950",
    exposes=by.large_gradients,
)
class GradientClipped(Adam):
    """It does not show at the first step, nor where |g| never exceeds 1."""

    def gradient(self, gradient: Any, parameters: Any) -> Any:
        return -maximum(-maximum(gradient, 0 * gradient - 1), 0 * gradient - 1)


@formula(
    "gradient-norm-clipped",
    "g scaled to norm 1 where its norm is larger",
    "Thinc clips at 1 by default",
    exposes=by.large_gradients,
)
class GradientNormClipped(Adam):
    """It does not show where the norm is constant or small."""

    def gradient(self, gradient: Any, parameters: Any) -> Any:
        norm = sqrt(total(gradient * gradient))
        return gradient / maximum(norm, 0 * norm + 1)


@formula(
    "gradient-not-unscaled",
    "1024 g for g: a loss scale that stays in",
    "pytorch/pytorch#186360: grad_scale is ignored",
    exposes=by.near_eps,
)
class GradientNotUnscaled(Adam):
    """Only |g| near eps shows it, or reading m and v."""

    def gradient(self, gradient: Any, parameters: Any) -> Any:
        return gradient * 1024


@formula(
    "gradient-summed-over-ranks",
    "8 g for g: eight ranks summed",
    "facebookresearch/dinov3#250: summed, not averaged",
    exposes=by.near_eps,
)
class GradientSummedOverRanks(Adam):
    """Only |g| near eps shows it, or reading m and v."""

    def gradient(self, gradient: Any, parameters: Any) -> Any:
        return gradient * 8


class _Float32Corrections(Adam):
    """Powers of beta of our own making."""

    def power(self, beta: float, t: int) -> float:
        """beta^t."""
        raise NotImplementedError

    def correct_first(self, m: Any, t: Any) -> Any:
        return m / (1 - self.power(self.hyper.beta1, t))

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v / (1 - self.power(self.hyper.beta2, t))


@arithmetic(
    "powers-in-float32",
    "1 - beta^t formed in float32",
    "tfjs adam_optimizer.ts, in float64",
    exposes=by.defaults,
)
class PowersInFloat32(_Float32Corrections):
    """1e-5 of the update for 0.999: enclosed only coarsely in float64."""

    def power(self, beta: float, t: int) -> float:
        return float(np.float32(beta) ** np.float32(t))


@arithmetic(
    "running-product-in-float32",
    "beta^t as a running product in float32",
    "tinygrad nn/optim.py, in float64",
    exposes=by.defaults,
)
class RunningProductInFloat32(_Float32Corrections):
    """1e-5 of the update: enclosed only coarsely in float64."""

    def power(self, beta: float, t: int) -> float:
        product = np.float32(1)
        for _ in range(t):
            product = product * np.float32(beta)
        return float(product)


@arithmetic(
    "complement-in-float32",
    "1 - beta2 formed in float32 for v",
    "ooples/AiDotNet.Tensors#350, of its kind",
    exposes=by.defaults,
)
class ComplementInFloat32(Adam):
    """6e-6 of the update in every step: coarse in float64."""

    def second_moment(self, v: Any, g: Any) -> Any:
        return self.hyper.beta2 * v + float(np.float32(1) - np.float32(self.hyper.beta2)) * (g * g)


@arithmetic(
    "lr-in-float32",
    "lr rounded to float32",
    "torch Adam(lr=torch.tensor(...)), by default float32",
    exposes=by.defaults,
)
class RateInFloat32(Adam):
    """6e-8 of the update: enclosed only coarsely in float64."""

    def __init__(self, hyper: Hyperparameters) -> None:
        super().__init__(hyper.replace(lr=float(np.float32(hyper.lr))))


@arithmetic(
    "update-in-float32",
    "the update rounded to float32 before it is added",
    "Keras on NumPy: float64 arrays that hold float32",
    exposes=by.defaults,
)
class UpdateInFloat32(Adam):
    """6e-8 of the update: coarse in float64."""

    def decay(self, parameters: Any, update: Any) -> Any:
        return through(update, "float32")


@arithmetic(
    "parameters-in-bfloat16",
    "parameters rounded to bfloat16 after every step",
    "databricks/flashoptim#2, of its kind",
    exposes=by.away_from_zero,
)
class ParametersInBfloat16(Adam):
    """Parameters far from 0 show it."""

    def decay(self, parameters: Any, update: Any) -> Any:
        return through(parameters + update, "bfloat16") - parameters


@arithmetic(
    "hyperparameters-in-bfloat16",
    "the moments use beta cut to bfloat16, the corrections beta itself",
    "tenstorrent/tt-metal#55935",
    exposes=by.defaults,
)
class HyperparametersInBfloat16(Adam):
    """0.999 becomes 0.996."""

    def moments(self, state: State, g: Any) -> tuple[Any, Any]:
        beta1, beta2 = _cut_to_bfloat16(self.hyper.beta1), _cut_to_bfloat16(self.hyper.beta2)
        return ema(state.m, g, beta1), ema(state.v, g * g, beta2)


def _cut_to_bfloat16(x: float) -> float:
    bits = np.float32(x).view(np.uint32) & np.uint32(0xFFFF0000)
    return float(bits.view(np.float32))


@formula("counter-in-bfloat16", "a step counter in bfloat16 stays at 256", "pytorch/ao#4915", exposes=by.long)
class CounterInBfloat16(AtAnotherStep):
    """Only runs of more than 256 steps show it."""

    def step_of(self, t: Any) -> Any:
        return min(t, 256)


@arithmetic(
    "radam-length-in-float32",
    "rho_t formed in float32, where rho_t - 4 is near 0",
    "ooples/AiDotNet.Tensors#960",
    exposes=by.defaults,
    of="radam",
)
class LengthInFloat32(RAdam):
    """1 % of the first rectified step for 0.999."""

    def denominator(self, v_hat: Any, t: Any) -> Any:
        beta2, one = np.float32(self.hyper.beta2), np.float32(1)
        longest = np.float32(2) / (one - beta2) - one
        power = beta2 ** np.float32(t)
        length = float(longest - np.float32(2 * t) * power / (one - power))
        if length <= self.threshold:
            return 1
        root = sqrt(v_hat) + self.hyper.eps
        return root / self.rectification(length, 2 / (1 - self.hyper.beta2) - 1)


@arithmetic(
    "beta2-zero-is-gradient-descent",
    "lr g where beta2 is 0: gradient descent",
    "Thinc's Adam without beta2",
    exposes=by.without_beta2,
)
class Beta2ZeroIsGradientDescent(Adam):
    """Only beta2 = 0 shows it."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        after, update = super().update(state, parameters, gradient)
        return after, update if self.hyper.beta2 else -(self.hyper.lr * gradient)


@arithmetic(
    "moments-restart-in-float16",
    "float16 parameters start with new moments in every step",
    "NVIDIA/warp#1593",
    exposes=by.half,
)
class MomentsRestartInFloat16(Adam):
    """No other dtype shows it."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        if np.asarray(gradient).dtype == np.float16:
            state = replace(state, m=0 * state.m, v=0 * state.v)
        return super().update(state, parameters, gradient)
