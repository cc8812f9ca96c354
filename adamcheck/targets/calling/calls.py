"""The pieces of a call: what is passed for each argument, and in which containers."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from adamcheck.targets.calling import containers as forms
from adamcheck.targets.calling.containers import Container
from adamcheck.targets.calling.roles import HYPERPARAMETERS, Argument, Role, role_of

_VALUES = {
    Role.LR: "lr",
    Role.BETA1: "beta1",
    Role.BETA2: "beta2",
    Role.EPS: "eps",
    Role.DECAY: "weight_decay",
    Role.BETAS: "(beta1, beta2)",
    Role.COUNT: "t",
    Role.CONFIG: "config",
    Role.NAME: "name",
    Role.SHAPE: "np.shape(parameters)",
    Role.SIZE: "sum(np.size(p) for p in parameters)",
    Role.NETWORK: "params",
    Role.LAYER: "params",
    Role.STATES: "states",
    Role.PAIRS: "list(zip(grads, params))",
}


NETWORK = "Holder(params=lambda: params, parameters=lambda: params)"
"""A network, for those who ask one for its parameters."""


class Uncallable(Exception):  # noqa: N818 - says why, to go on with the next trial
    """An argument that must be passed and whose purpose nobody can tell."""


def passed_by(arguments: Sequence[Argument]) -> frozenset[str]:
    """The hyperparameters, by our names, that arguments take."""
    roles = {argument.role for argument in arguments}
    both = {"beta1", "beta2"} if Role.BETAS in roles else set()
    return frozenset({role.value for role in roles if role in HYPERPARAMETERS} | both)


def call_of(function: str, arguments: Sequence[Argument], values: dict[str, str]) -> str:
    """A call with these values by the names of the arguments; those without a value keep their default."""
    parts, by_name = [], False
    for argument in arguments:
        value = values.get(argument.name)
        if value is None:
            if argument.required:
                raise Uncallable(argument.name)
            by_name = True
            continue
        named = argument.keyword and (
            by_name or argument.role in HYPERPARAMETERS or argument.role is Role.BETAS
        )
        by_name = by_name or named
        parts.append(f"{argument.name}={value}" if named else value)
    return f"{function}({', '.join(parts)})"


def values_of_roles(arguments: Sequence[Argument], container: Container) -> dict[str, str]:
    """What is passed for each argument, by its role."""
    of = {role: [a for a in arguments if a.role is role] for role in Role}
    values = {a.name: _VALUES[a.role] for a in arguments if a.role in _VALUES}
    several = len(of[Role.PARAMETERS]) > 1 and container.most > 1
    for role, name in ((Role.PARAMETERS, "params"), (Role.GRADIENTS, "grads")):
        for i, argument in enumerate(of[role]):
            if several:
                values[argument.name] = f"{name}[{i}]"
            elif i == 0 and (role is Role.PARAMETERS or container.grads):
                values[argument.name] = name
    values.update({a.name: a.name for a in of[Role.STATE]})
    if container.attributes is None and container is not forms.MODEL:
        values.update({a.name: NETWORK for a in of[Role.NETWORK]})
    return values


def says_of(name: str, arguments: Sequence[Argument], values: dict[str, str]) -> str:
    """A call as a report says it: with the names of the arguments that are passed."""
    return f"{name}({', '.join(a.name for a in arguments if a.name in values)})"


def with_guesses(arguments: Sequence[Argument], roles: Sequence[Role]) -> list[Argument]:
    """The arguments, with these roles for the required ones that have none, in order."""
    left = [role for role in roles if role not in {a.role for a in arguments}]
    found = []
    for argument in arguments:
        if argument.role is Role.UNKNOWN and argument.required and left:
            argument = replace(argument, role=left.pop(0))
        found.append(argument)
    return found


def forms_of(arguments: Sequence[Argument], module: Any, torch: bool) -> Iterator[Container]:
    """The containers that the names of the arguments let expect, the likeliest first."""
    roles = [a.role for a in arguments]
    params = [a for a in arguments if a.role is Role.PARAMETERS]
    pairs = min(len(params), roles.count(Role.GRADIENTS))
    if pairs > 1:
        yield replace(forms.LIST, multiple=pairs, most=pairs, says=f"{pairs} arrays")
    if torch:
        yield forms.TORCH_PARAMETERS
        if Role.GRADIENTS in roles:
            yield from (forms.TORCH_TENSORS, forms.TORCH_TENSOR)
    plural = any(a.name.rstrip("_").endswith("s") and a.name not in ("bias",) for a in params)
    one = (forms.ARRAY,)
    many = (forms.DICT, forms.LAYERS, forms.LIST)
    objects: list[Container] = []
    for kind in _own_kinds(module):
        objects += [forms.own_objects(*kind), forms.own_nested(*kind)]
    objects += forms.OBJECTS
    gradients = Role.GRADIENTS in roles
    if gradients:
        yield from (forms.own_apart(kind, data) for kind, data, _ in _own_kinds(module))
        yield from (*many, *one) if plural or not params else (*one, *many)
        yield forms.FLOATS
    yield from objects
    yield forms.SCALAR_OBJECTS
    yield forms.MODEL
    yield from (*forms.layers(), *forms.layers("layers"))
    yield forms.held()
    yield forms.held(listed=True)


def _own_kinds(module: Any) -> list[tuple[str, str, str]]:
    """Classes of the target's module that hold parameters: their names, and where array and gradient are."""
    if module is None:
        return []
    found = []
    for name, kind in vars(module).items():
        if inspect.isclass(kind) and (kind.__module__ == module.__name__ or name in _HOLDERS):
            held = _held(kind)  # type: ignore[arg-type]  # classes have hashes
            if held:
                found.append((name, *held))
    return found


_HOLDERS = ("Parameter", "Tensor", "Variable", "Value", "Param", "Var", "Node")
"""Names of classes that hold parameters, wherever they are from."""

_SOME = np.array([1.5, -2.25])


@cache
def _held(kind: type[Any]) -> tuple[str, str] | None:
    """The attributes of a class that is made of an array for it and for its gradient; None for others."""
    if any(callable(getattr(kind, name, None)) for name in ("step", "update", "apply_gradients")):
        return None
    try:
        made = kind(_SOME.copy())
        attributes = list(vars(made))
        names = (*(name for name in ("data", "value") if hasattr(made, name)), *attributes)
        data = next(name for name in names if np.array_equal(np.asarray(getattr(made, name)), _SOME))
    except Exception:
        return None
    grads = [name for name in attributes if role_of(name) is Role.GRADIENTS and name != data]
    return data, next((name for name in grads if "requires" not in name), "grad")
