"""Hypotheses: what a target may be. Every variant and bug with a formula, and pairs of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from adamcheck.adam import Adam, AdamL2, AdamW
from adamcheck.variants import DEFINITIONS, FAMILY
from adamcheck.variants import source as source_of
from adamcheck.variants.dialects import AdamWDecayWithoutLearningRate, AdamWInverseRootRate
from adamcheck.variants.standard import stages
from adamcheck.zoo.bugs import BUGS

_DECAYS = ("adamw", "adam-l2")
"""What a dialect of the textbook may decay by and still go by its own name."""

_HOW = {
    AdamW: "weight decay is decoupled",
    AdamL2: "weight decay is coupled (L2)",
    AdamWDecayWithoutLearningRate: "weight decay is decoupled, and lr does not scale it",
    AdamWInverseRootRate: "weight decay is decoupled, and lr is lr / sqrt(t)",
}
"""What is said of a formula that decays so and is known by another name."""


@dataclass(frozen=True)
class Hypothesis:
    """A formula that a target may follow.

    says: what it is, for people; dialect, bug: the names of what it is made of, several joined by " + ";
    source: where it has been seen.
    """

    definition: type[Adam]
    says: str
    dialect: str = ""
    bug: str = ""
    source: str = ""

    @property
    def name(self) -> str:
        return " + ".join(name for name in (self.dialect, self.bug) if name)

    @property
    def decays(self) -> bool:
        """Whether the formula takes weight decay."""
        return issubclass(self.definition, AdamW | AdamL2)


@cache
def named() -> tuple[Hypothesis, ...]:
    """The definitions, then the bugs that have a formula."""
    known = [
        Hypothesis(definition, definition.title, name, source=source_of(definition))
        for name, definition in DEFINITIONS.items()
    ]
    bugs = [
        Hypothesis(bug.definition, bug.sentence, bug=bug.name, source=bug.source)
        for bug in BUGS.values()
        if bug.definition is not None
    ]
    return (*known, *bugs)


@cache
def pairs() -> tuple[Hypothesis, ...]:
    """A dialect and another dialect or bug, where they change different stages and none decays."""
    changed = [h for h in named() if not h.decays and h.dialect not in FAMILY and stages(h.definition)]
    return tuple(_joined([hypothesis for hypothesis in changed if hypothesis.dialect], changed))


def decaying(base: Hypothesis) -> tuple[Hypothesis, ...]:
    """What decays and is `base` where nothing decays: as known, or with the decay of each that is known."""
    known = [hypothesis for hypothesis in named() if hypothesis.decays]
    made = [set(hypothesis.definition.__bases__) for hypothesis in known]
    others = [
        hypothesis
        for hypothesis in known
        if {base.definition, hypothesis.definition} not in made and _differs_from_parents(hypothesis)
    ]
    if base.definition is Adam:
        return tuple(known)
    alike = [hypothesis for hypothesis in known if issubclass(hypothesis.definition, base.definition)]
    return (*alike, *_joined([base], others))


def _differs_from_parents(hypothesis: Hypothesis) -> bool:
    """Whether it is not another definition under the name of a bug."""
    return any(callable(value) for value in vars(hypothesis.definition).values())


def _joined(bases: Sequence[Hypothesis], others: Sequence[Hypothesis]) -> Iterator[Hypothesis]:
    seen = set()
    for base in bases:
        for other in others:
            parts = frozenset((base.definition, other.definition))
            if parts not in seen and stages(base.definition).isdisjoint(stages(other.definition)):
                seen.add(parts)
                yield _pair(base, other)


def _pair(base: Hypothesis, other: Hypothesis) -> Hypothesis:
    says = f"{base.says}{_besides(other)}"
    # Disjoint stages: each class finds its own before the other's, whatever their order.
    definition = type("Pair", (base.definition, other.definition), {"title": says})
    return Hypothesis(
        definition,
        says,
        dialect=" + ".join(name for name in (base.dialect, other.dialect) if name and name not in _DECAYS),
        bug=" + ".join(name for name in (base.bug, other.bug) if name),
        source=other.source if other.bug else f"{base.source} {other.source}",
    )


def _besides(other: Hypothesis) -> str:
    """What is said of the second of a pair."""
    for decaying, how in _HOW.items():
        if other.says.startswith(decaying.title):
            return f"; {how}{other.says.removeprefix(decaying.title)}"
    return f", and {other.says.removeprefix(f'{Adam.title}, but ')}"
