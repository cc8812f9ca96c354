"""The targets of `tests/examples`, by file and name, and what is asked of them."""

from __future__ import annotations

from functools import cache

from command_line import EXAMPLES

from adamcheck.checks.subject import Subject
from adamcheck.examine.plan import Plan
from adamcheck.examine.results import DtypeReport, TargetReport
from adamcheck.examine.target import examine
from adamcheck.numbers.floats import format_of
from adamcheck.targets.base import Target
from adamcheck.targets.find import load_target


def example(name: str) -> Target:
    """The target `FILE:NAME` of the examples, without the `.py`."""
    file, _, attribute = name.partition(":")
    return load_target(f"{EXAMPLES}/{file}.py:{attribute}")


def subject(name: str, dtype: str = "float64", patience: float = 60.0) -> Subject:
    return Subject(example(name), format_of(dtype), patience)


DYADIC, DEFAULTS, SHAPES = (
    "updates-are-enclosed-with-dyadic-hyperparameters",
    "updates-are-enclosed-with-default-hyperparameters",
    "updates-are-enclosed-in-arrays-of-any-shape",
)

FOCUS = {
    "broken:FromStepSeven": (DYADIC,),
    "broken:FromStepThirty": (DEFAULTS,),
    "broken:LastCoordinate": (DYADIC,),
    "broken:ScalarTail": (DYADIC, SHAPES),
    "broken:NoCorrection": (DYADIC,),
    "broken:ForgetsEps": (DYADIC,),
    "misbehaving:raises_above_three": (DYADIC,),
    "misbehaving:its_input": (DYADIC,),
}
"""The checks that are run on an example where all of them would take long and tell nothing new."""


@cache
def examined(name: str, dtype: str = "float64", patience: float = 60.0) -> DtypeReport:
    """The report on an example, from the checks that every implementation must pass."""
    plan = Plan("quick", 0, (dtype,), patience, FOCUS.get(name, ()))
    return examine(example(name), dtype, plan, [])


def reported(name: str) -> TargetReport:
    """The same with the target's name."""
    return TargetReport(example(name).name, {}, "", "", (examined(name),))
