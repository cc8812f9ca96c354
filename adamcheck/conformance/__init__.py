"""What every implementation of Adam must do, whatever it is used for: formula, arrays, state, manners."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from inspect import signature

from adamcheck.adam import Adam
from adamcheck.checks import Check
from adamcheck.conformance import arrays, checkpoints, decay, formula, purity, state, tensors
from adamcheck.conformance.probe import probe
from adamcheck.conformance.register import CHECKS
from adamcheck.conformance.state import REPEATED

__all__ = [
    "CHECKS",
    "REPEATED",
    "arrays",
    "checkpoints",
    "decay",
    "enclosure_checks",
    "formula",
    "probe",
    "purity",
    "state",
    "tensors",
]


def enclosure_checks(definition: type[Adam]) -> tuple[Check, ...]:
    """The checks that every update is enclosed, for another definition than the textbook's."""
    return tuple(
        replace(check, function=partial(check.function, definition=definition))
        for check in CHECKS
        if "definition" in signature(check.function).parameters
    )
