"""Registries of things by name, from this package and from other installed packages.

Other packages add things by entry points in the group of a registry. Entry points are loaded once, when
the registry is first read. An unusable entry point is skipped, because a package that is merely installed
must not disturb users who do not use it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from multiprocessing import parent_process
from typing import Any, Generic, TypeVar

from adamcheck.support import text

T = TypeVar("T")

Read = Callable[[str, Any], Mapping[str, T]]
"""A function from the name and the object of an entry point to the things it adds. Raises `Unfit`."""


class Unfit(TypeError):  # noqa: N818 - it describes the object
    """The object of an entry point does not fit its group; the message says what is expected."""


@dataclass(frozen=True)
class Offer:
    """An entry point of an installed package, and whether it is used.

    Attributes:
        package: The package and its version.
        group: The group of entry points.
        name: The name of the entry point.
        leads_to: The object that it refers to, as `module:attribute`.
        fault: Why it is skipped, in one line; "" if it is used.
    """

    package: str
    group: str
    name: str
    leads_to: str
    fault: str = ""


class Registry(Mapping[str, T], Generic[T]):
    """Things by name, in order: those of this package, then those of other packages.

    Attributes:
        what: The kind of thing, such as "check".
        group: The group of entry points by which other packages add things.
        own: The names of the things of this package that are imported when needed.
    """

    def __init__(self, what: str, group: str, read: Read[T], own: Mapping[str, str] = {}) -> None:
        """Make a registry.

        Args:
            what: The kind of thing, for messages.
            group: The group of entry points.
            read: Turns the object of an entry point into things.
            own: Things of this package that are slow to import, as `module:attribute` by name.
        """
        self.what = what
        self.group = group
        self.own = tuple(own)
        self._read = read
        self._things: dict[str, T] = {}
        self._offers: list[Offer] = []
        self._entries = [EntryPoint(name, value, group) for name, value in own.items()]
        self._found = False

    def add(self, name: str, thing: T) -> None:
        """Add a thing of this package. Raises `ValueError` if the name is taken."""
        self._put({name: thing})

    def where(self, wanted: Callable[[str], bool]) -> Iterator[T]:
        """The things whose names are wanted, those of other packages first. Nothing else is loaded."""
        self._load(lambda entry: wanted(entry.name))
        ours = [name for name in self.own if name in self._things]
        others = [name for name in self._things if name not in ours]
        return iter([self._things[name] for name in (*others, *ours) if wanted(name)])

    def drop(self, thing: T, fault: str) -> bool:
        """Remove a thing of another package that proves faulty in use, with a warning.

        Args:
            thing: A thing in the registry.
            fault: What is wrong with it, in one line.

        Returns:
            Whether it was removed; things of this package stay.
        """
        offer = self.offer_of(thing)
        if offer is None:
            return False
        self._things = {name: other for name, other in self._things.items() if other is not thing}
        faulty = replace(offer, fault=fault)
        self._offers = [faulty if each is offer else each for each in self._offers]
        self._warn(faulty)
        return True

    def offer_of(self, thing: T) -> Offer | None:
        """By which entry point of another package a thing is here; None for one of this package."""
        names = {name for name, other in self._things.items() if other is thing}
        return next((o for o in self._offers if o.name in names and not o.fault), None)

    @property
    def offers(self) -> tuple[Offer, ...]:
        """Every entry point of the group."""
        self._load(lambda entry: entry.dist is not None)
        return tuple(self._offers)

    def nearest(self, name: str) -> str:
        """` (did you mean X?)` with the name that is nearest to an unknown one, or an empty string."""
        return text.nearest(name, self)

    def __getitem__(self, name: str) -> T:
        self._load()
        return self._things[name]

    def __iter__(self) -> Iterator[str]:
        self._load()
        return iter(self._things)

    def __len__(self) -> int:
        self._load()
        return len(self._things)

    def _load(self, wanted: Callable[[EntryPoint], bool] = lambda entry: True) -> None:
        if _LOADING:  # an entry point under import sees the things loaded so far, to avoid a cycle
            return
        if not self._found:
            self._found = True
            self._entries += _offered(self.group)
        chosen = [entry for entry in self._entries if wanted(entry)]
        self._entries = [entry for entry in self._entries if not wanted(entry)]
        for entry in chosen:
            fault = self._fault_of(entry)
            if entry.dist is None:  # our own, which may not support the installed version of its library
                continue
            offer = Offer(_package(entry), self.group, entry.name, entry.value, fault)
            self._offers.append(offer)
            if fault:
                self._warn(offer)

    def _warn(self, offer: Offer) -> None:
        """Warn once per package that something of it is skipped; only the main process warns."""
        if offer.package in _WARNED or parent_process() is not None:
            return
        _WARNED.add(offer.package)
        print(
            f"adamcheck: warning: the installed pack {offer.package} is faulty, skipped its "
            f"{self.what} {offer.name!r} ({offer.leads_to}): {offer.fault}; "
            "repair or uninstall it (adamcheck list packs shows every pack)",
            file=sys.stderr,
        )

    def _fault_of(self, entry: EntryPoint) -> str:
        """Add the things of an entry point, and return what is wrong with it, or an empty string."""
        _LOADING.append(entry)
        try:
            self._put(self._read(entry.name, entry.load()))
        except (Unfit, _Twice) as error:
            return str(error)
        except ImportError as error:
            return text.said(error)
        except (Exception, SystemExit) as error:
            return text.raised(error)
        finally:
            _LOADING.pop()
        return ""

    def _put(self, things: Mapping[str, T]) -> None:
        """Add all of them, or none if one of their names is taken."""
        twice = sorted(set(things) & set(self._things))
        if twice:
            raise _Twice(f"there is already a {self.what} {', '.join(twice)}")
        self._things.update(things)


class _Twice(ValueError):  # noqa: N818 - it names what exists
    """Two things have the same name."""


def one(kind: type[T], due: str) -> Read[T]:
    """A reader of entry points that refer to one thing each.

    Args:
        kind: The type of the thing. If it has a `name`, that must be the name of the entry point.
        due: What is expected, for the message.
    """

    def read(name: str, thing: Any) -> Mapping[str, T]:
        if not isinstance(thing, kind):
            raise Unfit(f"it refers to an object of type {type(thing).__name__}, expected {due}")
        own = getattr(thing, "name", name)
        if own != name:
            raise Unfit(f"it refers to {own!r}: give both the same name")
        return {name: thing}

    return read


def _offered(group: str) -> list[EntryPoint]:
    """The entry points of a group, those of this package first, so that no other one takes its names."""
    found = entry_points(group=group)
    return sorted(found, key=lambda entry: (entry.dist is None or entry.dist.name != "adamcheck", entry.name))


def _package(entry: EntryPoint) -> str:
    """The name and the version of the package of an entry point."""
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "a package without a name"


_LOADING: list[EntryPoint] = []
"""The entry point that is being loaded, if one is."""

_WARNED: set[str] = set()
"""Packages that this process has already warned about; one line each is enough."""
