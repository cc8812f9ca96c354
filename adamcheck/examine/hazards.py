"""Hazards: ordinary inputs for which the arithmetic of a dtype itself goes wrong.

A hazard is not a fault of the target: the enclosure of the definition is unbounded there, so that no
evaluation can be trusted. It is what users of this dtype should know.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.judge import judge
from adamcheck.targets.base import NotOffered, TargetCrash
from adamcheck.traces.trace import Trace


@dataclass(frozen=True)
class Hazard:
    """An input that goes wrong; `seen` describes the first bad update."""

    situation: str
    seen: str


_SITUATIONS = {
    "a zero gradient": [0.0, 0.0],
    "a gradient of 1e-3": [1e-3, 1e-3],
    "gradients of 100": [100.0] * 24,
    "a gradient of 300": [300.0, 1.0],
    "a gradient of 1e20": [1e20, 1.0],
    "a zero gradient after a gradient of 1": [1.0] + [0.0] * 8,
}


def hazards(subject: Subject, definition: type[Adam] = Adam) -> tuple[Hazard, ...]:
    """The hazards of a target with the default hyperparameters, in the dtype of the subject.

    An update counts where it is not finite, exceeds 100 lr although no update of Adam in real arithmetic
    does, or is 0 although that one is larger than the spacing of the dtype; and where the enclosure is
    unbounded.
    """
    found = []
    hyper = subject.settled(Hyperparameters())
    for situation, values in _SITUATIONS.items():
        with np.errstate(over="ignore"):
            gradients = np.array(values)[:, None].astype(subject.format.dtype)
        if not np.isfinite(gradients.astype(np.float64)).all():
            continue
        try:
            trace = subject.run(Trajectory(hyper, np.zeros(1, subject.format.dtype), gradients))
        except (NotOffered, TargetCrash):
            continue
        parameters = np.asarray(trace.parameters).astype(np.float64).ravel()
        with np.errstate(invalid="ignore"):
            updates = np.diff(parameters)
            due, spacing = _due(definition, hyper, values), subject.format.spacing(np.abs(parameters[:-1]))
            stuck = (updates == 0) & (due > spacing)
        bad = ~(np.abs(updates) <= 100 * hyper.lr) | stuck
        step = int(np.argmax(bad))
        if bad.any() and _unbounded(definition, trace, step):
            found.append(Hazard(situation, f"update {updates[step]:.3g} at step {step + 1}"))
    return tuple(found)


def _due(definition: type[Adam], hyper: Hyperparameters, gradients: list[float]) -> np.ndarray:
    """The sizes of the expected updates."""
    return np.array([abs(update) for _, update in definition(hyper).run(0.0, gradients)])


def _unbounded(definition: type[Adam], trace: Trace, step: int) -> bool:
    """Whether the enclosure is unbounded at this step (from 0), up to which the parameters are numbers."""
    before = judge(trace.part(step, [0]), definition).grades[-1].not_judged if step else 0
    return judge(trace.part(step + 1, [0]), definition).grades[-1].not_judged > before
