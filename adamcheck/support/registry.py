"""Registries: things by name, our own and those that other installed packages offer.

A package offers a thing by an entry point in the group of a registry. Entry points are loaded when the
registry is read for the first time, and once. One that cannot be used is skipped: a package that is merely
installed must not disturb those who never asked for it.
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
"""What an entry point of a name that leads to some object adds, by name. Raises `Unfit`."""


class Unfit(TypeError):  # noqa: N818 - it says of what it is
    """An object that an entry point leads to is not what its group is for; the message says what is due."""


@dataclass(frozen=True)
class Offer:
    """An entry point of an installed package, and what became of it.

    Attributes:
        package: The package and its version.
        group: The group of entry points.
        name: The name of the entry point.
        leads_to: Where it leads, `module:attribute`.
        fault: Why it is skipped, in one line; "" where it is in use.
    """

    package: str
    group: str
    name: str
    leads_to: str
    fault: str = ""


class Registry(Mapping[str, T], Generic[T]):
    """Things by name, in order: those of this package first, then those of others.

    Attributes:
        what: What each of them is, such as "check".
        group: The group of entry points by which other packages offer more of them.
        own: The names of those of this package that are imported when they are needed.
    """

    def __init__(self, what: str, group: str, read: Read[T], own: Mapping[str, str] = {}) -> None:
        """Have a registry; own: things of this package that are costly to import, where they are."""
        self.what = what
        self.group = group
        self.own = tuple(own)
        self._read = read
        self._things: dict[str, T] = {}
        self._offers: list[Offer] = []
        self._entries = [EntryPoint(name, value, group) for name, value in own.items()]
        self._found = False

    def add(self, name: str, thing: T) -> None:
        """Put something of our own in. Raises `ValueError` where there is something of this name."""
        self._put({name: thing})

    def where(self, wanted: Callable[[str], bool]) -> Iterator[T]:
        """What has a name that is wanted, that of others first; nothing of another name is loaded.

        For things that are costly to load.
        """
        self._load(lambda entry: wanted(entry.name))
        ours = [name for name in self.own if name in self._things]
        others = [name for name in self._things if name not in ours]
        return iter([self._things[name] for name in (*others, *ours) if wanted(name)])

    def drop(self, thing: T, fault: str) -> bool:
        """Take out a thing of another package that turns out to be faulty when it is used, and say so.

        Args:
            thing: A thing in the registry.
            fault: What is wrong with it, in one line.

        Returns:
            Whether it is out: what is of this package stays.
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
        """Every entry point of the group, and what became of it."""
        self._load(lambda entry: entry.dist is not None)
        return tuple(self._offers)

    def nearest(self, name: str) -> str:
        """` (did you mean X?)` for the name here that is nearest to an unknown one, or an empty string."""
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
        if _LOADING:  # what is being imported sees what is there already: others would lead back to it
            return
        if not self._found:
            self._found = True
            self._entries += _offered(self.group)
        chosen = [entry for entry in self._entries if wanted(entry)]
        self._entries = [entry for entry in self._entries if not wanted(entry)]
        for entry in chosen:
            fault = self._fault_of(entry)
            if entry.dist is None:  # our own; a version of its library may be one that it does not know
                continue
            offer = Offer(_package(entry), self.group, entry.name, entry.value, fault)
            self._offers.append(offer)
            if fault:
                self._warn(offer)

    def _warn(self, offer: Offer) -> None:
        """Say once a package that something of it is skipped; workers leave that to the main process."""
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
        """Put in what an entry point leads to; what is wrong with it, or an empty string."""
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
        """All of them or, where there is something of one of their names, none."""
        twice = sorted(set(things) & set(self._things))
        if twice:
            raise _Twice(f"there is a {self.what} {', '.join(twice)} already")
        self._things.update(things)


class _Twice(ValueError):  # noqa: N818 - it says what is there
    """Two things of one name."""


def one(kind: type[T], due: str) -> Read[T]:
    """Entry points that lead to one thing of a kind, which has a `name`: that of the entry point."""

    def read(name: str, thing: Any) -> Mapping[str, T]:
        if not isinstance(thing, kind):
            raise Unfit(f"it leads to a {type(thing).__name__}, expected {due}")
        own = getattr(thing, "name", name)
        if own != name:
            raise Unfit(f"it leads to {own!r}: give both the same name")
        return {name: thing}

    return read


def _offered(group: str) -> list[EntryPoint]:
    """The entry points of a group, those of this package first: nobody else's takes a name from it."""
    found = entry_points(group=group)
    return sorted(found, key=lambda entry: (_package(entry).partition(" ")[0] != "adamcheck", entry.name))


def _package(entry: EntryPoint) -> str:
    """The name and the version of the package that offers an entry point."""
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "a package without a name"


_LOADING: list[EntryPoint] = []
"""The entry point that is being loaded, if one is."""

_WARNED: set[str] = set()
"""Packages of which this process has said that something of theirs is skipped: one line each is enough."""
