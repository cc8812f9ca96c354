"""What a bug of the zoo is, and how one is registered: `formula`, `arithmetic` or `behaviour`.

Each is registered with its name, what it changes (to go on with in a sentence: "v is not corrected"), where
it happened, and an experiment that exposes it; the docstring of the class says what shows it.
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
from adamcheck.zoo.bugs.experiments import Experiment
from adamcheck.zoo.bugs.faulty import FaultyRun, FaultyTarget

NO_REPORT = "no report known"
"""The source of a fault that nobody seems to have reported, with what speaks for it after a colon."""


@dataclass(frozen=True)
class Bug:
    """One known fault of an implementation of Adam.

    Attributes:
        name: Its name.
        family: The module it stands in.
        of: The name of the definition that it is a fault of.
        change: What is different, to go on with in a sentence.
        shows: What exposes that, in sentences.
        source: Where it really happened.
        make: Makes a target with this fault.
        definition: The wrong formula where it is one, usable in every number system.
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
        """A fresh target with this fault."""
        return self.make()


BUGS: Registry[Bug] = Registry("bug", "adamcheck.bugs", one(Bug, "an adamcheck.zoo.bugs.Bug"))
"""Every known bug by name, those of installed packs too; ours are put in by the modules of this package."""

_Definition = TypeVar("_Definition", bound=type[Adam])
_Run = TypeVar("_Run", bound=type[FaultyRun])


def wrong_formula(
    definition: type[Adam], name: str, change: str, source: str, exposes: Experiment, of: str = "adam"
) -> Bug:
    """The bug of a definition with one stage wrong, usable in every number system."""
    definition.title = f"{of} with the bug {name}"
    make = partial(DefinitionTarget, definition, name)
    return _bug(definition, name, change, source, exposes, of, make, definition)


def wrong_arithmetic(
    definition: type[Adam], name: str, change: str, source: str, exposes: Experiment, of: str = "adam"
) -> Bug:
    """The bug of a definition that goes wrong in floats only: precision lost, numbers replaced."""
    return _bug(definition, name, change, source, exposes, of, partial(DefinitionTarget, definition, name))


def wrong_behaviour(
    run: type[FaultyRun], name: str, change: str, source: str, exposes: Experiment, of: str = "adam"
) -> Bug:
    """The bug of a run with the right formula that handles its state or its caller's arrays wrongly."""
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
    """Register a definition with `wrong_arithmetic`."""

    def register(definition: _Definition) -> _Definition:
        BUGS.add(name, wrong_arithmetic(definition, name, change, source, exposes, of))
        return definition

    return register


def behaviour(
    name: str, change: str, source: str, exposes: Experiment, of: str = "adam"
) -> Callable[[_Run], _Run]:
    """Register a run of a `wrong_behaviour`."""

    def register(run: _Run) -> _Run:
        BUGS.add(name, wrong_behaviour(run, name, change, source, exposes, of))
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
