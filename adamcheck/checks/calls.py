"""The record of the calls of a target: one type per kind of call, recorded before the call is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.targets.start import Start


@dataclass(frozen=True)
class Layout:
    """A memory layout of arrays.

    Args:
        name: A description for messages.
        expression: A Python expression that lays out the array `{}` this way.
        arrange: A function that does the same.
    """

    name: str
    expression: str
    arrange: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Omitted:
    """An array that is too large to be recorded.

    Args:
        size: The number of its elements.
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
        """The kind of call, in a word or two."""
        return self._name

    @property
    def size(self) -> int:
        """The number of array elements passed."""
        return 1

    @property
    def whole(self) -> bool:
        """Whether every array passed is recorded."""
        return True

    @property
    def plain(self) -> bool:
        """Whether a trace, which holds one real array in index order, describes the call completely."""
        return True

    def shortened(self, largest: int) -> Call:
        """The same call, with a gradient of more than `largest` elements omitted."""
        return self


@dataclass(frozen=True, eq=False)
class Started(Call):
    """A run was started.

    Args:
        start: The start, with copies of the arrays.
        layout: The layout of the arrays that the target got; index order if None.
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
    """A run was started on the check's own array, which the check inspects afterwards."""

    _name = "start on"


@dataclass(frozen=True, eq=False)
class Stepped(Call):
    """A step was taken with a gradient.

    Args:
        gradient: The array passed, or its size if it is too large to be recorded.
        layout: The layout of the array that the target got; index order if None.
    """

    _name = "step"
    gradient: np.ndarray | Omitted
    layout: Layout | None = None

    @property
    def array(self) -> np.ndarray:
        """The gradient, if it is recorded."""
        assert isinstance(self.gradient, np.ndarray), "this gradient is not recorded"
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
    """A step was taken with the check's own array, which the check inspects afterwards."""

    _name = "step on"


@dataclass(frozen=True, eq=False)
class SteppedAndHeld(Stepped):
    """A step was taken, and the check inspects the returned array again later."""

    _name = "step and hold"


@dataclass(frozen=True, eq=False)
class SteppedTensors(Call):
    """A step of several tensors was taken.

    Args:
        gradients: One per tensor; None for a tensor without a gradient.
    """

    _name = "step tensors"
    gradients: Sequence[np.ndarray | None]

    @property
    def size(self) -> int:
        return sum(1 if each is None else each.size for each in self.gradients)

    @property
    def plain(self) -> bool:
        return False


@dataclass(frozen=True, eq=False)
class SteppedInClosure(Stepped):
    """A step was taken by a closure that sets the gradient."""

    _name = "step in closure"

    @property
    def plain(self) -> bool:
        return False


@dataclass(frozen=True, eq=False)
class SteppedTensorsInClosure(SteppedTensors):
    """A step of several tensors was taken by a closure that sets the gradients."""

    _name = "step tensors in closure"


@dataclass(frozen=True)
class Copied(Call):
    """A run was copied; what follows with this number is the copy.

    Args:
        of: The number of the run that was copied.
        pickled: Whether it was pickled and unpickled.
    """

    _name = "copy"
    of: int
    pickled: bool = False

    @property
    def plain(self) -> bool:
        return False


@dataclass(frozen=True)
class Dropped(Call):
    """A run was deleted."""

    _name = "drop"

    @property
    def plain(self) -> bool:
        return False


@dataclass(frozen=True)
class Elsewhere(Call):
    """The calls that follow were made in another thread."""

    _name = "in another thread"

    @property
    def plain(self) -> bool:
        return False


@dataclass(frozen=True)
class LearningRatesChanged(Call):
    """The learning rates of several tensors were changed.

    Args:
        lrs: The new learning rate of each tensor.
    """

    _name = "change lrs"
    lrs: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class GroupAdded(Call):
    """A tensor with hyperparameters of its own was added to a run.

    Args:
        parameters: The tensor.
        hyper: Its hyperparameters.
    """

    _name = "add group"
    parameters: np.ndarray
    hyper: Hyperparameters

    @property
    def size(self) -> int:
        return self.parameters.size

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
    """A checkpoint was loaded into the run.

    Args:
        saved_by: The number of the run that saved it.
    """

    _name = "load"
    saved_by: int


@dataclass(frozen=True)
class Counted(Call):
    """The step count was advanced, as if by steps with zero gradients.

    Args:
        steps: The number of steps.
    """

    _name = "count"
    steps: int


@dataclass(frozen=True)
class LearningRateChanged(Call):
    """The learning rate was changed.

    Args:
        lr: The new learning rate.
    """

    _name = "change lr"
    lr: float


@dataclass(frozen=True)
class Experimented(Call):
    """An experiment with the whole target was made.

    Args:
        experiment: Its name.
    """

    _name = "experiment"
    experiment: str


class Calls(list[Call]):
    """The calls of a target, in order; each is recorded before it is made."""

    def answered(self) -> None:
        """Note that the call recorded last has returned or raised."""

    def afresh(self) -> Calls:
        """An empty record of the same kind, for the next example."""
        return Calls()

    def begins(self, check: str) -> None:
        """Note that the calls that follow belong to this check."""

    def ends(self, result: Any) -> None:
        """Note the result of the check that began last."""
