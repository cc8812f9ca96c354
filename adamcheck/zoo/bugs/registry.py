"""What a bug of the zoo is, and how one is registered: `formula`, `arithmetic` or `behaviour`."""

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

    of: the name of the definition that it is a fault of; says: the change of the formula or of the
    behaviour, and what shows it; source: where it really happened; family: the module it stands in;
    definition: the wrong formula where it is one, usable in every number system; exposes: an experiment
    whose trace the definition `of` does not enclose.
    """

    name: str
    family: str
    of: str
    says: str
    source: str
    make: Callable[[], Target]
    definition: type[Adam] | None
    exposes: Experiment

    def target(self) -> Target:
        """A fresh target with this fault."""
        return self.make()

    @property
    def change(self) -> str:
        """The first sentence: what is different."""
        return self.says.partition(". ")[0].removesuffix(".")

    @property
    def sentence(self) -> str:
        """What it is a bug of, and what is different."""
        change = self.change
        if change[:2].istitle():
            change = change[0].lower() + change[1:]  # "The corrections", but not "AMSGrad's maximum"
        return f"{DEFINITIONS[self.of].title}, but {change}"


BUGS: Registry[Bug] = Registry("bug", "adamcheck.bugs", one(Bug, "an adamcheck.zoo.bugs.Bug"))
"""Every known bug by name, those of installed packs too; ours are put in by the modules of this package."""

_Definition = TypeVar("_Definition", bound=type[Adam])
_Run = TypeVar("_Run", bound=type[FaultyRun])


def wrong_formula(
    definition: type[Adam], name: str, source: str, exposes: Experiment, of: str = "adam"
) -> Bug:
    """The bug of a definition with one stage wrong, usable in every number system."""
    definition.title = f"{of} with the bug {name}"
    make = partial(DefinitionTarget, definition, name)
    return _bug(definition, name, source, exposes, of, make, definition)


def wrong_arithmetic(
    definition: type[Adam], name: str, source: str, exposes: Experiment, of: str = "adam"
) -> Bug:
    """The bug of a definition that goes wrong in floats only: precision lost, numbers replaced."""
    return _bug(definition, name, source, exposes, of, partial(DefinitionTarget, definition, name))


def wrong_behaviour(
    run: type[FaultyRun], name: str, source: str, exposes: Experiment, of: str = "adam"
) -> Bug:
    """The bug of a run with the right formula that handles its state or its caller's arrays wrongly."""
    return _bug(run, name, source, exposes, of, lambda: FaultyTarget(name, run, DEFINITIONS[of]))


def formula(
    name: str, source: str, exposes: Experiment, of: str = "adam"
) -> Callable[[_Definition], _Definition]:
    """Register a `wrong_formula`."""

    def register(definition: _Definition) -> _Definition:
        BUGS.add(name, wrong_formula(definition, name, source, exposes, of))
        return definition

    return register


def arithmetic(
    name: str, source: str, exposes: Experiment, of: str = "adam"
) -> Callable[[_Definition], _Definition]:
    """Register a definition with `wrong_arithmetic`."""

    def register(definition: _Definition) -> _Definition:
        BUGS.add(name, wrong_arithmetic(definition, name, source, exposes, of))
        return definition

    return register


def behaviour(name: str, source: str, exposes: Experiment, of: str = "adam") -> Callable[[_Run], _Run]:
    """Register a run of a `wrong_behaviour`."""

    def register(run: _Run) -> _Run:
        BUGS.add(name, wrong_behaviour(run, name, source, exposes, of))
        return run

    return register


def _bug(
    thing: type,
    name: str,
    source: str,
    exposes: Experiment,
    of: str,
    make: Callable[[], Target],
    definition: type[Adam] | None = None,
) -> Bug:
    says = " ".join((inspect.getdoc(thing) or "").split())
    return Bug(name, thing.__module__.rpartition(".")[2], of, says, source, make, definition, exposes)
