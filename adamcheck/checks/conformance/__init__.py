"""Conformance checks: requirements on the formula, arrays, state and aliasing of every implementation."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial
from inspect import signature

from adamcheck.adam import Adam
from adamcheck.checks.check import Check, Section
from adamcheck.checks.conformance import (
    aliasing,
    arrays,
    checkpoints,
    decay,
    formula,
    modes,
    operations,
    state,
    tensors,
    wide,
)
from adamcheck.checks.conformance.checkpoints import RESUMED
from adamcheck.checks.conformance.decay import WEIGHT_DECAY
from adamcheck.checks.conformance.first_steps import PROBE, probe
from adamcheck.checks.conformance.register import CHECKS
from adamcheck.checks.conformance.state import REPEATED

_KINDS = (formula, decay, arrays, state, checkpoints, operations, aliasing, tensors, modes, wide)

for _kind in _KINDS:
    for _thing in list(vars(_kind).values()):
        if isinstance(_thing, Check):
            CHECKS.add(_thing.name, _thing)

__all__ = [
    "CHECKS",
    "PROBE",
    "REPEATED",
    "RESUMED",
    "WEIGHT_DECAY",
    "aliasing",
    "arrays",
    "checkpoints",
    "checks_for",
    "decay",
    "enclosure_checks",
    "formula",
    "modes",
    "of_the_formula",
    "operations",
    "probe",
    "state",
    "tensors",
    "wide",
]


def checks_for(definition: type[Adam], decay: type[Adam] | None = None) -> tuple[Check, ...]:
    """Every check, for a target that is verified against another definition than textbook Adam.

    Args:
        definition: The definition.
        decay: The definition for runs with weight decay. By default it is `definition` if that one has
            weight decay, and otherwise any documented weight decay is accepted.
    """
    due = decay or (definition if definition.decays else None)
    return tuple(
        _bound(check, definition=definition, **({"due": due} if due else {})) for check in CHECKS.values()
    )


def enclosure_checks(definition: type[Adam]) -> tuple[Check, ...]:
    """The checks that compare the target with a definition, for another one than textbook Adam."""
    return tuple(
        _bound(check, definition=definition)
        for check in CHECKS.values()
        if "definition" in signature(check.function).parameters
    )


def of_the_formula(broken: Collection[str]) -> set[str]:
    """The names of the broken checks that are checks of the formula."""
    return {check.name for check in CHECKS.values() if check.section is Section.FORMULA} & set(broken)


def _bound(check: Check, **chosen: type[Adam]) -> Check:
    """A check whose function is called with those of the chosen parameters that it takes."""
    taken = {name: x for name, x in chosen.items() if name in signature(check.function).parameters}
    return replace(check, function=partial(check.function, **taken)) if taken else check
