"""Sentences about the conditions of a failure, and about what a target was asked."""

from __future__ import annotations

from adamcheck.checks.check import Result
from adamcheck.checks.coverage.conditions import Condition, How
from adamcheck.checks.coverage.dimensions import Choice, Dimension, Groups, Life


def message(result: Result) -> str:
    """Why a check has its outcome, with the conditions of a failure."""
    told = conditions(result)
    return f"{result.message} ({told})" if told else result.message


def conditions(result: Result) -> str:
    """The conditions of a failure, in one line; "" if there are none or they are not known."""
    given = [each for each in result.conditions if each.how is not How.ONLY]
    only = [each for each in result.conditions if each.how is How.ONLY]
    told = [_counted(each) for each in given]
    if only:
        told.append(f"only where {' and '.join(_where(each.dimension, each.choice) for each in only)}")
    return ", ".join(told)


def _counted(condition: Condition) -> str:
    number = f"{int(condition.choice):,}"
    ending = " on" if condition.how is How.FROM else ""
    if condition.dimension is Dimension.STEPS:
        return f"{condition.how} step {number}{ending}"
    if condition.dimension is Dimension.SIZE:
        return f"{condition.how} {number} elements{ending}"
    return f"{condition.how} a stretch of {number} steps{ending}"


_LIVES = {
    Life.ALONE: "an instance is alone",
    Life.BESIDE: "another instance with other hyperparameters steps in turn",
    Life.AFTER: "earlier instances were deleted",
    Life.COPIED: "an instance is copied by copy.deepcopy",
    Life.PICKLED: "an instance is pickled",
    Life.RESUMED: "a run is saved and loaded",
    Life.THREAD: "it is called in another thread",
}


def _where(dimension: Dimension, choice: Choice) -> str:
    if dimension is Dimension.COURSE:
        return f"gradients are {choice}"
    if dimension is Dimension.NUMBERS:
        return f"gradients are numbers of this kind: {choice}"
    if dimension is Dimension.AXES:
        return f"the shape is {choice}"
    if dimension is Dimension.GRADIENT_DECADE:
        return f"gradients are near 1e{choice}"
    if dimension is Dimension.PARAMETERS:
        return "parameters are decades apart" if choice == "mixed" else f"parameters are near {choice:g}"
    if dimension is Dimension.LR_COURSE:
        return f"lr is {choice}"
    if dimension is Dimension.TENSORS:
        return f"there are {choice.replace(' of', ' tensors of')}" if isinstance(choice, str) else ""
    if dimension is Dimension.GROUPS:
        return f"a group is {choice}" if choice == Groups.LATE else f"a group has {choice}"
    if dimension is Dimension.LIFE:
        return _LIVES[Life(str(choice))]
    if dimension is Dimension.CALL:
        return f"it is called {choice}"
    if isinstance(choice, str):
        return f"the {dimension} is {choice}"
    return f"{dimension} = {choice!r}"
