"""Rewrites in other orders of evaluation, as libraries have them."""

from __future__ import annotations

from dataclasses import replace
from math import exp, expm1, log, log1p
from typing import Any

import numpy as np

from adamcheck.adam import AdamL2, AdamW, AMSGrad, State
from adamcheck.numbers.quad import to_quad
from adamcheck.zoo.equivalents.registry import Stored, equivalent


@equivalent("direct")
class Direct(Stored):
    """beta m + (1 - beta) g, m / (1 - beta^t), sqrt(v / (1 - beta^t)): the formula as written."""


@equivalent("lerp")
class Lerp(Stored):
    """m + (1 - beta1) (g - m) and v + (1 - beta2) (g^2 - v): PyTorch's `lerp_`."""

    def first_moment(self, m: Any, g: Any) -> Any:
        return m + (1 - self.hyper.beta1) * (g - m)

    def second_moment(self, v: Any, g: Any) -> Any:
        return v + (1 - self.hyper.beta2) * (g * g - v)


@equivalent("fused-multiply-add")
class FusedMultiplyAdd(Stored):
    """Each average with a fused multiply-add, so that product and sum are rounded once."""

    def first_moment(self, m: Any, g: Any) -> Any:
        return self.fused(1 - self.hyper.beta1, g, self.stored(self.hyper.beta1 * m))

    def second_moment(self, v: Any, g: Any) -> Any:
        return self.fused(1 - self.hyper.beta2, g * g, self.stored(self.hyper.beta2 * v))

    def fused(self, x: Any, y: Any, z: Any) -> Any:
        """x y + z in quad, rounded to the dtype of the run."""
        return self.stored((to_quad(x) * to_quad(y) + to_quad(z)).astype(np.float64))


@equivalent("square-scaled-first")
class SquareScaledFirst(Stored):
    """beta2 v + ((1 - beta2) g) g: `addcmul_` with a value."""

    def second_moment(self, v: Any, g: Any) -> Any:
        return self.hyper.beta2 * v + ((1 - self.hyper.beta2) * g) * g


@equivalent("step-size-folded")
class StepSizeFolded(Stored):
    """lr sqrt(1 - beta2^t) / (1 - beta1^t) as one factor, eps scaled as well: the form that Keras intends."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        t = state.step + 1
        m, v = (self.stored(x) for x in self.moments(state, gradient))
        root = (1 - self.hyper.beta2**t) ** 0.5
        size = self.hyper.lr * root / (1 - self.hyper.beta1**t)
        update = -(size * m / (np.sqrt(v) + self.hyper.eps * root))
        return replace(state, step=t, m=m, v=v), self.stored(update)


@equivalent("lr-divides-the-denominator")
class RateDividesDenominator(Stored):
    """m / (sqrt(v) / (root lr') + eps / lr'), lr' = lr / (1 - beta1^t): PyTorch's `capturable` form."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        t = state.step + 1
        m, v = (self.stored(x) for x in self.moments(state, gradient))
        size = self.hyper.lr / (1 - self.hyper.beta1**t)
        root = (1 - self.hyper.beta2**t) ** 0.5
        denominator = self.stored(self.stored(np.sqrt(v)) / (root * size)) + self.hyper.eps / size
        return replace(state, step=t, m=m, v=v), self.stored(-(m / self.stored(denominator)))


@equivalent("lr-over-first-correction")
class RateOverFirstCorrection(Stored):
    """(lr / (1 - beta1^t)) m: PyTorch's step size."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        t = state.step + 1
        m, v = (self.stored(x) for x in self.moments(state, gradient))
        denominator = self.denominator(self.correct_second(state.peak, v, t)[1], t)
        size = self.hyper.lr / (1 - self.hyper.beta1**t)
        return replace(state, step=t, m=m, v=v), self.stored(-(size * (m / denominator)))


@equivalent("root-before-correction")
class RootBeforeCorrection(Stored):
    """sqrt(v) / sqrt(1 - beta2^t) + eps."""

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v

    def denominator(self, v_hat: Any, t: Any) -> Any:
        return np.sqrt(v_hat) / (1 - self.hyper.beta2**t) ** 0.5 + self.hyper.eps


@equivalent("reciprocals")
class Reciprocals(Stored):
    """m (1 / (1 - beta1^t)), v (1 / (1 - beta2^t)): divisions as products with a reciprocal."""

    def correct_first(self, m: Any, t: Any) -> Any:
        return m * (1 / (1 - self.hyper.beta1**t))

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v * (1 / (1 - self.hyper.beta2**t))


class OtherPowers(Stored):
    """beta^t computed in another way."""

    def power(self, beta: Any, t: int) -> Any:
        """beta^t."""
        raise NotImplementedError

    def correct_first(self, m: Any, t: Any) -> Any:
        return m / (1 - self.power(self.hyper.beta1, t))

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v / (1 - self.power(self.hyper.beta2, t))


@equivalent("running-product")
class RunningProduct(OtherPowers):
    """beta^t as a running product in double."""

    def power(self, beta: Any, t: int) -> Any:
        product = 1.0
        for _ in range(t):
            product = product * beta
        return product


@equivalent("running-product-in-the-dtype")
class RunningProductInTheDtype(OtherPowers):
    """beta^t as a running product in the dtype of the run: tinygrad, TensorFlow.js."""

    def power(self, beta: Any, t: int) -> Any:
        product, factor = self.dtype.type(1), self.dtype.type(beta)
        for _ in range(t):
            product = product * factor
        return product


@equivalent("exponential-of-logarithm")
class ExponentialOfLogarithm(OtherPowers):
    """beta^t as exp(t log beta)."""

    def power(self, beta: Any, t: int) -> Any:
        return exp(t * log(beta)) if beta else 0.0


@equivalent("expm1-of-log1p")
class Expm1OfLog1p(Stored):
    """1 - beta^t as -expm1(t log1p(beta - 1))."""

    def correct_first(self, m: Any, t: Any) -> Any:
        return m / self.complement(self.hyper.beta1, t)

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v / self.complement(self.hyper.beta2, t)

    def complement(self, beta: float, t: int) -> float:
        """1 - beta^t."""
        return -expm1(t * log1p(beta - 1)) if beta else 1.0


@equivalent("scalars-in-the-dtype")
class ScalarsInTheDtype(Stored):
    """Hyperparameters, 1 - beta and beta^t in the dtype of the run: JAX without double precision."""

    def start(self, parameters: Any) -> State:
        # Arrays without an axis: they are not checked again to be below 1, which 0.9999 in half is not.
        self.hyper = self.hyper.map(lambda x: np.asarray(x, np.asarray(parameters).dtype))
        return super().start(parameters)


@equivalent("counter-in-float32")
class CounterInFloat32(OtherPowers):
    """A step counter in float32, as PyTorch keeps it: exact up to 2^24, where beta^t is long 0."""

    def power(self, beta: Any, t: int) -> Any:
        return beta ** float(np.float32(t))


@equivalent("debiased-recursion")
class DebiasedRecursion(Stored):
    """m_hat and v_hat themselves averaged, with weight (1 - beta) / (1 - beta^t)."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        t = state.step + 1
        first = (1 - self.hyper.beta1) / (1 - self.hyper.beta1**t)
        second = (1 - self.hyper.beta2) / (1 - self.hyper.beta2**t)
        m = self.stored(state.m + first * (gradient - state.m))
        v = self.stored(state.v + second * (gradient * gradient - state.v))
        update = -(self.hyper.lr * m / (np.sqrt(v) + self.hyper.eps))
        return replace(state, step=t, m=m, v=v), self.stored(update)


@equivalent("averages-in-double")
class AveragesInDouble(Stored):
    """The whole step in double, only its results in the dtype of the run."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        wide = replace(state, m=np.float64(state.m), v=np.float64(state.v))
        return super().update(wide, np.float64(parameters), np.float64(gradient))


@equivalent("decay-before-update", of="adamw")
class DecayBeforeUpdate(Stored, AdamW):
    """theta (1 - lr lambda) stored, then the update added: PyTorch's `mul_`, then `addcdiv_`."""

    def decay(self, parameters: Any, update: Any) -> Any:
        decayed = self.stored(parameters * (1 - self.hyper.lr * self.hyper.weight_decay))
        return self.stored(decayed + self.stored(update)) - parameters


@equivalent("decay-beside-update", of="adamw")
class DecayBesideUpdate(Stored, AdamW):
    """-lr (m_hat / (sqrt(v_hat) + eps) + lambda theta): Optax's `add_decayed_weights`."""

    def decay(self, parameters: Any, update: Any) -> Any:
        # Divided in double: an lr that a coarse dtype reads as 0 leaves 0 / 0 here, and nowhere in Optax.
        lr = np.float64(self.hyper.lr)
        direction = self.stored(update / -lr) if lr else update  # without lr, Optax's direction is lost here
        return -self.hyper.lr * (direction + self.hyper.weight_decay * parameters)


@equivalent("l2-in-each-moment", of="adam-l2")
class L2InEachMoment(Stored, AdamL2):
    """The decay's share added to m on its own: beta1 m + (1 - beta1) g + (1 - beta1) lambda theta."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        t, rest = state.step + 1, 1 - self.hyper.beta1
        decay = self.hyper.weight_decay * parameters
        m = self.stored(self.hyper.beta1 * state.m + rest * gradient + rest * decay)
        v = self.stored(self.second_moment(state.v, gradient + decay))
        denominator = self.denominator(self.correct_second(state.peak, v, t)[1], t)
        update = -(self.hyper.lr * self.correct_first(m, t) / denominator)
        return replace(state, step=t, m=m, v=v), self.stored(update)


@equivalent("maximum-of-roots", of="amsgrad")
class MaximumOfRoots(Stored, AMSGrad):
    """max(peak, sqrt(v)): the root of the largest v is the largest root."""

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        peak = np.maximum(peak, self.stored(np.sqrt(v)))
        return peak, peak

    def denominator(self, v_hat: Any, t: Any) -> Any:
        return v_hat / (1 - self.hyper.beta2**t) ** 0.5 + self.hyper.eps
