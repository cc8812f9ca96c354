"""Parameters of tests that go through everything known of a kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def every(count: int, values: Iterable[Any]) -> list[Any]:
    """Parameters of which `.ci/run` tries some, and `.ci/exhaustive` all.

    Args:
        count: Of so many neighbours, which are alike, the first is tried each time.
        values: The parameters, in an order that does not change.
    """
    return [
        pytest.param(
            *(value if isinstance(value, tuple) else (value,)),
            marks=[pytest.mark.exhaustive] if index % count else [],
        )
        for index, value in enumerate(values)
    ]
