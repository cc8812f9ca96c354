"""The calling convention of a user's target: names of hyperparameters, one array or a list of arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.choices import DECAY, HYPERPARAMETERS
from adamcheck.support.text import Hint, nearest
from adamcheck.targets.base import TargetCrash, TargetError

HyperNames = Mapping[str, str | tuple[str, ...]]
"""For each keyword of the target, the hyperparameter that it takes, or several if it takes a tuple."""


@dataclass(frozen=True)
class Convention:
    """The calling convention of a target.

    Args:
        hyper_names: The hyperparameters by the target's keywords, where these differ from ours.
        as_list: Whether the target takes and returns lists of arrays.
        fixed: The hyperparameters that cannot be passed to the target, and their values.
        called: A part of the call that is meant, as `--as-called` takes it; "" for the first that works.
    """

    hyper_names: HyperNames = field(default_factory=dict)
    as_list: bool = False
    fixed: Mapping[str, float] = field(default_factory=dict)
    called: str = ""

    @property
    def keywords(self) -> dict[str, Any]:
        """The keywords of `load_target` for this convention, without default values."""
        names = {"hyper_names": dict(self.hyper_names)} if self.hyper_names else {}
        fixed = {"fixed": dict(self.fixed)} if self.fixed else {}
        called = {"called": self.called} if self.called else {}
        return {**names, **({"as_list": True} if self.as_list else {}), **fixed, **called}

    def complete(self, name: str, decays: bool) -> HyperNames:
        """The hyperparameter, or several, for each keyword of the target `name`.

        Raises:
            TargetError: There is no such hyperparameter.
        """
        known = (*HYPERPARAMETERS, DECAY)
        mapped = [h for ours in self.hyper_names.values() for h in _tuple(ours)]
        for hyperparameter in mapped:
            if hyperparameter not in known:
                hint = nearest(hyperparameter, known) or f" (expected one of {', '.join(known)})"
                raise TargetError(f"{name}: no hyperparameter {hyperparameter!r}{hint}")
        rest = (*HYPERPARAMETERS, DECAY) if decays else HYPERPARAMETERS
        return {**self.hyper_names, **{h: h for h in rest if h not in mapped and h not in self.fixed}}

    def split(self, array: np.ndarray) -> Any:
        """The argument of the target for an array: the array, or a list of views of its parts."""
        if not self.as_list:
            return array
        if array.ndim == 0 or len(array) < 2:
            return [array]
        third = max(1, len(array) // 3)  # parts of different sizes
        return [array[:third], array[third:]]

    @contextmanager
    def hinting(self) -> Iterator[None]:
        """A context for a call of the target that adds a hint to errors if the target got a list."""
        try:
            yield
        except (TypeError, AttributeError, ValueError) as error:
            if self.as_list:
                error.add_note(Hint("--list (as_list=True) passes lists of arrays"))
            raise

    def join(self, answer: Any, like: np.ndarray, what: str) -> Any:
        """Join the result of the target for an array `like` this one.

        Raises:
            TargetCrash: The result is not a list of arrays with the given shapes.
        """
        if not self.as_list or answer is None:
            return answer
        parts = self.split(like)
        if not isinstance(answer, list | tuple) or len(answer) != len(parts):
            got = f"{len(answer)} arrays" if isinstance(answer, list | tuple) else type(answer).__name__
            raise TargetCrash(f"{what} returned {got}, expected a list of {len(parts)} arrays")
        for part, expected in zip(answer, parts, strict=True):
            if np.shape(part) != expected.shape:
                raise TargetCrash(f"{what} returned shape {np.shape(part)}, expected {expected.shape}")
        return np.concatenate(answer) if len(parts) > 1 else answer[0]


AS_USUAL = Convention()
"""The default convention: one array, and the names of the definition."""


def values(names: HyperNames, hyper: Hyperparameters) -> dict[str, Any]:
    """The keyword arguments of a call of the target."""
    return {
        theirs: getattr(hyper, ours) if isinstance(ours, str) else tuple(getattr(hyper, h) for h in ours)
        for theirs, ours in names.items()
    }


def _tuple(ours: str | Sequence[str]) -> Sequence[str]:
    return (ours,) if isinstance(ours, str) else ours
