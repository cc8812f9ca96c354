"""The standard model of rounding, for derivations: every operation multiplies its result by 1 + delta."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import adamcheck as ac


@dataclass
class Roundings:
    """The relative errors delta_1, delta_2, ... of the operations so far, any reals."""

    given: ac.Given
    deltas: list[Any] = field(default_factory=list)

    def another(self) -> Any:
        self.deltas.append(self.given.real(f"delta_{len(self.deltas) + 1}"))
        return self.deltas[-1]

    def of(self, x: Any) -> Rounded:
        """A number that is held exactly."""
        return Rounded(x, self)


@dataclass(frozen=True, eq=False)
class Rounded:
    """A number in a program; other operands are numbers that the program holds exactly."""

    value: Any
    roundings: Roundings

    def _rounded(self, exact: Any) -> Rounded:
        return Rounded(exact * (1 + self.roundings.another()), self.roundings)

    def __add__(self, other: Rounded) -> Rounded:
        return self._rounded(self.value + other.value)

    def __mul__(self, other: Any) -> Rounded:
        return self._rounded(self.value * (other.value if isinstance(other, Rounded) else other))

    __rmul__ = __mul__
