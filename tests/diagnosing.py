"""The diagnosis of one target, without its checks."""

from __future__ import annotations

from adamcheck import diagnose
from adamcheck.assertions import Broken
from adamcheck.conformance import WEIGHT_DECAY, probe
from adamcheck.diagnose import Formula
from adamcheck.numbers.floats import format_of
from adamcheck.targets.base import Target
from adamcheck.trajectory import Subject

SINGLE_CHECK = "updates-are-enclosed-with-dyadic-hyperparameters"


def told(target: Target, dtype: str = "float64", broken: tuple[str, ...] = ()) -> Formula:
    """The diagnosis of a target, confirmed by very few examples, and without its checks."""
    subject = Subject(target, format_of(dtype))
    try:
        probe(subject)
    except Broken as reason:
        return diagnose.explain_unusable(subject, str(reason), examples=1, seed=0)
    if target.capabilities.weight_decay:
        broken = (*broken, WEIGHT_DECAY)
    return diagnose.diagnose(subject, broken=broken, examples=1, seed=0).formula
