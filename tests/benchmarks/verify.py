"""Where the time of a verification goes: by kind of work, then for each check.

Run as `python tests/benchmarks/verify.py [TARGET] [DTYPE] [PROFILE]`. *target*: inside the implementation;
*judge*: evaluating the definition in enclosures, and comparing; *laws*: what a law computes besides, such as
what it predicts; *drawing*: hypothesis makes the examples; *records*: copying and writing down what is done
with the target, and the rest.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from inspect import signature
from typing import Any

from adamcheck.checks.check import Check
from adamcheck.checks.subject import Subject
from adamcheck.choices import PROFILES
from adamcheck.claims.catalogue import checks
from adamcheck.claims.claim import discover
from adamcheck.diagnosis.diagnose import diagnose
from adamcheck.examine.hazards import hazards
from adamcheck.judge import Judge
from adamcheck.numbers.floats import format_of
from adamcheck.targets.base import Run, Target
from adamcheck.targets.find import load_target

KINDS = ("target", "judge", "laws", "drawing", "records")


class Clock:
    """Seconds by kind of work; what is inside of another kind counts for itself alone."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._kinds = ["records"]
        self._since = time.perf_counter()

    @contextmanager
    def of(self, kind: str) -> Iterator[None]:
        self._turn()
        self._kinds.append(kind)
        try:
            yield
        finally:
            self._turn()
            self._kinds.pop()

    def timed(self, kind: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **keywords: Any) -> Any:
            with self.of(kind):
                return function(*arguments, **keywords)

        return call

    def _turn(self) -> None:
        now = time.perf_counter()
        self.seconds[self._kinds[-1]] += now - self._since
        self._since = now


CLOCK = Clock()


class TimedRun:
    """A run whose every call is the target's time."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __getattr__(self, name: str) -> Any:
        return CLOCK.timed("target", getattr(self._run, name))


def timed(target: Target) -> Target:
    """The target, its time taken."""
    begin = CLOCK.timed("target", target.begin)
    target.begin = lambda start: TimedRun(begin(start))  # type: ignore[assignment,method-assign,return-value]
    return target


def timed_check(check: Check) -> Check:
    """The check with its law's time taken: what is not the target's or the judge's is its own."""
    law = check.function

    def function(subject: Subject, *arguments: Any, **drawn: Any) -> None:
        with CLOCK.of("laws"):
            law(subject, *arguments, **drawn)

    function.__signature__ = signature(law)  # type: ignore[attr-defined]
    return replace(check, function=function)


@cache
def instrument() -> None:
    """Take the time of the judge, and of what is written down."""
    for method in ("__init__", "step", "judgement"):
        setattr(Judge, method, CLOCK.timed("judge", getattr(Judge, method)))
    for method in ("_guarded", "call"):
        setattr(Subject, method, CLOCK.timed("records", getattr(Subject, method)))


def measured(name: str, dtype: str, profile: str) -> tuple[str, list[tuple[float, str, str, int]]]:
    """What the target is, and of each check seconds, name, outcome and examples; `CLOCK` has the rest."""
    instrument()
    target, examples = timed(load_target(name)), PROFILES[profile]
    lines, broken = [], []
    CLOCK.seconds.clear()
    for check in checks(discover()):
        since = time.perf_counter()
        with CLOCK.of("drawing"):
            result = timed_check(check).run(target, dtype, examples=examples, seed=0)
        taken = time.perf_counter() - since
        lines.append((taken, check.name, result.outcome, result.examples))
        broken += [check.name] if result.outcome == "broken" else []
    with CLOCK.of("records"):
        subject = Subject(target, format_of(dtype))
        formula = diagnose(subject, broken=broken, examples=examples, seed=0).formula
        hazards(subject)
    return formula.sentence, lines


def main() -> None:
    """Print the seconds of each kind, then one line a check, the slowest first."""
    name, dtype, profile = [*sys.argv[1:], *["reference", "float64", "quick"][len(sys.argv) - 1 :]]
    sentence, lines = measured(name, dtype, profile)
    total = sum(CLOCK.seconds.values())
    print(f"{total:7.2f} s  {name} in {dtype}, profile {profile}: {sentence}")
    for kind in KINDS:
        print(f"{CLOCK.seconds[kind]:7.2f} s  {100 * CLOCK.seconds[kind] / total:5.1f} %  {kind}")
    for taken, check_name, outcome, tried in sorted(lines, reverse=True):
        print(f"{taken:7.2f} s  {tried:5} x {1e3 * taken / max(tried, 1):7.1f} ms  {outcome:15} {check_name}")


if __name__ == "__main__":
    main()
