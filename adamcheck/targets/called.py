"""Somebody's Adam, called by the glue that was found for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from adamcheck.targets.base import NotOffered, Run, Target, TargetError, TensorsRun
from adamcheck.targets.calling import Glue
from adamcheck.targets.convention import Convention
from adamcheck.targets.python import PythonTarget
from adamcheck.targets.start import Start


class CalledTarget(PythonTarget):
    """A class or function behind glue that gives it the convention of `adamcheck.targets.python`.

    Args:
        thing: The class or function.
        name: What the target is called.
        glue: How it is called.
        fixed: What somebody says of its fixed hyperparameters, which counts before what the glue says.
    """

    def __init__(self, thing: Callable[..., Any], name: str, glue: Glue, fixed: Mapping[str, float]) -> None:
        glue = replace(glue, fixed={**glue.fixed, **fixed})
        make = glue.make
        make.__module__ = thing.__module__
        vars(make)["definition"] = getattr(thing, "definition", "")
        vars(make)["vectors_only"] = not glue.matrices
        vars(make)["parameter_counts"] = glue.parameter_counts
        convention = Convention(as_list=glue.container.as_list, fixed=glue.fixed)
        super().__init__(make, name, {}, convention)
        self.glue = glue
        self.called = glue.sentence

    def begin(self, start: Start) -> Run | TensorsRun:
        most = self.glue.container.most
        if start.together and most and len(start.tensors) > most:
            raise NotOffered(f"takes no more than {most} tensors")
        return super().begin(start)


def explained(target: Target) -> str:
    """The Python that calls a target, ready to copy.

    Raises:
        TargetError: The target is called as adamcheck documents, or by an adapter of its library.
    """
    if not isinstance(target, CalledTarget):
        raise TargetError(f"{target.name} needs no glue: see adamcheck verify --help")
    place, _, _ = target.name.rpartition(":")
    path = Path(place)
    lines = [f'"""How adamcheck calls {target.name}: {target.called}."""', ""]
    if path.suffix == ".py":
        lines += ["import sys", "", f"sys.path.append({str(path.parent)!r})"]
    module = path.stem if path.suffix == ".py" else place
    lines.append(f"from {module} import {', '.join(target.glue.names_used)}")
    return "\n".join(lines) + "\n" + target.glue.source
