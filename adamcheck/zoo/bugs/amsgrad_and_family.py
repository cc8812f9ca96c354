"""Bugs of AMSGrad, NAdam, AdaMax, RAdam and AdaBelief."""

from __future__ import annotations

from typing import Any

import numpy as np

from adamcheck.adam import Adam, AMSGrad, Hyperparameters, State
from adamcheck.numbers import maximum
from adamcheck.variants.family import AdaBelief, AdaMax, NAdam, NAdamConstant, RAdam
from adamcheck.zoo.bugs import experiments as by
from adamcheck.zoo.bugs.faulty import TwoTensors
from adamcheck.zoo.bugs.registry import NO_REPORT, behaviour, formula


@formula(
    "peak-not-stored",
    "the maximum is not stored: it is v, as in Adam",
    "pytorch/pytorch#78807, chainer/chainer#7661; chaoshangcs/GTS#16: the option is not used",
    exposes=by.spike,
    of="amsgrad",
)
class PeakNotStored(AMSGrad):
    """A spike, then small gradients, shows it."""

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, super().correct_second(peak, v, t)[1]


@formula(
    "peak-of-the-step-before",
    "the denominator uses the maximum before this step",
    f"{NO_REPORT}: updated after its use",
    exposes=by.spike,
    of="amsgrad",
)
class StalePeak(AMSGrad):
    """The first step divides by eps alone."""

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return maximum(peak, v), Adam.correct_second(self, peak, peak, t)[1]


@formula(
    "peak-corrected-twice",
    "the largest v_hat, divided by 1 - beta2^t again",
    f"{NO_REPORT}: both conventions at once",
    exposes=by.spike,
    of="amsgrad",
)
class PeakCorrectedTwice(AMSGrad):
    """Any early step shows it."""

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return super().correct_second(peak, Adam.correct_second(self, peak, v, t)[1], t)


@formula(
    "nadam-momentum-counted-twice",
    "the product of momenta up to mu_(t+1) holds mu_t twice",
    "pytorch/pytorch#92699",
    exposes=by.ordinary,
    of="nadam",
)
class MomentumCountedTwice(NAdam):
    """Little remains after ten steps."""

    def correct_first(self, m: Any, t: Any) -> Any:
        product = self.product(t + 1) * self.momentum(t)
        return m * (self.momentum(t + 1) / (1 - product))


@formula(
    "nadam-next-momentum-is-this",
    "mu_t for mu_(t+1)",
    f"{NO_REPORT}: mu_t in both places",
    exposes=by.ordinary,
    of="nadam",
)
class NextMomentumIsThis(NAdam):
    """1e-5 of the update at the first step."""

    def correct_first(self, m: Any, t: Any) -> Any:
        momentum = self.momentum(t)
        return m * (momentum / (1 - self.product(t) * momentum))


@formula(
    "nadam-without-products",
    "mu_(t+1) m + (1 - mu_t) g: neither part is corrected",
    "apache/mxnet#6784: not corrected as in the paper",
    exposes=by.ordinary,
    of="nadam",
)
class WithoutProducts(NAdam):
    """Early steps show it."""

    def correct_first(self, m: Any, t: Any) -> Any:
        return m * self.momentum(t + 1)

    def numerator(self, m_hat: Any, g: Any, t: Any) -> Any:
        return m_hat + g * (1 - self.momentum(t))


@formula(
    "nadam-one-momentum-for-the-product",
    "mu_t^t for the product of mu_1 to mu_t",
    f"{NO_REPORT}: mu_t^t",
    exposes=by.ordinary,
    of="nadam",
)
class PowerForProduct(NAdam):
    """The first step is right in g's part."""

    def product(self, t: int) -> Any:
        return self.momentum(t) ** t


@formula(
    "nadam-powers-frozen",
    "the corrections of the first step forever",
    "FluxML/Flux.jl#789: powers from beta, not from the state",
    by.ordinary,
    of="nadam-constant",
)
class PowersFrozen(NAdamConstant):
    """The first step is right."""

    def correct_first(self, m: Any, t: Any) -> Any:
        return super().correct_first(m, 1)

    def numerator(self, m_hat: Any, g: Any, t: Any) -> Any:
        return super().numerator(m_hat, g, 1)

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return super().correct_second(peak, v, 1)


@formula(
    "adamax-norm-corrected",
    "u / (1 - beta2^t)",
    "tensorflow/swift-apis#313: wrong denominator",
    exposes=by.ordinary,
    of="adamax",
)
class NormCorrected(AdaMax):
    """Any early step shows it."""

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return Adam.correct_second(self, peak, v, t)


@formula(
    "adamax-norm-never-decays",
    "max(u, |g| + eps)",
    f"{NO_REPORT}: max(u, |g|)",
    exposes=by.spike,
    of="adamax",
)
class NormNeverDecays(AdaMax):
    """Only gradients that shrink show it."""

    def second_moment(self, v: Any, g: Any) -> Any:
        return maximum(v, abs(g) + self.hyper.eps)


@formula(
    "adamax-norm-summed",
    "beta2 u + |g| + eps for the maximum",
    f"{NO_REPORT}: the sum for the maximum",
    exposes=by.ordinary,
    of="adamax",
)
class NormSummed(AdaMax):
    """The second step shows it."""

    def second_moment(self, v: Any, g: Any) -> Any:
        return self.hyper.beta2 * v + abs(g) + self.hyper.eps


@formula(
    "radam-step-in-the-rate",
    "lr t for lr",
    "tensorflow/swift-apis#564: learningRate * step",
    exposes=by.ordinary,
    of="radam",
)
class StepInTheRate(RAdam):
    """The first step is right."""

    def numerator(self, m_hat: Any, g: Any, t: Any) -> Any:
        return m_hat * t


@formula(
    "radam-rectified-by-the-square",
    "r_t^2 for r_t",
    f"{NO_REPORT}: the root is forgotten",
    exposes=by.ordinary,
    of="radam",
)
class RectifiedBySquare(RAdam):
    """The steps from the sixth on show it."""

    def rectification(self, length: Any, longest: Any) -> Any:
        rate = super().rectification(length, longest)
        return rate * rate


@formula(
    "radam-never-rectified",
    "r_t = 1",
    f"{NO_REPORT}: only the waiting is there",
    exposes=by.ordinary,
    of="radam",
)
class NeverRectified(RAdam):
    """The steps from the sixth on show it."""

    def rectification(self, length: Any, longest: Any) -> Any:
        return 1


@formula(
    "adabelief-old-mean",
    "(g - m_(t-1))^2 for (g - m_t)^2",
    f"{NO_REPORT}: g minus the mean before g",
    exposes=by.ordinary,
    of="adabelief",
)
class OldMean(AdaBelief):
    """Off by 1 / beta1 in every step."""

    def moments(self, state: State, g: Any) -> tuple[Any, Any]:
        return self.first_moment(state.m, g), self.second_moment(state.v, g - state.m)


class _SharedProduct(NAdam):
    """NAdam in the second of two tensors, or the first, that multiply one product in turn."""

    def __init__(self, hyper: Hyperparameters, tensor: int) -> None:
        super().__init__(hyper)
        self._tensor = tensor

    def product(self, t: int) -> Any:
        # In step t the first tensor has multiplied mu_1 ... mu_(t-1) twice and mu_t once.
        twice = super().product(t) * super().product(t - 1)
        return twice * self.momentum(t) if self._tensor else twice

    def correct_first(self, m: Any, t: Any) -> Any:
        return m * (self.momentum(t + 1) / (1 - self.product(t) * self.momentum(t + 1)))


@behaviour(
    "nadam-product-shared",
    "all tensors multiply one product of momenta",
    "mxnet nadam.py: m_schedule in the loop over parameters",
    by.ordinary,
    of="nadam",
)
class ProductShared(TwoTensors):
    """Two tensors show it (here: halves of the array)."""

    def step_tensor(self, tensor: int, parameters: np.ndarray, gradient: np.ndarray) -> Any:
        adam = _SharedProduct(self.hyper, tensor)
        self.states[tensor], parameters = adam.step(self.states[tensor], parameters, gradient)
        return parameters
