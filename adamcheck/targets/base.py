"""What something under test must offer: a `Target` starts a `Run`, a run steps with gradients."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.choices import DTYPE_NAMES
from adamcheck.numbers.floats import Format, format_of
from adamcheck.support.errors import Told
from adamcheck.support.text import raised
from adamcheck.targets.start import Start


class TargetError(Told):
    """A target that cannot be found, started or understood; the message is one line."""


class TargetFailed(TargetError):  # noqa: N818 - it failed, its name is right
    """A target that was found, but fails before anything can be checked."""

    status = 3


class TargetMissing(TargetError):  # noqa: N818 - not an error where nobody depends on it
    """A known target whose library is not installed."""


@dataclass(frozen=True)
class Refusal:
    """Hyperparameters that a target does not take, and what it says of them."""

    hyper: Hyperparameters
    reason: str

    def __str__(self) -> str:
        return f"{self.hyper}: {self.reason}"


class NotOffered(Exception):  # noqa: N818 - not an error: the check does not apply
    """Raised by a target asked for an option, dtype or hyperparameter that it does not offer.

    Attributes:
        lacking: The names of the `Capabilities` without which nothing can be done.
        refusal: The hyperparameters that are the reason, if they are.
    """

    def __init__(self, reason: str | Refusal, lacking: Sequence[str] = ()) -> None:
        super().__init__(str(reason))
        self.lacking = tuple(lacking)
        self.refusal = reason if isinstance(reason, Refusal) else None

    @classmethod
    def all_of(cls, needs: Sequence[str]) -> NotOffered:
        """What a target says that has none of these capabilities."""
        return cls(f"offers no {', no '.join(needs)}", needs)


class TargetCrash(Told):
    """The target raised, or returned something that is no array of parameters."""

    status = 3


class TargetDied(TargetCrash):
    """The process of the target ended, or had to be ended.

    Random testing does not look for the simplest input that does it: each try costs a process.
    """


class TargetHung(BaseException):
    """A call of the target took too long.

    No `Exception`: random testing must not try it again and again to find the simplest input that hangs.
    """


@dataclass(frozen=True)
class Capabilities:
    """What a target declares to offer; a check that needs more is *not applicable*.

    dtypes: names of floating-point formats; moments: m and v can be read; checkpoint: `save` and
    `load` work; checkpointed_hyperparameters: `load` brings back lr, betas and eps, too; weight_decay: the
    hyperparameter is taken; changing_lr: `change_lr` works; counter: `count` works; tensors, maximize,
    complex: `begin` takes a `Start` that needs them; missing_gradients: those of tensors may be None;
    subnormals: numbers below the smallest normal one are not flushed to 0; matrices: arrays of several axes
    are taken; instances: several runs at once; shared_arrays: it is given the caller's own arrays.
    """

    dtypes: tuple[str, ...] = DTYPE_NAMES
    moments: bool = False
    checkpoint: bool = False
    checkpointed_hyperparameters: bool = False
    weight_decay: bool = False
    changing_lr: bool = False
    counter: bool = False
    tensors: bool = False
    missing_gradients: bool = False
    maximize: bool = False
    complex: bool = False
    subnormals: bool = True
    matrices: bool = True
    instances: bool = True
    shared_arrays: bool = True

    def has(self, need: str) -> bool:
        return bool(getattr(self, need))


class Run(ABC):
    """One optimization in progress."""

    @abstractmethod
    def step(self, gradient: np.ndarray) -> Any:
        """Take one step; returns the parameters after it, of the shape given at the start."""

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """The moments m and v as the target stores them."""
        raise NotOffered("moments")

    def save(self) -> Any:
        """Everything needed to go on elsewhere, by the target's own means."""
        raise NotOffered("checkpoint")

    def load(self, saved: Any) -> None:
        """Go on from what `save` returned; the run was started with the parameters of that moment."""
        raise NotOffered("checkpoint")

    def change_lr(self, lr: float) -> None:
        """Use another learning rate from the next step on."""
        raise NotOffered("changing_lr")

    def count(self, steps: int) -> None:
        """Before the first step: go on as after `steps` steps with zero gradients, without taking them."""
        raise NotOffered("counter")


class TensorsRun(ABC):
    """One optimization of several tensors in progress."""

    @abstractmethod
    def step(self, gradients: Sequence[np.ndarray | None]) -> Sequence[Any]:
        """Take one step; returns the tensors after it. None is no gradient: that tensor is left alone."""


class BatchedRun(Run):
    """A run that takes several steps at a time: one message to another process instead of many."""

    @abstractmethod
    def steps(self, gradients: Sequence[np.ndarray]) -> list[Any]:
        """What `step` returns for each of the gradients."""

    def step(self, gradient: np.ndarray) -> Any:
        return self.steps([gradient])[0]


class Target(ABC):
    """An implementation of Adam under test."""

    name: str
    library: str = ""
    version: str = ""
    capabilities: Capabilities = Capabilities()
    declares: str = ""
    """The definition that it says it is, as `--as` takes it; "" for the textbook's, with any weight decay."""

    @abstractmethod
    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        """Start a plain run: all that a target must be able to do.

        Args:
            parameters: Of any shape; their dtype is the working dtype.
            hyper: The hyperparameters.

        Raises:
            NotOffered: For hyperparameters or dtypes that the implementation documents to refuse.
        """

    def begin(self, start: Start) -> Run | TensorsRun:
        """Start a run in any way: a target that offers more than the plain one overrides this.

        Args:
            start: The parameters, the hyperparameters and the mode.

        Returns:
            A `TensorsRun` for several tensors, a `Run` for one array.

        Raises:
            NotOffered: For what the target does not offer, be it the mode or a value.
        """
        for need in start.needs:
            raise NotOffered(need)
        return self.start(start.array, start.hyper)

    def start_maximizing(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run | TensorsRun:
        """Begin a run whose steps go up the gradient: for the scripts that repeat a failure."""
        return self.begin(Start(parameters, hyper, maximize=True))

    def start_complex(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run | TensorsRun:
        """Begin a run of complex parameters, as pairs (..., 2): for the scripts that repeat a failure."""
        return self.begin(Start(parameters, hyper, complex=True))

    def start_tensors(self, parameters: Sequence[np.ndarray], hyper: Hyperparameters) -> Run | TensorsRun:
        """Begin a run of several tensors: for the scripts that repeat a failure."""
        return self.begin(Start(parameters, hyper))

    def prepare(self) -> None:  # noqa: B027 - most have nothing to prepare
        """Get ready for a start, whatever time that takes: a process that died is started anew."""

    def deaths(self, dtype: str) -> int:
        """How often the process behind the target died while it worked in a dtype."""
        return 0

    def close(self) -> tuple[str, str]:
        """End what was started for the target: the first line that it printed on its standard output, and
        how it ended, if not well."""
        return "", ""


@contextmanager
def starting(hyper: Hyperparameters) -> Iterator[None]:
    """Around the start of a target: what it raises is a `NotOffered` or a `TargetCrash`."""
    try:
        yield
    except (NotOffered, TargetCrash):
        raise
    except (Exception, SystemExit) as error:
        if isinstance(error, ValueError | AssertionError) and _at_the_edge(hyper):
            raise NotOffered(Refusal(hyper, str(error))) from error
        raise TargetCrash(f"{raised(error)} when started with {hyper}") from error


def _at_the_edge(hyper: Hyperparameters) -> bool:
    """Hyperparameters that some implementations document to refuse."""
    return bool(0 in (hyper.eps, hyper.beta1, hyper.beta2) or hyper.weight_decay < 0)


def as_parameters(answer: Any, shape: tuple[int, ...], format: Format) -> np.ndarray:
    """What a step returned, as an array of this shape; a copy, since the target may go on writing to its own.

    A finer dtype than asked for is kept, unless it only carries numbers of the one asked for (a list of
    Python floats becomes float64). A coarser one becomes what a caller would store, so that it is judged
    by the precision that was asked for. Raises `TargetCrash` for anything that is no such array.
    """
    if answer is None:
        raise TargetCrash("a step returned None, expected the parameters (is a return missing?)")
    try:
        array = np.array(answer)
    except Exception as error:
        raise TargetCrash(f"a step returned no array but {type(answer).__name__}") from error
    if array.shape != shape:
        raise TargetCrash(f"a step returned shape {array.shape}, expected {shape}")
    try:
        returned = format_of(array.dtype)
    except ValueError:
        raise TargetCrash(f"a step returned dtype {array.dtype}, expected {format.name}") from None
    as_asked = returned.unit > format.unit or bool(np.all(format.represents(array)))
    return array.astype(format.dtype) if as_asked else array


def as_tensors(answer: Any, shapes: Sequence[tuple[int, ...]], format: Format) -> list[np.ndarray]:
    """What a step of several tensors returned, each as `as_parameters` has it. Raises `TargetCrash`."""
    try:
        pairs = list(zip(answer, shapes, strict=True))
    except (TypeError, ValueError) as error:
        raise TargetCrash(f"a step returned no {len(shapes)} tensors") from error
    return [as_parameters(parameters, shape, format) for parameters, shape in pairs]
