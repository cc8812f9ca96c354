"""Numbers that count operations: the definition, run on them, says what one step of it costs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import adamcheck as ac


@dataclass
class Tally:
    """The operations so far, each with how many numbers it was applied to.

    Args:
        dimension: How many numbers an array has: a number or a quantity of a derivation.
    """

    dimension: Any
    total: Any = 0

    def array(self) -> Counted:
        """An array."""
        return Counted(self, self.dimension)

    def scalar(self) -> Counted:
        """A single number."""
        return Counted(self, 1)


@dataclass(frozen=True, eq=False)
class Counted:
    """An array or a number whose entries nobody knows. Python's own numbers are constants."""

    tally: Tally = field(repr=False)
    size: Any

    def _result(self, other: Any = 1) -> Counted:
        sizes = [x.size for x in (self, other) if isinstance(x, Counted) and x.size is self.tally.dimension]
        result = Counted(self.tally, sizes[0] if sizes else 1)
        self.tally.total = self.tally.total + result.size
        return result

    def __add__(self, other: Any) -> Counted:
        return self._result(other)

    __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __pow__ = __add__

    def __neg__(self) -> Counted:
        return self._result()


@ac.numbers.sqrt.register
def _(x: Counted) -> Counted:
    return x._result()


@ac.numbers.zeros_like.register
def _(x: Counted) -> Counted:
    return Counted(x.tally, x.size)
