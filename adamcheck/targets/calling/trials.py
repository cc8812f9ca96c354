"""Trials: the ways in which a class or function may have to be called, the likeliest first."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from adamcheck.targets.calling import containers as forms
from adamcheck.targets.calling.calls import (
    NETWORK,
    Uncallable,
    call_of,
    forms_of,
    says_of,
    values_of_roles,
    with_guesses,
)
from adamcheck.targets.calling.containers import Container
from adamcheck.targets.calling.functions import (
    coroutines,
    factories,
    initialisers_of,
    loops,
    makers_of,
    stepping,
    steps,
    triples,
    with_gradient_function,
)
from adamcheck.targets.calling.glue import Glue
from adamcheck.targets.calling.roles import Argument, Role, arguments_of

_METHODS = (
    "step", "update", "apply_gradients", "update_params", "update_parameters", "update_weights", "optimize",
    "apply", "apply_gradient", "minimize", "get_update", "get_updates", "compute_update",
    "calculate", "adam", "__call__",
)  # fmt: skip
"""Names under which a step is looked for first."""


def trials(
    thing: Callable[..., Any], name: str, options: Collection[str], module: Any, torch: bool
) -> Iterator[Glue]:
    """Every way to call `thing` that its signature allows.

    Args:
        thing: A class or a function.
        name: What it is called.
        options: Arguments that somebody passes already.
        module: Where it is from: its classes may be what holds parameters.
        torch: Whether it may be about tensors of PyTorch.
    """
    arguments = arguments_of(thing)
    if arguments is None:
        return
    arguments = tuple(a for a in arguments if a.name not in options)
    roles = {a.role for a in arguments}
    if inspect.isgeneratorfunction(thing):
        yield from coroutines(name, with_guesses(arguments, [Role.PARAMETERS]))
        return
    if not inspect.isclass(thing):
        if Role.ITERATIONS in roles:
            yield from loops(name, with_gradient_function(arguments))
        if Role.GRADIENTS in roles or len([a for a in arguments if a.required]) >= 2:
            yield from steps(name, arguments, module, torch)
    yield from _objects(thing, name, arguments, module, torch)
    if not inspect.isclass(thing):
        yield from triples(name, arguments)
        yield from factories(name, arguments)


def is_likely(glue: Glue) -> bool:
    """Whether a step is what people call a step, and no method that happens to take a gradient."""
    called = re.search(r"\b(?:optimizer|o)\.(\w+)\(", glue.call)
    return called is None or called[1] in _METHODS


def _objects(
    thing: Callable[..., Any], name: str, arguments: Sequence[Argument], module: Any, torch: bool
) -> Iterator[Glue]:
    """An object that takes the steps, made by a class or a function."""
    holders = [a for a in arguments if a.role in (Role.PARAMETERS, Role.NETWORK, Role.LAYER) and a.required]
    guessed = list(arguments) if holders else with_guesses(arguments, [Role.PARAMETERS])
    if any(a.role is Role.PARAMETERS and a.required for a in guessed):
        holders = [a for a in guessed if a.role is Role.PARAMETERS]
    around = Around.of(thing, module)
    for method, function in _methods(thing):
        own = arguments_of(function) if function is not None else ()
        if own is None:
            continue
        if function is None:  # of what a function makes nobody knows what it takes
            own = (Argument("gradients", Role.GRADIENTS, True, False),)
        if inspect.isclass(thing) and function is not None and not isinstance(function, staticmethod):
            own = own[1:]
        if {a.role for a in own} & {Role.ITERATIONS, Role.GRADIENT_FUNCTION}:
            yield from _looping_method(name, guessed, method, own)
        called = "optimizer" if method == "__call__" else f"optimizer.{method}"
        required = [a for a in own if a.required]
        if holders or (around.setup and not required):
            if any(a.role is Role.GRADIENT_FUNCTION for a in own):
                continue
            taken = with_guesses(own, [Role.GRADIENTS])
            for container in forms_of([*guessed, *taken], module, torch):
                if bool(container.grads) != any(a.role is Role.GRADIENTS and a.required for a in taken):
                    continue
                yield from _made(name, guessed, called, taken, container, around)
        elif len(required) >= 2 or {Role.PARAMETERS, Role.GRADIENTS} <= {a.role for a in own}:
            for order in ((Role.PARAMETERS, Role.GRADIENTS), (Role.GRADIENTS, Role.PARAMETERS)):
                taken = with_guesses(own, order)
                for container in forms_of(taken, module, torch):
                    yield from _made(name, guessed, called, taken, container, around)
                yield from _number_by_number(name, guessed, called, taken)
                if taken == list(own):
                    break
        elif any(a.role is Role.PAIRS for a in required):
            for container in forms_of([Argument("grads", Role.GRADIENTS, True, True)], module, torch):
                if not container.grads:
                    continue
                for glue in _made(name, guessed, called, own, container, around):
                    yield glue
                    yield replace(glue, call=_turned(glue.call), says=_turned(glue.says))
        elif len(required) == 1:
            yield from _by_one(name, guessed, called, own, module, torch, around)


def _turned(text: str) -> str:
    """A call with parameters before gradients in each pair."""
    return text.replace("zip(grads, params)", "zip(params, grads)")


def _by_one(
    name: str,
    arguments: Sequence[Argument],
    called: str,
    own: Sequence[Argument],
    module: Any,
    torch: bool,
    around: Around,
) -> Iterator[Glue]:
    """A method with one argument: gradients, of which it returns the step, or objects that hold both."""
    role = next(a.role for a in own if a.required)
    if role in (Role.GRADIENTS, Role.UNKNOWN):
        taken = with_guesses(own, [Role.GRADIENTS])
        for container in (*([forms.TORCH_TENSOR] if torch else []), forms.ARRAY, forms.LIST, forms.DICT):
            yield from _made(name, arguments, called, taken, container, around)
    if role in (Role.PARAMETERS, Role.UNKNOWN, Role.NETWORK, Role.LAYER):
        taken = [replace(a, role=Role.PARAMETERS) if a.required else a for a in own]
        for container in forms_of([a for a in taken if a.role is not Role.GRADIENTS], module, torch):
            yield from _made(name, arguments, called, taken, container, around)


def _made(
    name: str,
    arguments: Sequence[Argument],
    called: str,
    own: Sequence[Argument],
    container: Container,
    around: Around,
) -> Iterator[Glue]:
    values = values_of_roles(arguments, container)
    for argument in arguments:
        if argument.role in (Role.COUNT, Role.STATE, Role.CONFIG, Role.NAME, Role.GRADIENTS):
            values.pop(argument.name, None)
    try:
        making = f"optimizer = {call_of(name, arguments, values)}"
    except Uncallable:
        return
    if around.setup:
        making += f"\noptimizer.setup({NETWORK if container.attributes is None else 'params'})"
    for glue in stepping(called, making, own, arguments, container, name, around.makers):
        says = (glue.of_one or glue.call).replace("optimizer", says_of(name, arguments, values), 1)
        if glue.of_one:
            says += " for each tensor"
        yield replace(
            glue,
            says=says,
            before="\n".join(filter(None, [glue.before, around.before])),
            after="\n".join(filter(None, [glue.after, around.after])),
        )


@dataclass(frozen=True)
class Around:
    """What a class wants called besides: once after it is made, before and after each step, for a state."""

    setup: bool = False
    before: str = ""
    after: str = ""
    makers: tuple[str, ...] = ()

    @classmethod
    def of(cls, thing: Callable[..., Any], module: Any) -> Around:
        """What the names of the methods of a class tell, and of the functions beside it."""
        if not inspect.isclass(thing):
            return cls()
        makers = (*initialisers_of(thing), *makers_of(module, thing.__name__))
        calls = {
            place: next((f"optimizer.{name}()" for name in dir(thing) if name.startswith(place + "_")), "")
            for place in ("pre", "post")
        }
        return cls(callable(getattr(thing, "setup", None)), calls["pre"], calls["post"], makers)


def _looping_method(
    name: str, arguments: Sequence[Argument], method: str, own: Sequence[Argument]
) -> Iterator[Glue]:
    """A method that runs the loop itself, of an optimizer that is made anew for every run."""
    try:
        made = call_of(name, arguments, values_of_roles(arguments, forms.ARRAY))
    except Uncallable:
        return
    yield from loops(name, with_gradient_function(own), f"{made}.{method}", arguments)


def _number_by_number(
    name: str, arguments: Sequence[Argument], called: str, own: Sequence[Argument]
) -> Iterator[Glue]:
    """A method that takes a number and its gradient: an optimizer for each coordinate."""
    for glue in _made(name, arguments, called, own, forms.FLOATS, Around()):
        if glue.before or glue.state:
            continue
        made = glue.making.removeprefix("optimizer = ")
        each = glue.call.replace("params", "x").replace("grads", "g").replace("optimizer", "o", 1)
        yield replace(
            glue,
            making=f"optimizers = [{made} for _ in params]",
            call=f"[{each} for o, x, g in zip(optimizers, params, grads)]",
            container=replace(forms.FLOATS, says="a number at a time"),
        )


def _methods(thing: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    """The methods that may take a step, the likeliest first, by their names."""
    if not inspect.isclass(thing):
        yield from ((name, None) for name in _METHODS)
        return
    public = [
        name
        for name in dir(thing)
        if (name == "__call__" or not name.startswith("_")) and callable(getattr(thing, name, None))
    ]
    first = [name for name in _METHODS if name in public]
    later = [
        name
        for name in public
        if name not in first
        and {a.role for a in arguments_of(getattr(thing, name)) or ()} & {Role.GRADIENTS, Role.PARAMETERS}
    ]
    for name in (*first, *later):
        yield name, inspect.getattr_static(thing, name)
