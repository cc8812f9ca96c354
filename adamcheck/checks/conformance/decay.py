"""Weight decay: it is one of the documented kinds, in every dialect of Adam."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from hypothesis import strategies as st

from adamcheck.adam import Adam, AdamL2, AdamW, Hyperparameters
from adamcheck.checks.assertions import NotJudged, assert_accepted
from adamcheck.checks.check import Notes, Section
from adamcheck.checks.conformance.register import check
from adamcheck.checks.strategies import dyadic_hyperparameters, trajectories
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.judge import Ruling, judge
from adamcheck.numbers.floats import Format
from adamcheck.traces.trace import Trace
from adamcheck.variants import DEFINITIONS
from adamcheck.variants.standard import decayed

_PROBE = np.array([[2.0, -0.5], [-0.25, 1.0], [0.125, 4.0], [1.0, -0.25]])


@lru_cache(maxsize=2)  # a check calls this once per example, for one subject
def decay_of(subject: Subject) -> tuple[type[Adam], ...] | None:
    """The definitions with weight decay that enclose a fixed experiment with the target.

    Returns:
        Several definitions if the dtype cannot separate them. None if no known definition encloses the
        target even without weight decay; then no weight decay can be expected.
    """
    hyper = subject.settled(Hyperparameters(lr=0.5, beta1=0.5, beta2=0.75, eps=0.25))
    plain = _run(subject, hyper)
    bases = [d for d in DEFINITIONS.values() if not d.decays and _fits(plain, d)]
    if not bases:
        return None
    trace = _run(subject, hyper.replace(weight_decay=0.5))
    kinds = [kind for base in bases for kind in _kinds(base)]
    return tuple(kind for kind in kinds if _fits(trace, kind))


def _kinds(base: type[Adam]) -> tuple[type[Adam], ...]:
    """A definition with each documented weight decay."""
    return tuple(dict.fromkeys((decayed(base, AdamW), decayed(base, AdamL2), *_of_its_own(base))))


def _of_its_own(base: type[Adam]) -> tuple[type[Adam], ...]:
    """The dialects that equal `base` without weight decay, and have a weight decay of their own."""
    return tuple(d for d in DEFINITIONS.values() if issubclass(d, AdamW) and issubclass(d, base))


def _run(subject: Subject, hyper: Hyperparameters) -> Trace:
    gradients = _PROBE.astype(subject.format.dtype)
    return subject.run(Trajectory(hyper, np.array([1.0, -2.0], subject.format.dtype), gradients))


def _fits(trace: Trace, definition: type[Adam]) -> bool:
    return judge(trace, definition).outcome in (Ruling.ENCLOSED, Ruling.COARSE)


def decaying(format: Format) -> Any:
    """Trajectories with weight decay that start away from 0."""
    hyper = dyadic_hyperparameters(format)
    decays = st.sampled_from([0.5, 0.125, 2.0**-7, -0.25])
    both = st.tuples(hyper, decays).map(lambda x: x[0].replace(weight_decay=x[1]))
    half = st.builds(
        Hyperparameters, st.just(0.5), st.just(0.875), st.just(0.75), st.just(0.25), st.just(0.5)
    )
    return trajectories(format, hyper=both | half, at_zero=False)


WEIGHT_DECAY = "weight-decay-is-coupled-or-decoupled"
"""The name of the check of the formula with weight decay."""


@check(Section.FORMULA, ("weight_decay",), trajectory=decaying, as_matrix=st.booleans())
def weight_decay_is_coupled_or_decoupled(
    subject: Subject,
    notes: Notes,
    trajectory: Trajectory,
    as_matrix: bool,
    due: type[Adam] | None = None,
) -> None:
    """With weight decay, AdamW encloses every update, or Adam with an L2 gradient encloses every update.

    Args:
        as_matrix: Whether the parameters are a matrix, if the target takes matrices.
        due: The definition to expect, if it is known.
    """
    kinds = decay_of(subject) if due is None else (due,)
    if kinds is None:
        raise NotJudged
    if as_matrix and subject.target.capabilities.matrices:
        trajectory = trajectory.filling((2, trajectory.parameters.size))
    trace = subject.run(trajectory)
    verdicts = [judge(trace, kind) for kind in kinds or (AdamW,)]
    verdict = next(
        (each for each in verdicts if each.outcome not in (Ruling.REJECTED, Ruling.COARSE)), verdicts[0]
    )
    if len(kinds) == 1:
        notes.say(verdict.definition.title)
    assert_accepted(verdict, "", trace)
