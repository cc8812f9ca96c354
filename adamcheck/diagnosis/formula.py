"""Facts of a diagnosis as frozen data; `adamcheck.report` makes sentences of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a target computes, relative to the definition that it is verified against."""

    EXPECTED = "expected"
    """That definition."""
    DIALECT = "dialect"
    """Another known definition."""
    BUG = "bug"
    """A known bug."""
    CHANGED = "changed"
    """That definition with another value of a hyperparameter than was requested."""
    COARSE = "coarse"
    """That definition, at a precision coarser than the arrays."""
    UNEXPLAINED = "unexplained"
    """No known formula."""
    UNKNOWN = "not judged"
    """It could not be judged."""


class Cause(StrEnum):
    """Why a formula has no name."""

    NOT_TESTED = "not tested"
    INFINITE_RADII = "every radius is infinite"
    GIVEN_UP = "its process died too often"
    STOPPED = "it crashed, hung or was refused"
    """`Formula.said` has the message."""
    NO_NUMBERS = "its first steps give no numbers or do nothing"
    """`Formula.said` has the message."""
    NOT_REPEATABLE = "the same run gives different results"
    ONLY_SOMETIMES = "it is right in every fixed experiment, but not for every input"
    UNKNOWN_DECAY = "it is right without weight decay, and unknown with it"
    NOTHING_FITS = "no known formula fits"


class How(StrEnum):
    """How a hyperparameter is changed."""

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
    """A change of one hyperparameter.

    Attributes:
        parameter: The name of the hyperparameter.
        how: How it is changed.
        number: The factor or the constant, if there is one.
    """

    parameter: str
    how: How
    number: str = ""


class Part(StrEnum):
    """Where a known bug is, if it is not wherever it is known to be."""

    CORRECTION_OF_M = "the correction of m"
    CORRECTION_OF_V = "the correction of v"
    AVERAGE_OF_M = "the average m"
    AVERAGE_OF_V = "the average v"
    FIRST = "m and its correction"
    SECOND = "v and its correction"
    AVERAGES = "the averages m and v"
    CORRECTIONS = "the corrections"


@dataclass(frozen=True)
class Identity:
    """The parts of a formula.

    Attributes:
        definitions: Names of definitions.
        bugs: Names of known bugs.
        decay: The name of the definition whose weight decay it has, if that is not among its names.
        change: The change of a hyperparameter, if there is one.
        part: Where the first bug is, if it is only there.
    """

    definitions: tuple[str, ...] = ()
    bugs: tuple[str, ...] = ()
    decay: str = ""
    change: Change | None = None
    part: Part | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of definitions and bugs; empty if it has no name."""
        return (*self.definitions, *self.bugs)

    @property
    def name(self) -> str:
        """The names, joined; "" if it has none."""
        return " + ".join(self.names)


class Seen(StrEnum):
    """Observations about a formula that is not known."""

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
    WRONG_ABOVE = "wrong where a quantity exceeds a number"
    WRONG_BELOW = "wrong where a quantity is below a number"


class Quantity(StrEnum):
    """What a target may be wrong above or below a number of."""

    GRADIENT = "|g|"
    PARAMETER = "|theta|"
    UPDATE = "|update| / lr"
    LR = "lr"
    EPS = "eps"
    BETA1 = "beta1"
    BETA2 = "beta2"


@dataclass(frozen=True)
class Observation:
    """One observation.

    Attributes:
        seen: What was observed.
        parameter: The hyperparameter or the `Quantity` that it is about, if any.
        number: A number that belongs to it, if any.
        of: The value that the number refers to, if any.
    """

    seen: Seen
    parameter: str = ""
    number: float | None = None
    of: float | None = None


class Loss(StrEnum):
    """What a run loses when a checkpoint is loaded."""

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
    """How far updates are from the expected ones.

    Attributes:
        step: The number of the first wrong step, from 1.
        ratio: The largest factor, in either direction, between an update and the expected one.
        experiments: The fixed experiments that show this factor.
    """

    step: int
    ratio: float
    experiments: tuple[str, ...]


@dataclass(frozen=True)
class Formula:
    """What a target computes.

    Attributes:
        kind: What it is, relative to the definition that it is verified against.
        against: That definition, as `Standard.parse` reads it.
        identity: Its parts, if they are known. If the formula is the expected one: a known bug of its state,
            or a documented weight decay that is not the standard one.
        same: Formulas that no experiment separates from it in any dtype.
        hidden: Formulas that float64 could separate from it, but this dtype cannot.
        undecided: Known bugs that are not repeatable either, or give NaN in the same places.
        beside: Known bugs that it has beside those of its identity.
        without_decay_only: Whether it is known only without weight decay.
        lost: What it loses when a checkpoint is loaded.
        deviation: How far its updates are from the expected ones.
        observations: Observations about a formula without a name.
        cause: Why it has no name.
        said: The message of an exception or a process, if that is the cause.
        precision: The precision in which it is computed, if that is coarser than the arrays.
        finer: The dtype that tells what this one cannot; "" if this one tells.
        source: Where it is documented or was found.
    """

    kind: Kind
    against: str = "adam"
    identity: Identity = Identity()
    same: tuple[Identity, ...] = ()
    hidden: tuple[Identity, ...] = ()
    undecided: tuple[Identity, ...] = ()
    beside: tuple[Identity, ...] = ()
    without_decay_only: bool = False
    lost: Loss | None = None
    deviation: Deviation | None = None
    observations: tuple[Observation, ...] = ()
    cause: Cause | None = None
    said: str = ""
    precision: str = ""
    finer: str = ""
    source: str = ""

    @property
    def conforms(self) -> bool:
        """Whether the formula is the one that it is verified against."""
        return self.kind is Kind.EXPECTED

    @property
    def dialect(self) -> str:
        """The names of its definitions, joined; "" for none."""
        return " + ".join(self.identity.definitions)

    @property
    def bug(self) -> str:
        """The names of its known bugs, joined; "" for none."""
        return " + ".join(self.identity.bugs)

    @property
    def name(self) -> str:
        """The names of its definitions and bugs, joined; "" if it has no name."""
        return self.identity.name

    @property
    def siblings(self) -> tuple[Identity, ...]:
        """All other formulas that it may be."""
        return (*self.same, *self.hidden, *self.undecided)

    @property
    def sibling_names(self) -> tuple[str, ...]:
        """The names of all other formulas that it may be, if they have names."""
        return tuple(each.name for each in self.siblings if each.name)
