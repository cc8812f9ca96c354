"""Rewrites of the corrections: other ways to beta^t and to 1 - beta^t."""

from __future__ import annotations

from math import log2
from typing import Any

import numpy as np

from adamcheck.zoo.equivalents.orders import OtherPowers
from adamcheck.zoo.equivalents.registry import Stored, equivalent


@equivalent("power-of-two-of-logarithm")
class PowerOfTwoOfLogarithm(OtherPowers):
    """beta^t as 2^(t log2 beta)."""

    def power(self, beta: Any, t: int) -> Any:
        return float(np.exp2(t * log2(beta))) if beta else 0.0


@equivalent("power-by-squaring")
class PowerBySquaring(OtherPowers):
    """beta^t by repeated squaring: some fast mathematics for whole exponents."""

    def power(self, beta: Any, t: int) -> Any:
        product, factor = 1.0, beta
        while t:
            product = product * factor if t % 2 else product
            factor, t = factor * factor, t // 2
        return product


@equivalent("table-of-powers")
class TableOfPowers(OtherPowers):
    """beta^t from a table that grows by 64 products at a time."""

    def power(self, beta: Any, t: int) -> Any:
        return np.cumprod(np.full(64 * (t // 64 + 1), beta))[t - 1]


class _OtherComplements(Stored):
    """1 - beta^t computed without beta^t."""

    def complement(self, beta: float, t: int) -> Any:
        """1 - beta^t."""
        raise NotImplementedError

    def correct_first(self, m: Any, t: Any) -> Any:
        return m / self.complement(self.hyper.beta1, t)

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v / self.complement(self.hyper.beta2, t)


@equivalent("sum-of-weights")
class SumOfWeights(_OtherComplements):
    """1 - beta^t as the sum of the weights of the average, (1 - beta) (1 + beta + ... + beta^(t-1))."""

    def complement(self, beta: float, t: int) -> Any:
        return float((1 - beta) * np.sum(beta ** np.arange(t, dtype=np.float64)))


@equivalent("correction-by-its-recursion")
class CorrectionByItsRecursion(_OtherComplements):
    """1 - beta^t averaged like a gradient that is 1 in every step."""

    def complement(self, beta: float, t: int) -> Any:
        average = 0.0
        for _ in range(t):
            average = beta * average + (1 - beta)
        return average


@equivalent("correction-in-halves")
class CorrectionInHalves(_OtherComplements):
    """1 - beta^(2k) as (1 - beta^k) (1 + beta^k)."""

    def complement(self, beta: float, t: int) -> Any:
        if t % 2:
            return 1 - beta**t
        return (1 - beta ** (t // 2)) * (1 + beta ** (t // 2))
