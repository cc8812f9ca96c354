"""Bugs of eps: dropped, doubled, stored in the state, or in the wrong place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from adamcheck.adam import Adam, Hyperparameters, State
from adamcheck.numbers import maximum, sqrt
from adamcheck.variants.family import AdaMax
from adamcheck.zoo.bugs import experiments as by
from adamcheck.zoo.bugs.registry import NO_REPORT, arithmetic, formula


@formula(
    "eps-dropped",
    "m_hat / sqrt(v_hat), without eps",
    "deeplearning4j/deeplearning4j#2705: Adam ignored eps",
    exposes=by.zeros,
)
class EpsilonDropped(Adam):
    """A zero gradient gives 0/0; sizes near eps are off by half."""

    def denominator(self, v_hat: Any, t: Any) -> Any:
        return sqrt(v_hat)


@formula(
    "eps-inside-and-outside-root",
    "sqrt(v_hat + eps) + eps",
    "CyberZHG/keras-radam#29, sail-sg/Adan#8: paper and code differ",
    exposes=by.near_eps,
)
class EpsilonInsideAndOutside(Adam):
    """Gradients up to sqrt(eps) show it, least of all those near 1."""

    def denominator(self, v_hat: Any, t: Any) -> Any:
        return sqrt(v_hat + self.hyper.eps) + self.hyper.eps


@formula(
    "eps-inside-and-outside-uncorrected-root",
    "(sqrt(v + eps) + eps) / sqrt(1 - beta2^t)",
    "kozistr/pytorch_optimizer#397",
    exposes=by.near_eps,
)
class EpsilonInsideAndOutsideUncorrected(Adam):
    """The same as above before the correction; worst at t = 1."""

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v

    def denominator(self, v_hat: Any, t: Any) -> Any:
        root = sqrt(v_hat + self.hyper.eps) + self.hyper.eps
        return root / sqrt(1 - self.hyper.beta2**t)


@formula(
    "eps-after-reciprocal",
    "m_hat * (1/sqrt(v_hat) + eps)",
    "kozistr/pytorch_optimizer#480: AdamP adds eps after rsqrt",
    exposes=by.zeros,
)
class EpsilonAfterReciprocal(Adam):
    """A zero gradient gives infinity; else off by eps |g|, growing with g."""

    def denominator(self, v_hat: Any, t: Any) -> Any:
        return 1 / (1 / sqrt(v_hat) + self.hyper.eps)


@formula(
    "eps-subtracted",
    "sqrt(v_hat) - eps",
    "tensorflow/tensorflow#61411: sqrt(v) - epsilon",
    exposes=by.near_eps,
)
class EpsilonSubtracted(Adam):
    """The sign changes where |g| is below eps, the step is infinite where it is eps."""

    def denominator(self, v_hat: Any, t: Any) -> Any:
        return sqrt(v_hat) - self.hyper.eps


@formula(
    "eps-kept-in-v",
    "v <- v + eps in every step, and stored",
    "juntang-zhuang/Adabelief-Optimizer#61: add_ where add was meant",
    exposes=by.near_eps,
)
class EpsilonKeptInV(Adam):
    """Reading v shows it, and |g| near sqrt(eps)."""

    def second_moment(self, v: Any, g: Any) -> Any:
        return super().second_moment(v, g) + self.hyper.eps


@formula(
    "v-starts-at-eps",
    "v_0 = eps instead of 0",
    f"{NO_REPORT}: a remedy for division by zero",
    exposes=by.near_eps,
)
class SecondMomentStartsAtEpsilon(Adam):
    """Only the first 1/(1 - beta2) steps show it, where |g| is below sqrt(eps)."""

    def start(self, parameters: Any) -> State:
        state = super().start(parameters)
        return replace(state, v=state.v + self.hyper.eps)


@formula(
    "eps-tenfold", "10 eps for eps", "jrios6/Adam-vs-SGD-Numpy#1: 1e-8 copied as 10e-8", exposes=by.near_eps
)
class EpsilonTenfold(Adam):
    """Tiny gradients, where the step is lr m_hat / eps, are a tenth."""

    def denominator(self, v_hat: Any, t: Any) -> Any:
        return sqrt(v_hat) + 10 * self.hyper.eps


@formula(
    "eps-ignored",
    "eps = 1e-8, whatever value is requested",
    "vwxyzjn/lm-human-preference-details#23, okoge-kaz/llm-recipes#8",
    exposes=by.near_eps,
)
class EpsilonIgnored(Adam):
    """Any other eps shows it, where |g| is near the one or the other."""

    def denominator(self, v_hat: Any, t: Any) -> Any:
        return sqrt(v_hat) + 1e-8


@formula(
    "eps-scaled-by-lr",
    "sqrt(v_hat) + lr eps",
    f"{NO_REPORT}: lr folded into the denominator",
    exposes=by.near_eps,
)
class EpsilonScaledByRate(Adam):
    """|g| near eps shows it, more where lr is small."""

    def denominator(self, v_hat: Any, t: Any) -> Any:
        return sqrt(v_hat) + self.hyper.lr * self.hyper.eps


@formula(
    "eps-in-corrections",
    "m / (1 - beta1^t + eps) and v / (1 - beta2^t + eps)",
    f"{NO_REPORT}: a guard against division by zero",
    exposes=by.ordinary,
)
class EpsilonInCorrections(Adam):
    """Off by eps / (1 - beta2) / 2 at t = 1."""

    def correct_first(self, m: Any, t: Any) -> Any:
        return m / (1 - self.hyper.beta1**t + self.hyper.eps)

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v / (1 - self.hyper.beta2**t + self.hyper.eps)


@formula(
    "eps-in-numerator",
    "(m_hat + eps) / (sqrt(v_hat) + eps)",
    f"{NO_REPORT}: a guard against division by zero",
    exposes=by.zeros,
)
class EpsilonInNumerator(Adam):
    """Where the gradient is 0, the parameters move by lr."""

    def numerator(self, m_hat: Any, g: Any, t: Any) -> Any:
        return m_hat + self.hyper.eps


@arithmetic(
    "eps-in-float16",
    "eps rounded to float16: 1e-8 becomes 0",
    "google-deepmind/optax#1754, google-deepmind/optax#1789: 1e-8 is 0 in float16",
    exposes=by.default_near_eps,
)
class EpsilonInFloat16(Adam):
    """A zero gradient gives 0/0; |g| near eps is off by half."""

    def __init__(self, hyper: Hyperparameters) -> None:
        super().__init__(hyper.replace(eps=float(np.float16(hyper.eps))))


@formula(
    "adamax-eps-accumulates",
    "u = max(beta2 u + eps, |g|): eps / (1 - beta2) remains",
    "openai/iaf#15",
    exposes=by.zeros,
    of="adamax",
)
class AdaMaxEpsilonAccumulates(AdaMax):
    """Long runs of zeros show it."""

    def second_moment(self, v: Any, g: Any) -> Any:
        return maximum(self.hyper.beta2 * v + self.hyper.eps, abs(g))


@formula(
    "adamax-without-eps",
    "u = max(beta2 u, |g|), without eps",
    "mlpack/mlpack#887, torch/optim#76",
    exposes=by.zeros,
    of="adamax",
)
class AdaMaxWithoutEpsilon(AdaMax):
    """A gradient that is 0 from the start gives 0/0."""

    def second_moment(self, v: Any, g: Any) -> Any:
        return maximum(self.hyper.beta2 * v, abs(g))
