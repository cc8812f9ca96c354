"""The targets of `tests/examples`, by file and name, and what is asked of them."""

from __future__ import annotations

from functools import cache

from command_line import EXAMPLES

from adamcheck.numbers.floats import format_of
from adamcheck.report.model import DtypeReport, TargetReport
from adamcheck.suite import Plan, examine
from adamcheck.targets.base import Target
from adamcheck.targets.find import load_target
from adamcheck.trajectory import Subject


def example(name: str) -> Target:
    """The target `FILE:NAME` of the examples, without the `.py`."""
    file, _, attribute = name.partition(":")
    return load_target(f"{EXAMPLES}/{file}.py:{attribute}")


def subject(name: str, dtype: str = "float64", patience: float = 60.0) -> Subject:
    return Subject(example(name), format_of(dtype), patience)


@cache
def examined(name: str, dtype: str = "float64", patience: float = 60.0) -> DtypeReport:
    """The report on an example, from the checks that every implementation must pass."""
    return examine(example(name), dtype, Plan("quick", 0, (dtype,), patience), [])


def reported(name: str) -> TargetReport:
    """The same with the target's name."""
    return TargetReport(example(name).name, {}, "", "", (examined(name),))
