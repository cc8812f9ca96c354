"""How far a target is from the definition that it is held against."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from adamcheck.adam import Adam
from adamcheck.diagnosis.formula import Deviation
from adamcheck.judge import Judgement
from adamcheck.traces.trace import Trace


def deviation(
    definition: type[Adam], traces: Mapping[str, Trace], judgements: Mapping[str, Judgement]
) -> Deviation | None:
    """The first step that is wrong, and the largest factor seen between an update and the one due."""
    steps = [j.offence.step for j in judgements.values() if j.offence]
    if not steps:
        return None
    ratios = {n: _largest_ratio(definition, traces[n]) for n, j in judgements.items() if j.offence}
    largest = max(ratios.values())
    at = tuple(name for name, ratio in ratios.items() if _digits(ratio) == _digits(largest))
    return Deviation(min(steps), largest, at)


def _digits(ratio: float) -> str:
    """The digits of a ratio that are shown: experiments that differ beyond them are equally telling."""
    return f"{ratio:.3g}" if ratio >= 2 else f"{100 * (ratio - 1):.2g}"


def _largest_ratio(definition: type[Adam], trace: Trace) -> float:
    """The largest factor between the size of an update and of the one due, storing aside."""
    parameters = np.asarray(trace.parameters).astype(np.float64).reshape(len(trace.gradients) + 1, -1)
    gradients = np.asarray(trace.gradients).astype(np.float64).reshape(len(trace.gradients), -1)
    with np.errstate(all="ignore"):
        due = np.abs([update for _, update in definition(trace.hyper).run(parameters[0], gradients)])
        stored = 2 * trace.working.unit * np.maximum(np.abs(parameters[1:]), np.abs(parameters[:-1]))
        observed = np.abs(np.diff(parameters, axis=0))
        ratios = np.concatenate([(observed - stored) / due, due / (observed + stored)])
    finite = ratios[np.isfinite(ratios)]
    return float(finite.max(initial=1.0))
