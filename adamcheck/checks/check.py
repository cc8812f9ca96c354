"""Checks: laws that random testing tries to break on a target.

Claims contribute laws, and `adamcheck.checks.conformance` contributes the requirements on every
implementation. Both are `Check`s. The command line, pytest and Python all run them through `Check.run`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from inspect import signature
from typing import Any

import numpy as np

from adamcheck.adam import Adam
from adamcheck.checks.assertions import Broken, NotJudged, cut_down
from adamcheck.checks.calls import Call, Calls
from adamcheck.checks.coverage.conditions import Answered, Asking, Condition
from adamcheck.checks.explore import explore
from adamcheck.checks.strategies import fixed_hyperparameters, parameter_counts
from adamcheck.checks.subject import Subject
from adamcheck.choices import TIME_LIMIT
from adamcheck.judge import Offence
from adamcheck.numbers.floats import format_of
from adamcheck.support.text import raised
from adamcheck.targets.base import NotOffered, Refusal, Target, TargetCrash, TargetDied, TargetHung
from adamcheck.traces.trace import Trace


class Section(StrEnum):
    """The part of an implementation that a check is about."""

    FORMULA = "formula"
    LAWS = "laws"
    STATE = "state"


class Outcome(StrEnum):
    """The outcomes of a check, in the order in which they are shown."""

    KEPT = "kept"
    BROKEN = "broken"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"
    DIALECT = "dialect"
    """The target breaks the check, but so does the dialect that it implements, at its working precision."""
    EXPECTED = "expected failure"
    """The target breaks the check, and the user gave a reason for it."""
    UNJUDGED = "not judged"
    NOT_APPLICABLE = "not applicable"
    NOT_RUN = "did not run"
    FAULTY = "faulty check"
    """The check itself has an error, so the outcome says nothing about the target."""


FAILURES = (Outcome.BROKEN, Outcome.CRASHED, Outcome.TIMED_OUT)
"""The outcomes that a conforming target never has."""


@dataclass
class Notes:
    """Remarks of a check that passes, each with the largest size at which it was made."""

    sizes: dict[str, float | None] = field(default_factory=dict)

    def say(self, text: str) -> None:
        self.sizes[text] = None

    def measure(self, text: str, size: float) -> None:
        self.sizes[text] = max(size, self.sizes.get(text) or 0.0)

    def lines(self) -> tuple[str, ...]:
        return tuple(
            text if size is None else f"{text}: {size:.3g}" for text, size in sorted(self.sizes.items())
        )


@dataclass(frozen=True)
class Result:
    """The outcome of one check on one target in one dtype.

    Attributes:
        check: The name of the check.
        section: The part of the implementation that it is about.
        dtype: The working precision, by name.
        outcome: The outcome.
        examples: The number of examples tried.
        not_judged: The number of examples that could not be judged.
        message: Why the check is broken, not applicable, crashed and so on.
        notes: Remarks of the check.
        trace: The counterexample, if there is one.
        offence: The first update of the trace that is not enclosed, if there is one.
        calls: The calls of the target in the example that broke the check.
        lacking: Names of the capabilities that the target lacks and the check needs.
        refusal: The hyperparameters that the target refuses and the check needs, if any.
        conditions: The values of dimensions without which the check is not broken, where that is known.
        answered: What became of each value of each dimension, for a check that covers some.
    """

    check: str
    section: Section
    dtype: str
    outcome: Outcome
    examples: int = 0
    not_judged: int = 0
    message: str = ""
    notes: tuple[str, ...] = ()
    trace: Trace | None = None
    offence: Offence | None = None
    calls: tuple[Call, ...] = ()
    lacking: tuple[str, ...] = ()
    refusal: Refusal | None = None
    conditions: tuple[Condition, ...] = ()
    answered: tuple[Answered, ...] = ()


Cases = Callable[[int], Sequence[Mapping[str, Any]]]
"""The arguments of all examples of a law, for a number of examples as profiles have it."""

Drawn = Mapping[str, Any]
"""For each keyword of a law, a Hypothesis strategy or a function that makes one for a `Format`."""


@dataclass(frozen=True)
class Check:
    """A named law about a target, tried on random arguments.

    Args:
        name: The name, lower case with hyphens.
        statement: One sentence that states the law.
        function: Called as `function(subject, **drawn)`; raises `Broken` or an `AssertionError` if the
            target breaks the law, and `NotJudged` if the example says nothing. A parameter `notes`
            receives the `Notes` of the check, a parameter `asking` collects what the target was asked.
        drawn: A strategy per keyword, or a function that makes one for a `Format`.
        section: The part of the implementation that the law is about.
        needs: Names of the `Capabilities` that the law needs.
        cost: The number of ordinary examples that one example of this check counts for. The check does
            not run if the profile has fewer.
        cases: The examples, instead of random ones.
        reduce: Simplifies what broke the check, by running the target again.
    """

    name: str
    statement: str
    function: Callable[..., None]
    drawn: Drawn
    section: Section = Section.LAWS
    needs: tuple[str, ...] = ()
    cost: int = 1
    cases: Cases | None = None
    reduce: Callable[[Subject, Broken], Broken] = cut_down

    def run(
        self,
        target: Target,
        dtype: str,
        *,
        examples: int,
        seed: int,
        patience: float = TIME_LIMIT,
        calls: Calls | None = None,
        simplest: bool = True,
        definition: type[Adam] = Adam,
    ) -> Result:
        """Try the law on random examples.

        The examples depend on the seed, the check and the dtype only. Errors of the target become
        outcomes and are not raised.

        Args:
            target: The implementation.
            dtype: The working precision, by name.
            examples: The number of examples, before it is divided by the cost of the check.
            seed: The seed of the examples.
            patience: Time limit for one call of the target, in seconds.
            calls: Where to record the calls of the target.
            simplest: Whether to simplify a counterexample.
            definition: The definition that the target is verified against.

        Returns:
            The outcome, with a counterexample if the law is broken.
        """
        from hypothesis.errors import Flaky, Unsatisfiable

        missing = [need for need in self.needs if not target.capabilities.has(need)]
        if missing:
            return self._refused(dtype, NotOffered.all_of(missing))
        if examples < self.cost:
            message = f"takes as long as {self.cost} examples of other checks: see --profile"
            return self._result(dtype, Outcome.NOT_RUN, message=message)
        subject = Subject(target, format_of(dtype), patience, Calls() if calls is None else calls, definition)
        attempts = _Attempts(self.function, subject)
        try:
            counts = target.capabilities.parameter_counts
            with fixed_hyperparameters(target.fixed), parameter_counts(counts):
                self._explore(attempts, dtype, examples, seed, simplest)
        except Broken as error:
            made = attempts.calls
            shown = self.reduce(attempts.subject.afresh(), error) if simplest else error
            found = {
                "message": str(shown),
                "trace": shown.trace,
                "offence": shown.offence,
                "calls": shown.calls or made,
                "conditions": shown.conditions,
            }
            return self._result(dtype, Outcome.BROKEN, attempts, **found)
        except (TargetCrash, _Death) as error:
            return self._result(dtype, Outcome.CRASHED, attempts, message=str(error), calls=attempts.calls)
        except _FaultyLaw as error:
            return self._result(dtype, Outcome.FAULTY, attempts, message=str(error))
        except TargetHung as error:
            return self._result(dtype, Outcome.TIMED_OUT, attempts, message=str(error), calls=attempts.calls)
        except Flaky as error:
            return self._result(dtype, Outcome.BROKEN, attempts, message=_unrepeatable(error))
        except Unsatisfiable:
            return self._result(dtype, Outcome.UNJUDGED, attempts, message="no example meets the assumptions")
        if attempts.tried == 0:
            return self._refused(dtype, attempts.refusal)
        outcome = Outcome.UNJUDGED if attempts.unjudged == attempts.tried else Outcome.KEPT
        return self._result(dtype, outcome, attempts, notes=attempts.notes.lines())

    def draw(self, dtype: str, *, examples: int, seed: int) -> list[dict[str, Any]]:
        """The arguments of the examples that `run` tries, up to the first one that breaks the check."""
        found: list[dict[str, Any]] = []
        if examples >= self.cost:
            self._explore(lambda **one: found.append(one), dtype, examples, seed)
        return found

    def _explore(
        self, function: Callable[..., None], dtype: str, examples: int, seed: int, simplest: bool = True
    ) -> None:
        """Call a function on arguments that depend on the seed, the check and the dtype only."""
        if self.cases is not None:
            for case in self.cases(examples):
                function(**case)
            return
        drawn = {k: s(format_of(dtype)) if callable(s) else s for k, s in self.drawn.items()}
        seeded = f"{seed}/{self.name}/{dtype}"
        explore(function, drawn, examples=examples // self.cost, seed=seeded, simplest=simplest)

    def first_failure(self, target: Target, dtype: str, drawn: Sequence[Mapping[str, Any]]) -> int:
        """The number, from 1, of the first drawn example that a target fails; 0 if it fails none."""
        from hypothesis.errors import HypothesisDeprecationWarning, UnsatisfiedAssumption

        if not all(target.capabilities.has(need) for need in self.needs):
            return 0
        attempts = _Attempts(self.function, Subject(target, format_of(dtype)))
        with warnings.catch_warnings():
            # A law may call `assume`, which Hypothesis deprecates outside of its own draws.
            warnings.simplefilter("ignore", HypothesisDeprecationWarning)
            for number, one in enumerate(drawn, start=1):
                try:
                    attempts(**one)
                except (Broken, TargetCrash, TargetHung):
                    return number
                except UnsatisfiedAssumption:
                    continue
                except _FaultyLaw:
                    return 0  # says nothing about the target
        return 0

    def _refused(self, dtype: str, error: NotOffered) -> Result:
        found: dict[str, Any] = {"lacking": error.lacking, "refusal": error.refusal}
        return self._result(dtype, Outcome.NOT_APPLICABLE, message=str(error), **found)

    def _result(
        self, dtype: str, outcome: Outcome, attempts: _Attempts | None = None, **found: Any
    ) -> Result:
        tried, unjudged = (attempts.tried, attempts.unjudged) if attempts else (0, 0)
        answered = attempts.asking.everything() if attempts else ()
        return Result(self.name, self.section, dtype, outcome, tried, unjudged, answered=answered, **found)


class _Death(BaseException):
    """The target's process died. Not an `Exception`, which Hypothesis would retry to simplify the input."""


class _FaultyLaw(BaseException):
    """The law itself failed. Not an `Exception`, which Hypothesis would retry to simplify the input."""


class _Attempts:
    """Calls a law on a fresh subject each time, and counts the outcomes."""

    def __init__(self, law: Callable[..., None], subject: Subject) -> None:
        self._law = law
        self.subject = subject
        self.notes = Notes()
        self.asking = Asking()
        collecting = {"notes": self.notes, "asking": self.asking}
        self._collecting = {
            name: each for name, each in collecting.items() if name in signature(law).parameters
        }
        self.tried = 0
        self.unjudged = 0
        self.refusal = NotOffered("")

    def __call__(self, **drawn: Any) -> None:
        self.subject = self.subject.afresh()
        from hypothesis.errors import HypothesisException

        self.tried += 1
        try:
            with np.errstate(all="ignore"):  # laws over- and underflow on purpose
                self._law(self.subject, **self._collecting, **drawn)
        except TargetDied as death:
            raise _Death(str(death)) from None
        except NotOffered as error:
            self.tried -= 1
            self.refusal = error
        except NotJudged:
            self.unjudged += 1
        except (Broken, TargetCrash, TargetHung, HypothesisException):
            raise
        except AssertionError as error:  # a law may be written with a plain `assert`
            raise Broken(str(error) or "an assertion of the law failed") from None
        except (OSError, MemoryError) as error:  # a law opens no file: the target took what it needs
            raise _Death(f"after a call, {raised(error)}") from None
        except Exception as error:
            raise _FaultyLaw(f"the check itself raised {raised(error)}; fix the check") from error

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls of the target in the last attempt."""
        return tuple(self.subject.calls)


def _unrepeatable(error: Exception) -> str:
    """The message for an example that failed once, and passed when repeated with the same arguments."""
    causes = getattr(error, "exceptions", ())
    once = next((str(cause) for cause in causes if isinstance(cause, Broken | TargetCrash)), str(error))
    return f"not repeatable: the same start and gradients failed once and then passed; the failure: {once}"
