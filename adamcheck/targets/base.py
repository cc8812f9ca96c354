"""The interface of targets: a `Target` starts a `Run`, and a run takes steps with gradients."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.choices import DTYPE_NAMES
from adamcheck.numbers.floats import Format, format_of
from adamcheck.support.errors import Told
from adamcheck.support.text import raised
from adamcheck.targets.start import Start

ANY_COUNT = (0, 0)
"""The `parameter_counts` of a target that takes any number of parameters."""


def counts_told(counts: tuple[int, int]) -> str:
    """The numbers of parameters that a target takes, in words."""
    fewest, most = counts
    if fewest == most:
        return f"{fewest} parameter{'s' * (fewest != 1)} only"
    return f"{fewest} to {most} parameters only" if most else f"at least {fewest} parameters"


class TargetError(Told):
    """A target cannot be found, started or understood; the message is one line."""


class TargetFailed(TargetError):  # noqa: N818 - it failed, its name is right
    """A target was found, but fails before anything can be checked."""

    status = 3


class TargetMissing(TargetError):  # noqa: N818 - not an error if the target is optional
    """The library of a known target is not installed."""


@dataclass(frozen=True)
class Refusal:
    """Hyperparameters that a target refuses, with its reason."""

    hyper: Hyperparameters
    reason: str

    def __str__(self) -> str:
        return f"{self.hyper}: {self.reason}"


class NotOffered(Exception):  # noqa: N818 - not an error: the check does not apply
    """A target does not offer an option, dtype or hyperparameter; the check does not apply.

    Attributes:
        lacking: The names of the `Capabilities` that the target lacks, if that is the reason.
        refusal: The hyperparameters that the target refuses, if that is the reason.
    """

    def __init__(self, reason: str | Refusal, lacking: Sequence[str] = ()) -> None:
        super().__init__(str(reason))
        self.lacking = tuple(lacking)
        self.refusal = reason if isinstance(reason, Refusal) else None

    @classmethod
    def all_of(cls, needs: Sequence[str]) -> NotOffered:
        """The exception for a target that has none of these capabilities."""
        return cls(f"offers no {', no '.join(needs)}", needs)


class TargetCrash(Told):
    """The target raised an exception, or returned something that is not an array of parameters."""

    status = 3


class TargetDied(TargetCrash):
    """The process of the target ended, or had to be ended.

    Random testing does not simplify such an input, because each attempt needs a new process.
    """


class TargetHung(BaseException):
    """A call of the target exceeded the time limit.

    Not an `Exception`, so that random testing does not repeat it to find the simplest input that hangs.
    """


INTERRUPTIONS = (TargetHung, KeyboardInterrupt)
"""The exceptions in the code of a target that do not come from it, whatever code that is."""

UNRAISED = (NotOffered, TargetCrash, *INTERRUPTIONS)
"""The exceptions in a call of a target that are not its own."""


@dataclass(frozen=True)
class Capabilities:
    """The capabilities that a target declares. A check that needs others is *not applicable*.

    Args:
        dtypes: The names of the dtypes in which it computes.
        moments: Whether m and v can be read.
        checkpoint: Whether `save` and `load` work.
        checkpointed_hyperparameters: Whether `load` also restores lr, betas and eps.
        weight_decay: Whether it uses this hyperparameter.
        changing_lr: Whether `change_lr` works.
        counter: Whether `count` works.
        tensors: Whether `begin` takes several tensors.
        missing_gradients: Whether gradients of tensors may be None.
        maximize: Whether `begin` takes runs that maximize.
        complex: Whether `begin` takes complex parameters.
        subnormals: Whether it keeps subnormal numbers; otherwise it may flush them to 0.
        matrices: Whether it takes arrays with several axes.
        instances: Whether several runs can be in progress at once.
        shared_arrays: Whether it gets the arrays of the caller, not copies.
        parameter_counts: The smallest and the largest number of parameters that it takes; 0 for no largest.
        groups: Whether `begin` takes several tensors with hyperparameters of their own.
        late_groups: Whether `add_group` works.
        mixed_dtypes: Whether the tensors of one run may have different dtypes.
        copies: Whether `copied` works.
        pickles: Whether `pickled` works.
        closures: Whether `step_in_closure` works.
        array_lr: Whether `begin` takes the learning rate as an array.
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
    parameter_counts: tuple[int, int] = ANY_COUNT
    groups: bool = False
    late_groups: bool = False
    mixed_dtypes: bool = False
    copies: bool = False
    pickles: bool = False
    closures: bool = False
    array_lr: bool = False

    def has(self, need: str) -> bool:
        return bool(getattr(self, need))


class Run(ABC):
    """One optimization in progress."""

    @abstractmethod
    def step(self, gradient: np.ndarray) -> Any:
        """Take one step.

        Args:
            gradient: The gradient, in the shape and dtype of the parameters at the start.

        Returns:
            The parameters after the step, in the same shape.
        """

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """The moments m and v as the target stores them, in the shape of the parameters."""
        raise NotOffered("moments")

    def save(self) -> Any:
        """Save the state of the run, by the target's own means."""
        raise NotOffered("checkpoint")

    def load(self, saved: Any) -> None:
        """Load what `save` returned. The run was started with the parameters at the time of `save`."""
        raise NotOffered("checkpoint")

    def change_lr(self, lr: float) -> None:
        """Use another learning rate from the next step on."""
        raise NotOffered("changing_lr")

    def count(self, steps: int) -> None:
        """Advance the step count before the first step, as if by `steps` steps with zero gradients."""
        raise NotOffered("counter")

    def step_in_closure(self, gradient: np.ndarray) -> Any:
        """Take a step as `step` does, by calling the optimizer with a closure that sets the gradient."""
        raise NotOffered("closures")

    def copied(self) -> Run:
        """A deep copy of the run, which goes on by itself."""
        raise NotOffered("copies")

    def pickled(self) -> Run:
        """The run, pickled and unpickled."""
        raise NotOffered("pickles")


class TensorsRun(ABC):
    """One optimization of several tensors in progress."""

    @abstractmethod
    def step(self, gradients: Sequence[np.ndarray | None]) -> Sequence[Any]:
        """Take one step.

        Args:
            gradients: One gradient per tensor; None leaves its tensor unchanged.

        Returns:
            The tensors after the step.
        """

    def change_lrs(self, lrs: Sequence[float]) -> None:
        """Use other learning rates from the next step on, one per tensor."""
        raise NotOffered("changing_lr")

    def add_group(self, parameters: np.ndarray, hyper: Hyperparameters) -> None:
        """Add a tensor with hyperparameters of its own; it is the last one in the next step."""
        raise NotOffered("late_groups")

    def step_in_closure(self, gradients: Sequence[np.ndarray | None]) -> Sequence[Any]:
        """Take a step as `step` does, by calling the optimizer with a closure that sets the gradients."""
        raise NotOffered("closures")

    def copied(self) -> TensorsRun:
        """A deep copy of the run, which goes on by itself."""
        raise NotOffered("copies")

    def pickled(self) -> TensorsRun:
        """The run, pickled and unpickled."""
        raise NotOffered("pickles")

    def save(self) -> Any:
        """Save the state of the run, by the target's own means."""
        raise NotOffered("checkpoint")

    def load(self, saved: Any) -> None:
        """Load what `save` returned. The run was started with the tensors at the time of `save`."""
        raise NotOffered("checkpoint")


class BatchedRun(Run):
    """A run that takes several steps in one call, for instance in one message to another process."""

    @abstractmethod
    def steps(self, gradients: Sequence[np.ndarray]) -> list[Any]:
        """Take one step per gradient, and return the parameters after each."""

    def step(self, gradient: np.ndarray) -> Any:
        return self.steps([gradient])[0]


class Target(ABC):
    """An implementation of Adam under test."""

    name: str
    library: str = ""
    version: str = ""
    capabilities: Capabilities = Capabilities()
    fixed: Mapping[str, float] = MappingProxyType({})
    """Hyperparameters that cannot be chosen, and their values."""
    called: str = ""
    """How it is called, in one line, where that had to be found out."""
    declares: str = ""
    """The definition that it declares, as in `--as`; "" means textbook Adam with any weight decay."""

    @abstractmethod
    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        """Start a run on one array; every target must offer this.

        Args:
            parameters: The initial parameters, in any shape. Their dtype is the working dtype.
            hyper: The hyperparameters.

        Raises:
            NotOffered: The implementation documents that it refuses the hyperparameters or the dtype.
        """

    def begin(self, start: Start) -> Run | TensorsRun:
        """Start a run in any mode. A target that offers further modes overrides this.

        Args:
            start: The parameters, the hyperparameters and the mode.

        Returns:
            A `TensorsRun` for several tensors, a `Run` for one array.

        Raises:
            NotOffered: The target does not offer the mode, the dtype or the hyperparameters.
        """
        for need in start.needs:
            raise NotOffered(need)
        return self.start(start.array, start.hyper)

    def start_maximizing(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run | TensorsRun:
        """Start a run that maximizes; used by reproduction scripts."""
        return self.begin(Start(parameters, hyper, maximize=True))

    def start_complex(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run | TensorsRun:
        """Start a run on complex parameters, as pairs of shape (..., 2); used by reproduction scripts."""
        return self.begin(Start(parameters, hyper, complex=True))

    def start_tensors(self, parameters: Sequence[np.ndarray], hyper: Hyperparameters) -> Run | TensorsRun:
        """Start a run on several tensors; used by reproduction scripts."""
        return self.begin(Start(parameters, hyper))

    def prepare(self) -> None:  # noqa: B027 - most have nothing to prepare
        """Prepare for a start, without a time limit; for instance, restart a process that died."""

    def deaths(self, dtype: str) -> int:
        """The number of times that the process of the target died while it worked in a dtype."""
        return 0

    def close(self) -> tuple[str, str]:
        """End the processes of the target.

        Returns:
            The first line that the target printed on its standard output, and how it ended; "" if it printed
            nothing or ended normally.
        """
        return "", ""


@contextmanager
def starting(hyper: Hyperparameters) -> Iterator[None]:
    """A context for the start of a target that turns every exception into `NotOffered` or `TargetCrash`."""
    try:
        yield
    except UNRAISED:
        raise
    except BaseException as error:
        if isinstance(error, Exception) and _at_the_edge(hyper):
            raise NotOffered(Refusal(hyper, str(error))) from error
        raise TargetCrash(f"{raised(error)} when started with {hyper}") from error


def _at_the_edge(hyper: Hyperparameters) -> bool:
    """Whether hyperparameters are at an edge that some implementations document to refuse."""
    return bool(0 in (hyper.eps, hyper.beta1, hyper.beta2) or hyper.weight_decay < 0 or hyper.lr <= 0)


def as_parameters(answer: Any, shape: tuple[int, ...], format: Format) -> np.ndarray:
    """Convert the result of a step to an array, and copy it, since the target may keep writing to its own.

    A finer dtype than requested is kept, unless all numbers belong to the requested format (a list of Python
    floats becomes float64). A coarser dtype is converted to the requested one, so that it is judged by the
    requested precision.

    Args:
        answer: The result of a step.
        shape: The expected shape.
        format: The format of the requested dtype.

    Raises:
        TargetCrash: The result is not an array of this shape with a supported dtype.
    """
    if answer is None:
        raise TargetCrash("a step returned None, expected the parameters (is a return missing?)")
    try:
        array = np.array(answer)
    except UNRAISED:
        raise
    except BaseException as error:
        told = f": {raised(error)}" if _is_of_the_target(error) else ""
        raise TargetCrash(f"a step returned {type(answer).__name__}, expected an array{told}") from error
    if np.ma.is_masked(answer):
        raise TargetCrash("a step returned an array with masked elements, expected numbers")
    if array.shape != shape:
        raise TargetCrash(f"a step returned shape {array.shape}, expected {shape}")
    if array.dtype == format.dtype:
        return array
    try:
        returned = format_of(array.dtype)
    except ValueError:
        raise TargetCrash(f"a step returned dtype {array.dtype}, expected {format.name}") from None
    as_asked = returned.unit > format.unit or bool(np.all(format.represents(array)))
    return array.astype(format.dtype) if as_asked else array


def _is_of_the_target(error: BaseException) -> bool:
    """Whether an exception comes from Python that ran while an answer was read, not from numpy."""
    return error.__traceback__ is not None and error.__traceback__.tb_next is not None


def as_tensors(answer: Any, shapes: Sequence[tuple[int, ...]], formats: Sequence[Format]) -> list[np.ndarray]:
    """Convert the result of a step of several tensors, each as in `as_parameters`. Raises `TargetCrash`."""
    try:
        each = list(zip(answer, shapes, formats, strict=True))
    except UNRAISED:
        raise
    except BaseException as error:
        told = f": {raised(error)}" if _is_of_the_target(error) else ""
        raise TargetCrash(f"a step did not return {len(shapes)} tensors{told}") from error
    return [as_parameters(parameters, shape, format) for parameters, shape, format in each]
