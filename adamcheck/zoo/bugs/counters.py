"""Bugs of counters: counters that end or wrap, tables that end, powers of beta in coarse numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from adamcheck.adam import Adam
from adamcheck.zoo.bugs import experiments as by
from adamcheck.zoo.bugs import wide_experiments as wide
from adamcheck.zoo.bugs.arithmetic import through
from adamcheck.zoo.bugs.bias_correction import AtAnotherStep
from adamcheck.zoo.bugs.registry import NO_REPORT, arithmetic, formula


@arithmetic(
    "counter-in-int8",
    "an 8-bit step counter with a sign goes from 127 to -128, where 1 - beta^t is negative",
    f"{NO_REPORT}: pytorch/ao#4915 is of its kind",
    exposes=by.long,
)
class CounterInInt8(AtAnotherStep):
    """Only runs of more than 127 steps show it: the root of a negative number."""

    def step_of(self, t: Any) -> Any:
        return (t + 128) % 256 - 128


@formula(
    "counter-saturates-at-255",
    "an 8-bit step counter stays at 255",
    f"{NO_REPORT}: saturating addition, of the kind of pytorch/ao#4915",
    exposes=by.long,
)
class CounterSaturates(AtAnotherStep):
    """Only runs of more than 255 steps show it."""

    def step_of(self, t: Any) -> Any:
        return min(t, 255)


@formula(
    "counter-in-float16",
    "a step counter in float16 stays at 2048",
    "of the kind of pytorch/ao#4915: a counter in the default dtype",
    exposes=wide.longer,
)
class CounterInFloat16(AtAnotherStep):
    """Only runs of more than 2048 steps show it, with beta2 near 1."""

    def step_of(self, t: Any) -> Any:
        return min(t, 2048)


@formula(
    "table-of-corrections-starts-again",
    "the corrections of step (t - 1) mod 64 + 1: a table of 64 entries is read in a circle",
    "of the kind of LiyuanLucasLiu/RAdam#24: a buffer indexed by step % 10",
    exposes=by.long,
)
class TableStartsAgain(AtAnotherStep):
    """Only runs of more than 64 steps show it."""

    def step_of(self, t: Any) -> Any:
        return (t - 1) % 64 + 1


@formula(
    "table-of-corrections-ends",
    "the corrections of step min(t, 32): a table of 32 entries ends",
    f"{NO_REPORT}: an index cut off at the end of a table",
    exposes=by.long,
)
class TableEnds(AtAnotherStep):
    """Only runs of more than 32 steps show it."""

    def step_of(self, t: Any) -> Any:
        return min(t, 32)


@formula(
    "corrections-of-every-tenth-step",
    "the corrections are computed anew in every tenth step only",
    f"{NO_REPORT}: scalars kept while they change slowly",
    exposes=by.ordinary,
)
class CorrectionsOfEveryTenthStep(AtAnotherStep):
    """The first step is right."""

    def step_of(self, t: Any) -> Any:
        return t - (t - 1) % 10


@formula(
    "step-counts-every-second-call",
    "the corrections of step ceil(t / 2)",
    f"{NO_REPORT}: two micro-batches are counted as one step",
    exposes=by.ordinary,
)
class StepCountsEverySecondCall(AtAnotherStep):
    """The first step is right."""

    def step_of(self, t: Any) -> Any:
        return (t + 1) // 2


@formula(
    "first-correction-ends",
    "m is not corrected after step 50",
    f"{NO_REPORT}: beta1^t taken for 0 once t is large",
    exposes=by.long,
)
class FirstCorrectionEnds(Adam):
    """Only longer runs show it, with beta1 not far below 1."""

    def correct_first(self, m: Any, t: Any) -> Any:
        return m if t > 50 else super().correct_first(m, t)


@arithmetic(
    "small-powers-dropped",
    "beta^t below 1/100 counts as 0",
    f"{NO_REPORT}: a correction that is skipped once it is near 1",
    exposes=by.other_betas,
)
class SmallPowersDropped(Adam):
    """From the seventh step on with beta = 1/2, from step 4,600 on with 0.999."""

    def power(self, beta: float, t: int) -> float:
        """beta^t, or 0."""
        power = beta**t
        return power if power >= 0.01 else 0.0

    def correct_first(self, m: Any, t: Any) -> Any:
        return m / (1 - self.power(self.hyper.beta1, t))

    def correct_second(self, peak: Any, v: Any, t: Any) -> tuple[Any, Any]:
        return peak, v / (1 - self.power(self.hyper.beta2, t))


class _ProductIn(SmallPowersDropped):
    """beta^t as a running product, rounded in every step."""

    stored = ""

    def power(self, beta: float, t: int) -> float:
        product = 1.0
        for _ in range(t):
            product = float(through(product * beta, self.stored))
        return product


@arithmetic(
    "running-product-in-float16",
    "beta^t as a running product in float16",
    "of the kind of tinygrad nn/optim.py: in float16",
    exposes=by.defaults,
)
class RunningProductInFloat16(_ProductIn):
    """0.999 is 0.99902 there: 2 % of the correction."""

    stored = "float16"


@arithmetic(
    "running-product-in-bfloat16",
    "beta^t as a running product in bfloat16, where it stays at 1 for beta = 0.999",
    "of the kind of tinygrad nn/optim.py: in bfloat16",
    exposes=wide.slow_beta2,
)
class RunningProductInBfloat16(_ProductIn):
    """1 - beta^t is 0 for beta from 0.998 on; other betas are off by half a percent a step."""

    stored = "bfloat16"


@arithmetic(
    "powers-in-a-table-of-float16",
    "beta^t is read from a table of 512 entries in float16",
    f"{NO_REPORT}: a table on a device, as narrow as it can be",
    exposes=by.defaults,
)
class PowersInATable(SmallPowersDropped):
    """0.999 rounds to 0.99902."""

    def power(self, beta: float, t: int) -> float:
        return float(np.float16(beta ** min(t, 512)))
