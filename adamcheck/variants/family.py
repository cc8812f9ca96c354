"""The family of Adam: optimizers whose update rule differs from Adam's in one or two stages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from adamcheck.adam import Adam, State
from adamcheck.numbers import Value, maximum, sqrt
from adamcheck.numbers.floats import format_of
from adamcheck.variants.dialects import EpsilonHat
from adamcheck.variants.operations import choose, known_within

_FLOAT32 = format_of("float32").unit


class NAdam(Adam):
    """Nesterov momentum with the schedule mu_t = beta1 (1 - 0.96^(psi t) / 2), psi = 0.004.

    Dozat, "Incorporating Nesterov Momentum into Adam" (2016); PyTorch's `NAdam`. The products of
    mu_1 ... mu_t replace the powers of beta1 in the bias correction. PyTorch keeps them in a float32
    scalar for every dtype of the arrays, so each is known up to a rounding of float32.
    """

    title = "NAdam"
    psi = 0.004
    running_product = True
    own: ClassVar[Mapping[str, str]] = {"momentum_decay": "psi"}

    def __init__(self, hyper: Value) -> None:
        super().__init__(hyper)
        self._products: list[Value] = [1]

    def momentum(self, t: int) -> Value:
        """The momentum mu_t of step t."""
        return self.hyper.beta1 * (1 - 0.5 * 0.96 ** (self.psi * t))

    def product(self, t: int) -> Value:
        """The product mu_1 mu_2 ... mu_t."""
        while len(self._products) <= t:
            product = self.momentum(len(self._products)) * self._products[-1]
            self._products.append(known_within(product, _FLOAT32))
        return self._products[t]

    def correct_first(self, m: Value, t: Value) -> Value:
        return m * (self.momentum(t + 1) / (1 - self.product(t + 1)))

    def numerator(self, m_hat: Value, g: Value, t: Value) -> Value:
        return m_hat + g * ((1 - self.momentum(t)) / (1 - self.product(t)))


class NAdamFastSchedule(NAdam):
    """NAdam with psi = 1: the momentum reaches beta1 after a hundred steps. Keras' `Nadam`."""

    title = "NAdam with schedule 0.96^t"
    psi = 1.0


class NAdamConstant(Adam):
    """Nesterov momentum without a schedule: beta1 m / (1 - beta1^(t+1)) + (1 - beta1) g / (1 - beta1^t).

    Optax's `nadam`; river (river#219).
    """

    title = "NAdam with a constant momentum"

    def correct_first(self, m: Value, t: Value) -> Value:
        return m * (self.hyper.beta1 / (1 - self.hyper.beta1 ** (t + 1)))

    def numerator(self, m_hat: Value, g: Value, t: Value) -> Value:
        return m_hat + g * ((1 - self.hyper.beta1) / (1 - self.hyper.beta1**t))


class AdaMax(Adam):
    """The infinity norm instead of the second moment, u = max(beta2 u, |g| + eps), not corrected.

    Kingma & Ba (2015), algorithm 2, with the eps of PyTorch and Optax.
    """

    title = "AdaMax"

    def second_moment(self, v: Value, g: Value) -> Value:
        return maximum(self.hyper.beta2 * v, abs(g) + self.hyper.eps)

    def correct_second(self, peak: Value, v: Value, t: Value) -> tuple[Value, Value]:
        return peak, v

    def denominator(self, v_hat: Value, t: Value) -> Value:
        return v_hat


class AdaMaxEpsilonOutside(AdaMax):
    """AdaMax with u = max(beta2 u, |g|), and eps added in the denominator: u + eps. Keras' `Adamax`."""

    title = "AdaMax with eps outside the maximum"

    def second_moment(self, v: Value, g: Value) -> Value:
        return maximum(self.hyper.beta2 * v, abs(g))

    def denominator(self, v_hat: Value, t: Value) -> Value:
        return v_hat + self.hyper.eps


class RAdam(Adam):
    """Rectified Adam: momentum alone while the variance of 1/sqrt(v_hat) is unbounded, then a damped step.

    Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond" (2020), with the threshold 5
    of the authors' code; Optax's `radam`.
    """

    title = "RAdam"
    threshold = 5.0
    own: ClassVar[Mapping[str, str]] = {"threshold": "threshold"}

    def denominator(self, v_hat: Value, t: Value) -> Value:
        beta2 = self.hyper.beta2
        longest = 2 / (1 - beta2) - 1
        length = longest - 2 * t * beta2**t / (1 - beta2**t)
        return choose(
            length,
            self.threshold,
            lambda: super(RAdam, self).denominator(v_hat, t) / self.rectification(length, longest),
            lambda: 1,
        )

    def rectification(self, length: Value, longest: Value) -> Value:
        """The rectification factor r_t in (0, 1).

        Args:
            length: The length rho_t of the approximating average.
            longest: Its limit rho_infinity.
        """
        damped = (length - 4) * (length - 2) * longest
        return sqrt(damped / ((longest - 4) * (longest - 2) * length))


class RAdamPaper(RAdam):
    """RAdam that rectifies if rho_t exceeds 4: algorithm 2 of the paper (RAdam-Tensorflow#2)."""

    title = "RAdam with threshold 4"
    threshold = 4.0


class RAdamEpsilonHat(RAdam, EpsilonHat):
    """RAdam with eps added before the bias correction, as in PyTorch and the authors' code."""

    title = "RAdam with eps-hat"


class AdaBelief(Adam):
    """Adam with the second moment of g - m instead of g.

    Zhuang et al., "AdaBelief Optimizer" (2020); Optax's `adabelief` with `eps_root=0`.
    """

    title = "AdaBelief"

    def moments(self, state: State, g: Value) -> tuple[Value, Value]:
        m = self.first_moment(state.m, g)
        return m, self.second_moment(state.v, g - m)


class AdaBeliefEpsilonInState(AdaBelief):
    """AdaBelief with eps added to the stored v in every step: algorithm 2 of the paper.

    The authors' code (Adabelief-Optimizer#61), and Optax with `eps_root` equal to eps.
    """

    title = "AdaBelief with eps kept in v"

    def second_moment(self, v: Value, g: Value) -> Value:
        return super().second_moment(v, g) + self.hyper.eps
