"""Bugs of dtypes: one coarse part among fine ones, one dtype that takes a path of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from adamcheck.adam import Adam, State
from adamcheck.variants.dialects import EpsilonHat, NoBiasCorrection
from adamcheck.zoo.bugs import experiments as by
from adamcheck.zoo.bugs import wide_experiments as wide
from adamcheck.zoo.bugs.arithmetic import in_eight_bits, through
from adamcheck.zoo.bugs.faulty import FaultyRun
from adamcheck.zoo.bugs.registry import NO_REPORT, arithmetic, behaviour


@arithmetic(
    "m-in-bfloat16",
    "m stored in bfloat16, v as it is",
    "of the kind of databricks/flashoptim#2: one state rounded to the dtype of the model",
    exposes=by.ordinary,
)
class FirstMomentInBfloat16(Adam):
    """Any run shows it, from the first step on."""

    def first_moment(self, m: Any, g: Any) -> Any:
        return through(super().first_moment(m, g), "bfloat16")


@arithmetic(
    "v-in-bfloat16",
    "v stored in bfloat16, m as it is",
    "of the kind of databricks/flashoptim#2: one state rounded to the dtype of the model",
    exposes=by.ordinary,
)
class SecondMomentInBfloat16(Adam):
    """Any run shows it; v stays where it changes by less than half a percent."""

    def second_moment(self, v: Any, g: Any) -> Any:
        return through(super().second_moment(v, g), "bfloat16")


@arithmetic(
    "v-in-float16",
    "v stored in float16, m as it is",
    "of the kind of pytorch/pytorch#43706",
    exposes=by.ordinary,
)
class SecondMomentInFloat16(Adam):
    """Any run shows it; gradients above 8,000 make v infinite."""

    def second_moment(self, v: Any, g: Any) -> Any:
        return through(super().second_moment(v, g), "float16")


@arithmetic(
    "m-in-eight-bits",
    "m stored in 256 equal parts of its largest magnitude, v as it is",
    "of the kind of 8-bit optimizers, half of it",
    exposes=by.ordinary,
)
class FirstMomentInEightBits(Adam):
    """Any run shows it."""

    def first_moment(self, m: Any, g: Any) -> Any:
        return in_eight_bits(super().first_moment(m, g))


@arithmetic(
    "update-in-bfloat16",
    "the update is rounded to bfloat16 before it is added",
    f"{NO_REPORT}: updates communicated in bfloat16",
    exposes=by.ordinary,
)
class UpdateInBfloat16(Adam):
    """Half a percent of the update."""

    def decay(self, parameters: Any, update: Any) -> Any:
        return through(update, "bfloat16")


@arithmetic(
    "update-in-float16",
    "the update is rounded to float16 before it is added",
    f"{NO_REPORT}: updates communicated in float16",
    exposes=by.small_gradients,
)
class UpdateInFloat16(Adam):
    """1e-4 of the update; updates below 3e-8 are lost."""

    def decay(self, parameters: Any, update: Any) -> Any:
        return through(update, "float16")


@arithmetic(
    "denominator-in-float16",
    "sqrt(v_hat) + eps is rounded to float16",
    "of the kind of google-deepmind/optax#1754: eps is lost where the root is 0",
    exposes=by.ordinary,
)
class DenominatorInFloat16(Adam):
    """3e-4 of the update; tiny gradients divide by 0."""

    def denominator(self, v_hat: Any, t: Any) -> Any:
        return through(super().denominator(v_hat, t), "float16")


@arithmetic(
    "root-in-bfloat16",
    "sqrt(v_hat) is rounded to bfloat16",
    f"{NO_REPORT}: a root of a faster unit",
    exposes=by.ordinary,
)
class RootInBfloat16(Adam):
    """Half a percent of the update."""

    def denominator(self, v_hat: Any, t: Any) -> Any:
        return through(super().denominator(v_hat, t) - self.hyper.eps, "bfloat16") + self.hyper.eps


@arithmetic(
    "parameters-in-float16",
    "parameters are rounded to float16 after every step",
    "of the kind of databricks/flashoptim#2: the copy of the model is read back",
    exposes=by.away_from_zero,
)
class ParametersInFloat16(Adam):
    """Parameters far from 0 show it."""

    def decay(self, parameters: Any, update: Any) -> Any:
        return through(parameters + update, "float16") - parameters


class _InOneDtype(Adam):
    """Another definition in one dtype of the gradients."""

    dtype = ""
    other: type[Adam] = Adam

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        if np.asarray(gradient).dtype.name != self.dtype:
            return super().update(state, parameters, gradient)
        return self.other(self.hyper).update(state, parameters, gradient)


@arithmetic(
    "float64-not-corrected",
    "float64 parameters take steps without bias correction",
    "of the kind of ooples/AiDotNet.Tensors#350: a path for float, another for double",
    exposes=by.ordinary,
)
class Float64NotCorrected(_InOneDtype):
    """No other dtype shows it."""

    dtype, other = "float64", NoBiasCorrection


@arithmetic(
    "float32-eps-hat",
    "float32 parameters add eps before v is corrected",
    "of the kind of tensorflow/tensorflow#9047: one kernel differs from the others",
    exposes=wide.float32_near_eps,
)
class Float32EpsilonHat(_InOneDtype):
    """No other dtype shows it, and gradients near eps most."""

    dtype, other = "float32", EpsilonHat


@arithmetic(
    "bfloat16-not-corrected",
    "bfloat16 parameters take steps without bias correction",
    f"{NO_REPORT}: a kernel for a dtype that was added later",
    exposes=wide.in_bfloat16,
)
class Bfloat16NotCorrected(_InOneDtype):
    """No other dtype shows it."""

    dtype, other = "bfloat16", NoBiasCorrection


@behaviour(
    "float32-eps-floored",
    "eps is at least 1.2e-7, the unit of float32, for float32 parameters",
    f"{NO_REPORT}: finfo(dtype).eps for a constant of the formula",
    exposes=wide.float32_tiny_eps,
)
class Float32EpsilonFloored(FaultyRun):
    """No other dtype shows it, and only a smaller eps."""

    def __init__(self, definition: Any, parameters: np.ndarray, hyper: Any, shared: dict[Any, Any]) -> None:
        if parameters.dtype == np.float32:
            hyper = hyper.replace(eps=max(hyper.eps, float(np.finfo(np.float32).eps)))
        super().__init__(definition, parameters, hyper, shared)


@behaviour(
    "gradients-of-another-dtype-dropped",
    "gradients of another dtype than the parameters count as 0",
    f"{NO_REPORT}: only gradients of the dtype of the master weights are collected",
    exposes=wide.mixed_dtypes,
)
class GradientsOfAnotherDtypeDropped(FaultyRun):
    """Only such gradients show it."""

    def step(self, gradient: np.ndarray) -> Any:
        same = gradient.dtype == self.dtype
        return super().step(gradient if same else np.zeros(gradient.shape, self.dtype))


@behaviour(
    "gradients-of-another-dtype-through-float16",
    "gradients of another dtype than the parameters are converted by way of float16",
    f"{NO_REPORT}: the wrong member of a table of conversions",
    exposes=wide.mixed_dtypes,
)
class GradientsOfAnotherDtypeThroughFloat16(FaultyRun):
    """Only such gradients show it."""

    def step(self, gradient: np.ndarray) -> Any:
        other = gradient.dtype != self.dtype
        return super().step(gradient.astype(np.float16).astype(self.dtype) if other else gradient)


@behaviour(
    "gradients-of-another-dtype-reinterpreted",
    "gradients of another dtype than the parameters are read bit by bit",
    f"{NO_REPORT}: a pointer of the wrong type",
    exposes=wide.mixed_dtypes,
)
class GradientsOfAnotherDtypeReinterpreted(FaultyRun):
    """Only such gradients show it."""

    def step(self, gradient: np.ndarray) -> Any:
        if gradient.dtype == self.dtype:
            return super().step(gradient)
        numbers = np.frombuffer(np.ascontiguousarray(gradient).tobytes(), np.uint8)
        bits = np.resize(numbers, gradient.size * self.dtype.itemsize).view(self.dtype)
        return super().step(np.nan_to_num(bits).reshape(gradient.shape))
