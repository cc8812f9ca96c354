"""Calls: what was done with a target, one type a kind of call, written down before each call is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from adamcheck.targets.start import Start


@dataclass(frozen=True)
class Layout:
    """How arrays lie in memory.

    Args:
        name: In words.
        expression: Python that lays out the array `{}` so.
        arrange: Does it.
    """

    name: str
    expression: str
    arrange: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Omitted:
    """An array that is too large to be written down.

    Args:
        size: How many numbers it has.
    """

    size: int


@dataclass(frozen=True)
class Call:
    """One call of a target.

    Args:
        run: The number of the run, from 0.
    """

    _name: ClassVar[str]

    run: int

    @property
    def name(self) -> str:
        """What was done, in a word or two."""
        return self._name

    @property
    def size(self) -> int:
        """How many numbers were given."""
        return 1

    @property
    def whole(self) -> bool:
        """Whether all that was given is written down."""
        return True

    @property
    def plain(self) -> bool:
        """Whether the trace of one real array in index order tells of it."""
        return True

    def shortened(self, largest: int) -> Call:
        """The same call without a gradient of more numbers than `largest`."""
        return self


@dataclass(frozen=True, eq=False)
class Started(Call):
    """A run was started.

    Args:
        start: With copies of the arrays.
        layout: Of the arrays that the target got.
    """

    _name = "start"
    start: Start
    layout: Layout | None = None

    @property
    def name(self) -> str:
        asked = self.start
        modes = {"tensors": asked.together, "maximizing": asked.maximize, "complex": asked.complex}
        return " ".join([self._name, *(mode for mode, is_asked in modes.items() if is_asked)])

    @property
    def size(self) -> int:
        return self.start.size

    @property
    def plain(self) -> bool:
        return not self.start.needs and self.layout is None


@dataclass(frozen=True, eq=False)
class StartedOn(Started):
    """A run was started on the very array of the check, which is looked at afterwards."""

    _name = "start on"


@dataclass(frozen=True, eq=False)
class Stepped(Call):
    """A step was taken with a gradient.

    Args:
        gradient: The array that was given, or its size where it is too large to be written down.
        layout: Of the array that the target got.
    """

    _name = "step"
    gradient: np.ndarray | Omitted
    layout: Layout | None = None

    @property
    def array(self) -> np.ndarray:
        """The gradient, where it is written down."""
        assert isinstance(self.gradient, np.ndarray), "this gradient is not written down"
        return self.gradient

    @property
    def size(self) -> int:
        return int(self.gradient.size)

    @property
    def whole(self) -> bool:
        return not isinstance(self.gradient, Omitted)

    @property
    def plain(self) -> bool:
        return self.layout is None

    def shortened(self, largest: int) -> Call:
        return self if self.size <= largest else replace(self, gradient=Omitted(self.size))


@dataclass(frozen=True, eq=False)
class SteppedOn(Stepped):
    """A step was taken with the very array of the check, which is looked at afterwards."""

    _name = "step on"


@dataclass(frozen=True, eq=False)
class SteppedAndHeld(Stepped):
    """A step was taken, whose answer is looked at again later."""

    _name = "step and hold"


@dataclass(frozen=True, eq=False)
class SteppedTensors(Call):
    """A step of several tensors was taken.

    Args:
        gradients: One for each tensor, None where it has none.
    """

    _name = "step tensors"
    gradients: Sequence[np.ndarray | None]

    @property
    def size(self) -> int:
        return sum(1 if each is None else each.size for each in self.gradients)

    @property
    def plain(self) -> bool:
        return False


@dataclass(frozen=True)
class Moments(Call):
    """The moments were read."""

    _name = "moments"


@dataclass(frozen=True)
class Saved(Call):
    """The run was saved."""

    _name = "save"


@dataclass(frozen=True)
class Loaded(Call):
    """The run went on from what a run saved.

    Args:
        saved_by: The number of that run.
    """

    _name = "load"
    saved_by: int


@dataclass(frozen=True)
class Counted(Call):
    """The run went on as after so many steps with zero gradients.

    Args:
        steps: How many.
    """

    _name = "count"
    steps: int


@dataclass(frozen=True)
class LearningRateChanged(Call):
    """The learning rate was changed.

    Args:
        lr: The new one.
    """

    _name = "change lr"
    lr: float


@dataclass(frozen=True)
class Experimented(Call):
    """An experiment was made with the target itself.

    Args:
        experiment: Its name.
    """

    _name = "experiment"
    experiment: str


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
