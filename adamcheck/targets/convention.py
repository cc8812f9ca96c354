"""How a user's own Adam is called: the names of its hyperparameters, one array or a list of them."""

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
"""For a keyword of the target the hyperparameter that it takes, or several where it takes a tuple."""


@dataclass(frozen=True)
class Convention:
    """hyper_names: where the target's differ from ours; as_list: it takes and returns lists of arrays."""

    hyper_names: HyperNames = field(default_factory=dict)
    as_list: bool = False

    @property
    def keywords(self) -> dict[str, Any]:
        """What `load_target` takes for this, leaving out what is as usual."""
        names = {"hyper_names": dict(self.hyper_names)} if self.hyper_names else {}
        return {**names, **({"as_list": True} if self.as_list else {})}

    def complete(self, name: str, decays: bool) -> HyperNames:
        """For each keyword with which the target `name` is called, what it takes.

        Raises `TargetError` for a hyperparameter that does not exist.
        """
        known = (*HYPERPARAMETERS, DECAY)
        mapped = [h for ours in self.hyper_names.values() for h in _tuple(ours)]
        for hyperparameter in mapped:
            if hyperparameter not in known:
                hint = nearest(hyperparameter, known) or f" (expected one of {', '.join(known)})"
                raise TargetError(f"{name}: no hyperparameter {hyperparameter!r}{hint}")
        rest = (*HYPERPARAMETERS, DECAY) if decays else HYPERPARAMETERS
        return {**self.hyper_names, **{h: h for h in rest if h not in mapped}}

    def split(self, array: np.ndarray) -> Any:
        """What the target is given for an array: the array, or a list of its parts (views of it)."""
        if not self.as_list:
            return array
        if array.ndim == 0 or len(array) < 2:
            return [array]
        third = max(1, len(array) // 3)  # parts of different sizes
        return [array[:third], array[third:]]

    @contextmanager
    def hinting(self) -> Iterator[None]:
        """Around a call of the target: says of what an array would not raise that it got a list."""
        try:
            yield
        except (TypeError, AttributeError, ValueError) as error:
            if self.as_list:
                error.add_note(Hint("--list (as_list=True) passes lists of arrays"))
            raise

    def join(self, answer: Any, like: np.ndarray, what: str) -> Any:
        """What the target answered for an array `like` this.

        Raises `TargetCrash` where that is no list of arrays as they were given.
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
"""One array, and the names of the definition."""


def values(names: HyperNames, hyper: Hyperparameters) -> dict[str, Any]:
    """The keywords with which the target is called."""
    return {
        theirs: getattr(hyper, ours) if isinstance(ours, str) else tuple(getattr(hyper, h) for h in ours)
        for theirs, ours in names.items()
    }


def _tuple(ours: str | Sequence[str]) -> Sequence[str]:
    return (ours,) if isinstance(ours, str) else ours
