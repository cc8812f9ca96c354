"""The registry of known bugs, and the decorators that register one: `formula`, `arithmetic`, `behaviour`.

Each bug is registered with its name, its change (a clause for the middle of a sentence, such as "v is not
corrected"), its source, and an experiment that exposes it. The docstring of its class says what shows it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from adamcheck.adam import Adam
from adamcheck.support.registry import Registry, one
from adamcheck.targets.base import Target
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.variants import DEFINITIONS
from adamcheck.zoo.bugs.experiment import Experiment
from adamcheck.zoo.bugs.faulty import FaultyRun, FaultyTarget
from adamcheck.zoo.bugs.faulty_tensors import FaultyTensors, TensorsTarget

NO_REPORT = "no report known"
"""The source of a bug without a known report; after a colon, the reason to expect it."""


@dataclass(frozen=True)
class Bug:
    """One known bug of an implementation of Adam.

    Attributes:
        name: The name.
        family: The name of the module that defines it.
        of: The name of the definition that it changes.
        change: The change, as a clause for the middle of a sentence.
        shows: What shows the bug, in sentences.
        source: Where it was found.
        make: Makes a target with this bug.
        definition: The wrong formula, usable in every number system; None if the bug is not a formula.
        exposes: An experiment whose trace the definition `of` does not enclose.
    """

    name: str
    family: str
    of: str
    change: str
    shows: str
    source: str
    make: Callable[[], Target]
    definition: type[Adam] | None
    exposes: Experiment

    def target(self) -> Target:
        """A new target with this bug."""
        return self.make()


BUGS: Registry[Bug] = Registry("bug", "adamcheck.bugs", one(Bug, "an adamcheck.zoo.bugs.Bug"))
"""Every known bug by name, including those of installed packs; the modules of this package add ours."""

_Definition = TypeVar("_Definition", bound=type[Adam])
_Run = TypeVar("_Run", bound=type[FaultyRun])
_Tensors = TypeVar("_Tensors", bound=type[FaultyTensors])


def wrong_formula(
    definition: type[Adam], name: str, change: str, source: str, exposes: Experiment, of: str = "adam"
) -> Bug:
    """A bug that is a definition with a wrong stage, usable in every number system."""
    definition.title = f"{of} with the bug {name}"
    make = partial(DefinitionTarget, definition, name)
    return _bug(definition, name, change, source, exposes, of, make, definition)


def wrong_arithmetic(
    definition: type[Adam], name: str, change: str, source: str, exposes: Experiment, of: str = "adam"
) -> Bug:
    """A bug that is a definition wrong in floats only, such as lost precision or replaced numbers."""
    return _bug(definition, name, change, source, exposes, of, partial(DefinitionTarget, definition, name))


def wrong_behaviour(
    run: type[FaultyRun], name: str, change: str, source: str, exposes: Experiment, of: str = "adam"
) -> Bug:
    """A bug that is a run with the correct formula that mishandles its state or the caller's arrays."""
    return _bug(run, name, change, source, exposes, of, lambda: FaultyTarget(name, run, DEFINITIONS[of]))


def formula(
    name: str, change: str, source: str, exposes: Experiment, of: str = "adam"
) -> Callable[[_Definition], _Definition]:
    """Register a `wrong_formula`."""

    def register(definition: _Definition) -> _Definition:
        BUGS.add(name, wrong_formula(definition, name, change, source, exposes, of))
        return definition

    return register


def arithmetic(
    name: str, change: str, source: str, exposes: Experiment, of: str = "adam"
) -> Callable[[_Definition], _Definition]:
    """Register a `wrong_arithmetic`."""

    def register(definition: _Definition) -> _Definition:
        BUGS.add(name, wrong_arithmetic(definition, name, change, source, exposes, of))
        return definition

    return register


def behaviour(
    name: str, change: str, source: str, exposes: Experiment, of: str = "adam"
) -> Callable[[_Run], _Run]:
    """Register a `wrong_behaviour`."""

    def register(run: _Run) -> _Run:
        BUGS.add(name, wrong_behaviour(run, name, change, source, exposes, of))
        return run

    return register


def behaviour_of_tensors(
    name: str, change: str, source: str, exposes: Experiment, of: str = "adam"
) -> Callable[[_Tensors], _Tensors]:
    """Register a run of several tensors that mishandles them."""

    def register(run: _Tensors) -> _Tensors:
        def make() -> Target:  # not before, because packs that add definitions may import this module
            return TensorsTarget(name, run, DEFINITIONS[of])

        BUGS.add(name, _bug(run, name, change, source, exposes, of, make))
        return run

    return register


def _bug(
    thing: type,
    name: str,
    change: str,
    source: str,
    exposes: Experiment,
    of: str,
    make: Callable[[], Target],
    definition: type[Adam] | None = None,
) -> Bug:
    family, shows = thing.__module__.rpartition(".")[2], " ".join((inspect.getdoc(thing) or "").split())
    return Bug(name, family, of, change, shows, source, make, definition, exposes)
