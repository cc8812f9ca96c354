"""Formulas that give NaN, compared by where they give it."""

from __future__ import annotations

import numpy as np

from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.diagnosis.experiments import pool
from adamcheck.diagnosis.hypotheses import Hypothesis, named
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.traces.trace import Trace


def alike(subject: Subject) -> tuple[Hypothesis, ...]:
    """The known formulas that give NaN in the same places as a target; none if the target gives no NaN.

    No enclosure contains a NaN, so this is a similarity and does not identify the formula.
    """
    trajectory = subject.experiment(next(iter(pool(subject.format, decays=False).values())))
    seen = without_number(subject.run(trajectory))
    if not seen.any():
        return ()
    return tuple(
        hypothesis
        for hypothesis in named()
        if not hypothesis.decays and np.array_equal(seen, _own(hypothesis, trajectory))
    )


def gives_numbers(hypothesis: Hypothesis, trajectory: Trajectory) -> bool:
    """Whether a formula, evaluated in the dtype of an experiment, gives no NaN."""
    return not _own(hypothesis, trajectory).any()


def _own(hypothesis: Hypothesis, trajectory: Trajectory) -> np.ndarray:
    return without_number(Subject(DefinitionTarget(hypothesis.definition), trajectory.format).run(trajectory))


def without_number(trace: Trace) -> np.ndarray:
    """Where the parameters of a trace are NaN."""
    result: np.ndarray = np.isnan(np.asarray(trace.parameters).astype(np.float64))
    return result
