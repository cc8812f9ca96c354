"""The ways to call a function: the state is passed, the loop is inside, or three functions are returned."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from adamcheck.targets.calling import containers as forms
from adamcheck.targets.calling.calls import (
    Uncallable,
    call_of,
    forms_of,
    passed_by,
    says_of,
    values_of_roles,
    with_guesses,
)
from adamcheck.targets.calling.containers import Container
from adamcheck.targets.calling.glue import Glue
from adamcheck.targets.calling.roles import Argument, Role, arguments_of

_CONFIG = {
    "learning_rate": "lr", "lr": "lr", "alpha": "lr", "beta1": "beta1", "beta2": "beta2",
    "b1": "beta1", "b2": "beta2", "epsilon": "eps", "eps": "eps",
}  # fmt: skip
"""What a dict of hyperparameters may be asked for; what it is not asked for is left out in the end."""


_OF_LOOPS = {
    Role.OBJECTIVE: "lambda *_: float(len(history))",
    Role.BOUNDS: "np.stack([first, first], axis=1)",
    Role.TOLERANCE: "-1.0",
}


def steps(name: str, arguments: Sequence[Argument], module: Any, torch: bool) -> Iterator[Glue]:
    """A function that takes a step, with the state passed and returned."""
    makers = makers_of(module, name)
    if Role.GRADIENTS not in {a.role for a in arguments} and not any(
        a.role is Role.UNKNOWN and a.required for a in arguments
    ):
        for container in forms_of(arguments, module, torch):
            if not container.grads:
                yield from stepping(name, "", arguments, (), container, name, makers)
    for order in ((Role.PARAMETERS, Role.GRADIENTS), (Role.GRADIENTS, Role.PARAMETERS)):
        guessed = with_guesses(arguments, order)
        if not {Role.PARAMETERS, Role.GRADIENTS} <= {a.role for a in guessed}:
            continue
        for container in forms_of(guessed, module, torch):
            yield from stepping(name, "", guessed, (), container, name, makers)
        if guessed == list(arguments):
            return


def stepping(
    function: str,
    making: str,
    arguments: Sequence[Argument],
    made: Sequence[Argument],
    container: Container,
    name: str,
    makers: Sequence[str] = (),
) -> Iterator[Glue]:
    """A step by a call of `function`, whose state the caller keeps; `makers` may make it."""
    values = values_of_roles(arguments, container)
    states = [a for a in arguments if a.role is Role.STATE]
    named = [a for a in arguments if a.role is Role.NAME]
    of_one = ""
    try:
        call = call_of(function, arguments, values)
    except Uncallable:
        return
    if any(a.required for a in named) and container.most > 1:  # all tensors are those of one layer
        call = call_of(function, arguments, {**values, **{a.name: "0" for a in named}})
    elif any(a.required for a in named):
        if container is not forms.LIST:
            return
        parts = {Role.PARAMETERS: "p", Role.GRADIENTS: "g", Role.NAME: 'f"W{i}"'}
        one = {**values, **{a.name: parts[a.role] for a in arguments if a.role in parts}}
        of_one = call_of(function, arguments, one)
        call = f"[{of_one} for i, (p, g) in enumerate(zip(params, grads))]"
    elif named:
        for a in named:
            values.pop(a.name)
        call = call_of(function, arguments, values)
    lines = [f"{a.name} = {_zeros(a, arguments, container)}" for a in states]
    says = says_of(function, arguments, values)
    kept = tuple(a.name for a in states)
    passed = passed_by([*arguments, *made])
    base = Glue(name, container, call, says, making, kept=kept, passed=passed, of_one=of_one)
    if any(a.role is Role.STATES for a in arguments):
        lines.append(f"states = list(zip({container.zeros}, {container.zeros}))")
    base = replace(base, state="\n".join(lines))
    roles = {a.role for a in arguments}
    for filled in _configured(base, makers) if Role.CONFIG in roles else [base]:
        yield from _counted(filled) if Role.COUNT in roles else [filled]


def _configured(glue: Glue, makers: Sequence[str]) -> Iterator[Glue]:
    """The ways to make the state that a function is given, or a dict of hyperparameters and state."""
    kept = (*glue.kept, "config")
    for maker in makers:
        for given in ("params", ""):
            made = "\n".join(filter(None, [glue.state, f"config = {maker}({given})"]))
            yield replace(glue, kept=kept, state=made)
    zeros = glue.container.zeros
    moments = {"m": zeros, "v": zeros}
    for more in ({}, {"t": "0"}, {"t": "1"}, {"t": "0", **moments}, {"t": "1", **moments}):
        yield replace(glue, kept=kept, config=_CONFIG | more)


_MAKES = re.compile(r"init|state|creat|make|new|zero|empty|setup|start|reset", re.IGNORECASE)
"""What the names of functions and classes say that make a state."""


def makers_of(module: Any, name: str) -> list[str]:
    """The functions and classes of a module that may make the state of a function `name`."""
    content = vars(module) if module is not None else {}
    return [
        other
        for other, thing in content.items()
        if other != name and _MAKES.search(other) and _is_of(thing, module) and _takes_at_most_one(thing)
    ]


def initialisers_of(thing: Any) -> list[str]:
    """The methods of an optimizer that may make its state."""
    names = [name for name in dir(thing) if _MAKES.search(name) and not name.startswith("_")]
    return [f"optimizer.{name}" for name in names if callable(getattr(thing, name, None))]


def _is_of(thing: Any, module: Any) -> bool:
    return callable(thing) and getattr(thing, "__module__", "") == module.__name__


def _takes_at_most_one(thing: Any) -> bool:
    return len([a for a in arguments_of(thing) or () if a.required]) <= 1


def _counted(glue: Glue) -> Iterator[Glue]:
    """The ways to count steps: from 0 or 1, by the caller or by the function, which returns the count."""
    kept = (*glue.kept, "t")
    for first in (0, 1):
        state = "\n".join(filter(None, [glue.state, f"t = {first - 1}"]))
        yield replace(glue, state=state, kept=kept, before="t += 1")
    for first in (0, 1):
        yield replace(glue, state="\n".join(filter(None, [glue.state, f"t = {first}"])), kept=kept)


def _zeros(state: Argument, arguments: Sequence[Argument], container: Container) -> str:
    """The moment `state` before the first step: of one tensor where its name says of which."""
    params = [a.name for a in arguments if a.role is Role.PARAMETERS]
    if container.most > 1 and len(params) > 1:
        for i, name in enumerate(params):
            if state.name.lower().endswith(name.lower()):
                return f"np.zeros_like(parameters[{i}])"
    return container.zeros


def loops(
    name: str, arguments: Sequence[Argument], function: str = "", made: Sequence[Argument] = ()
) -> Iterator[Glue]:
    """A function that runs the loop itself: it is run again from the start for every step.

    Args:
        name: The name of the function, or of the class that has it.
        arguments: The arguments of the function.
        function: The function of a fresh optimizer, as an expression, if it is a method.
        made: The arguments of the constructor then.
    """
    values = values_of_roles(arguments, forms.ARRAY)
    for a in arguments:
        if a.role is Role.GRADIENT_FUNCTION:
            values[a.name] = "lambda *_: next(given, gradients)"
        elif a.role is Role.PARAMETERS:
            values[a.name] = "first.copy()"
        elif a.role is Role.ITERATIONS:
            values[a.name] = "len(history)"
        elif a.role in _OF_LOOPS:
            values[a.name] = _OF_LOOPS[a.role]
        elif a.role in (Role.STATE, Role.COUNT, Role.STATES, Role.CONFIG):
            values.pop(a.name, None)
    if "len(history)" not in values.values():
        return
    try:
        call = call_of(function or name, arguments, values)
    except Uncallable:
        return
    yield Glue(
        name,
        forms.ARRAY,
        call,
        says_of(function or name, arguments, values),
        state="history, first = [], parameters.copy()",
        before="history.append(gradients.copy())\ngiven = iter(history)",
        loops=True,
        passed=passed_by([*arguments, *made]),
    )


def with_gradient_function(arguments: Sequence[Argument]) -> list[Argument]:
    """The arguments of a function that runs the loop: its gradient is one of a point."""
    if any(a.role is Role.GRADIENT_FUNCTION for a in arguments):
        return list(arguments)
    return [replace(a, role=Role.GRADIENT_FUNCTION) if a.role is Role.GRADIENTS else a for a in arguments]


_UPDATES = (
    "update(params, grads, state)",
    "update(grads, state, params)",
    "update(grads, state)",
    "update(state, params, grads)",
    "update(params, state, grads)",
    "update(grads, params, state)",
    "update(state, grads, params)",
)
"""How the function may be called that updates parameters or makes a step of gradients."""


def factories(name: str, arguments: Sequence[Argument]) -> Iterator[Glue]:
    """A function that returns two: one makes a state, one takes a step."""
    for container in (forms.LIST, forms.DICT, forms.ARRAY):  # the elements of an array are a list, too
        try:
            made = call_of(name, arguments, values_of_roles(arguments, container))
        except Uncallable:
            return
        for call in _UPDATES:
            yield Glue(
                name,
                container,
                call,
                f"{call} of {says_of(name, arguments, values_of_roles(arguments, container))}",
                f"init, update = {made}\nstate = init(params)",
                kept=("state",),
                passed=passed_by(arguments),
            )


def coroutines(name: str, arguments: Sequence[Argument]) -> Iterator[Glue]:
    """A generator that is sent gradients, and yields parameters."""
    for container in (forms.LIST, forms.ARRAY):
        values = values_of_roles(arguments, container)
        try:
            making = f"optimizer = {call_of(name, arguments, values)}\nnext(optimizer)"
        except Uncallable:
            return
        says = f"{says_of(name, arguments, values)}.send(grads)"
        yield Glue(name, container, "optimizer.send(grads)", says, making, passed=passed_by(arguments))


def triples(name: str, arguments: Sequence[Argument]) -> Iterator[Glue]:
    """A function that returns three: one makes a state, one updates it, one reads the parameters from it."""
    values = values_of_roles(arguments, forms.ARRAY)
    try:
        making = f"init, update, get_params = {call_of(name, arguments, values)}\nstate = init(params)"
    except Uncallable:
        return
    yield Glue(
        name,
        forms.ARRAY,
        "update(i, grads, state)",
        f"update(i, grads, state) of {says_of(name, arguments, values)}",
        making,
        state="i = -1",
        kept=("i", "state"),
        before="i += 1",
        after="state = answer",
        result="get_params(state)",
        found="in its state",
        passed=passed_by(arguments),
    )
