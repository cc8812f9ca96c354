"""Facts of a diagnosis: what a target computes, as plain frozen data; `adamcheck.report` words them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a target computes, beside the definition that it is held against."""

    EXPECTED = "expected"
    """That definition."""
    DIALECT = "dialect"
    """Another known definition."""
    BUG = "bug"
    """A known bug."""
    CHANGED = "changed"
    """That definition with another hyperparameter than was asked for."""
    COARSE = "coarse"
    """That definition, at a precision coarser than the arrays."""
    UNEXPLAINED = "unexplained"
    """Nothing known."""
    UNKNOWN = "not judged"
    """Nothing can be said."""


class Cause(StrEnum):
    """Why a formula has no name."""

    NOT_TESTED = "not tested"
    INFINITE_RADII = "every radius is infinite"
    GIVEN_UP = "its process died too often"
    STOPPED = "it crashed, hung or was refused"
    """In the words of `Formula.said`."""
    NO_NUMBERS = "its first steps give no numbers or do nothing"
    """In the words of `Formula.said`."""
    NOT_REPEATABLE = "the same run gives different results"
    ONLY_SOMETIMES = "it is right in every fixed experiment, but not for every input"
    UNKNOWN_DECAY = "it is right without weight decay, and unknown with it"
    NOTHING_FITS = "no known formula fits"


class How(StrEnum):
    """What became of one hyperparameter."""

    FLOAT32 = "rounded to float32"
    BFLOAT16 = "rounded to bfloat16"
    FLOAT16 = "rounded to float16"
    CUT = "cut to bfloat16"
    SQUARED = "squared"
    ROOT = "its root"
    COMPLEMENT = "its complement"
    ZERO = "left out"
    TIMES = "multiplied"
    COMPLEMENT_TIMES = "its complement multiplied"
    CONSTANT = "constant"
    DECAY_DECOUPLED = "unasked decoupled weight decay"
    DECAY_COUPLED = "unasked coupled weight decay"


@dataclass(frozen=True)
class Change:
    """One hyperparameter that is another than was asked for; `number` is the factor or the constant."""

    parameter: str
    how: How
    number: str = ""


@dataclass(frozen=True)
class Identity:
    """What a formula is made of.

    Attributes:
        definitions: Names of definitions.
        bugs: Names of known bugs.
        decay: The name of the definition whose weight decay it has, where it goes by another name.
        change: A hyperparameter that is changed.
    """

    definitions: tuple[str, ...] = ()
    bugs: tuple[str, ...] = ()
    decay: str = ""
    change: Change | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of definitions and bugs; empty where it has no name."""
        return (*self.definitions, *self.bugs)

    @property
    def name(self) -> str:
        """The names, joined; "" where it has none."""
        return " + ".join(self.names)


class Seen(StrEnum):
    """What was observed of a formula that nobody knows."""

    PARAMETERS_MATTER = "the updates depend on the parameters"
    WRONG_FROM = "the first wrong step"
    ALONE_RIGHT = "each coordinate alone is right"
    NONZERO_RIGHT = "right where no gradient is 0"
    RIGHT_WITHOUT_EPS = "right where eps is negligible"
    CONSTANT_RIGHT = "right for a constant gradient"
    FIRST_STEP_RIGHT = "right in the first step"
    EQUAL_BETAS_RIGHT = "right for equal betas"
    COORDINATES_MIX = "an update depends on the gradients of other coordinates"
    INDEPENDENT = "does not depend on a hyperparameter"
    NO_MEMORY = "does not depend on earlier gradients"
    DEGREE = "the power of the gradient that the first update grows with"
    EPS_FACTOR = "what eps is multiplied by in the first step"


@dataclass(frozen=True)
class Observation:
    """One thing that was observed: the hyperparameter that it is about, and a number, where it has any."""

    seen: Seen
    parameter: str = ""
    number: float | None = None
    of: float | None = None


class Loss(StrEnum):
    """What loading a checkpoint does to a run."""

    STEP = "step"
    MOMENTS = "moments"
    EVERYTHING = "everything"
    FIRST_MOMENT = "m"
    SECOND_MOMENT = "v"
    PEAK = "peak"
    ONE_STEP_MORE = "one step more"
    SWAPPED = "m and v swapped"


@dataclass(frozen=True)
class Deviation:
    """How far updates are from those due.

    Attributes:
        step: The first step that is wrong, from 1.
        ratio: The largest factor between an update and the one that is due, either way.
        experiments: The fixed experiments in which that was seen.
    """

    step: int
    ratio: float
    experiments: tuple[str, ...]


@dataclass(frozen=True)
class Formula:
    """What a target computes.

    Attributes:
        kind: What it is, beside the definition that it is held against.
        against: That definition, as `Standard.parse` reads it.
        identity: What it is made of, where that is known; of what is as expected, what else is known of it: a
            bug of its state, or a documented weight decay that is not the textbook's.
        same: What no experiment tells from it, in any dtype.
        hidden: What float64 could tell from it, and this dtype cannot.
        undecided: Known bugs that are as unrepeatable or give NaN in the same places.
        without_decay_only: Whether it is known only as long as no weights decay.
        lost: What loading a checkpoint does to it.
        deviation: How far its updates are from those due.
        observations: What was observed of a formula without a name.
        cause: Why it has no name.
        said: What an exception or a process said, where that is the cause.
        precision: The dtype in which it is computed, where that is coarser than the arrays.
        source: Where it has been seen.
    """

    kind: Kind
    against: str = "adam"
    identity: Identity = Identity()
    same: tuple[Identity, ...] = ()
    hidden: tuple[Identity, ...] = ()
    undecided: tuple[Identity, ...] = ()
    without_decay_only: bool = False
    lost: Loss | None = None
    deviation: Deviation | None = None
    observations: tuple[Observation, ...] = ()
    cause: Cause | None = None
    said: str = ""
    precision: str = ""
    source: str = ""

    @property
    def conforms(self) -> bool:
        """Whether the formula is the one that it is held against."""
        return self.kind is Kind.EXPECTED

    @property
    def dialect(self) -> str:
        """The names of the definitions that it is made of, joined; "" for none."""
        return " + ".join(self.identity.definitions)

    @property
    def bug(self) -> str:
        """The names of the known bugs that it is made of, joined; "" for none."""
        return " + ".join(self.identity.bugs)

    @property
    def name(self) -> str:
        """The definitions and the bugs, joined; "" where it has no name."""
        return self.identity.name

    @property
    def siblings(self) -> tuple[Identity, ...]:
        """Everything else that it may be."""
        return (*self.same, *self.hidden, *self.undecided)

    @property
    def sibling_names(self) -> tuple[str, ...]:
        """The names of everything else that it may be, of what has a name."""
        return tuple(each.name for each in self.siblings if each.name)
