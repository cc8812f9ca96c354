"""What adapters share: names and declarations as data, and the way of arrays into a library and back.

ONNX's operator has no part in the calls: it takes attributes of a node and not keywords.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.choices import DECAY
from adamcheck.targets.base import Target
from adamcheck.targets.convention import HyperNames, values
from adamcheck.targets.options import check_call


@dataclass(frozen=True)
class Says:
    """What an optimizer of a library says that it is, in names of definitions.

    A convention for eps, or for the order of maximum and correction, is not part of it.

    Attributes:
        formula: Its step without weight decay; "" for the textbook's, where there is more to say.
        decay: The kind of its weight decay; "" where it has none.
        switches: For an option, what it adds to the formula where it is true.
        decoupling: The option that says whether the weight decay is decoupled; "" where there is none.
        own: The options that are hyperparameters of the formula's own, by the same name.
    """

    formula: str = ""
    decay: str = ""
    switches: Mapping[str, str] = field(default_factory=dict)
    decoupling: str = ""
    own: tuple[str, ...] = ()

    def given(self, options: Mapping[str, Any]) -> str:
        """What it says with these options, as `Target.declares` has it."""
        switched = [name for option, name in self.switches.items() if options.get(option)]
        decoupled = options.get(self.decoupling)
        decay = self.decay if decoupled is None else "adamw" if decoupled else "adam-l2"
        names = "+".join(filter(None, (self.formula, *switched, decay)))
        settings = ",".join(f"{name}={options[name]!r}" for name in self.own if options.get(name) is not None)
        return f"{names}:{settings}" if settings else names


Declarations = Mapping[str, Says]
"""For the name of an optimizer of a library, what it says that it is."""


def declared(says: Declarations, package: str, make: Any, options: Mapping[str, Any]) -> str:
    """What `make` says that it is: as the first in `says` that it is, or extends, or passes options to.

    Args:
        says: What optimizers of the library say.
        package: Where they are defined, so that nobody else's of the same name is taken for one.
        make: A class or function.
        options: The options that it is given.
    """
    while isinstance(make, functools.partial):
        make, options = make.func, {**make.keywords, **options}
    for each in make.__mro__ if inspect.isclass(make) else (make,):
        module, name = getattr(each, "__module__", None) or "", getattr(each, "__name__", "")
        is_theirs = f"{module}.".startswith(f"{package}.")
        if is_theirs and name in says and getattr(sys.modules.get(module), name, None) is each:
            return says[name].given(options)
    return ""


def accepted(make: Callable[..., Any]) -> Set[str]:
    """The names of what a class or function takes, and of what a class passes on to its base classes."""
    names: set[str] = set()
    for signature in _signatures(make):
        names |= set(signature.parameters)
        if not any(p.kind is inspect.Parameter.VAR_KEYWORD for p in signature.parameters.values()):
            break
    return names


def _signatures(make: Callable[..., Any]) -> Iterator[inspect.Signature]:
    for each in make.__mro__ if inspect.isclass(make) else (make,):
        try:
            yield inspect.signature(each.__init__ if inspect.isclass(each) else each)
        except (ValueError, TypeError):
            return


class LibraryTarget(Target):
    """Something of a library that is called with hyperparameters and makes an optimizer.

    An adapter has `names`, sets `capabilities` and has `start`, which calls `self.make` with
    `self.keywords(hyper)`.

    Args:
        make: The class or function.
        name: What the target is called.
        options: Keywords of `make` beside the hyperparameters.
        hint: What may help where `make` lacks a hyperparameter.

    Raises:
        TargetError: Where `make` cannot be called so.
    """

    names: HyperNames
    """For each keyword of `make` the hyperparameter that it takes, or a tuple of them. Where `make` has
    `weight_decay` besides, it takes that."""

    first: tuple[str, ...] = ()
    """The arguments of `make` before the keywords."""

    chosen: tuple[str, ...] = ()
    """Keywords that the adapter passes besides."""

    package: str = ""
    """Where the optimizers that say something are defined."""

    says: Declarations = {}  # noqa: RUF012 - a mapping that nobody writes to
    """What they say that they are."""

    def __init__(
        self, make: Callable[..., Any], name: str, options: Mapping[str, Any] = {}, *, hint: str = ""
    ) -> None:
        self.name = name
        self.make = make
        self.options = dict(options)
        self.accepts = accepted(make)
        check_call(make, name, (*self.names, *self.chosen), options, first=self.first, hint=hint)
        decay = {DECAY: DECAY} if DECAY in self.accepts and DECAY not in options else {}
        self._keywords: HyperNames = {**self.names, **decay}
        self.declares = declared(self.says, self.package, make, options)

    @property
    def decays(self) -> bool:
        """Whether the weight decay is among the hyperparameters that `make` takes."""
        return DECAY in self._keywords.values()

    def hyperparameters(self, hyper: Hyperparameters) -> dict[str, Any]:
        """The hyperparameters as keywords of `make`, as Python's own floats."""
        return values(self._keywords, hyper.map(float))

    def keywords(self, hyper: Hyperparameters) -> dict[str, Any]:
        """All keywords of `make`: the hyperparameters and the options."""
        return {**self.hyperparameters(hyper), **self.options}


@dataclass(frozen=True)
class Exchange:
    """Arrays to the tensors of a library and back; bfloat16, which few take from numpy, goes as float32.

    Attributes:
        make: Makes a tensor of an array and the name of its dtype.
        read: Makes an array of a tensor.
        bfloat16: That dtype in the library.
        widen: Makes a float32 tensor of a bfloat16 one.
    """

    make: Callable[[np.ndarray, str], Any]
    read: Callable[[Any], Any]
    bfloat16: Any
    widen: Callable[[Any], Any]

    def to_tensor(self, array: np.ndarray) -> Any:
        """A tensor with the numbers and the dtype of an array."""
        name = array.dtype.name
        return self.make(array.astype("float32") if name == "bfloat16" else array, name)

    def to_array(self, tensor: Any) -> np.ndarray:
        """A copy of a tensor as an array of its dtype."""
        if tensor.dtype == self.bfloat16:
            return np.asarray(self.read(self.widen(tensor))).astype("bfloat16")
        return np.array(self.read(tensor))
