"""What the diagnosis calls bugs and dialects, for people and machines."""

from __future__ import annotations

from collections.abc import Sequence

from adamcheck.choices import DTYPE_NAMES
from adamcheck.power.recognition import Recognised, Recognition, shown
from adamcheck.report.markdown import table
from adamcheck.zoo.bugs import BUGS

INTRODUCTION = (
    "Each bug and each dialect, diagnosed as `adamcheck verify` does it: after the checks of every "
    "implementation, from at most 20 chosen traces. A name counts as right if it comes first, alone or with "
    "what nothing tells from it, or among all that give another result each time. What cannot be seen in a "
    "dtype is not held against the diagnosis in that one."
)


def sentence(diagnoses: Sequence[Recognition]) -> str:
    """The finding in one sentence."""
    found = shown(diagnoses).values()
    bugs = [each for each in found if each.name in BUGS]
    others = [each for each in found if each.name not in BUGS]
    counts = f"{sum(each.right for each in bugs)} of {len(bugs)} bugs"
    if others:
        counts += f" and {sum(each.right for each in others)} of {len(others)} dialects and family members"
    wrong = ", ".join(
        f"{each.name} in {each.dtype}" for each in diagnoses if each.verdict == Recognised.WRONG
    )
    return f"The diagnosis is right for {counts}; wrong names: {wrong or 'none'}."


def by_dtype(diagnoses: Sequence[Recognition]) -> list[list[str]]:
    """A line for each dtype: how often each verdict."""
    return [
        [
            dtype,
            *(
                str(sum(each.verdict == verdict for each in diagnoses if each.dtype == dtype))
                for verdict in Recognised
            ),
        ]
        for dtype in DTYPE_NAMES
    ]


def by_name(diagnoses: Sequence[Recognition]) -> list[list[str]]:
    """A line for each bug or dialect that is not named alone in some dtype: the verdict in each dtype."""
    verdicts = {(each.name, each.dtype): each.verdict for each in diagnoses}
    names = dict.fromkeys(each.name for each in diagnoses)
    lines = [[name, *(verdicts.get((name, dtype), "") for dtype in DTYPE_NAMES)] for name in names]
    return [line for line in lines if set(line[1:]) != {Recognised.ALONE}]


def markdown(diagnoses: Sequence[Recognition]) -> list[str]:
    """The diagnoses in paragraphs and tables."""
    return [
        "## Diagnosis",
        INTRODUCTION,
        sentence(diagnoses),
        table(["dtype", *Recognised], by_dtype(diagnoses)),
        "Named alone in every dtype are all but these:",
        table(["", *DTYPE_NAMES], [[f"`{name}`", *rest] for name, *rest in by_name(diagnoses)]),
    ]
