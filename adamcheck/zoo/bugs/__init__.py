"""The bug zoo: known bugs of real implementations of Adam, each in a few lines, with its source.

`BUGS` has them by name. Each is also a target, as an attribute of this module with underscores in its
name: `adamcheck verify adamcheck.variants.bugs:eps_dropped` verifies one.

To add a bug, write a class in the module of its family and register it there: as a wrong `formula`, as
`arithmetic` that is wrong in floats only, or as a `behaviour`, with its source and an experiment that
exposes it.
"""

from __future__ import annotations

from adamcheck.targets.base import Target
from adamcheck.zoo.bugs import (
    amsgrad_and_family,
    arithmetic,
    bias_correction,
    checkpoint,
    copies,
    corners,
    counters,
    dtypes,
    epsilon,
    gradient_layouts,
    groups,
    interface,
    large_arrays,
    layouts,
    long_runs,
    magnitudes,
    modes,
    moments,
    schedules,
    several_tensors,
    signs,
    sizes,
    state,
    tails,
    tensors,
    weight_decay,
    zero_runs,
)
from adamcheck.zoo.bugs.experiment import Experiment
from adamcheck.zoo.bugs.registry import BUGS, Bug, wrong_arithmetic, wrong_behaviour, wrong_formula

FAMILIES = {
    module.__name__.rpartition(".")[2]: (module.__doc__ or "").splitlines()[0]
    for module in (
        epsilon,
        bias_correction,
        moments,
        weight_decay,
        amsgrad_and_family,
        arithmetic,
        dtypes,
        magnitudes,
        signs,
        corners,
        state,
        zero_runs,
        counters,
        long_runs,
        checkpoint,
        copies,
        schedules,
        tensors,
        several_tensors,
        groups,
        tails,
        sizes,
        large_arrays,
        layouts,
        gradient_layouts,
        interface,
        modes,
    )
}
"""The families of bugs, each with a description."""

__all__ = [
    "BUGS",
    "FAMILIES",
    "Bug",
    "Experiment",
    "family_of",
    "wrong_arithmetic",
    "wrong_behaviour",
    "wrong_formula",
]


def family_of(bug: Bug) -> str:
    """The description of the family of a bug."""
    return FAMILIES.get(bug.family, "Bugs of an installed pack.")


def __getattr__(name: str) -> Target:
    bug = BUGS.get(name.replace("_", "-"))
    if bug is None:
        raise AttributeError(f"no bug {name!r}")
    return bug.target()


def __dir__() -> list[str]:
    return [*globals(), *(name.replace("-", "_") for name in BUGS)]
