"""The dimensions of what a target is asked, and their values, as data.

A row has one value of each dimension of its `Room`. To ask more, add a value here: the rows, the reduction of
a failure and the lists of what was asked follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from adamcheck.checks.coverage import layouts


class Dimension(StrEnum):
    """What a row chooses."""

    SIZE = "size"
    AXES = "axes"
    PARAMETER_LAYOUT = "parameter layout"
    GRADIENT_LAYOUT = "gradient layout"
    GRADIENT_DTYPE = "gradient dtype"
    STEPS = "steps"
    COURSE = "course"
    STRETCH = "stretch"
    GRADIENT_DECADE = "gradient decade"
    NUMBERS = "numbers"
    PARAMETERS = "parameters"
    LR = "lr"
    BETA1 = "beta1"
    BETA2 = "beta2"
    EPS = "eps"
    LR_COURSE = "lr course"
    TENSORS = "tensors"
    GROUPS = "groups"
    LIFE = "life"
    CALL = "call"


class Extent(IntEnum):
    """The smallest profile that asks a value."""

    QUICK = 0
    STANDARD = 1
    THOROUGH = 2

    @classmethod
    def of(cls, examples: int) -> Extent:
        """The extent for a number of examples, as `adamcheck.choices.PROFILES` has it."""
        return cls.QUICK if examples < 20 else cls.STANDARD if examples < 1000 else cls.THOROUGH


Choice = int | float | str
"""What a row holds of a dimension: a number, or a word from the enumerations below."""


@dataclass(frozen=True)
class Value:
    """A value of a dimension.

    Args:
        choice: The value.
        needs: Names of the `Capabilities` that it needs.
        extent: The smallest profile that asks it.
    """

    choice: Choice
    needs: tuple[str, ...] = ()
    extent: Extent = Extent.QUICK


def _values(*choices: Choice, needs: tuple[str, ...] = (), extent: Extent = Extent.QUICK) -> list[Value]:
    return [Value(choice, needs, extent) for choice in choices]


class Room(StrEnum):
    """A set of rows: the pairs of values of its dimensions are covered."""

    ARRAYS = "arrays"
    RUNS = "runs"
    LIVES = "lives"


class Course(StrEnum):
    """What the gradients do for the stretch of a row; after it, they are free."""

    FREE = "free"
    ZEROS_AFTER_ONE = "zeros after the first gradient"
    ZEROS_FIRST = "zeros before the first gradient"
    CONSTANT = "constant"
    ALTERNATING = "alternating in sign"
    SPARSE = "present in one of three steps"


class Numbers(StrEnum):
    """The kind of the numbers of gradients."""

    SHORT = "four significant bits"
    FULL = "all significant bits"
    POWERS = "powers of two"
    INTEGERS = "integers"
    POSITIVE = "positive"
    NEGATIVE = "negative"
    MIXED = "decades apart"


class LrCourse(StrEnum):
    """How the learning rate changes over the steps."""

    CONSTANT = "constant"
    HALVED = "halved once"
    WARMUP = "warm-up, other in every step"
    PAUSED = "0 for a step"


class Tensors(StrEnum):
    """The tensors of one optimizer."""

    ONE = "one"
    TWO = "two of one shape"
    SHAPES = "four of several shapes"
    DTYPES = "two of several dtypes"


class Groups(StrEnum):
    """The hyperparameters of several tensors."""

    ONE = "one"
    LR = "another lr"
    ALL = "another lr, beta1, beta2 and eps"
    LATE = "added after a step"


class Life(StrEnum):
    """What happens to an instance, and beside it."""

    ALONE = "alone"
    BESIDE = "beside another one with other hyperparameters"
    AFTER = "after others that were deleted"
    COPIED = "copied by copy.deepcopy"
    PICKLED = "pickled"
    RESUMED = "saved and loaded"
    THREAD = "in another thread"


class Way(StrEnum):
    """How the optimizer is called."""

    PLAIN = "plain"
    CLOSURE = "with a closure"
    ARRAY_LR = "with lr as an array"


_TO_2_16 = sorted(
    {1, 2, 3, 4, 5, 6, 7}
    | {2**k + d for k in range(3, 9) for d in (-1, 0, 1)}
    | {2**k + 1 for k in range(9, 17)}
    | {2**k for k in (10, 11, 12, 14, 16)}
    | {1023, 2047, 4095, 100, 1000}
)
_TO_2_21 = sorted({2**k + d for k in range(9, 22) for d in (-1, 0, 1)} - set(_TO_2_16))

PLAIN_NUMBER = 1
"""The plain size and the plain number of steps."""

SEVERAL = ("matrices",)
_SHARED = ("shared_arrays",)

DIMENSIONS: dict[Dimension, list[Value]] = {
    Dimension.SIZE: _values(*_TO_2_16) + _values(*_TO_2_21, extent=Extent.THOROUGH),
    Dimension.AXES: [
        *_values("(n)", "()"),
        *_values("(1, n)", "(n, 1)", "(2, n)", "(n, 3)", needs=SEVERAL),
        *_values("(2, 3, n)", "(2, 3, 4, n)", "(n, 2, 1, 3)", "(2, 1, 3, 1, n)", needs=SEVERAL),
        *_values("(1, 2, 1, 3, 2, n)", needs=SEVERAL),
    ],
    Dimension.PARAMETER_LAYOUT: [
        Value(name, () if name == layouts.PLAIN else _SHARED) for name in layouts.OF_PARAMETERS
    ],
    Dimension.GRADIENT_LAYOUT: [
        Value(name, () if name == layouts.PLAIN else _SHARED) for name in layouts.OF_GRADIENTS
    ],
    Dimension.GRADIENT_DTYPE: _values("same") + _values("float64", "float32", "float16", needs=_SHARED),
    Dimension.STEPS: [
        *_values(1, 2, 10, 41),
        *_values(129, 301, extent=Extent.STANDARD),
        *_values(1025, extent=Extent.THOROUGH),
    ],
    Dimension.COURSE: _values(*Course),
    Dimension.STRETCH: [
        *_values(1, 9, 33),
        *_values(100, extent=Extent.STANDARD),
        *_values(400, 1000, extent=Extent.THOROUGH),
    ],
    Dimension.GRADIENT_DECADE: _values(0, -1, -2, -4, -6, -9, -12, -20, 1, 2, 4, 6, 9, 12),
    Dimension.NUMBERS: _values(*Numbers),
    Dimension.PARAMETERS: _values(0.0, 1.0, 1e-3, 1e3, 1e6, "mixed"),
    Dimension.LR: _values(1e-3, 0.0, 1e-12, 0.25, 1.0, 1e4, -1e-3),
    Dimension.BETA1: _values(0.9, 0.0, 0.5, 0.999, 1 - 2.0**-20),
    Dimension.BETA2: _values(0.999, 0.0, 0.5, 0.9, 0.9999, 1 - 2.0**-20),
    Dimension.EPS: _values(1e-8, 0.0, 1e-3, 1.0, 1e-15),
    Dimension.LR_COURSE: [
        *_values(LrCourse.CONSTANT),
        *_values(LrCourse.HALVED, LrCourse.WARMUP, LrCourse.PAUSED, needs=("changing_lr",)),
    ],
    Dimension.TENSORS: [
        *_values(Tensors.ONE),
        *_values(Tensors.TWO, Tensors.SHAPES, needs=("tensors",)),
        *_values(Tensors.DTYPES, needs=("tensors", "mixed_dtypes")),
    ],
    Dimension.GROUPS: [
        *_values(Groups.ONE),
        *_values(Groups.LR, Groups.ALL, needs=("groups",)),
        *_values(Groups.LATE, needs=("late_groups",)),
    ],
    Dimension.LIFE: [
        *_values(Life.ALONE, Life.AFTER),
        *_values(Life.BESIDE, needs=("instances",)),
        *_values(Life.COPIED, needs=("copies",)),
        *_values(Life.PICKLED, needs=("pickles",)),
        *_values(Life.RESUMED, needs=("checkpoint",)),
        *_values(Life.THREAD, needs=_SHARED),
    ],
    Dimension.CALL: [
        *_values(Way.PLAIN),
        *_values(Way.CLOSURE, needs=("closures",)),
        *_values(Way.ARRAY_LR, needs=("array_lr",)),
    ],
}
"""The values of each dimension; the first one is plain."""

NUMERIC = (Dimension.SIZE, Dimension.STEPS, Dimension.STRETCH)
"""The dimensions in which a failure is traced to the smallest number."""

_FEW: dict[Dimension, tuple[Choice, ...]] = {
    Dimension.SIZE: (1, 2, 3, 7, 17),
    Dimension.STEPS: (10, 1, 2, 3),
    Dimension.NUMBERS: (Numbers.SHORT, Numbers.FULL),
    Dimension.PARAMETERS: (0.0, 1.0),
    Dimension.LR: (1e-3, 0.25),
    Dimension.BETA1: (0.9, 0.5),
    Dimension.BETA2: (0.999, 0.75),
    Dimension.EPS: (1e-8, 1e-3),
}
"""The values of a dimension in a room that is not about it."""

_ABOUT: dict[Room, tuple[Dimension, ...]] = {
    Room.ARRAYS: (
        Dimension.SIZE,
        Dimension.AXES,
        Dimension.PARAMETER_LAYOUT,
        Dimension.GRADIENT_LAYOUT,
        Dimension.GRADIENT_DTYPE,
        Dimension.NUMBERS,
        Dimension.PARAMETERS,
    ),
    Room.RUNS: (
        Dimension.STEPS,
        Dimension.COURSE,
        Dimension.STRETCH,
        Dimension.GRADIENT_DECADE,
        Dimension.NUMBERS,
        Dimension.PARAMETERS,
        Dimension.LR,
        Dimension.BETA1,
        Dimension.BETA2,
        Dimension.EPS,
        Dimension.LR_COURSE,
    ),
    Room.LIVES: (
        Dimension.TENSORS,
        Dimension.GROUPS,
        Dimension.LIFE,
        Dimension.CALL,
        Dimension.LR_COURSE,
    ),
}

_BESIDE: dict[Room, tuple[Dimension, ...]] = {
    Room.ARRAYS: (Dimension.STEPS, Dimension.LR, Dimension.BETA1, Dimension.BETA2, Dimension.EPS),
    Room.RUNS: (Dimension.SIZE,),
    Room.LIVES: (
        Dimension.STEPS,
        Dimension.SIZE,
        Dimension.NUMBERS,
        Dimension.PARAMETERS,
        Dimension.LR,
        Dimension.BETA1,
        Dimension.BETA2,
        Dimension.EPS,
    ),
}


def dimensions_of(room: Room) -> dict[Dimension, list[Value]]:
    """The dimensions of a room with their values: all of those that it is about, a few of the others."""
    few = {each: _values(*_FEW[each]) for each in _BESIDE[room]}
    return {**{each: DIMENSIONS[each] for each in _ABOUT[room]}, **few}


def about(room: Room) -> tuple[Dimension, ...]:
    """The dimensions whose values a room covers."""
    return _ABOUT[room]


def plain(dimension: Dimension) -> Choice:
    """The plain value of a dimension."""
    return PLAIN_NUMBER if dimension in NUMERIC else DIMENSIONS[dimension][0].choice
