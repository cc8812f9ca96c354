"""The registry of conformance checks, and the decorator that makes one of a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adamcheck.checks.check import Check, Section
from adamcheck.support.registry import Registry, one

CHECKS: Registry[Check] = Registry(
    "check", "adamcheck.checks", one(Check, "what adamcheck.checks.conformance.register.check makes")
)
"""Every check by name, including those of installed packs; checks of the formula come first."""


def check(
    section: Section, needs: tuple[str, ...] = (), *, cost: int = 1, **drawn: Any
) -> Callable[[Callable[..., None]], Check]:
    """Make a check of a function.

    The name of the check is that of the function, and its statement is the first line of the docstring.
    A function with a parameter `definition` can be checked against other definitions than textbook Adam.
    A parameter `due` receives the definition for runs with weight decay.

    Args:
        section: The part of the implementation that the check is about.
        needs: Names of the `Capabilities` that the check needs.
        cost: The number of ordinary examples that one example of this check counts for.
        **drawn: A Hypothesis strategy per argument, or a function that makes one for a `Format`.
    """

    def made(function: Callable[..., None]) -> Check:
        name = function.__name__.replace("_", "-")
        statement = (function.__doc__ or "").partition("\n")[0]
        return Check(name, statement, function, drawn, section, needs, cost)

    return made
