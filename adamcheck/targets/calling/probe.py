"""Probing: a way to call is tried on parameters far from 0, and where they are found after a step.

The gradients of a probe are positive, so that even a wrong formula gives numbers; the rate is small beside
the parameters, so that a step is told from parameters by its size.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from adamcheck.targets.base import ANY_COUNT, TargetHung
from adamcheck.targets.calling.containers import Holder, held
from adamcheck.targets.calling.glue import Glue
from adamcheck.targets.calling.roles import HYPERPARAMETERS, Role, role_of

_ARRAYS = [np.array([170.5, 120.75]), np.array([101.5, 203.25, 150.125])]
"""Two parameters come first: where somebody's Adam takes only one number of them, it is mostly that."""
_GRADIENTS = [np.array([1.5, 0.625]), np.array([0.5, 1.25, 0.75])]
HYPER = {"lr": 2.0**-6, "beta1": 0.875, "beta2": 0.75, "eps": 2.0**-6, "weight_decay": 0.0}
PLAIN = {name: value for name, value in HYPER.items() if name != "weight_decay"}
_STEPS = 3
_COUNTS = (1, 2, 3, 5)
"""Numbers of parameters to try."""
_ATTRIBUTES = 12
"""Attributes that an object may be asked for."""
_NEAR = 0.2
"""How far parameters may go in a probe, as a part of what they are: a step is less than that, too."""


class Unfit(Exception):  # noqa: N818 - says why, to go on with the next way to call
    """A way to call that does not work."""


def probed(glue: Glue, things: Mapping[str, Any], *, numbers: bool = True) -> Glue:
    """Try a way to call; an object that is to hold the parameters gets the attributes it is asked for.

    Args, Returns and Raises are those of `_probed`.
    """
    for _ in range(_ATTRIBUTES):
        try:
            return _probed(glue, things, numbers)
        except _Asked as asked:
            glue = replace(
                glue, container=held((*(glue.container.attributes or ()), asked.name), glue.container.listed)
            )
    raise Unfit("it asks for one attribute after the other")


class _Asked(Exception):  # noqa: N818 - a question
    """An attribute that the object which holds the parameters lacks."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _probed(glue: Glue, things: Mapping[str, Any], numbers: bool) -> Glue:
    """Try a way to call.

    Args:
        glue: The way, which need not say yet where the parameters are found after a step.
        things: What the glue may name: the target, and classes of its module.
        numbers: Whether numbers must come of it. A fault may give none, as 0 / 0 in the first step.

    Returns:
        The same way, with where the parameters are found.

    Raises:
        Unfit: Where it raises, or no parameters are found.
    """
    complete = glue
    try:
        with np.errstate(all="ignore"):
            complete = _located(glue, things, numbers)
            moved = _run(complete, things, numbers)
    except Unfit:
        raise
    except AttributeError as error:
        if glue.container.attributes is not None and isinstance(error.obj, Holder) and error.name:
            raise _Asked(error.name) from error
        raise Unfit(f"AttributeError: {error}") from error
    except (KeyboardInterrupt, TargetHung):
        raise
    except BaseException as error:
        if not numbers and isinstance(error, ZeroDivisionError | OverflowError):
            return complete  # where NumPy gives no number, Python raises: that is told when it is verified
        raise Unfit(f"{type(error).__name__}: {error}") from error
    if not moved:
        raise Unfit("the parameters do not change")
    return complete


def _given(as_list: bool, arrays: list[np.ndarray]) -> Any:
    return [x.copy() for x in arrays] if as_list else arrays[0].copy()


def _located(glue: Glue, things: Mapping[str, Any], numbers: bool) -> Glue:
    """Take one step, and look for the parameters."""
    as_list = glue.container.as_list
    space: dict[str, Any] = {"np": np, "Holder": Holder, **things, **HYPER}
    exec(glue.container.prelude, space)
    space["parameters"] = _given(as_list, _ARRAYS)
    exec(glue.start, space)
    settings = _settings(glue, space.get("optimizer"))
    glue = replace(
        glue,
        making="\n".join([glue.making, *(f"optimizer.{a} = {v}" for a, v in settings.items())]),
        passed=glue.passed | {h for h in settings.values() if h in HYPER},
    )
    exec(glue.start, space)
    asked = _Asking(space["config"] if glue.config else {})
    if glue.config:
        space["config"] = asked
    space["gradients"] = _given(as_list, _GRADIENTS)
    attributes = list(getattr(space.get("optimizer"), "__dict__", {}))
    exec((glue if glue.result else replace(glue, after="")).step, space)
    if glue.config:
        config = {key: value for key, value in glue.config.items() if key in asked.keys_asked}
        glue = replace(glue, config=config, passed=glue.passed | {h for h in config.values() if h in HYPER})
    return glue if glue.result else _found(glue, space, attributes, numbers)


class _Asking(dict[str, Any]):
    """A dict that remembers for which keys it was asked."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        super().__init__(content)
        self.keys_asked: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self.keys_asked.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        """As of a dict."""
        self.keys_asked.add(key)
        return super().get(key, default)

    def setdefault(self, key: str, default: Any = None) -> Any:
        """As of a dict."""
        self.keys_asked.add(key)
        return super().setdefault(key, default)


def _settings(glue: Glue, optimizer: Any) -> dict[str, str]:
    """The attributes of an optimizer that are hyperparameters which nobody passes."""
    if optimizer is None:
        return {}
    found: dict[str, str] = {}
    for name in [*getattr(optimizer, "__dict__", {}), *vars(type(optimizer))]:
        value = inspect.getattr_static(optimizer, name, None)  # a property is not to be set
        if len(name) < 2 or name.startswith("__"):
            continue
        role = role_of(name)
        numeric = isinstance(value, float | int) and not isinstance(value, bool)
        if numeric and role in HYPERPARAMETERS and role is not Role.DECAY and role.value not in glue.passed:
            found[name] = role.value
    return found


def _arrays(glue: Glue, expression: str, space: dict[str, Any]) -> list[np.ndarray] | None:
    """What an expression is as arrays like the parameters, read from a container; None where it is not."""
    expected = _ARRAYS[: 2 if glue.container.most != 1 else 1] if glue.container.as_list else _ARRAYS[:1]
    try:
        value = eval(glue.container.reading(expression), space)
        parts = list(value) if glue.container.as_list else [value]
        arrays = [np.array(part, dtype=np.float64) for part in parts]
    except Exception:
        return None
    shapes = [x.shape for x in expected]
    return arrays if [x.shape for x in arrays] == shapes else None


def _near(found: list[np.ndarray] | None, numbers: bool) -> bool:
    """Whether arrays are near the parameters, where they are numbers or must be."""
    return found is not None and all(
        bool(np.all((np.abs(x - y) <= _NEAR * np.abs(y)) | (not numbers and ~np.isfinite(x))))
        for x, y in zip(found, _ARRAYS, strict=False)
    )


def _moved(found: list[np.ndarray] | None) -> bool:
    return found is not None and any(bool(np.any(x != y)) for x, y in zip(found, _ARRAYS, strict=False))


def _step_sign(found: list[np.ndarray] | None) -> str:
    """The operator by which the caller applies a step; "" where it is no step."""
    if found is None:
        return ""
    flat = np.concatenate([x.ravel() for x in found])
    size = np.abs(np.concatenate([x.ravel() for x in _ARRAYS[: len(found)]]))
    if not np.all(np.isfinite(flat)) or np.any(np.abs(flat) > _NEAR * size) or not np.any(flat):
        return ""
    return "-" if flat[np.argmax(np.abs(flat))] > 0 else "+"


def _found(glue: Glue, space: dict[str, Any], attributes: Sequence[str], numbers: bool) -> Glue:
    """The same way, with where the parameters are after a step; `attributes` are those of the optimizer."""
    answer = space["answer"]
    returned = _returned(glue, answer)
    for expression in returned:
        found = _arrays(glue, expression, space)
        if _near(found, numbers) and _moved(found):
            return _keeping(replace(glue, result=expression, found="returned"), expression, answer)
    after = _arrays(glue, "params", space)
    if _moved(after):
        return _keeping(replace(glue, found="changed in place"), "", answer)
    for name in attributes:
        found = _arrays(glue, f"optimizer.{name}", space)
        if _near(found, numbers) and _moved(found):
            return replace(glue, result=f"optimizer.{name}", found=f"in its attribute {name}")
    for expression in returned:
        sign = _step_sign(_arrays(glue, expression, space))
        if sign:
            verb = "added" if sign == "+" else "subtracted"
            applied = _applied(glue, expression, sign)
            return _keeping(
                replace(glue, result=applied, found=f"to which the step it returns is {verb}"),
                expression,
                answer,
            )
    raise Unfit("the parameters do not change")


def _returned(glue: Glue, answer: Any) -> list[str]:
    """The expressions for what a step returned that may be the parameters."""
    returned = ["answer"]
    if (isinstance(answer, tuple | list) and not glue.container.as_list) or isinstance(answer, tuple):
        returned += [f"answer[{i}]" for i in range(len(answer))]
    if isinstance(answer, dict):
        returned += [f"answer[{key!r}]" for key in list(answer)[:_ATTRIBUTES] if isinstance(key, str)]
    returned += [f"answer.{name}" for name in list(getattr(answer, "__dict__", {}))[:_ATTRIBUTES]]
    if glue.loops:
        returned += [f"{expression}[-1]" for expression in returned]  # of a whole path
    return returned


def _applied(glue: Glue, step: str, sign: str) -> str:
    if not glue.container.as_list:
        return f"params {sign} {step}"
    if glue.container.params.startswith("{"):
        return f"{{name: p {sign} {step}[name] for name, p in params.items()}}"
    return f"[p {sign} step for p, step in zip(params, {step})]"


def _keeping(glue: Glue, expression: str, answer: Any) -> Glue:
    """The state that is returned beside the parameters, kept for the next step."""
    if not isinstance(answer, tuple | list) or expression == "answer":
        return glue
    index = int(expression[7:-1]) if re.fullmatch(r"answer\[\d+\]", expression) else -1
    rest = [i for i in range(len(answer)) if i != index]
    states = [name for name in glue.kept if name != "t" or not glue.before]
    if len(rest) < len(states):  # hyperparameters need not come back
        states = [name for name in states if name != "config"]
    pairs = list(zip(states, rest, strict=False))
    if len(rest) < len(states):
        return glue
    after = "; ".join(f"{name} = answer[{i}]" for name, i in pairs)
    return replace(glue, after=after)


def _run(glue: Glue, things: Mapping[str, Any], numbers: bool) -> bool:
    """Run the glue as it is printed for some steps; whether anything changed.

    Raises what the target raises, and `Unfit` where something that is no number comes of it and numbers must.
    """
    as_list = glue.container.as_list
    step = replace(glue, things=things).make(_given(as_list, _ARRAYS), **PLAIN)
    finite, changed = True, False
    for _ in range(_STEPS):
        after = step(_given(as_list, _GRADIENTS))
        arrays = [np.asarray(x, dtype=np.float64) for x in (after if as_list else [after])]
        if [x.shape for x in arrays] != [x.shape for x in (_ARRAYS if as_list else _ARRAYS[:1])]:
            raise Unfit("the parameters change their shape")
        finite = finite and all(bool(np.all(np.isfinite(x))) for x in arrays)
        changed = changed or _moved(arrays)
    if numbers and not finite:
        raise Unfit("something that is no number comes of it")
    return changed


def takes_matrices(glue: Glue) -> bool:
    """Whether an array of two axes can be stepped, too."""
    return _takes(glue, (2, 3))


def parameter_counts(glue: Glue) -> tuple[int, int]:
    """The smallest and the largest number of parameters that can be stepped; 0 for no largest."""
    taken = [count for count in _COUNTS if _takes(glue, (count,))]
    if taken in ([], list(_COUNTS)):
        return ANY_COUNT
    return taken[0], 0 if taken[-1] == _COUNTS[-1] else taken[-1]


def _takes(glue: Glue, shape: tuple[int, ...]) -> bool:
    start, gradient = np.full(shape, 100.0), np.full(shape, 0.5)
    try:
        (after,) = follow(glue, start, [gradient])
        return after.shape == start.shape
    except Exception:
        return False


def follow(glue: Glue, start: np.ndarray, gradients: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The parameters after each of some gradients, from `start`; all of one shape."""
    as_list = glue.container.as_list
    step = glue.make([start.copy()] if as_list else start.copy(), **PLAIN)
    rows = [step([g.copy()] if as_list else g.copy()) for g in gradients]
    return [np.array(row[0] if as_list else row, dtype=np.float64) for row in rows]
