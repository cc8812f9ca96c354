"""Trials: the ways in which a class or function may have to be called, the likeliest first."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from adamcheck.targets.calling import containers as forms
from adamcheck.targets.calling.containers import Container
from adamcheck.targets.calling.glue import Glue
from adamcheck.targets.calling.roles import HYPERPARAMETERS, Argument, Role, arguments_of

_METHODS = (
    "step", "update", "apply_gradients", "update_params", "update_parameters", "update_weights", "optimize",
    "apply", "apply_gradient", "minimize", "get_update", "get_updates", "compute_update",
    "calculate", "adam", "__call__",
)  # fmt: skip
"""Names under which a step is looked for first."""

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

_CONFIG = {
    "learning_rate": "lr", "lr": "lr", "alpha": "lr", "beta1": "beta1", "beta2": "beta2",
    "b1": "beta1", "b2": "beta2", "epsilon": "eps", "eps": "eps",
}  # fmt: skip
"""What a dict of hyperparameters may be asked for; what it is not asked for is left out in the end."""


_NETWORK = "Holder(params=lambda: params, parameters=lambda: params)"
"""A network, for those who ask one for its parameters."""


_OF_LOOPS = {
    Role.OBJECTIVE: "lambda *_: float(len(history))",
    Role.BOUNDS: "np.stack([first, first], axis=1)",
    Role.TOLERANCE: "-1.0",
}


class Uncallable(Exception):  # noqa: N818 - says why, to go on with the next trial
    """An argument that must be passed and whose purpose nobody can tell."""


def _passed(arguments: Sequence[Argument]) -> frozenset[str]:
    roles = {argument.role for argument in arguments}
    both = {"beta1", "beta2"} if Role.BETAS in roles else set()
    return frozenset({role.value for role in roles if role in HYPERPARAMETERS} | both)


def _call(function: str, arguments: Sequence[Argument], values: dict[str, str]) -> str:
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


def _with_roles(arguments: Sequence[Argument], container: Container) -> dict[str, str]:
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
        values.update({a.name: _NETWORK for a in of[Role.NETWORK]})
    return values


def _says(name: str, arguments: Sequence[Argument], values: dict[str, str]) -> str:
    return f"{name}({', '.join(a.name for a in arguments if a.name in values)})"


def _guessed(arguments: Sequence[Argument], roles: Sequence[Role]) -> list[Argument]:
    """The arguments, with these roles for the required ones that have none, in order."""
    left = [role for role in roles if role not in {a.role for a in arguments}]
    found = []
    for argument in arguments:
        if argument.role is Role.UNKNOWN and argument.required and left:
            argument = replace(argument, role=left.pop(0))
        found.append(argument)
    return found


def _forms(arguments: Sequence[Argument], module: Any, torch: bool) -> Iterator[Container]:
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
        objects += [forms.own_objects(kind), forms.own_nested(kind)]
    objects += forms.OBJECTS
    gradients = Role.GRADIENTS in roles
    if gradients:
        yield from (*many, *one) if plural or not params else (*one, *many)
        yield forms.FLOATS
    yield from objects
    yield forms.SCALAR_OBJECTS
    yield forms.MODEL
    yield forms.held()
    yield forms.held(listed=True)


def _own_kinds(module: Any) -> list[str]:
    """Classes of the target's module that hold parameters, by their names."""
    known = ("Parameter", "Tensor", "Variable", "Value", "Param", "Var", "Node")
    return [name for name in known if inspect.isclass(getattr(module, name, None))]


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
    if not inspect.isclass(thing):
        if Role.ITERATIONS in roles:
            yield from _loops(name, _with_gradient_function(arguments))
        if Role.GRADIENTS in roles or len([a for a in arguments if a.required]) >= 2:
            yield from _functions(name, arguments, module, torch)
    yield from _objects(thing, name, arguments, module, torch)
    if not inspect.isclass(thing):
        yield from _triples(name, arguments)


def _with_gradient_function(arguments: Sequence[Argument]) -> list[Argument]:
    """The arguments of a function that runs the loop: its gradient is one of a point."""
    if any(a.role is Role.GRADIENT_FUNCTION for a in arguments):
        return list(arguments)
    return [replace(a, role=Role.GRADIENT_FUNCTION) if a.role is Role.GRADIENTS else a for a in arguments]


def _loops(
    name: str, arguments: Sequence[Argument], function: str = "", made: Sequence[Argument] = ()
) -> Iterator[Glue]:
    """A function that runs the loop itself: it is run again from the start for every step.

    Args:
        name: The name of the function, or of the class that has it.
        arguments: The arguments of the function.
        function: The function of a fresh optimizer, as an expression, if it is a method.
        made: The arguments of the constructor then.
    """
    values = _with_roles(arguments, forms.ARRAY)
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
        call = _call(function or name, arguments, values)
    except Uncallable:
        return
    yield Glue(
        name,
        forms.ARRAY,
        call,
        _says(function or name, arguments, values),
        state="history, first = [], parameters.copy()",
        before="history.append(gradients.copy())\ngiven = iter(history)",
        passed=_passed([*arguments, *made]),
    )


def _functions(name: str, arguments: Sequence[Argument], module: Any, torch: bool) -> Iterator[Glue]:
    """A function that takes a step, with the state passed and returned."""
    if Role.GRADIENTS not in {a.role for a in arguments} and not any(
        a.role is Role.UNKNOWN and a.required for a in arguments
    ):
        for container in _forms(arguments, module, torch):
            if not container.grads:
                yield from _stepping(name, "", arguments, (), container, name)
    for order in ((Role.PARAMETERS, Role.GRADIENTS), (Role.GRADIENTS, Role.PARAMETERS)):
        guessed = _guessed(arguments, order)
        if not {Role.PARAMETERS, Role.GRADIENTS} <= {a.role for a in guessed}:
            continue
        for container in _forms(guessed, module, torch):
            yield from _stepping(name, "", guessed, (), container, name)
        if guessed == list(arguments):
            return


def _stepping(
    function: str,
    making: str,
    arguments: Sequence[Argument],
    made: Sequence[Argument],
    container: Container,
    name: str,
) -> Iterator[Glue]:
    """A step by a call of `function`, whose state the caller keeps."""
    values = _with_roles(arguments, container)
    states = [a for a in arguments if a.role is Role.STATE]
    counts = [a for a in arguments if a.role is Role.COUNT]
    configs = [a for a in arguments if a.role is Role.CONFIG]
    named = [a for a in arguments if a.role is Role.NAME]
    try:
        call = _call(function, arguments, values)
    except Uncallable:
        return
    if any(a.required for a in named):
        if container is not forms.LIST:
            return
        of_one = {Role.PARAMETERS: "p", Role.GRADIENTS: "g", Role.NAME: 'f"W{i}"'}
        one = {**values, **{a.name: of_one[a.role] for a in arguments if a.role in of_one}}
        call = f"[{_call(function, arguments, one)} for i, (p, g) in enumerate(zip(params, grads))]"
    elif named:
        for a in named:
            values.pop(a.name)
        call = _call(function, arguments, values)
    lines = [f"{a.name} = {_zeros(a, arguments, container)}" for a in states]
    says = _says(
        function.replace("optimizer", making.partition("= ")[2].partition("\n")[0] or "optimizer"),
        arguments,
        values,
    )
    passed = _passed([*arguments, *made])
    kept = tuple(a.name for a in states)
    base = Glue(name, container, call, says, making, passed=passed)
    if any(a.role is Role.STATES for a in arguments):
        lines.append(f"states = list(zip({container.zeros}, {container.zeros}))")
        base = replace(base, kept=kept)
    if configs:
        zeros = container.zeros
        for more in (
            {},
            {"t": "0"},
            {"t": "1"},
            {"t": "0", "m": zeros, "v": zeros},
            {"t": "1", "m": zeros, "v": zeros},
        ):
            config = _CONFIG | more
            yield replace(base, state="\n".join(lines), kept=(*kept, "config"), config=config)
        return
    if not counts:
        yield replace(base, state="\n".join(lines), kept=kept)
        return
    for first in (0, 1):
        yield replace(base, state="\n".join([*lines, f"t = {first - 1}"]), kept=(*kept, "t"), before="t += 1")
    for first in (0, 1):
        yield replace(base, state="\n".join([*lines, f"t = {first}"]), kept=(*kept, "t"))


def _zeros(state: Argument, arguments: Sequence[Argument], container: Container) -> str:
    """The moment `state` before the first step: of one tensor where its name says of which."""
    params = [a.name for a in arguments if a.role is Role.PARAMETERS]
    if container.most > 1 and len(params) > 1:
        for i, name in enumerate(params):
            if state.name.lower().endswith(name.lower()):
                return f"np.zeros_like(parameters[{i}])"
    return container.zeros


def _objects(
    thing: Callable[..., Any], name: str, arguments: Sequence[Argument], module: Any, torch: bool
) -> Iterator[Glue]:
    """An object that takes the steps, made by a class or a function."""
    holders = [a for a in arguments if a.role in (Role.PARAMETERS, Role.NETWORK, Role.LAYER) and a.required]
    guessed = list(arguments) if holders else _guessed(arguments, [Role.PARAMETERS])
    if any(a.role is Role.PARAMETERS and a.required for a in guessed):
        holders = [a for a in guessed if a.role is Role.PARAMETERS]
    around = Around.of(thing)
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
            taken = _guessed(own, [Role.GRADIENTS])
            for container in _forms([*guessed, *taken], module, torch):
                if bool(container.grads) != any(a.role is Role.GRADIENTS and a.required for a in taken):
                    continue
                yield from _made(name, guessed, called, taken, container, around)
        elif len(required) >= 2 or {Role.PARAMETERS, Role.GRADIENTS} <= {a.role for a in own}:
            for order in ((Role.PARAMETERS, Role.GRADIENTS), (Role.GRADIENTS, Role.PARAMETERS)):
                taken = _guessed(own, order)
                for container in _forms(taken, module, torch):
                    yield from _made(name, guessed, called, taken, container, around)
                yield from _number_by_number(name, guessed, called, taken)
                if taken == list(own):
                    break
        elif any(a.role is Role.PAIRS for a in required):
            for container in _forms([Argument("grads", Role.GRADIENTS, True, True)], module, torch):
                yield from _made(name, guessed, called, own, container, around)
        elif len(required) == 1:
            yield from _by_one(name, guessed, called, own, module, torch, around)


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
        taken = _guessed(own, [Role.GRADIENTS])
        for container in (*([forms.TORCH_TENSOR] if torch else []), forms.ARRAY, forms.LIST, forms.DICT):
            yield from _made(name, arguments, called, taken, container, around)
    if role in (Role.PARAMETERS, Role.UNKNOWN, Role.NETWORK, Role.LAYER):
        taken = [replace(a, role=Role.PARAMETERS) if a.required else a for a in own]
        for container in _forms([a for a in taken if a.role is not Role.GRADIENTS], module, torch):
            yield from _made(name, arguments, called, taken, container, around)


def _made(
    name: str,
    arguments: Sequence[Argument],
    called: str,
    own: Sequence[Argument],
    container: Container,
    around: Around,
) -> Iterator[Glue]:
    values = _with_roles(arguments, container)
    for argument in arguments:
        if argument.role in (Role.COUNT, Role.STATE, Role.CONFIG, Role.NAME, Role.GRADIENTS):
            values.pop(argument.name, None)
    try:
        making = f"optimizer = {_call(name, arguments, values)}"
    except Uncallable:
        return
    if around.setup:
        making += f"\noptimizer.setup({_NETWORK if container.attributes is None else 'params'})"
    for glue in _stepping(called, making, own, arguments, container, name):
        says = glue.call.replace("optimizer", _says(name, arguments, values), 1)
        if says.startswith("["):
            says = says[1:].partition(" for ")[0] + " for each tensor"
        yield replace(
            glue,
            says=says,
            before="\n".join(filter(None, [glue.before, around.before])),
            after="\n".join(filter(None, [glue.after, around.after])),
        )


@dataclass(frozen=True)
class Around:
    """What a class wants called besides: once after it is made, and before and after each step."""

    setup: bool = False
    before: str = ""
    after: str = ""

    @classmethod
    def of(cls, thing: Callable[..., Any]) -> Around:
        """What the names of the methods of a class tell."""
        if not inspect.isclass(thing):
            return cls()
        calls = {
            place: next((f"optimizer.{name}()" for name in dir(thing) if name.startswith(place + "_")), "")
            for place in ("pre", "post")
        }
        return cls(callable(getattr(thing, "setup", None)), calls["pre"], calls["post"])


def _looping_method(
    name: str, arguments: Sequence[Argument], method: str, own: Sequence[Argument]
) -> Iterator[Glue]:
    """A method that runs the loop itself, of an optimizer that is made anew for every run."""
    try:
        made = _call(name, arguments, _with_roles(arguments, forms.ARRAY))
    except Uncallable:
        return
    yield from _loops(name, _with_gradient_function(own), f"{made}.{method}", arguments)


def _triples(name: str, arguments: Sequence[Argument]) -> Iterator[Glue]:
    """A function that returns three: one makes a state, one updates it, one reads the parameters from it."""
    values = _with_roles(arguments, forms.ARRAY)
    try:
        making = f"init, update, get_params = {_call(name, arguments, values)}\nstate = init(params)"
    except Uncallable:
        return
    yield Glue(
        name,
        forms.ARRAY,
        "update(i, grads, state)",
        f"update(i, grads, state) of {_says(name, arguments, values)}",
        making,
        state="i = -1",
        kept=("i", "state"),
        before="i += 1",
        after="state = answer",
        result="get_params(state)",
        found="in its state",
        passed=_passed(arguments),
    )


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
