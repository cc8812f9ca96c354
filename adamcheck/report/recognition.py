"""Recognition: how the diagnosis names known bugs and dialects."""

from __future__ import annotations

from collections.abc import Sequence

from adamcheck.choices import DTYPE_NAMES
from adamcheck.power.recognition import Recognised, Recognition, shown
from adamcheck.report.markdown import table
from adamcheck.zoo.bugs import BUGS

INTRODUCTION = (
    "Each known bug and each dialect is diagnosed as in `adamcheck verify`: after the conformance checks, "
    "from at most 20 chosen traces. A name counts as right if it comes first, alone or with formulas that "
    "nothing separates from it, or if it is among the names of targets that are not repeatable. A bug that "
    "does not show in a dtype does not count against the diagnosis in that dtype."
)


def sentence(diagnoses: Sequence[Recognition]) -> str:
    """The result in one sentence."""
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
    """One row per dtype: the count of each verdict."""
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
    """One row per bug or dialect that is not named alone in every dtype: the verdict in each dtype."""
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
        "All are named alone in every dtype, except these:",
        table(["", *DTYPE_NAMES], [[f"`{name}`", *rest] for name, *rest in by_name(diagnoses)]),
    ]
