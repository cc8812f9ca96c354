"""The arguments of a target's constructor, checked before it is called."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from adamcheck.support.text import nearest
from adamcheck.targets.base import TargetError


def check_call(
    make: Callable[..., Any],
    name: str,
    hyperparameters: Sequence[str],
    options: Mapping[str, Any],
    *,
    first: tuple[str, ...] = ("parameters",),
    hint: str = "",
) -> None:
    """Raise `TargetError` unless `make(parameters, **hyperparameters, **options)` is a possible call.

    A constructor whose signature cannot be read is not checked.

    Args:
        make: The constructor.
        name: The name of the target, for messages.
        hyperparameters: The keywords of the hyperparameters.
        options: Further keywords.
        first: The names of the first, positional arguments.
        hint: Advice for the message if a hyperparameter is missing.
    """
    for option in options:
        if option in hyperparameters:
            raise TargetError(f"{name}: {option} cannot be set, because the checks choose it")
    try:
        signature = inspect.signature(make)
    except (ValueError, TypeError):
        return
    known = list(signature.parameters)
    open_ended = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in signature.parameters.values())
    for option in options:
        if option not in known and not open_ended:
            raise TargetError(f"{name} takes no option {option!r}{nearest(option, known)}")
    arguments = ", ".join([*first, *(f"{h}=..." for h in hyperparameters)])
    lacking = [h for h in hyperparameters if h not in known and not open_ended]
    if lacking:
        raise TargetError(f"{name} takes no {', no '.join(lacking)}; it is called with ({arguments}){hint}")
    try:
        signature.bind(*first, **dict.fromkeys(hyperparameters), **options)
    except TypeError as error:
        if first and known and known[0] in hyperparameters:
            raise TargetError(
                f"{name} takes {known[0]} first; it is called with ({arguments}): wrap it in a function that "
                "takes these and returns a step(gradient) -> parameters"
            ) from None
        raise TargetError(f"{name} cannot be called with ({arguments}): {error}") from None
