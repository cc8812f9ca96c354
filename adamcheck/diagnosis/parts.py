"""Parts of known bugs: a bug of the averages or the corrections that a target has in one of them only.

People change one line of two, and the bug that is known changes both: 1 - beta1 t beside 1 - beta2^t, or
beta1 for beta2 in the average of v but not in its correction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.diagnosis.formula import Identity, Part
from adamcheck.diagnosis.hypotheses import Hypothesis, named
from adamcheck.variants.standard import stages

_STAGES = ("first_moment", "second_moment", "correct_first", "correct_second")
"""The stages that each treat one moment, so that a part of a bug may be in any of them."""

_PARTS: Mapping[Part, frozenset[str]] = {
    Part.CORRECTION_OF_M: frozenset({"correct_first"}),
    Part.CORRECTION_OF_V: frozenset({"correct_second"}),
    Part.AVERAGE_OF_M: frozenset({"first_moment"}),
    Part.AVERAGE_OF_V: frozenset({"second_moment"}),
    Part.FIRST: frozenset({"first_moment", "correct_first"}),
    Part.SECOND: frozenset({"second_moment", "correct_second"}),
    Part.AVERAGES: frozenset({"first_moment", "second_moment"}),
    Part.CORRECTIONS: frozenset({"correct_first", "correct_second"}),
}

_SOME: Mapping[str, Callable[[Adam], Any]] = {
    "first_moment": lambda adam: adam.first_moment(0.25, 0.75),
    "second_moment": lambda adam: adam.second_moment(0.25, 0.75),
    "correct_first": lambda adam: [adam.correct_first(0.5, t) for t in (1, 2, 5)],
    "correct_second": lambda adam: [adam.correct_second(0.5, 0.5, t) for t in (1, 2, 5)],
}
"""What each stage makes of some numbers, which shows whether a bug changes it."""

_HYPER = Hyperparameters(lr=0.5, beta1=0.125, beta2=0.1875, eps=0.25)
"""Betas for which 1 - beta t is positive."""


@cache
def parts() -> tuple[Hypothesis, ...]:
    """The parts of every known bug that changes several of the stages, without weight decay.

    Those of a bug that changes fewer stages come first, and equal parts of several bugs only once.
    """
    whole = [h for h in named() if not h.decays and h.identity.bugs and stages(h.definition) <= _TREATED]
    changes = sorted(((_changed(h.definition), h) for h in whole), key=lambda change: len(change[0]))
    found: dict[tuple[tuple[str, str], ...], Hypothesis] = {}
    for changed, hypothesis in changes:
        for part, of in _PARTS.items():
            chosen = of & set(changed)
            if chosen and chosen < set(changed):
                identity = Identity(bugs=hypothesis.identity.bugs, part=part)
                made = Hypothesis(_part(hypothesis.definition, chosen), identity, hypothesis.source)
                found.setdefault(tuple(sorted((stage, changed[stage]) for stage in chosen)), made)
    return tuple(found.values())


_TREATED = frozenset({"__init__", "step_of", *_STAGES})
"""What a bug may define that has parts; another stage would belong to none."""


def _changed(wrong: type[Adam]) -> dict[str, str]:
    """The stages in which a bug differs from textbook Adam, and what it makes of some numbers there."""
    made = {stage: (_made(wrong, stage), _made(Adam, stage)) for stage in _STAGES}
    return {stage: mine for stage, (mine, due) in made.items() if mine != due}


def _made(definition: type[Adam], stage: str) -> str:
    try:
        return repr(_SOME[stage](definition(_HYPER)))
    except ZeroDivisionError as error:  # a correction of step 0
        return repr(error)


def _part(wrong: type[Adam], chosen: frozenset[str]) -> type[Adam]:
    """Textbook Adam with some stages of a bug."""

    class InPart(Adam):
        title = f"{wrong.title}, in part"

        def __init__(self, hyper: Any) -> None:
            super().__init__(hyper)
            other = wrong(hyper)
            for stage in chosen:
                setattr(self, stage, partial(getattr(wrong, stage), other))

    return InPart
