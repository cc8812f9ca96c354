"""Bugs of magnitudes: bounds, thresholds and coarse casts that only some sizes of gradients meet."""

from __future__ import annotations

from typing import Any

import numpy as np

from adamcheck.adam import Adam, State
from adamcheck.numbers import ema, maximum, sqrt
from adamcheck.variants.operations import total
from adamcheck.zoo.bugs import experiments as by
from adamcheck.zoo.bugs import wide_experiments as wide
from adamcheck.zoo.bugs.arithmetic import through
from adamcheck.zoo.bugs.registry import NO_REPORT, arithmetic, formula


def _at_most(x: Any, bound: float) -> Any:
    return -maximum(-x, 0 * x - bound)


class _GradientIn(Adam):
    """The gradient rounded to a coarse dtype."""

    stored = ""

    def gradient(self, gradient: Any, parameters: Any) -> Any:
        return through(gradient, self.stored)


@arithmetic(
    "gradient-in-float16",
    "the gradient is rounded to float16",
    "of the kind of keras-team/keras#11860: gradients of mixed precision",
    exposes=by.ordinary,
)
class GradientInFloat16(_GradientIn):
    """1e-4 of the update; infinite from 65,520 on, 0 below 3e-8."""

    stored = "float16"


@arithmetic(
    "gradient-in-bfloat16",
    "the gradient is rounded to bfloat16",
    f"{NO_REPORT}: gradients communicated in bfloat16",
    exposes=by.ordinary,
)
class GradientInBfloat16(_GradientIn):
    """A third of a percent of the update."""

    stored = "bfloat16"


@arithmetic(
    "gradient-in-float32",
    "the gradient is rounded to float32",
    "of the kind of ooples/AiDotNet#1266: double parameters, a float kernel",
    exposes=by.ordinary,
)
class GradientInFloat32(_GradientIn):
    """6e-8 of the update: enclosed only coarsely, but for magnitudes beyond float32."""

    stored = "float32"


@arithmetic(
    "gradient-in-fixed-point",
    "the gradient is rounded to multiples of 2^-8",
    f"{NO_REPORT}: gradients summed as integers",
    exposes=by.ordinary,
)
class GradientInFixedPoint(Adam):
    """0.2 % of the update near 1; gradients below 2^-9 are 0."""

    def gradient(self, gradient: Any, parameters: Any) -> Any:
        return np.round(gradient * 256) / 256


@formula(
    "gradient-clipped-at-thousand",
    "g cut off at -1000 and 1000",
    "of the kind of gorgonia/gorgonia#469: a clip that is always on",
    exposes=wide.mixed_gradients,
)
class GradientClippedAtThousand(Adam):
    """It does not show where |g| never exceeds 1000, nor where it always does."""

    def gradient(self, gradient: Any, parameters: Any) -> Any:
        return -_at_most(-_at_most(gradient, 1000.0), 1000.0)


@formula(
    "gradient-norm-clipped-at-hundred",
    "g scaled to norm 100 where its norm is larger",
    "of the kind of Thinc, which clips at 1 by default",
    exposes=wide.mixed_gradients,
)
class GradientNormClippedAtHundred(Adam):
    """It does not show where the norm is constant or below 100."""

    def gradient(self, gradient: Any, parameters: Any) -> Any:
        norm = sqrt(total(gradient * gradient)) / 100
        return gradient / maximum(norm, 0 * norm + 1)


@formula(
    "gradient-normalized",
    "g divided by its norm",
    f"{NO_REPORT}: normalized gradients, unasked",
    exposes=by.ordinary,
)
class GradientNormalized(Adam):
    """It does not show where the norm is constant, but near eps."""

    def gradient(self, gradient: Any, parameters: Any) -> Any:
        return gradient / sqrt(total(gradient * gradient))


@arithmetic(
    "outliers-skipped",
    "gradients of more than 1000 in size count as 0",
    f"{NO_REPORT}: a guard against exploding gradients",
    exposes=wide.mixed_gradients,
)
class OutliersSkipped(Adam):
    """It does not show where |g| never exceeds 1000."""

    def gradient(self, gradient: Any, parameters: Any) -> Any:
        return np.where(abs(gradient) > 1000, np.zeros_like(gradient), gradient)


@arithmetic(
    "tiny-gradients-dropped",
    "gradients of less than 1e-10 in size count as 0",
    f"{NO_REPORT}: a threshold that saves work",
    exposes=wide.tiny_gradients,
)
class TinyGradientsDropped(Adam):
    """Only such gradients show it."""

    def gradient(self, gradient: Any, parameters: Any) -> Any:
        return np.where(abs(gradient) < 1e-10, np.zeros_like(gradient), gradient)


@formula(
    "v-saturates",
    "v is at most 65504, the largest number of float16",
    "of the kind of keras-team/keras#11860: a bound of half precision that stays in",
    exposes=wide.huge_gradients,
)
class SecondMomentSaturates(Adam):
    """Gradients above 256 show it."""

    def second_moment(self, v: Any, g: Any) -> Any:
        return _at_most(super().second_moment(v, g), 65504.0)


@formula(
    "square-saturates",
    "g^2 is at most 1e6",
    f"{NO_REPORT}: a bound against overflow",
    exposes=wide.mixed_gradients,
)
class SquareSaturates(Adam):
    """Gradients above 1000 show it."""

    def second_moment(self, v: Any, g: Any) -> Any:
        return ema(v, _at_most(g * g, 1e6), self.hyper.beta2)


@formula(
    "v-floored",
    "v_hat is at least 1e-12",
    "NVIDIA/apex#799: a remedy for NaN where v is near 0",
    exposes=by.small_gradients,
)
class SecondMomentFloored(Adam):
    """Gradients below 1e-6 show it."""

    def denominator(self, v_hat: Any, t: Any) -> Any:
        return super().denominator(maximum(v_hat, 0 * v_hat + 1e-12), t)


@formula(
    "eps-as-floor-under-the-root",
    "sqrt(max(v_hat, eps)) for the sum",
    f"{NO_REPORT}: a bound for what is under the root",
    exposes=by.near_eps,
)
class EpsilonAsFloorUnderTheRoot(Adam):
    """Gradients below sqrt(eps) show it."""

    def denominator(self, v_hat: Any, t: Any) -> Any:
        return sqrt(maximum(v_hat, 0 * v_hat + self.hyper.eps))


@formula(
    "update-clipped-to-lr",
    "no update is larger than lr",
    "of the kind of warner-benjamin/optimi StableAdamW: clipped updates, unasked",
    exposes=wide.late_spike,
)
class UpdateClippedToRate(Adam):
    """A gradient much larger than those before shows it."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        state, update = super().update(state, parameters, gradient)
        lr = 0 * update + self.hyper.lr
        return state, -maximum(-maximum(update, -lr), -lr)


@arithmetic(
    "trust-ratio-unasked",
    "the update is scaled by the norm of theta over its own",
    "LAMB's ratio, in NVIDIA/apex FusedLAMB, here unasked",
    exposes=by.away_from_zero,
)
class TrustRatio(Adam):
    """Parameters of norm 0 do not show it."""

    def decay(self, parameters: Any, update: Any) -> Any:
        weight, length = np.sqrt(np.sum(parameters**2)), np.sqrt(np.sum(update**2))
        known = weight > 0 and length > 0
        return update * np.asarray(
            self.hyper.lr * weight / length if known else 1.0, np.asarray(update).dtype
        )


@arithmetic(
    "lr-scaled-by-parameters",
    "lr is multiplied by the root mean square of theta, at least 1/1000",
    "Adafactor's scale_parameter, in Adam",
    exposes=by.away_from_zero,
)
class RateScaledByParameters(Adam):
    """Any parameters but those of size 1 show it."""

    def decay(self, parameters: Any, update: Any) -> Any:
        size = np.sqrt(np.mean(np.square(parameters))) if np.size(parameters) else 1.0
        return update * np.asarray(max(size, 1e-3), np.asarray(update).dtype)


@arithmetic(
    "parameters-clipped",
    "theta is cut off at -4 and 4",
    "the weight clipping of a Wasserstein GAN, left in the optimizer",
    exposes=wide.large_lr,
)
class ParametersClipped(Adam):
    """Only parameters beyond 4 show it."""

    def decay(self, parameters: Any, update: Any) -> Any:
        return np.clip(parameters + update, -4, 4) - parameters


@arithmetic(
    "small-updates-dropped",
    "updates of less than 1e-6 in size are not made",
    f"{NO_REPORT}: a threshold that saves work",
    exposes=wide.tiny_lr,
)
class SmallUpdatesDropped(Adam):
    """A small lr shows it, or gradients far below eps."""

    def decay(self, parameters: Any, update: Any) -> Any:
        return np.where(abs(update) < 1e-6, np.zeros_like(update), update)
