"""A check: one callable that takes a target; random testing tries to break it.

Claims contribute laws, `adamcheck.conformance` contributes what every implementation must do. Both
are `Check`s, and all doors (command line, pytest, Python) run them through `Check.run`.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from adamcheck.adam import Adam
from adamcheck.judge import COARSE, NOT_JUDGED, Judgement, Offence, judge
from adamcheck.numbers.floats import format_of
from adamcheck.targets.base import NotOffered, Target, TargetCrash
from adamcheck.trace import Steps, Trace
from adamcheck.trajectory import Subject

KEPT, BROKEN, NOT_APPLICABLE, UNJUDGED, CRASHED = (
    "kept",
    "broken",
    "not applicable",
    "not judged",
    "crashed",
)

PROFILES = {"quick": 15, "standard": 60, "thorough": 1000}
"""Examples drawn for each check."""


class Broken(AssertionError):  # noqa: N818 - a law is broken; pytest shows it as a failed assertion
    """A check found a counterexample; `trace` and `offence` show it where there is one."""

    def __init__(self, message: str, trace: Trace | None = None, offence: Offence | None = None) -> None:
        super().__init__(message)
        self.trace = trace
        self.offence = offence


class NotJudged(Exception):  # noqa: N818 - an outcome
    """An example about which nothing can be said: every radius was infinite."""


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

    `examples`: how many were tried; `not_judged`: those about which nothing could be said;
    `message`: why it is broken, not applicable or crashed.
    """

    check: str
    section: str
    dtype: str
    outcome: str
    examples: int = 0
    not_judged: int = 0
    message: str = ""
    notes: tuple[str, ...] = ()
    trace: Trace | None = None
    offence: Offence | None = None


Drawn = Mapping[str, Any]
"""For each keyword of a law: a strategy, or a function that makes one for a `Format`."""


@dataclass(frozen=True)
class Check:
    """A named law over drawn arguments. `function(subject, **drawn)` raises `Broken` to refute it.

    section: *formula*, *laws*, *state*; needs: names of `Capabilities` it cannot do without.
    """

    name: str
    statement: str
    function: Callable[..., None]
    drawn: Drawn
    section: str = "laws"
    needs: tuple[str, ...] = ()

    def run(self, target: Target, dtype: str, *, examples: int, seed: int) -> Result:
        """Try `examples` random examples; never raises for what the target does.

        The examples depend on `seed`, the check and the dtype only.
        """
        from hypothesis import HealthCheck, Phase, given, settings
        from hypothesis import seed as seeded

        format = format_of(dtype)
        missing = [need for need in self.needs if not target.capabilities.has(need)]
        if missing:
            return self._result(dtype, NOT_APPLICABLE, message=f"offers no {', no '.join(missing)}")
        subject = Subject(target, format)
        notes = Notes()
        tally = {"tried": 0, "refused": 0, "unjudged": 0}
        refusal = ""
        strategies = {k: s(format) if callable(s) else s for k, s in self.drawn.items()}

        @seeded(zlib.crc32(f"{seed}/{self.name}/{dtype}".encode()))
        @settings(
            max_examples=examples if strategies else 1,
            database=None,
            deadline=None,
            derandomize=False,
            report_multiple_bugs=False,
            print_blob=False,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @given(**strategies)
        def one(**drawn: Any) -> None:
            nonlocal refusal
            tally["tried"] += 1
            try:
                self.function(subject, **({"notes": notes} if self._notes else {}), **drawn)
            except NotOffered as error:
                tally["refused"] += 1
                refusal = str(error)
            except NotJudged:
                tally["unjudged"] += 1

        try:
            one() if strategies else one.hypothesis.inner_test()  # type: ignore[attr-defined]
        except Broken as error:
            found = {"message": str(error), "trace": error.trace, "offence": error.offence}
            return self._result(dtype, BROKEN, tally["tried"], tally["unjudged"], **found)
        except TargetCrash as error:
            return self._result(dtype, CRASHED, tally["tried"], message=str(error))
        return self._passed(dtype, tally, refusal, notes)

    @property
    def _notes(self) -> bool:
        return "notes" in self.function.__code__.co_varnames[: self.function.__code__.co_argcount]

    def _passed(self, dtype: str, tally: Mapping[str, int], refusal: str, notes: Notes) -> Result:
        tried = tally["tried"] - tally["refused"]
        if tried == 0:
            return self._result(dtype, NOT_APPLICABLE, message=refusal)
        outcome = UNJUDGED if tally["unjudged"] == tried else KEPT
        return self._result(dtype, outcome, tried, tally["unjudged"], notes=notes.lines())

    def _result(
        self, dtype: str, outcome: str, examples: int = 0, not_judged: int = 0, **found: Any
    ) -> Result:
        return Result(self.name, self.section, dtype, outcome, examples, not_judged, **found)


def assert_enclosed(trace: Trace, definition: type[Adam] = Adam) -> Judgement:
    """The trace is enclosed by the definition.

    Raises `Broken`, with the trace cut down to what shows it, or `NotJudged`.
    """
    verdict = judge(trace, definition)
    if verdict.offence is not None and verdict.outcome not in ("enclosed", NOT_JUDGED):
        offence = verdict.offence
        cut = trace.part(offence.step, [offence.coordinate])
        alone = judge(cut, definition)
        if alone.offence is not None and alone.offence.step == offence.step:
            trace, offence = cut, alone.offence
        precision = f" (within {verdict.format} precision, though)"
        raise Broken(
            f"step {offence.step}: the update is {offence.observed:.17g}, expected {offence.expected:.17g} "
            f"+- {offence.radius:.2g}: off by {offence.radii:.3g} radii"
            + (precision if verdict.outcome == COARSE else ""),
            trace,
            offence,
        )
    if verdict.outcome == NOT_JUDGED:
        raise NotJudged
    return verdict


def assert_bitwise(observed: Steps, expected: Steps, what: str, trace: Trace) -> None:
    """Two arrays agree bit for bit (NaN equals NaN, and -0 equals 0).

    Raises `Broken`, which says `what` was observed and shows `trace`.
    """
    observed, expected = np.asarray(observed), np.asarray(expected)
    same = (observed == expected) | (np.isnan(observed) & np.isnan(expected))
    if not same.all():
        at = tuple(int(i[0]) for i in np.nonzero(~same))
        raise Broken(
            f"{what}: {float(observed[at]):.17g} is not bitwise {float(expected[at]):.17g} "
            f"(step {at[0]}, coordinate {at[-1]})",
            trace,
        )
