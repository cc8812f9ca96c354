"""Proofs on another definition: which derivations and witnesses reject a wrong definition of Adam.

A derivation rejects a definition if one of its steps is refuted, has no value or is no longer proved when
the definition takes the place of Adam. A witness rejects it if one of its comparisons fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from adamcheck.adam import Adam, Hyperparameters, State
from adamcheck.proofs.engines import points
from adamcheck.proofs.statement import Answer, Fault, Step, StepKind
from adamcheck.proofs.steps import CheckedStep, Checker, Derivation, collected
from adamcheck.proofs.witness import Exact

BITS = 20_000
"""The largest number of binary digits of a gradient in a witness; those of Adam need far fewer."""


class Manner(StrEnum):
    """How a proof rejects a definition."""

    REFUTED = "refuted"
    """Values are known for which it is false."""
    WITHOUT_VALUE = "without value"
    """A denominator may be 0 or a radicand negative, or exact arithmetic fails for such a reason."""
    NOT_PROVED = "not proved"
    """No engine proves it any more."""
    NOT_RUN = "not run"
    """Its code cannot be run any more: what it looks for is not there."""


@dataclass(frozen=True)
class Rejection:
    """A definition is rejected.

    Attributes:
        by: What rejects it: `NAME: TEXT` for a step of a derivation or a comparison of a witness, NAME for a
            derivation or a witness that cannot be run, and for a law.
        manner: How.
    """

    by: str
    manner: Manner


@contextmanager
def redefined(definition: type[Adam]) -> Iterator[None]:
    """Let a definition take the place of Adam, also in the base classes of variants of Adam.

    Every instance that is made meanwhile is one of the definition: derivations, witnesses and what they call
    name the class `Adam` in many ways. It affects the whole process, so it is meant for processes of its own
    and for tests.
    """
    begin, based = Adam.__init__, dict[type[Adam], type[Adam]]()

    def begin_as(self: Adam, hyper: Hyperparameters) -> None:
        if isinstance(self, definition):
            begin(self, hyper)
            return
        variant = type(self)
        if variant not in based:
            based[variant] = based_on(variant, definition)
        self.__class__ = based[variant]
        definition.__init__(self, hyper)

    Adam.__init__ = begin_as  # type: ignore[method-assign]
    try:
        yield
    finally:
        Adam.__init__ = begin  # type: ignore[method-assign]


def based_on(variant: type[Adam], definition: type[Adam]) -> type[Adam]:
    """A variant of Adam as a variant of a definition: what it does not override is that of the definition."""
    return definition if variant is Adam else type(variant.__name__, (variant, definition), {})


class Steps:
    """The steps of a derivation as Adam makes them, and what rejects other definitions.

    Args:
        name: The name of the derivation.
        derivation: The derivation.
        seed: The seed of the random points.
    """

    def __init__(self, name: str, derivation: Derivation, *, seed: int = 0) -> None:
        self._name, self._derivation, self._seed = name, derivation, seed
        _, steps = collected(derivation)
        self._checker, self._known = Checker(seed), dict[Step, Manner | None].fromkeys(steps)

    def rejection(self, definition: type[Adam]) -> Rejection | None:
        """A step that rejects a definition, None if every step still holds.

        Steps that the definition leaves as they are hold as they did, and no step is checked twice.
        """
        with redefined(definition):
            refusal, steps = collected(self._derivation)
        if refusal is not None:
            return Rejection(self._name, Manner.NOT_RUN)
        # Points refute most false steps in no time, so that the engines need not be asked.
        for step in steps:
            if step not in self._known and self._refuted_at_points(step):
                self._known[step] = Manner.REFUTED
            if manner := self._known.get(step):
                return self._by(step, manner)
        for step in steps:
            if step not in self._known and self._checker.known_at_once(step, steps):
                self._known[step] = None
            if step not in self._known:
                self._known[step] = _manner(self._checker.check(step, steps))
            if manner := self._known[step]:
                return self._by(step, manner)
        return None

    def _refuted_at_points(self, step: Step) -> bool:
        if step.kind is StepKind.LIMIT or step.is_tautology:
            return False
        return points.refuted(step.goals, step.given, self._seed)

    def _by(self, step: Step, manner: Manner) -> Rejection:
        return Rejection(f"{self._name}: {step.text}", manner)


def _manner(step: CheckedStep) -> Manner | None:
    """How a step fails; None if it is true, be it for nothing."""
    if step.refusal is not None:
        if step.refusal.fault is Fault.TAUTOLOGY:
            return None
        return Manner.WITHOUT_VALUE if step.refusal.fault is Fault.UNDEFINED else Manner.NOT_PROVED
    if step.counterexample or Answer.REFUTED in [answer for _, answer in step.engines]:
        return Manner.REFUTED
    return None if step.holds else Manner.NOT_PROVED


def rejection_by_witness(
    name: str, witness: Callable[[Exact], None], definition: type[Adam]
) -> Rejection | None:
    """The first comparison of a witness that rejects a definition, None if all of them hold."""
    exact = _UntilFalse()
    try:
        with redefined(definition), _up_to_a_size():
            witness(exact)
    except _False as comparison:
        return Rejection(f"{name}: {comparison}", Manner.REFUTED)
    except _TooLarge:
        return None
    except ArithmeticError:
        return Rejection(name, Manner.WITHOUT_VALUE)
    except Exception:
        return Rejection(name, Manner.NOT_RUN)
    return None


class _False(Exception):  # noqa: N818 - an answer
    """A comparison fails."""


class _TooLarge(Exception):  # noqa: N818 - not an error of the witness
    """The numbers become so large that a witness would not end."""


@contextmanager
def _up_to_a_size() -> Iterator[None]:
    """Let definitions take no gradient with too many digits.

    In a closed loop, a definition without a root may double the digits in every step.
    """
    update = Adam.update

    def limited(self: Adam, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        if isinstance(gradient, Fraction) and gradient.denominator.bit_length() > BITS:
            raise _TooLarge
        return update(self, state, parameters, gradient)

    Adam.update = limited  # type: ignore[method-assign]
    try:
        yield
    finally:
        Adam.update = update  # type: ignore[method-assign]


class _UntilFalse(Exact):
    """Exact runs up to the first comparison that fails."""

    def says(self, text: str, left: Any, relation: str, right: Any) -> None:
        super().says(text, left, relation, right)
        if not self.comparisons[-1].holds:
            raise _False(text)
