"""What a project settles once: the table [tool.adamcheck] of its pyproject.toml."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import wraps
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from adamcheck.choices import DTYPE_NAMES, PROFILES
from adamcheck.cli.options import expectations
from adamcheck.support.errors import Told

NAME = "pyproject.toml"


class ConfigurationError(Told):
    """The table cannot be used; the message is one line that names the file and the key."""


@dataclass(frozen=True)
class Configuration:
    """The table [tool.adamcheck]; a key that is absent from it is empty here.

    Attributes:
        targets: What `adamcheck verify` verifies if no target is named.
        dtypes: Working precisions, or "all".
        profile: How many examples each check tries, by name.
        definition: The definition to verify against, as in `--as`.
        accept: Names of definitions to accept in addition.
        expect: Known failures: the reason for each check by target, or a file of them as in `--expect`.
    """

    targets: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    profile: str = ""
    definition: str = ""
    accept: tuple[str, ...] = ()
    expect: Path | Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def expected(self) -> Mapping[str, Mapping[str, str]]:
        """The known failures, read from their file if they are in one.

        Raises:
            ConfigurationError: The file cannot be read.
        """
        if not isinstance(self.expect, Path):
            return self.expect
        try:
            known: Mapping[str, Mapping[str, str]] = expectations(self.expect)
        except ValueError as error:
            raise ConfigurationError(str(error)) from None
        return known


def _texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) and each for each in value)


def _failures(value: Any) -> bool:
    return (isinstance(value, str) and bool(value)) or (
        isinstance(value, dict)
        and all(isinstance(table, dict) for table in value.values())
        and all(isinstance(reason, str) for table in value.values() for reason in table.values())
    )


_DUE: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "targets": (_texts, 'a list of targets, such as ["my_adam.py:make"]'),
    "dtypes": (
        lambda value: _texts(value) and set(value) <= {*DTYPE_NAMES, "all"},
        f"a list of {', '.join(DTYPE_NAMES)}, or all",
    ),
    "profile": (lambda value: value in list(PROFILES), f"one of {', '.join(PROFILES)}"),
    "definition": (lambda value: isinstance(value, str) and bool(value), 'a name, such as "adamw"'),
    "accept": (_texts, 'a list of definitions, such as ["eps-hat"]'),
    "expect": (_failures, 'a file, or for each target a table of CHECK = "reason"'),
}
"""For each key, whether a value will do, and what is expected of it."""


def configuration() -> Configuration:
    """What the nearest pyproject.toml with a table [tool.adamcheck] says, from the working directory upwards.

    Names of files in it are relative to its folder.

    Raises:
        ConfigurationError: A key is unknown, or a value is not what the key needs.
    """
    try:
        here = Path.cwd()
    except FileNotFoundError:  # it was deleted
        return Configuration()
    for folder in (here, *here.parents):
        table = _table(folder / NAME)
        if table is not None:
            return _read(table, folder / NAME, here)
    return Configuration()


def _table(path: Path) -> Any:
    """The table of a file; None if there is none."""
    import tomllib

    if not path.is_file():
        return None
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("adamcheck")
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigurationError(f"{path} is not a TOML file: {error}") from None
    except AttributeError:  # `tool` is no table, which is not our business
        return None


def _read(table: Any, path: Path, here: Path) -> Configuration:
    from adamcheck.support.text import nearest

    where = f"{path}: [tool.adamcheck]"
    if not isinstance(table, dict):
        raise ConfigurationError(f"{where}: expected a table")
    known = [each.name for each in fields(Configuration)]
    for key, value in table.items():
        if key not in known:
            hint = nearest(key, known) or f": expected {', '.join(known)}"
            raise ConfigurationError(f"{where}: no key {key!r}{hint}")
        fits, due = _DUE[key]
        if not fits(value):
            raise ConfigurationError(f"{where}: {key}: expected {due}")
    _check_definitions(table, where)
    expect = table.get("expect", {})
    return Configuration(
        targets=tuple(_seen(name, path.parent, here) for name in table.get("targets", ())),
        dtypes=tuple(table.get("dtypes", ())),
        profile=table.get("profile", ""),
        definition=table.get("definition", ""),
        accept=tuple(table.get("accept", ())),
        expect=path.parent / expect
        if isinstance(expect, str)
        else {_seen(name, path.parent, here): reasons for name, reasons in expect.items()},
    )


def _check_definitions(table: Mapping[str, Any], where: str) -> None:
    if not {"accept", "definition"} & set(table):
        return  # so that no definition is imported for it
    from adamcheck.variants import DEFINITIONS
    from adamcheck.variants.standard import Standard, StandardError

    for name in table.get("accept", ()):
        if name not in DEFINITIONS:
            raise ConfigurationError(f"{where}: accept: no definition {name!r}{DEFINITIONS.nearest(name)}")
    try:
        Standard.parse(table.get("definition", "adam"))
    except StandardError as error:
        raise ConfigurationError(f"{where}: definition: {error}") from None


def _seen(target: str, folder: Path, here: Path) -> str:
    """The name, as it is from the working directory, of a target whose file is named from another folder."""
    file, colon, attribute = target.partition(":")
    if not file.endswith(".py") or folder == here:
        return target
    return f"{os.path.relpath(folder / file, here)}{colon}{attribute}"


def configured(*, targets: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let the table [tool.adamcheck] fill in the options that are not given to a command.

    Args:
        targets: Whether it fills in the targets, too. Other commands are about known implementations; known
            failures of targets that are not in the run are then nothing to complain about.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def run(**given: Any) -> Any:
            context, found = click.get_current_context(), configuration()
            settled = {each.name: getattr(found, each.name) for each in fields(Configuration)}
            if not targets:
                settled |= {"targets": (), "expect": found.expected}
            for name, value in settled.items():
                said = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
                if value and name in given and not said:
                    given[name] = value
            if targets and not given["targets"]:
                raise click.UsageError(
                    "no TARGET: name one, such as my_adam.py:Adam, "
                    f"or set targets in [tool.adamcheck] of {NAME}"
                )
            return command(**given)

        return run

    return decorate
