"""The bug zoo: known faults of real implementations of Adam, each a few lines, with its source.

`BUGS` holds them by name. A target with one of them is an attribute of this module, its name with
underscores: `adamcheck verify adamcheck.variants.bugs:eps_dropped` verifies one.

A new one is a class in the module of its family, registered there as a wrong `formula`, as `arithmetic`
that goes wrong in floats only, or as a `behaviour`, with its source and an experiment that exposes it.
"""

from __future__ import annotations

from adamcheck.targets.base import Target
from adamcheck.zoo.bugs import (
    amsgrad_and_family,
    arithmetic,
    bias_correction,
    checkpoint,
    epsilon,
    interface,
    modes,
    moments,
    state,
    tensors,
    weight_decay,
)
from adamcheck.zoo.bugs.experiments import Experiment
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
        state,
        checkpoint,
        tensors,
        interface,
        modes,
    )
}
"""The families of bugs, and what each is about."""

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
    """What the family of a bug is about."""
    return FAMILIES.get(bug.family, "Bugs of an installed pack.")


def __getattr__(name: str) -> Target:
    bug = BUGS.get(name.replace("_", "-"))
    if bug is None:
        raise AttributeError(f"no bug {name!r}")
    return bug.target()


def __dir__() -> list[str]:
    return [*globals(), *(name.replace("-", "_") for name in BUGS)]
