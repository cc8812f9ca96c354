"""The same gradients in another order: how far they lead, and how much farther the other order does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import adamcheck as ac


def way(optimizer: ac.Adam, gradients: Sequence[Any]) -> Any:
    """How far given gradients lead, in one coordinate."""
    return sum(update for _, update in optimizer.run(0, gradients))


def difference(
    subject: ac.Subject, trajectory: ac.Trajectory, order: Any
) -> tuple[ac.Updates, ac.Updates, ac.Trace]:
    """How much farther another order of the gradients leads: as seen, as predicted, and the other run."""
    trace = subject.run(trajectory)
    other = subject.run(trajectory.replace(gradients=trajectory.gradients[order]))
    observed = ac.observed(other).total() - ac.observed(trace).total()
    return observed, ac.predicted(other).total() - ac.predicted(trace).total(), other
