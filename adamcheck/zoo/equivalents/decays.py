"""Rewrites of AdamW, of coupled weight decay and of AMSGrad."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from adamcheck.adam import AdamL2, AdamW, AMSGrad, State
from adamcheck.numbers.quad import to_quad
from adamcheck.zoo.equivalents.registry import Stored, equivalent


@equivalent("decay-in-double", of="adamw")
class DecayInDouble(Stored, AdamW):
    """theta (1 - lr lambda) + update in double, rounded once."""

    def decay(self, parameters: Any, update: Any) -> Any:
        wide = np.float64(parameters)
        return (wide * (1 - self.hyper.lr * self.hyper.weight_decay) + np.float64(update)) - wide


@equivalent("decay-by-product", of="adamw")
class DecayByProduct(Stored, AdamW):
    """theta - (lr lambda) theta: the product of both factors first."""

    def decay(self, parameters: Any, update: Any) -> Any:
        return update - (self.hyper.lr * self.hyper.weight_decay) * parameters


@equivalent("l2-with-fused-multiply-add", of="adam-l2")
class L2Fused(Stored, AdamL2):
    """g + lambda theta, rounded once."""

    def gradient(self, gradient: Any, parameters: Any) -> Any:
        fused = to_quad(gradient) + to_quad(self.hyper.weight_decay) * to_quad(parameters)
        return self.stored(fused.astype(np.float64))


@equivalent("l2-in-double", of="adam-l2")
class L2InDouble(Stored, AdamL2):
    """g + lambda theta in double, as are the averages of it."""

    def gradient(self, gradient: Any, parameters: Any) -> Any:
        return np.float64(gradient) + self.hyper.weight_decay * np.float64(parameters)

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        after, update = super().update(state, parameters, gradient)
        return after.map(self.stored), self.stored(update)


@equivalent("peak-where-larger", of="amsgrad")
class PeakWhereLarger(Stored, AMSGrad):
    """The larger of peak and v by a comparison."""

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        v = self.stored(v)
        larger = np.where(v > peak, v, peak)
        return larger, larger / (1 - self.hyper.beta2**t)


@equivalent("peak-with-folded-step", of="amsgrad")
class PeakWithFoldedStep(Stored, AMSGrad):
    """lr sqrt(1 - beta2^t) / (1 - beta1^t) as one factor, for AMSGrad."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        t = state.step + 1
        m, v = (self.stored(x) for x in self.moments(state, gradient))
        peak, root = np.maximum(state.peak, v), (1 - self.hyper.beta2**t) ** 0.5
        size = self.hyper.lr * root / (1 - self.hyper.beta1**t)
        update = -(size * m / (np.sqrt(peak) + self.hyper.eps * root))
        return replace(state, step=t, m=m, v=v, peak=peak), self.stored(update)
