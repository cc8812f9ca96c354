"""How far a target is from the textbook, in words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from adamcheck.adam import Adam
from adamcheck.judge import Judgement
from adamcheck.traces.trace import Trace

_WHEN = {
    "dyadic near eps": "when |g| is near eps",
    "defaults near eps": "when |g| is near eps",
    "dyadic large eps": "when eps is near |g|",
    "large eps": "when eps is near |g|",
    "defaults": "with the default hyperparameters",
}


def how_far(traces: Mapping[str, Trace], judgements: Mapping[str, Judgement]) -> list[str]:
    """The first step that is wrong, and the largest factor seen between an update and the textbook's."""
    steps = [j.offence.step for j in judgements.values() if j.offence]
    if not steps:
        return []
    ratios = {n: _largest_ratio(traces[n]) for n, j in judgements.items() if j.offence}
    name = max(ratios, key=lambda n: ratios[n])
    told = [f"first wrong at step {min(steps)}"]
    if ratios[name] > 1:
        far, when = _factor(ratios[name]), _WHEN.get(name, "")
        if any(_factor(ratios[n]) == far and _WHEN.get(n, "") != when for n in ratios):
            when = ""
        told.append(f"differed by up to {far} {when}".rstrip())
    return told


def _factor(ratio: float) -> str:
    return f"{ratio:.3g} x" if ratio >= 2 else f"{100 * (ratio - 1):.2g} %"


def _largest_ratio(trace: Trace) -> float:
    """The largest factor between the size of an update and of the textbook's, storing aside."""
    parameters = np.asarray(trace.parameters).astype(np.float64).reshape(len(trace.gradients) + 1, -1)
    gradients = np.asarray(trace.gradients).astype(np.float64).reshape(len(trace.gradients), -1)
    with np.errstate(all="ignore"):
        due = np.abs([update for _, update in Adam(trace.hyper).run(parameters[0], gradients)])
        stored = 2 * trace.working.unit * np.maximum(np.abs(parameters[1:]), np.abs(parameters[:-1]))
        observed = np.abs(np.diff(parameters, axis=0))
        ratios = np.concatenate([(observed - stored) / due, due / (observed + stored)])
    finite = ratios[np.isfinite(ratios)]
    return float(finite.max(initial=1.0))
