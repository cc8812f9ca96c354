"""Programs: what a definition does in each step, recorded once for any hyperparameters and gradients."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from adamcheck.adam import Adam, Hyperparameters, State
from adamcheck.compiled.recording import (
    COLUMNS,
    HYPERPARAMETERS,
    Counted,
    NotRecordableError,
    Op,
    Recorded,
    Recorder,
    Traits,
)
from adamcheck.numbers.enclosure.operators import ANYTHING

LONGEST_START = 4
"""The number of steps within which what a step does must have become the same."""

_TRIED = (1, 2, 3, 17, 1000)
"""Step numbers at which the count of a definition must be the number of the step."""


_ARRAY = Traits(scalar=False, within=ANYTHING, arithmetic=0)
"""What is known of parameters and gradients before a run."""


@dataclass(frozen=True, eq=False)
class Step:
    """What a step does.

    Attributes:
        scalars: The instructions for scalars, shape (n, columns).
        arrays: The instructions for arrays.
        numbers: The numbers of the step that the instructions read.
        exponents: The exponents of powers.
        bounds: What instructions read of `number`.
        kept: Per item of the state the registers of its value, stretch and lower bound.
        update: The registers of the update.
    """

    scalars: npt.NDArray[np.int64]
    arrays: npt.NDArray[np.int64]
    numbers: tuple[Counted, ...]
    exponents: tuple[Counted, ...]
    bounds: npt.NDArray[np.float64]
    kept: npt.NDArray[np.int64]
    update: npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Program:
    """What a definition does.

    Attributes:
        steps: What the first steps do; the last is what each later one does.
        items: The number of items of the state.
        slots: Per item, where its value, its stretch and its lower bound are kept between steps, each
            numbered from 0; -1 where no step reads it.
        adjusted: Scalars that are functions of hyperparameters: their register, that of the hyperparameter,
            the function and its error.
        sizes: The numbers of registers: scalars, their stretches, their bounds, then those of arrays; and the
            number of weights.
        carried: Whether the last item is the parameters, which the definition then reaches by itself.
    """

    steps: tuple[Step, ...]
    items: int
    slots: npt.NDArray[np.int64]
    adjusted: tuple[tuple[Any, ...], ...]
    sizes: tuple[int, ...]
    carried: bool


def numbers_of(hyper: Hyperparameters) -> list[float]:
    """The hyperparameters in the order of their registers."""
    return [hyper.lr, hyper.beta1, hyper.beta2, hyper.eps, hyper.weight_decay]


@lru_cache(maxsize=4096)
def program(
    definition: type[Adam], within: tuple[int, ...], one_arithmetic: bool, carried: bool
) -> Program | None:
    """The program of a definition.

    Args:
        definition: Adam or a variant.
        within: The range of each hyperparameter.
        one_arithmetic: Whether scalars have the arithmetic of arrays.
        carried: Whether the parameters are those that the definition reaches, and not given before each step.

    Returns:
        None if the definition does what instructions cannot express.
    """
    try:
        return _recorded(definition, within, one_arithmetic, carried)
    except (NotRecordableError, AttributeError, TypeError, NotImplementedError):
        return None  # whatever it is, the other number system will do it or tell


def _recorded(
    definition: type[Adam], within: tuple[int, ...], one_arithmetic: bool, carried: bool
) -> Program:
    if definition.running_product or not definition.coordinatewise:
        raise NotRecordableError("coordinates or steps that depend on each other")
    items = _names(definition, within, one_arithmetic)
    names = (*items, "theta") if carried else items
    steps: list[Step] = []
    recorders: list[Recorder] = []
    traits: dict[str, Traits] | None = None
    while len(steps) < LONGEST_START:
        recorder, step, after = _record_step(definition, within, one_arithmetic, names, traits)
        steps.append(step)
        recorders.append(recorder)
        if after == traits:
            break
        traits = after
    else:
        raise NotRecordableError("what a step does never becomes the same")
    assert traits is not None
    counts = [[*r.of_scalars.sizes, *r.of_arrays.sizes, r.weights] for r in recorders]
    sizes = tuple(max(count) for count in zip(*counts, strict=True))
    adjusted = recorders[-1].adjusted
    if any(len(r.adjusted) != len(adjusted) for r in recorders):
        raise NotRecordableError("functions of hyperparameters that differ from step to step")
    slots = _slots(steps[1:], len(names), carried)
    return Program(tuple(steps), len(names), slots, tuple(adjusted), sizes, carried)


def _names(definition: type[Adam], within: tuple[int, ...], one_arithmetic: bool) -> tuple[str, ...]:
    """The names of the items of the state."""
    recorder = Recorder(HYPERPARAMETERS, 0)
    start = _adam(definition, recorder, within, one_arithmetic).start(Recorded(recorder, 0, _ARRAY))
    if not all(isinstance(value, Recorded) for value in start.remembered.values()):
        raise NotRecordableError("a state of something else than values")
    return tuple(start.remembered)


def _adam(definition: type[Adam], recorder: Recorder, within: tuple[int, ...], one_arithmetic: bool) -> Adam:
    arithmetic = 0 if one_arithmetic else 1
    values = (Recorded(recorder, i, Traits(True, each, arithmetic)) for i, each in enumerate(within))
    return definition(Hyperparameters(*values))


def _record_step(
    definition: type[Adam],
    within: tuple[int, ...],
    one_arithmetic: bool,
    names: tuple[str, ...],
    traits: dict[str, Traits] | None,
) -> tuple[Recorder, Step, dict[str, Traits]]:
    """Record one step from a state with these traits, or the first step."""
    recorder = Recorder(HYPERPARAMETERS, len(names))
    adam = _adam(definition, recorder, within, one_arithmetic)
    gradient = Recorded(recorder, len(names), _ARRAY)
    entering = (
        {} if traits is None else {name: _item(recorder, i, traits[name]) for i, name in enumerate(names)}
    )
    theta = entering.pop("theta", None)
    if theta is None:
        theta = Recorded(recorder, len(names) - 1 if names[-1] == "theta" else len(names) + 1, _ARRAY)
    count = Counted(lambda t: t - 1)
    state = replace(adam.start(theta), step=count) if traits is None else State(count, **entering)
    own = {name: copy(value) for name, value in vars(adam).items()}
    after, update = adam.update(state, theta, gradient)
    if vars(adam).keys() != own.keys() or any(
        name != "hyper" and value != vars(adam)[name] for name, value in own.items()
    ):
        raise NotRecordableError("a definition that remembers something outside its state")
    counted = after.step
    if not isinstance(counted, Counted) or any(counted.of(t) != t for t in _TRIED):
        raise NotRecordableError("a count that is not that of the steps")
    update = recorder.spread(update)
    kept = dict(after.remembered)
    if names[-1] == "theta":
        kept["theta"] = theta + update
    if tuple(kept) != names or not all(isinstance(value, Recorded) for value in kept.values()):
        raise NotRecordableError("a state whose items change")
    found = {
        name: _traits_kept(recorder, i, len(names), value) for i, (name, value) in enumerate(kept.items())
    }
    arrays = _instructions(recorder.of_arrays.code)
    places = np.array([_places(value) for value in (*kept.values(), update)], dtype=np.int64)
    used = {*arrays[:, 2:4].ravel().tolist(), *places[:, 0].tolist()}
    step = Step(
        scalars=_instructions(recorder.of_scalars.code),
        arrays=np.concatenate([*_reading(used, len(names), carried=names[-1] == "theta"), arrays]),
        numbers=tuple(recorder.numbers),
        exponents=tuple(recorder.exponents),
        bounds=np.array(recorder.bounds, dtype=np.float64),
        kept=places[:-1],
        update=places[-1],
    )
    return recorder, step, found


def _traits_kept(recorder: Recorder, index: int, items: int, value: Recorded) -> Traits:
    """What is known of an item of the state after a step.

    Raises:
        NotRecordableError: It cannot be kept where it is read from in the next step.
    """
    if value.recorder is not recorder:
        raise NotRecordableError("a state with values of another step")
    if value.traits.scalar:
        raise NotRecordableError("a scalar in the state, which each step needs from the one before")
    others = set(range(1, 1 + items)) - {1 + index}
    if 0 <= value.item != index or value.stretch in others or value.least in others:
        raise NotRecordableError("items of the state that change places")
    return value.traits


def _item(recorder: Recorder, index: int, traits: Traits) -> Recorded:
    """An item of the state as it enters a step: its registers are the first."""
    stretch = 1 + index if traits.stretched else 0
    least = 1 + index if traits.bounded else 0
    return Recorded(recorder, index, traits, stretch, least, item=index)


def _instructions(code: list[tuple[float, ...]]) -> npt.NDArray[np.int64]:
    return np.array(code, dtype=np.int64).reshape(-1, len(COLUMNS))


def _reading(used: set[int], items: int, *, carried: bool) -> list[npt.NDArray[np.int64]]:
    """The instructions that read the gradient and the parameters, which have the registers after the
    items."""
    rows = []
    for which, register in enumerate((items,) if carried else (items, items + 1)):
        if register in used:
            row = dict.fromkeys(COLUMNS, 0) | {"op": Op.READ, "to": register, "x": which, "same": 1}
            rows.append(_instructions([tuple(row.values())]))
    return rows


def _places(value: Recorded) -> tuple[int, int, int]:
    return value.register, value.stretch, value.least


def _slots(later: list[Step], items: int, carried: bool) -> npt.NDArray[np.int64]:
    """Where the parts of the state that a later step reads are kept."""
    pairs = [[COLUMNS.index(prefix + name) for name in "xy"] for prefix in ("", "s_", "l_")]
    slots = np.full((items, 3), -1, np.int64)
    counts = [0, 0, 0]
    for index in range(items):
        for part, own in enumerate((index, 1 + index, 1 + index)):
            read = carried and part == 0 and index == items - 1
            for step in later:
                others = ~np.isin(step.arrays[:, 0], (Op.NUMBER, Op.SPREAD, Op.READ))
                reads = step.arrays[others][:, pairs[part]]
                read |= bool((reads == own).any()) or own in np.delete(step.kept[:, part], index)
                read |= int(step.update[part]) == own
            if read:
                slots[index, part] = counts[part]
                counts[part] += 1
    return slots
