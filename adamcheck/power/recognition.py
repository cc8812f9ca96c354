"""Recognition: whether the diagnosis calls every bug and every dialect by its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from adamcheck.checks.check import Section
from adamcheck.checks.conformance import CHECKS
from adamcheck.checks.subject import Subject
from adamcheck.choices import DTYPE_NAMES
from adamcheck.diagnosis import diagnose
from adamcheck.diagnosis.experiments import Predictions, pool
from adamcheck.diagnosis.formula import Formula, Identity
from adamcheck.diagnosis.hypotheses import Hypothesis
from adamcheck.numbers.floats import format_of
from adamcheck.support.processes import Work, shares
from adamcheck.targets.base import Target
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.variants import DEFINITIONS, TEXTBOOK
from adamcheck.zoo.bugs import BUGS


class Recognised(StrEnum):
    """How right a diagnosis is."""

    ALONE = "named alone"
    SIBLINGS = "named with what nothing tells from it"
    CANNOT_TELL = "nothing to see in this dtype"
    UNEXPLAINED = "unexplained"
    WRONG = "wrong name"


RIGHT = (Recognised.ALONE, Recognised.SIBLINGS)

EXAMPLES = 4
"""Examples of each check before the diagnosis in a dtype other than float64."""


@dataclass(frozen=True)
class Recognition:
    """What the diagnosis says of a bug or a dialect in a dtype.

    verdict: how right it is.
    """

    name: str
    dtype: str
    verdict: Recognised
    formula: Formula

    @property
    def right(self) -> bool:
        return self.verdict in RIGHT


def known() -> list[str]:
    """The names of the bugs, then of the dialects and of Adam's family."""
    return [*BUGS, *(name for name in DEFINITIONS if name not in TEXTBOOK)]


def place(diagnosis: Recognition) -> tuple[int, int]:
    """Where a diagnosis comes."""
    return known().index(diagnosis.name), DTYPE_NAMES.index(diagnosis.dtype)


def shown(diagnoses: Sequence[Recognition]) -> Mapping[str, Recognition]:
    """For each bug or dialect the diagnosis in the first dtype in which there is anything to see."""
    first: dict[str, Recognition] = {}
    for each in diagnoses:
        if each.name not in first or first[each.name].verdict == Recognised.CANNOT_TELL:
            first[each.name] = each
    return first


def work(only: Sequence[str], examples: int, seed: int, width: int) -> list[Work]:
    """The diagnoses in parts, which `parallel.run` makes lists of diagnoses of."""
    names = [name for name in known() if not only or name in only]
    parts = shares(names, max(1, 4 * width))
    return [Work(f"diagnosis: {', '.join(part[:2])}", diagnoses, (part, examples, seed)) for part in parts]


def diagnoses(names: Sequence[str], examples: int, seed: int) -> list[Recognition]:
    """The diagnoses of some bugs and dialects, in every dtype."""
    return [diagnosis(name, dtype, examples, seed) for name in names for dtype in DTYPE_NAMES]


def diagnosis(name: str, dtype: str, examples: int, seed: int) -> Recognition:
    """The diagnosis of one bug or dialect in a dtype, after the checks of every implementation."""
    subject = Subject(_target(name), format_of(dtype))
    few = examples if dtype == "float64" else min(EXAMPLES, examples)
    broken = list(_broken(_target(name), dtype, few, seed))
    formula = diagnose.formula_of(subject, diagnose.Effort(broken, few, seed))
    return Recognition(name, dtype, _verdict(name, formula, broken), formula)


def _target(name: str) -> Target:
    return BUGS[name].target() if name in BUGS else DefinitionTarget(DEFINITIONS[name], name)


def _broken(target: Target, dtype: str, examples: int, seed: int) -> Iterator[str]:
    drawn = _drawn(dtype, examples, seed)
    return (check.name for check in CHECKS.values() if check.first_failure(target, dtype, drawn[check.name]))


@cache
def _drawn(dtype: str, examples: int, seed: int) -> Mapping[str, list[dict[str, Any]]]:
    return {check.name: check.draw(dtype, examples=examples, seed=seed) for check in CHECKS.values()}


def _verdict(name: str, formula: Formula, broken: Sequence[str]) -> Recognised:
    if name in formula.identity.names:
        return Recognised.SIBLINGS if formula.siblings else Recognised.ALONE
    if any(name in each.names for each in formula.siblings) or (formula.conforms and _is_textbook(name)):
        return Recognised.SIBLINGS
    if formula.name and formula.name != _base(name):
        return Recognised.WRONG
    of_the_state = [
        check.name for check in CHECKS.values() if check.section is Section.STATE and check.name in broken
    ]
    # The definition itself: nothing shows, or nothing but the broken checks of the state.
    right = not broken if formula.conforms else bool(formula.name) and not of_the_state
    return Recognised.CANNOT_TELL if right else Recognised.UNEXPLAINED


def _base(name: str) -> str:
    """The definition that a bug is one of."""
    return BUGS[name].of if name in BUGS else ""


def _is_textbook(name: str) -> bool:
    """Whether a bug of some definition is a definition of the textbook: no experiment tells them apart."""
    formula = BUGS[name].definition if name in BUGS else DEFINITIONS[name]
    if formula is None:
        return False
    mine = Hypothesis(formula, Identity())
    for definition in TEXTBOOK.values():
        both = [mine, Hypothesis(definition, Identity())]
        if not any(made.most_telling(made.names, both) for made in _predictions()):
            return True
    return False


@cache
def _predictions() -> tuple[Predictions, ...]:
    return tuple(Predictions(pool(format_of("float64"), decays=decays)) for decays in (False, True))
