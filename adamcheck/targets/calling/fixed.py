"""The hyperparameters that nobody can pass: their values, as the source has them."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from math import log
from typing import Any

import numpy as np

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.numbers.floats import format_of
from adamcheck.targets.calling.glue import Glue
from adamcheck.targets.calling.probe import HYPER, follow
from adamcheck.targets.calling.roles import role_of

_USUAL = {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
"""Kingma & Ba's."""

_RANGES = {"lr": (0.0, 1.0), "beta1": (0.0, 1.0), "beta2": (0.5, 1.0), "eps": (0.0, 1e-2)}
"""Where a literal may be such a hyperparameter: above the first, below the second."""

_MOST = 64
"""Combinations of literals that are tried."""

_STEPS = ((0.5, 1.25, 0.75), (1.5, 0.25, 0.875), (0.625, 1.0, 2.0))
"""Gradients of some steps, all positive, so that no sum cancels."""

_ROUNDINGS = 24 * len(_STEPS)
"""More than there are operations in these steps, each of which rounds once."""


def values_of(glue: Glue, thing: Callable[..., Any]) -> dict[str, float]:
    """The values of the hyperparameters that the glue does not pass.

    Of the literals in the source those with which the target is Adam; where there are none such, the first
    that is assigned to the name of the hyperparameter, stands in the source or is usual.

    Args:
        glue: How the target is called.
        thing: The target.
    """
    if not glue.missing:
        return {}
    named, literals = _literals(thing)
    choices = [_ordered(name, named, literals) for name in glue.missing]
    combinations = [dict(zip(glue.missing, values, strict=True)) for values in product(*choices)][:_MOST]
    return next((values for values in combinations if _is_adam(glue, values)), combinations[0])


def _ordered(name: str, named: dict[str, list[float]], literals: list[float]) -> list[float]:
    low, high = _RANGES[name]
    others = {x for other, values in named.items() if other != name for x in values}
    fitting = [x for x in literals if low < x < high and x not in others]
    fitting.sort(key=lambda x: abs(_size(name, x) - _size(name, _USUAL[name])))
    return list(dict.fromkeys([*named.get(name, []), *fitting, _USUAL[name]]))


def _size(name: str, x: float) -> float:
    """How large a hyperparameter is, as people choose it: a rate of decay by how far it is from 1."""
    return log(1 - x if name in ("beta1", "beta2") else x)


def _is_adam(glue: Glue, values: dict[str, float]) -> bool:
    """Whether the target is Adam with these values, on gradients down to the size of eps."""
    hyper = Hyperparameters(**{**HYPER, **values})
    scale = np.array([1.0, hyper.eps or 1.0, (hyper.eps or 1.0) ** 0.5])
    gradients = [scale * np.array(row) for row in _STEPS]
    try:
        rows = follow(glue, np.zeros(3), gradients)
    except Exception:
        return False
    updates = np.diff(np.array([np.zeros(3), *rows]), axis=0)
    due = [update for _, update in Adam(hyper).run(np.zeros(3), gradients)]
    return bool(np.allclose(updates, due, rtol=2 * _relative_error(hyper), atol=0.0))


def _relative_error(hyper: Hyperparameters) -> float:
    """The largest relative error of the updates in float64, in any order of evaluation.

    Only `1 - beta` and `1 - beta**t` lose digits: an error of beta is one of 1 - beta divided by 1 - beta.
    """
    unit = format_of("float64").unit
    return float(_ROUNDINGS * unit / (1 - max(hyper.beta1, hyper.beta2)))


def _literals(thing: Callable[..., Any]) -> tuple[dict[str, list[float]], list[float]]:
    """The numbers in the source of a target: those that are given a name of ours, and all of them."""
    named: dict[str, list[float]] = {}
    literals: list[float] = []
    for source in _sources(thing):
        try:
            tree = ast.parse(textwrap.dedent(source))
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            number = _number(node)
            if number is not None:
                literals.append(number)
            for name, value in _assigned(node):
                number = _number(value)
                if number is not None:
                    named.setdefault(role_of(name).value, []).append(number)
    return named, literals


def _sources(thing: Callable[..., Any]) -> Iterator[str]:
    kinds = inspect.getmro(thing) if inspect.isclass(thing) else (thing,)
    for kind in kinds:
        try:
            yield inspect.getsource(kind)
        except (OSError, TypeError):
            continue


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """The names and values of an assignment, of a keyword, of an argument's default."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                yield from _names(target.elts, node.value.elts)
            else:
                yield from _names([target], [node.value])
    elif isinstance(node, ast.arguments):
        last = [*node.posonlyargs, *node.args][-len(node.defaults) :] if node.defaults else []
        yield from zip((a.arg for a in last), node.defaults, strict=False)


def _names(targets: Sequence[ast.AST], values: Sequence[ast.AST]) -> Iterator[tuple[str, ast.AST]]:
    for target, value in zip(targets, values, strict=False):
        if isinstance(target, ast.Attribute):
            yield target.attr, value
        elif isinstance(target, ast.Name):
            yield target.id, value


def _number(node: ast.AST) -> float | None:
    """The value of a literal, `10**-8` among them."""
    if (
        isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
    ):
        return float(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _number(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        base, power = _number(node.left), _number(node.right)
        return base**power if base and power is not None and abs(power) < 64 else None
    return None
