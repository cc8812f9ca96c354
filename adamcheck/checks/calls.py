"""Calls: what was done with a target, written down before each call is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Layout:
    """How arrays lie in memory: `expression` is Python that lays out the array `{}` so."""

    name: str
    expression: str
    arrange: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Call:
    """One call of a target: of which run (from 0), what, and with what.

    method and argument: *start* with (parameters, hyper), or *start on* where the target got that very
    array, *start maximizing* and *start complex* likewise; *step* with a gradient, or *step on* likewise;
    *moments*, *save*; *load* with the number of the run that saved; *count* with the steps counted before;
    *change lr* with the new one; *start tensors* with (list of parameters, hyper), *step tensors* with a list
    of gradients. layout: of the arrays given.
    """

    run: int
    method: str
    argument: Any = None
    layout: Layout | None = None


class Calls(list[Call]):
    """What was done with a target, in order; written down before each call is made."""

    def answered(self) -> None:
        """The call written down last has returned or raised."""

    def afresh(self) -> Calls:
        """Empty ones of the same kind, for the next example."""
        return Calls()

    def begins(self, check: str) -> None:
        """What follows belongs to this check."""

    def ends(self, result: Any) -> None:
        """The check that began last has this result."""
