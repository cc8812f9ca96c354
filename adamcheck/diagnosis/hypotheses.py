"""Hypotheses about a target: every variant, every known bug with a formula, and pairs of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from adamcheck.adam import Adam
from adamcheck.diagnosis.formula import Identity
from adamcheck.variants import DEFINITIONS, FAMILY
from adamcheck.variants import source as source_of
from adamcheck.variants.standard import TEXTBOOK_STANDARD, Standard, stages
from adamcheck.zoo.bugs import BUGS

_DECAYS = ("adamw", "adam-l2")
"""The weight decays with which a dialect of textbook Adam keeps its own name."""


@dataclass(frozen=True)
class Hypothesis:
    """A formula that a target may follow.

    Attributes:
        definition: The formula.
        identity: The names of its parts.
        source: Where it is documented or was found.
    """

    definition: type[Adam]
    identity: Identity
    source: str = ""

    @property
    def name(self) -> str:
        """The names of its parts, joined; "" if it has no name."""
        return self.identity.name

    @property
    def decays(self) -> bool:
        """Whether the formula has weight decay."""
        return self.definition.decays

    @property
    def expected(self) -> bool:
        """Whether it is a known definition, not a bug or a change of one."""
        return not self.identity.bugs and self.identity.change is None


@cache
def named(standard: Standard = TEXTBOOK_STANDARD) -> tuple[Hypothesis, ...]:
    """The definition of the standard, the other definitions, then the known bugs that have a formula.

    If the standard is not textbook Adam, its bugs come before the other definitions: an AMSGrad that forgets
    its maximum is reported as a wrong AMSGrad, not as Adam.
    """
    due = Hypothesis(standard.plain, of_standard(standard), source_of(standard.plain))
    known = [
        Hypothesis(definition, Identity((name,)), source_of(definition))
        for name, definition in DEFINITIONS.items()
        if definition is not standard.plain
    ]
    bugs = [
        Hypothesis(bug.definition, Identity(bugs=(bug.name,)), bug.source)
        for bug in BUGS.values()
        if bug.definition is not None
    ]
    first: list[Hypothesis] = []
    if not standard.is_textbook:
        first = [h for h in bugs if BUGS[h.identity.bugs[0]].of in standard.names]
    return (due, *first, *known, *(hypothesis for hypothesis in bugs if hypothesis not in first))


def of_standard(standard: Standard) -> Identity:
    """The identity of a standard without weight decay."""
    names = tuple(name for name in standard.names if not DEFINITIONS[name].decays)
    undecayed = next((name for name, definition in DEFINITIONS.items() if definition is standard.plain), "")
    return Identity(names or (undecayed,))


@cache
def pairs() -> tuple[Hypothesis, ...]:
    """Pairs of a dialect with another dialect or bug that change different stages, without weight decay."""
    changed = [
        h
        for h in named()
        if not h.decays and set(h.identity.definitions).isdisjoint(FAMILY) and stages(h.definition)
    ]
    return tuple(_joined([hypothesis for hypothesis in changed if hypothesis.expected], changed))


@cache
def bug_pairs() -> tuple[Hypothesis, ...]:
    """Pairs of bugs, without weight decay, those of a kind first."""
    bugs = [h for h in named() if not h.decays and h.identity.bugs and stages(h.definition)]
    pairs = list(_joined(bugs, bugs, shared=_COOPERATIVE))
    return tuple(sorted(pairs, key=lambda pair: not _of_a_kind(pair)))


_COOPERATIVE = frozenset({"start", "update"})
"""Stages that two bugs may both replace, since each calls the other's by `super()`."""


def _of_a_kind(pair: Hypothesis) -> bool:
    """Whether the two bugs of a pair belong to the same family of bugs."""
    families = {BUGS[name].family for name in pair.identity.bugs}
    return len(families) == 1


def decaying(base: Hypothesis, standard: Standard = TEXTBOOK_STANDARD) -> tuple[Hypothesis, ...]:
    """The formulas that equal `base` without weight decay: known ones, and `base` with known decays."""
    known = [hypothesis for hypothesis in named(standard) if hypothesis.decays]
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
    """Whether it has a stage of its own, and is not just another definition under the name of a bug."""
    return any(callable(value) for value in vars(hypothesis.definition).values())


def _joined(
    bases: Sequence[Hypothesis], others: Sequence[Hypothesis], *, shared: frozenset[str] = frozenset()
) -> Iterator[Hypothesis]:
    seen = set()
    for base in bases:
        for other in others:
            parts = frozenset((base.definition, other.definition))
            both = stages(base.definition) & stages(other.definition)
            if len(parts) == 2 and parts not in seen and both <= shared:
                seen.add(parts)
                yield _pair(base, other)


def _pair(base: Hypothesis, other: Hypothesis) -> Hypothesis:
    # The stages are disjoint, so the order of the base classes does not matter.
    definition = type("Pair", (base.definition, other.definition), {})
    one, two = base.identity, other.identity
    decay = next((name for name in two.definitions if name in _DECAYS), "")
    names = tuple(name for name in (*one.definitions, *two.definitions) if name not in _DECAYS)
    identity = Identity(names, (*one.bugs, *two.bugs), decay, one.change)
    source = other.source if two.bugs and not one.bugs else f"{base.source}; {other.source}"
    return Hypothesis(definition, identity, source)
