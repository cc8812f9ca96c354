"""The registry of what every implementation must do, and how a function becomes a check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adamcheck.checks.check import Check, Section
from adamcheck.support.registry import Registry, one

CHECKS: Registry[Check] = Registry(
    "check", "adamcheck.checks", one(Check, "what adamcheck.checks.conformance.register.check makes")
)
"""Every check by name, those of installed packs too; those of the formula first."""


def check(
    section: Section, needs: tuple[str, ...] = (), *, cost: int = 1, **drawn: Any
) -> Callable[[Callable[..., None]], Check]:
    """Make a check of a function: its name and the first line of its docstring are those of the check.

    The arguments are those of `Check`. A function with a parameter `definition` is an enclosure check: it
    can be asked about another definition than the textbook's.
    """

    def made(function: Callable[..., None]) -> Check:
        name = function.__name__.replace("_", "-")
        statement = (function.__doc__ or "").partition("\n")[0]
        return Check(name, statement, function, drawn, section, needs, cost)

    return made
