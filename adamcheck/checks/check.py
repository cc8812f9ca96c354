"""A check: one callable that takes a target; random testing tries to break it.

Claims contribute laws, `adamcheck.checks.conformance` contributes what every implementation must do. Both
are `Check`s, and all doors (command line, pytest, Python) run them through `Check.run`.
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
from adamcheck.checks.explore import explore
from adamcheck.checks.subject import Subject
from adamcheck.choices import TIME_LIMIT
from adamcheck.judge import Offence
from adamcheck.numbers.floats import format_of
from adamcheck.support.text import raised
from adamcheck.targets.base import NotOffered, Refusal, Target, TargetCrash, TargetDied, TargetHung
from adamcheck.traces.trace import Trace


class Section(StrEnum):
    """What a check is about."""

    FORMULA = "formula"
    LAWS = "laws"
    STATE = "state"


class Outcome(StrEnum):
    """What can become of a check, in the order in which it is shown."""

    KEPT = "kept"
    BROKEN = "broken"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"
    DIALECT = "dialect"
    """The target breaks it, and so does the dialect that the target was found to be, at the precision in
    which it computes."""
    EXPECTED = "expected failure"
    """Somebody gave a reason for it."""
    UNJUDGED = "not judged"
    NOT_APPLICABLE = "not applicable"
    NOT_RUN = "did not run"
    FAULTY = "faulty check"
    """The check itself has an error, which says nothing about the target."""


FAILURES = (Outcome.BROKEN, Outcome.CRASHED, Outcome.TIMED_OUT)
"""What does not happen to a target that conforms."""


@dataclass
class Notes:
    """What a check remarks without failing, and the largest size at which each remark was made."""

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
        examples: How many were tried.
        not_judged: Those about which nothing could be said.
        message: Why it is broken, not applicable or crashed.
        trace: The counterexample.
        offence: Where it leaves the enclosure.
        calls: What was done with the target in the example that broke it.
        lacking: The capabilities that the target would need for it, by their names.
        refusal: Hyperparameters that the target would have to take for it.
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


Drawn = Mapping[str, Any]
"""For each keyword of a law: a strategy, or a function that makes one for a `Format`."""


@dataclass(frozen=True)
class Check:
    """A named law over drawn arguments. `function(subject, **drawn)` raises `Broken` to refute it.

    section: what it is about; needs: names of `Capabilities` it cannot do without; cost: how many
    ordinary examples one of its own counts for. Where that is more than there are, it does not run.
    """

    name: str
    statement: str
    function: Callable[..., None]
    drawn: Drawn
    section: Section = Section.LAWS
    needs: tuple[str, ...] = ()
    cost: int = 1

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
        """Try `examples` random examples; never raises for what the target does.

        The examples depend on `seed`, the check and the dtype only. patience: seconds that one call of
        the target may take; calls: where to write down what is done with it;
        simplest: whether to look for the simplest counterexample once there is one; definition: what the
        target is held against.
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
            self._explore(attempts, dtype, examples, seed, simplest)
        except Broken as error:
            made = attempts.calls
            shown = cut_down(attempts.subject.afresh(), error) if simplest else error
            found = {"message": str(shown), "trace": shown.trace, "offence": shown.offence, "calls": made}
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
        """The arguments of the examples that `run` tries until one breaks the check."""
        found: list[dict[str, Any]] = []
        if examples >= self.cost:
            self._explore(lambda **one: found.append(one), dtype, examples, seed)
        return found

    def _explore(
        self, function: Callable[..., None], dtype: str, examples: int, seed: int, simplest: bool = True
    ) -> None:
        """Call a function on arguments that depend on the seed, the check and the dtype only."""
        drawn = {k: s(format_of(dtype)) if callable(s) else s for k, s in self.drawn.items()}
        seeded = f"{seed}/{self.name}/{dtype}"
        explore(function, drawn, examples=examples // self.cost, seed=seeded, simplest=simplest)

    def first_failure(self, target: Target, dtype: str, drawn: Sequence[Mapping[str, Any]]) -> int:
        """The number, from 1, of the first of some drawn examples that a target fails; 0 if it fails none."""
        from hypothesis.errors import HypothesisDeprecationWarning, UnsatisfiedAssumption

        if not all(target.capabilities.has(need) for need in self.needs):
            return 0
        attempts = _Attempts(self.function, Subject(target, format_of(dtype)))
        with warnings.catch_warnings():
            # A law may assume something of its arguments, which hypothesis wants to happen while it draws.
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
        return Result(self.name, self.section, dtype, outcome, tried, unjudged, **found)


class _Death(BaseException):
    """The target's process died. No `Exception`: it would be tried again for the simplest input."""


class _FaultyLaw(BaseException):
    """The law raised what no law should. No `Exception`: it would be tried again for the simplest input."""


class _Attempts:
    """Calls a law on a fresh subject each time, and counts what becomes of it."""

    def __init__(self, law: Callable[..., None], subject: Subject) -> None:
        self._law = law
        self.subject = subject
        self.notes = Notes()
        self._noted = "notes" in signature(law).parameters
        self.tried = 0
        self.unjudged = 0
        self.refusal = NotOffered("")

    def __call__(self, **drawn: Any) -> None:
        self.subject = self.subject.afresh()
        from hypothesis.errors import HypothesisException

        self.tried += 1
        try:
            with np.errstate(all="ignore"):  # laws meet what over- and underflows on purpose
                self._law(self.subject, **({"notes": self.notes} if self._noted else {}), **drawn)
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
        except Exception as error:
            raise _FaultyLaw(f"the check itself raised {raised(error)}: mend the check") from error

    @property
    def calls(self) -> tuple[Call, ...]:
        """What was done with the target in the last attempt."""
        return tuple(self.subject.calls)


def _unrepeatable(error: Exception) -> str:
    """What hypothesis found to fail once, and not again with the same arguments."""
    causes = getattr(error, "exceptions", ())
    once = next((str(cause) for cause in causes if isinstance(cause, Broken | TargetCrash)), str(error))
    return f"not the same twice, from the same start with the same gradients: once, {once}"
