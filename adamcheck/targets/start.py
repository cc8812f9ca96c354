"""How a run is started: `Start` has the parameters, the hyperparameters and the mode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from adamcheck.adam import Hyperparameters

Arrays = np.ndarray | Sequence[np.ndarray]


@dataclass(frozen=True, eq=False)
class Start:
    """One way of starting a run. What is not the default is a capability that the target must have.

    Args:
        parameters: One array of any shape, or a list of arrays: several tensors of one optimizer. Their
            dtype is the working dtype.
        hyper: The hyperparameters.
        maximize: Whether steps go up the gradient.
        complex: Whether the parameters are complex; all arrays are then of pairs (..., 2), a real and an
            imaginary part.

    Raises:
        ValueError: For several complex tensors, which nothing offers.
    """

    parameters: Arrays
    hyper: Hyperparameters
    maximize: bool = False
    complex: bool = False

    def __post_init__(self) -> None:
        if self.complex and self.together:
            raise ValueError("several tensors cannot be complex")

    @property
    def together(self) -> bool:
        """Whether it is of several tensors."""
        return not isinstance(self.parameters, np.ndarray)

    @property
    def tensors(self) -> list[np.ndarray]:
        """The arrays of parameters, of which there is one where it is not of several tensors."""
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
        """How many numbers the parameters are."""
        return sum(each.size for each in self.tensors)

    @property
    def needs(self) -> tuple[str, ...]:
        """The names of the capabilities that the target must have for it."""
        asked = {"tensors": self.together, "maximize": self.maximize, "complex": self.complex}
        return tuple(name for name, is_asked in asked.items() if is_asked)

    def map(self, arrange: Callable[[np.ndarray], np.ndarray]) -> Start:
        """The same start with `arrange` applied to each array of parameters."""
        tensors = [arrange(each) for each in self.tensors]
        return self.replace(parameters=tensors if self.together else tensors[0])

    def copied(self) -> Start:
        """The same start with copies of its arrays."""
        return self.map(np.copy)

    def replace(self, **changes: Any) -> Start:
        """The same start but for `changes`."""
        return replace(self, **changes)
