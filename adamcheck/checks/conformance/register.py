"""The list of what every implementation must do, and how a check is put on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adamcheck.checks.check import Check, Section

REGISTERED: list[Check] = []
"""Every check of this package, in the order in which its modules happen to be imported."""


def check(
    section: Section, needs: tuple[str, ...] = (), *, cost: int = 1, **drawn: Any
) -> Callable[[Any], Any]:
    """Put a function on the list: its name and the first line of its docstring are those of the check.

    The arguments are those of `Check`. A function with a parameter `definition` is an enclosure check: it
    can be asked about another definition than the textbook's.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        name = function.__name__.replace("_", "-")
        statement = (function.__doc__ or "").splitlines()[0]
        REGISTERED.append(Check(name, statement, function, drawn, section, needs, cost))
        return function

    return register
