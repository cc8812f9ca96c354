"""Bugs of modes: steps up the gradient, complex parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from adamcheck.zoo.bugs import experiments as by
from adamcheck.zoo.bugs.faulty import FaultyRun
from adamcheck.zoo.bugs.registry import NO_REPORT, behaviour


@behaviour(
    "maximize-negated-twice",
    "the gradient is negated in place and then once more: it is minimized",
    "kozistr/pytorch_optimizer#528, in Adai",
    exposes=by.maximizing,
)
class MaximizeNegatedTwice(FaultyRun):
    """Any step up shows it."""

    def downhill(self, gradient: np.ndarray) -> np.ndarray:
        return gradient


@behaviour(
    "maximize-negates-decay",
    "-(g + lambda theta) where it should be -g + lambda theta",
    f"{NO_REPORT}: the sign is turned after the decay was added",
    exposes=by.maximizing,
    of="adam-l2",
)
class MaximizeNegatesDecay(FaultyRun):
    """Any decay of what is maximized shows it."""

    def downhill(self, gradient: np.ndarray) -> np.ndarray:
        if not self.maximizes:
            return gradient
        uphill: np.ndarray = gradient + 2 * self.hyper.weight_decay * self.parameters
        return -uphill


@behaviour(
    "complex-gradient-squared",
    "v averages g^2, a complex number, for |g|^2",
    "pytorch/pytorch#59998, #69570; tensorflow/tensorflow#38541; FluxML/Flux.jl#1776",
    exposes=by.complex_parameters,
)
class ComplexGradientSquared(FaultyRun):
    """It does not show where gradients are real."""

    def step(self, gradient: np.ndarray) -> Any:
        if not self.complex:
            return super().step(gradient)
        numbers, dtype = _complex(self.parameters), self.parameters.dtype
        if not np.iscomplexobj(self.state.m):
            self.state = self.adam.start(numbers)
        with np.errstate(all="ignore"):
            self.state, numbers = self.adam.step(self.state, numbers, _complex(gradient))
        self.parameters = np.stack([numbers.real, numbers.imag], axis=-1).astype(dtype)
        return self.parameters


@behaviour(
    "complex-imaginary-part-dropped",
    "the imaginary parts of gradients count as 0",
    f"{NO_REPORT}: a cast to a real dtype, of which NumPy only warns",
    exposes=by.complex_parameters,
)
class ComplexImaginaryPartDropped(FaultyRun):
    """It does not show where gradients are real."""

    def downhill(self, gradient: np.ndarray) -> np.ndarray:
        real = gradient * np.array([1, 0], gradient.dtype) if self.complex else gradient
        return super().downhill(real)


def _complex(pairs: np.ndarray) -> np.ndarray:
    """The numbers whose real and imaginary parts are pairs (..., 2)."""
    real, imaginary = np.moveaxis(pairs.astype(np.float64), -1, 0)
    numbers: np.ndarray = real + 1j * imaginary
    return numbers
