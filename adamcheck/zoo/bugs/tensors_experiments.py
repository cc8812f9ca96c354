"""Experiments with several tensors in one optimizer, some of them without a gradient in some steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from adamcheck.targets.base import NotOffered, Target
from adamcheck.targets.start import Start
from adamcheck.traces.trace import Trace
from adamcheck.zoo.bugs.experiment import DYADIC, Experiment, follow, free

_STEPS = 12

_ALONE = "tensors-are-independent"
_MISSING = "tensors-without-a-gradient-are-left-alone"


def _never(tensor: int, step: int) -> bool:
    return False


def _watched(
    name: str,
    says: str,
    shapes: Sequence[tuple[int, ...]],
    watched: int,
    missing: Callable[[int, int], bool] = _never,
) -> Experiment:
    """Several tensors step together. The trace is that of one, in the steps in which it has a gradient.

    A target that takes one tensor only gets that one.
    """
    present = np.array([[not missing(tensor, t) for t in range(_STEPS)] for tensor in range(len(shapes))])
    whole = bool(present.all())

    def use(target: Target, dtype: np.dtype[Any]) -> Trace:
        drawn = [free(_STEPS, *shape, seed=seed).astype(dtype) for seed, shape in enumerate(shapes)]
        starts = [np.zeros(shape, dtype) for shape in shapes]
        due, start = drawn[watched][present[watched]], starts[watched]
        if not target.capabilities.tensors:
            return Trace(DYADIC, due, follow(target.start(start.copy(), DYADIC), start, due))
        if not whole and not target.capabilities.missing_gradients:
            raise NotOffered("missing_gradients")
        run: Any = target.begin(Start([each.copy() for each in starts], DYADIC))
        rows = [start]
        for t in range(_STEPS):
            given = [g[t].copy() if here[t] else None for g, here in zip(drawn, present, strict=True)]
            after = run.step(given)
            if present[watched, t]:
                rows.append(np.array(after[watched]))
        return Trace(DYADIC, due, np.stack(rows))

    return Experiment(name, says, use, asked_by=_ALONE if whole else _MISSING)


_FOUR = ((3,), (2, 2), (3,), (9,))

last_of_four = _watched("last of four", "the last of four tensors", _FOUR, 3)
second_of_four = _watched("second of four", "the second of four tensors", _FOUR, 1)
last_of_two = _watched("last of two", "the second of two tensors", ((3,), (3,)), 1)
before_pausing = _watched(
    "before a pausing tensor",
    "a tensor before one without a gradient in every third step",
    ((3,), (3,)),
    0,
    lambda tensor, t: tensor == 1 and t % 3 == 2,
)
late_tensor = _watched(
    "late tensor",
    "a tensor whose gradients begin in step 5",
    ((3,), (3,)),
    0,
    lambda tensor, t: tensor == 0 and t < 4,
)
pausing_tensor = _watched(
    "pausing tensor",
    "a tensor without a gradient in every third step",
    ((3,), (3,)),
    0,
    lambda tensor, t: tensor == 0 and t % 3 == 2,
)
beside_pausing = _watched(
    "beside a pausing tensor",
    "a tensor after one without a gradient in every third step",
    ((3,), (3,)),
    1,
    lambda tensor, t: tensor == 0 and t % 3 == 2,
)
beside_late = _watched(
    "beside a late tensor",
    "a tensor beside one whose gradients begin in step 5",
    ((3,), (3,)),
    1,
    lambda tensor, t: tensor == 0 and t < 4,
)

_LIVES = "updates-are-enclosed-in-lives-of-every-kind"
_OTHER = DYADIC.replace(lr=2.0**-3, beta1=0.5, beta2=0.75, eps=2.0**-4)


def _of_groups(watched: int) -> Callable[[Target, np.dtype[Any]], Trace]:
    """Two groups with other hyperparameters; the trace is that of the first or of the second."""

    def use(target: Target, dtype: np.dtype[Any]) -> Trace:
        gradients, start = free(_STEPS, 3).astype(dtype), np.zeros(3, dtype)
        if not target.capabilities.groups:
            return Trace(DYADIC, gradients, follow(target.start(start.copy(), DYADIC), start, gradients))
        hypers = (_OTHER, DYADIC) if watched else (DYADIC, _OTHER)
        run: Any = target.begin(Start([start.copy(), start.copy()], hypers[0], groups=hypers))
        rows = [start, *(np.array(run.step([g.copy(), g.copy()])[watched]) for g in gradients)]
        return Trace(DYADIC, gradients, np.stack(rows))

    return use


second_group = Experiment(
    "second group", "a tensor with hyperparameters of its own", _of_groups(1), asked_by=_LIVES
)
before_last_group = Experiment(
    "before the last group", "a tensor before one with other hyperparameters", _of_groups(0), asked_by=_LIVES
)


def _beside_added(watched: int) -> Callable[[Target, np.dtype[Any]], Trace]:
    """A group is added after three steps; the trace is that of the first or of the second tensor."""

    def use(target: Target, dtype: np.dtype[Any]) -> Trace:
        gradients, start = free(_STEPS, 3).astype(dtype), np.zeros(3, dtype)
        hypers = (_OTHER, DYADIC) if watched else (DYADIC, _OTHER)
        due = gradients[3:] if watched else gradients
        if not target.capabilities.late_groups:
            return Trace(DYADIC, due, follow(target.start(start.copy(), DYADIC), start, due))
        run: Any = target.begin(Start([start.copy()], hypers[0], groups=hypers[:1]))
        rows = [[np.array(run.step([g.copy()])[0])] for g in gradients[:3]]
        run.add_group(start.copy(), hypers[1])
        rows += [[np.array(x) for x in run.step([g.copy(), g.copy()])] for g in gradients[3:]]
        after = [row[watched] for row in (rows[3:] if watched else rows)]
        return Trace(DYADIC, due, np.stack([start, *after]))

    return use


added_group = Experiment(
    "added group", "a tensor that is added after three steps", _beside_added(1), asked_by=_LIVES
)
beside_added_group = Experiment(
    "beside an added group", "a tensor to which another is added", _beside_added(0), asked_by=_LIVES
)
