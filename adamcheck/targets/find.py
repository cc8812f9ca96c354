"""Targets by name: known names, `module:attribute`, `path/to/file.py:attribute`, `exec:COMMAND`."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from adamcheck.choices import HYPERPARAMETERS, TIME_LIMIT
from adamcheck.support.registry import Registry, Unfit
from adamcheck.support.text import nearest, raised
from adamcheck.targets.base import INTERRUPTIONS, Target, TargetError, TargetHung, TargetMissing
from adamcheck.targets.convention import AS_USUAL, Convention, HyperNames
from adamcheck.targets.known import KNOWN

_OURS = {
    "torch.distributed.optim": "torch_distributed",
    "torch": "torch",
    "optax": "optax",
    "jax.example_libraries.optimizers": "jax_example",
    "keras": "keras",
    "sklearn": "sklearn",
    "autograd": "autograd",
    "tinygrad": "tinygrad",
    "mlx": "mlx",
    "paddle": "paddle",
    "thinc": "thinc",
    "onnx": "onnx",
    "pennylane": "pennylane",
}
"""For each library, the module of its adapter."""


class Adapter(Protocol):
    """A module, or another object, that makes targets from the optimizers of one library."""

    def recognises(self, thing: Any) -> bool:
        """Whether `thing` is an optimizer of the library."""

    def adapt(self, thing: Any, name: str, options: Mapping[str, Any]) -> Target:
        """The optimizer as a target; `options` go to its constructor."""


def _adapter(name: str, thing: Any) -> Mapping[str, Adapter]:
    for function in ("recognises", "adapt"):
        if not callable(getattr(thing, function, None)):
            raise Unfit(f"it refers to something without a function {function!r}: see targets.find.Adapter")
    return {name: thing}


ADAPTERS: Registry[Adapter] = Registry(
    "adapter",
    "adamcheck.adapters",
    _adapter,
    {library: f"adamcheck.targets.adapters.{module}" for library, module in _OURS.items()},
)
"""The adapter of each library, which is loaded only if the library is."""

MOVED = {"adamcheck.variants.bugs": "adamcheck.zoo.bugs"}
"""Modules that are still found under an old name in target names."""

REFERENCE = "reference"

EXEC = "exec:"
"""The prefix of the names of targets that are programs."""


@dataclass(frozen=True)
class Spec:
    """A target as a user names it, with options for its constructor; cheap to send to a process.

    python: the interpreter in which it lives, where that is another one than this; convention: how a
    callable of the user's own is called; optional: nobody asked for it, so that it may turn out not to work
    here.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    python: str = ""
    convention: Convention = AS_USUAL
    optional: bool = False

    @classmethod
    def of(cls, name: str, keywords: Mapping[str, Any]) -> Spec:
        """The target that `load_target(name, **keywords)` loads."""
        options = dict(keywords)
        python = options.pop("python", "")
        convention = Convention(
            options.pop("hyper_names", None) or {},
            options.pop("as_list", False),
            options.pop("fixed", None) or {},
            options.pop("called", ""),
        )
        return cls(name, options, python, convention)

    @property
    def keywords(self) -> dict[str, Any]:
        """The keywords of `load_target`."""
        return {
            **self.options,
            **self.convention.keywords,
            **({"python": self.python} if self.python else {}),
        }

    def check(self) -> None:
        """Raise `TargetError` if the name alone shows that there is no such target. Nothing is imported."""
        if self.name.startswith(EXEC):
            from adamcheck.targets.programs.process import command_of

            command_of(self.name)
            if self.keywords:
                raise TargetError(f"{self.name} takes no {', no '.join(self.keywords)}: name a whole command")
        elif self.name in KNOWN and not self.python:
            missing = KNOWN[self.name].missing
            if missing:
                raise TargetMissing(f"target {self.name!r} needs {missing}, which is not installed")
        elif self.name not in (REFERENCE, *KNOWN) and ":" not in self.name:
            raise TargetError(f"no target {self.name!r}{_hint(self.name)}")

    def load(self, patience: float = TIME_LIMIT) -> Target:
        """Load the target.

        Args:
            patience: Time limit for finding out how it is called, in seconds.

        Raises:
            TargetError: In one line that names what is wrong and the nearest match.
        """
        self.check()
        if self.name.startswith(EXEC):
            from adamcheck.targets.programs.process import program

            return program(self.name)
        if self.python:
            from adamcheck.targets.programs.process import served

            return served(self.name, replace(self, python="").keywords, self.python)
        if self.name == REFERENCE:
            from adamcheck.targets.reference import DefinitionTarget

            return adapt(DefinitionTarget(), REFERENCE, self.options, self.convention)
        if self.name in KNOWN:
            known = KNOWN[self.name]
            os.environ.update(known.environment)
            return adapt(_resolve(known.spec), self.name, {**known.options, **self.options}, self.convention)
        return adapt(_resolve(self.name), self.name, self.options, self.convention, patience)


def load_target(
    thing: Any,
    *,
    python: str = "",
    hyper_names: HyperNames | None = None,
    as_list: bool = False,
    fixed: Mapping[str, float] | None = None,
    called: str = "",
    **options: Any,
) -> Target:
    """Load a target.

    Args:
        thing: The name of a target, or a class or function.
        python: The interpreter in which a named target runs, if it is another one. It needs numpy and
            ml_dtypes, but not adamcheck.
        hyper_names: The names that your own callable uses for hyperparameters, as in {"b1": "beta1"} or
            {"betas": ("beta1", "beta2")}.
        as_list: Whether your own callable takes and returns lists of arrays.
        fixed: Values of hyperparameters that cannot be passed to it, as in {"eps": 1e-7}; by default they
            are looked for in its source.
        called: A part of the call that is meant if it can be called in several ways, such as
            "update(params, grads)".
        **options: Options for the constructor of the target.

    Raises:
        TargetError: There is no such target; the message is one line.
    """
    convention = Convention(hyper_names or {}, as_list, fixed or {}, called)
    if isinstance(thing, str):
        return Spec(thing, options, python, convention).load()
    if python:
        raise TargetError(f"another interpreter needs the name of a target, not {thing!r}")
    return adapt(thing, _name_of(thing), options, convention)


def _name_of(thing: Any) -> str:
    """The name under which `Spec` finds `thing` again, if there is one."""
    name = getattr(thing, "__qualname__", "") or getattr(thing, "name", "") or repr(thing)
    module = getattr(thing, "__module__", None)
    if isinstance(thing, Target) or module is None or "<" in name:
        return str(name)
    file = getattr(sys.modules.get(module), "__file__", None)
    return f"{os.path.relpath(file)}:{name}" if module == "__main__" and file else f"{module}:{name}"


def _hint(name: str) -> str:
    """A hint for a name that is not known and has no colon."""
    if name.endswith(".py") and Path(name).exists():
        return f": which function or class of the file? for example {name}:Adam"
    guess = nearest(name, [REFERENCE, *KNOWN])
    return guess or ": expected a known name, module:attribute or path/to/file.py:attribute"


def adapt(
    thing: Any,
    name: str,
    options: Mapping[str, Any] = {},
    convention: Convention = AS_USUAL,
    patience: float = TIME_LIMIT,
) -> Target:
    """Whatever `thing` is, as a target: recognised by what it is, a Python callable otherwise.

    Raises `TargetError` for something that cannot be called, or takes longer than `patience` to find out how.
    """
    if isinstance(thing, Target):
        if options or convention.keywords:
            raise TargetError(f"{name} takes no options")
        return thing
    for adapter in ADAPTERS.where(sys.modules.__contains__):
        if _recognises(adapter, thing):
            if convention.keywords:
                told = ", no ".join(convention.keywords)
                raise TargetError(f"{name} takes no {told}: its library is known")
            return _adapted(adapter, thing, name, options)
    if not callable(thing):
        kind = type(thing).__name__
        raise TargetError(f"{name} is of type {kind}, expected a class or function that makes an Adam")
    from adamcheck.targets.called import CalledTarget
    from adamcheck.targets.calling import recognise
    from adamcheck.targets.python import PythonTarget

    plain = not (convention.hyper_names or convention.as_list)
    if plain and not set(options) & set(HYPERPARAMETERS):
        try:
            glue = recognise(thing, options, convention.called, patience)
        except TargetHung as error:
            raise TargetError(f"{name}: {error}") from None
        if glue is not None:
            return CalledTarget(thing, name, glue, convention.fixed)
    return PythonTarget(thing, name, options, convention)


def _recognises(adapter: Adapter, thing: Any) -> bool:
    """Whether an adapter recognises a thing. An adapter of another package that raises is dropped."""
    try:
        return adapter.recognises(thing)
    except (Exception, SystemExit) as error:
        if ADAPTERS.drop(adapter, f"recognises raised {raised(error)}"):
            return False
        raise


def _adapted(adapter: Adapter, thing: Any, name: str, options: Mapping[str, Any]) -> Target:
    """Make a target of a thing. Raises `TargetError`, also if the adapter of another package is faulty."""
    try:
        return adapter.adapt(thing, name, options)
    except TargetError:
        raise
    except (Exception, SystemExit) as error:
        offer = ADAPTERS.offer_of(adapter)
        if offer is None:
            raise
        raise TargetError(
            f"{name}: the adapter {offer.name!r} of the installed pack {offer.package} raised "
            f"{raised(error)}: repair or uninstall it"
        ) from None


def _resolve(spec: str) -> Any:
    place, _, attribute = spec.rpartition(":")
    if not place or not attribute:
        raise TargetError(f"no target {spec!r}: expected module:attribute or path/to/file.py:attribute")
    place = MOVED.get(place, place)
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
    _look_in(Path.cwd())
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if not (error.name and (name == error.name or name.startswith(error.name + "."))):
            raise TargetError(
                f"no target {spec!r}: {name} needs {error.name}, which is not installed"
            ) from None
        raise TargetError(f"no target {spec!r}: module {name!r} not found{_nearest_module(name)}") from None
    except INTERRUPTIONS:
        raise
    except BaseException as error:
        raise TargetError(f"no target {spec!r}: importing {name} raised {raised(error)}") from None


def _look_in(folder: Path) -> None:
    """Make the modules beside a target importable, after all others so that they hide none."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


def _nearest_module(name: str) -> str:
    """A suggestion among the submodules of the longest existing parent module."""
    import pkgutil

    parent, _, last = name.rpartition(".")
    if not parent or parent.partition(".")[0] not in sys.modules:
        return nearest(
            name.partition(".")[0],
            {known.spec.partition(":")[0].partition(".")[0] for known in KNOWN.values()},
        )
    package = sys.modules.get(parent)
    if package is None or not hasattr(package, "__path__"):
        return ""
    names = {m.name for m in pkgutil.iter_modules(package.__path__)} | set(dir(package))
    return nearest(last, names, within=parent)


def _from_file(path: Path, spec: str) -> ModuleType:
    if not path.is_file():
        beside = [p.name for p in path.parent.glob("*.py")] if path.parent.is_dir() else []
        raise TargetError(f"no target {spec!r}: no file {path}{nearest(path.name, beside)}")
    from adamcheck.targets.python import FILE_PREFIX

    name = FILE_PREFIX + path.stem
    description = importlib.util.spec_from_file_location(name, path.resolve())
    if description is None or description.loader is None:
        raise TargetError(f"no target {spec!r}: {path} is not a Python file")
    _look_in(path.resolve().parent)
    module = importlib.util.module_from_spec(description)
    sys.modules[name] = module
    try:
        description.loader.exec_module(module)
    except INTERRUPTIONS:
        raise
    except BaseException as error:
        raise TargetError(f"no target {spec!r}: running {path} raised {raised(error)}") from None
    return module


def installed() -> tuple[str, ...]:
    """The names of the known implementations that are installed here, without special ones."""
    return tuple(name for name, known in KNOWN.items() if known.installed and not known.special)


def installed_in(python: str) -> tuple[str, ...]:
    """The names of the known implementations that another interpreter has, and nothing special.

    Raises `TargetError` if it is not an interpreter.
    """
    from adamcheck.targets.programs.interpreters import output_of

    libraries = sorted({library for known in KNOWN.values() for library in known.needs})
    code = (
        "import importlib.util, sys\n"
        "for name in sys.argv[1:]:\n"
        "    if importlib.util.find_spec(name): print(name)\n"
    )
    there = set(output_of(python, code, *libraries).split())
    return tuple(name for name, known in KNOWN.items() if there.issuperset(known.needs) and not known.special)
