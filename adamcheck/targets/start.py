"""The start of a run: parameters, hyperparameters and mode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from adamcheck.adam import Hyperparameters

Arrays = np.ndarray | Sequence[np.ndarray]


@dataclass(frozen=True, eq=False)
class Start:
    """The start of a run. A mode other than the default needs a capability of the target.

    Args:
        parameters: One array of any shape, or a list of arrays, which are several tensors of one optimizer.
            Their dtype is the working dtype.
        hyper: The hyperparameters.
        maximize: Whether steps maximize.
        complex: Whether the parameters are complex. All arrays then have pairs of real and imaginary parts,
            shape (..., 2).
        groups: The hyperparameters of each tensor, if they differ; `hyper` are those of the first one.
        array_lr: Whether the learning rate is given as an array without axes.

    Raises:
        ValueError: Several tensors are complex, which no target offers, or not each has hyperparameters.
    """

    parameters: Arrays
    hyper: Hyperparameters
    maximize: bool = False
    complex: bool = False
    groups: tuple[Hyperparameters, ...] = ()
    array_lr: bool = False

    def __post_init__(self) -> None:
        if self.groups and len(self.groups) != len(self.tensors):
            raise ValueError(f"{len(self.groups)} groups for {len(self.tensors)} tensors")
        if self.complex and self.together:
            raise ValueError("several tensors cannot be complex")

    @property
    def together(self) -> bool:
        """Whether there are several tensors."""
        return not isinstance(self.parameters, np.ndarray)

    @property
    def tensors(self) -> list[np.ndarray]:
        """The arrays of parameters, as a list even if there is only one."""
        return list(self.parameters) if self.together else [self.array]

    @property
    def array(self) -> np.ndarray:
        """The one array of parameters."""
        assert isinstance(self.parameters, np.ndarray), "several tensors are not one array"
        return self.parameters

    @property
    def dtype(self) -> str:
        """The name of the working dtype."""
        return str(self.tensors[0].dtype.name)

    @property
    def size(self) -> int:
        """The number of all elements of the parameters."""
        return sum(each.size for each in self.tensors)

    @property
    def needs(self) -> tuple[str, ...]:
        """The names of the capabilities that the target needs for this start."""
        asked = {
            "tensors": self.together,
            "maximize": self.maximize,
            "complex": self.complex,
            "groups": bool(self.groups),
            "array_lr": self.array_lr,
        }
        return tuple(name for name, is_asked in asked.items() if is_asked)

    def map(self, arrange: Callable[[np.ndarray], np.ndarray]) -> Start:
        """A copy with `arrange` applied to each array of parameters."""
        tensors = [arrange(each) for each in self.tensors]
        return self.replace(parameters=tensors if self.together else tensors[0])

    def copied(self) -> Start:
        """A copy with copies of the arrays."""
        return self.map(np.copy)

    def replace(self, **changes: Any) -> Start:
        """A copy with some fields changed."""
        return replace(self, **changes)
