"""Deviation: how far a target is from the definition that it is verified against."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from adamcheck.adam import Adam
from adamcheck.diagnosis.formula import Deviation
from adamcheck.judge import Judgement
from adamcheck.numbers.enclosure import magnitude_of
from adamcheck.traces.trace import Trace
from adamcheck.updates import observed, predicted


def deviation(
    definition: type[Adam], traces: Mapping[str, Trace], judgements: Mapping[str, Judgement]
) -> Deviation | None:
    """The first wrong step, and the largest factor between an update and the expected one."""
    steps = [j.offence.step for j in judgements.values() if j.offence]
    if not steps:
        return None
    ratios = {n: _largest_ratio(definition, traces[n]) for n, j in judgements.items() if j.offence}
    largest = max(ratios.values())
    at = tuple(name for name, ratio in ratios.items() if _digits(ratio) == _digits(largest))
    return Deviation(min(steps), largest, at)


def _digits(ratio: float) -> str:
    """The digits of a ratio that are shown; experiments with equal digits count as equal."""
    return f"{ratio:.3g}" if ratio >= 2 else f"{100 * (ratio - 1):.2g}"


def _largest_ratio(definition: type[Adam], trace: Trace) -> float:
    """The largest factor between an update and the expected one, beyond the rounding of stored parameters."""
    seen = observed(trace)
    with np.errstate(all="ignore"):
        due, moved = magnitude_of(predicted(trace, definition).value), magnitude_of(seen.value)
        ratios = np.concatenate([(moved - seen.radius) / due, due / (moved + seen.radius)])
    finite = ratios[np.isfinite(ratios)]
    return float(finite.max(initial=1.0))
