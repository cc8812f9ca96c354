"""The words of a diagnosis."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from adamcheck.diagnosis.formula import Formula
from adamcheck.diagnosis.hypotheses import Hypothesis
from adamcheck.numbers.floats import Format
from adamcheck.zoo.bugs import Bug

_NAMED = 4
"""Names in a sentence."""


def told_alike(
    kind: str,
    bugs: Sequence[Bug],
    dtype: str,
    dialect: str = "",
    *,
    precision: str = "",
    far: Iterable[str] = (),
) -> Formula:
    """Bugs without a formula in words, the first by name; `dialect`: of what; far: how far off."""
    first, siblings = bugs[0], tuple(bug.name for bug in bugs[1:])
    told = [f"{first.sentence} (the bug {first.name})", *far]
    if siblings:
        teller = "no experiment tells" if dtype == "float64" else f"{dtype} cannot tell"
        told.append(f"{teller} it from {named_first(siblings)}")
    told.append(f"cf. {first.source}")
    return Formula(kind, "; ".join(told), dialect, first.name, siblings, first.source, precision=precision)


def behind(precision: str, format: Format) -> str:
    """What is said of arrays of a format that hold numbers of another precision."""
    return f" computed in {precision} behind {format.name} arrays"


def listed(hypotheses: Collection[Hypothesis]) -> str:
    """The first few hypotheses by name, and how many there are besides."""
    return named_first([h.name or h.says for h in hypotheses])


def named_first(names: Sequence[str]) -> str:
    """The first few names, and how many there are besides."""
    rest = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
    return ", ".join([*names[:_NAMED], *rest])
