"""From a name to a target: known names, `module:attribute`, `path/to/file.py:attribute`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from adamcheck.names import nearest, said
from adamcheck.targets.base import Target, TargetError

ADAPTERS = {"torch": "torch", "optax": "optax", "sklearn": "sklearn", "autograd": "autograd"}
"""For each library, the module of this package that adapts it; asked only if the library is loaded."""


@dataclass(frozen=True)
class Known:
    """An implementation that is verified by name: where it is, with which options, in which library."""

    spec: str
    library: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def installed(self) -> bool:
        return importlib.util.find_spec(self.library) is not None


KNOWN: dict[str, Known] = {
    "torch": Known("torch.optim:Adam", "torch", {"foreach": False}),
    "torch-foreach": Known("torch.optim:Adam", "torch", {"foreach": True}),
    "torch-fused": Known("torch.optim:Adam", "torch", {"fused": True}),
    "torch-adamw": Known("torch.optim:AdamW", "torch", {"foreach": False}),
    "optax": Known("optax:adam", "optax"),
    "optax-adamw": Known("optax:adamw", "optax"),
    "sklearn": Known("sklearn.neural_network._stochastic_optimizers:AdamOptimizer", "sklearn"),
    "autograd": Known("autograd.misc.optimizers:adam", "autograd"),
}

REFERENCE = "reference"


@dataclass(frozen=True)
class Spec:
    """A target as a user names it, with options for its constructor; cheap to send to a process."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def load(self) -> Target:
        """The target. Raises `TargetError` in one line that names what is wrong and the nearest match."""
        if self.name == REFERENCE:
            from adamcheck.targets.reference import DefinitionTarget

            return DefinitionTarget()
        if self.name in KNOWN:
            known = KNOWN[self.name]
            if not known.installed:
                raise TargetError(f"target {self.name!r} needs {known.library}, which is not installed")
            return adapt(_resolve(known.spec), self.name, {**known.options, **self.options})
        if ":" not in self.name:
            guess = nearest(self.name, [REFERENCE, *KNOWN])
            hint = guess or "; give a known name, module:attribute or path/to/file.py:attribute"
            raise TargetError(f"no target {self.name!r}{hint}")
        return adapt(_resolve(self.name), self.name, self.options)


def load_target(name: str, **options: Any) -> Target:
    """The target of this name; `options` go to its constructor. Raises `TargetError`."""
    return Spec(name, options).load()


def adapt(thing: Any, name: str, options: Mapping[str, Any] = {}) -> Target:
    """Whatever `thing` is, as a target: recognised by what it is, a Python callable otherwise.

    Raises `TargetError` for something that cannot be called.
    """
    if isinstance(thing, Target):
        return thing
    for library, adapter in ADAPTERS.items():
        if library in sys.modules:
            module = importlib.import_module(f"adamcheck.targets.{adapter}")
            if module.recognises(thing):
                target: Target = module.adapt(thing, name, options)
                return target
    if not callable(thing):
        raise TargetError(
            f"{name} is a {type(thing).__name__}, expected a class or function that makes an Adam"
        )
    from adamcheck.targets.python import PythonTarget

    return PythonTarget(thing, name, options)


def _resolve(spec: str) -> Any:
    place, _, attribute = spec.rpartition(":")
    module = _from_file(Path(place), spec) if place.endswith(".py") else _from_module(place, spec)
    thing: Any = module
    for part in attribute.split("."):
        try:
            thing = getattr(thing, part)
        except AttributeError:
            known = [name for name in dir(thing) if not name.startswith("_")]
            raise TargetError(f"no target {spec!r}: no {part!r} in {place}{nearest(part, known)}") from None
    return thing


def _from_module(name: str, spec: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if not (error.name and (name == error.name or name.startswith(error.name + "."))):
            raise TargetError(
                f"no target {spec!r}: {name} needs {error.name}, which is not installed"
            ) from None
        raise TargetError(f"no target {spec!r}: module {name!r} not found{_nearest_module(name)}") from None
    except Exception as error:
        raise TargetError(f"no target {spec!r}: importing {name} raised {said(error)}") from None


def _nearest_module(name: str) -> str:
    """A guess at the module that was meant: among the submodules of the longest parent that exists."""
    import pkgutil

    parent, _, last = name.rpartition(".")
    if not parent:
        return nearest(name, {known.spec.partition(":")[0].partition(".")[0] for known in KNOWN.values()})
    package = sys.modules.get(parent)
    if package is None or not hasattr(package, "__path__"):
        return ""
    names = {m.name for m in pkgutil.iter_modules(package.__path__)} | set(dir(package))
    return nearest(last, names).replace("mean ", f"mean {parent}.")


def _from_file(path: Path, spec: str) -> ModuleType:
    if not path.exists():
        beside = [p.name for p in path.parent.glob("*.py")] if path.parent.is_dir() else []
        raise TargetError(f"no target {spec!r}: no file {path}{nearest(path.name, beside)}")
    name = f"adamcheck_target_{path.stem}"
    description = importlib.util.spec_from_file_location(name, path.resolve())
    if description is None or description.loader is None:
        raise TargetError(f"no target {spec!r}: {path} is no Python file")
    module = importlib.util.module_from_spec(description)
    sys.modules[name] = module
    try:
        description.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise TargetError(f"no target {spec!r}: running {path} raised {said(error)}") from None
    return module


def installed() -> tuple[str, ...]:
    """The names of the known implementations that are installed here."""
    return tuple(name for name, known in KNOWN.items() if known.installed)
