"""The diagnosis of one target, without its checks."""

from __future__ import annotations

from adamcheck.checks.conformance import WEIGHT_DECAY
from adamcheck.checks.subject import Subject
from adamcheck.diagnosis.diagnose import Effort, formula_of
from adamcheck.diagnosis.formula import Formula
from adamcheck.numbers.floats import format_of
from adamcheck.targets.base import Target


def told(target: Target, dtype: str = "float64", broken: tuple[str, ...] = ()) -> Formula:
    """The diagnosis of a target, confirmed by very few examples, and without its checks."""
    if target.capabilities.weight_decay:
        broken = (*broken, WEIGHT_DECAY)
    return formula_of(Subject(target, format_of(dtype)), Effort(broken, 1, 0))
