"""Lost state: what a run loses when it is saved and loaded, found from the updates that follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from adamcheck.adam import Adam, Hyperparameters, State
from adamcheck.checks.subject import Subject
from adamcheck.diagnosis.formula import Loss
from adamcheck.judge import Ruling, judge
from adamcheck.targets.base import NotOffered, TargetCrash
from adamcheck.traces.trace import Trace

_BEFORE, _AFTER, _COORDINATES = 6, 6, 4

_LOSSES: Mapping[Loss, Callable[[State], State]] = {
    Loss.STEP: lambda s: replace(s, step=0),
    Loss.MOMENTS: lambda s: s.map(lambda x: 0 * x),
    Loss.EVERYTHING: lambda s: replace(s.map(lambda x: 0 * x), step=0),
    Loss.FIRST_MOMENT: lambda s: replace(s, m=0 * s.m),
    Loss.SECOND_MOMENT: lambda s: replace(s, v=0 * s.v),
    Loss.PEAK: lambda s: replace(s, peak=0 * s.peak),
    Loss.ONE_STEP_MORE: lambda s: replace(s, step=s.step + 1),
    Loss.SWAPPED: lambda s: replace(s, m=s.v, v=s.m),
}


def lost(subject: Subject, definition: type[Adam]) -> Loss | None:
    """What a run that follows a definition loses when it is loaded; None unless exactly one loss fits."""
    try:
        trace = _resumed(subject)
    except (NotOffered, TargetCrash):
        return None
    fitting = [
        loss
        for loss, change in _LOSSES.items()
        if judge(trace, _interrupted(definition, change)).outcome == Ruling.ENCLOSED
    ]
    return fitting[0] if len(fitting) == 1 else None


def _interrupted(definition: type[Adam], change: Callable[[State], State]) -> type[Adam]:
    """A definition whose state is changed between the two halves of a run."""

    class Interrupted(definition):  # type: ignore[misc, valid-type]
        def __init__(self, hyper: Any) -> None:
            super().__init__(hyper)
            self.updates = 0

        def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
            state = change(state) if self.updates == _BEFORE else state
            self.updates += 1
            updated: tuple[State, Any] = super().update(state, parameters, gradient)
            return updated

    return Interrupted


def _resumed(subject: Subject) -> Trace:
    """The trace of a run that is saved after some steps and loaded into another run."""
    hyper = subject.settled(Hyperparameters(lr=2.0**-6, beta1=0.875, beta2=0.75, eps=2.0**-6))
    rng = np.random.default_rng(_BEFORE)
    size = (_BEFORE + _AFTER, _COORDINATES)
    # Positive, so that m is a valid v; a large one first, so that the maximum of v differs from v.
    scale = np.array([16.0] + [1.0] * (_BEFORE + _AFTER - 1))[:, None]
    gradients = (rng.uniform(0.5, 2, size) * scale).astype(subject.format.dtype)
    rows = [np.zeros(_COORDINATES, subject.format.dtype)]
    run = subject.start(rows[0], hyper)
    rows += [run.step(gradient) for gradient in gradients[:_BEFORE]]
    resumed = subject.start(rows[-1], hyper)
    resumed.load(run.save())
    rows += [resumed.step(gradient) for gradient in gradients[_BEFORE:]]
    return Trace(hyper, gradients, np.stack(rows), subject.format.flushes)
