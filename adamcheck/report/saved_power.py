"""What a saved kill matrix holds: the types of its JSON document, made of what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from msgspec import Meta

from adamcheck import __version__
from adamcheck.power.kill_matrix import Kill, Power, Row
from adamcheck.power.recognition import Recognised, Recognition, known
from adamcheck.report import formulas
from adamcheck.report.campaign import SavedTallies
from adamcheck.report.documents import Document, Saved
from adamcheck.zoo.bugs import BUGS

FORMAT: Final = "adamcheck-power-2"


class SavedDiagnosis(Saved, frozen=True, kw_only=True):
    """What the diagnosis calls a bug or a dialect in one dtype."""

    verdict: Annotated[Recognised, Meta(description="How right that is.")]
    named: Annotated[tuple[str, ...], Meta(description="All that it may be by name, the first first.")]
    sentence: Annotated[str, Meta(description="What it is called, in words.")]


_Diagnoses = Annotated[
    dict[str, SavedDiagnosis],
    Meta(description="What the diagnosis calls it, by dtype; empty where nothing was diagnosed."),
]


class SavedKillRow(Saved, frozen=True, kw_only=True):
    """A bug, and what notices it; of a correct rewrite, what takes it for wrong."""

    name: Annotated[str, Meta(description="Its name.")]
    family: Annotated[str, Meta(description="The family of bugs that it belongs to.")]
    of: Annotated[str, Meta(description="The definition that it is held against.")]
    source: Annotated[str, Meta(description="Where it really happened.")]
    change: Annotated[str, Meta(description="What is different.")]
    shows: Annotated[str, Meta(description="What exposes that.")]
    killed_by: Annotated[tuple[Kill, ...], Meta(description="The laws that it fails.")]
    diagnosis: _Diagnoses


class SavedDialect(Saved, frozen=True, kw_only=True):
    """A dialect or a member of the family."""

    name: Annotated[str, Meta(description="Its name.")]
    diagnosis: _Diagnoses


class SavedPowerOfLaw(Saved, frozen=True, kw_only=True):
    """A law or check."""

    name: Annotated[str, Meta(description="Its name; CLAIM/LAW for the law of a claim.")]
    alone: Annotated[tuple[str, ...], Meta(description="The bugs that nothing else notices.")]


class SavedPower(Saved, frozen=True, kw_only=True):
    """Which law notices which bug."""

    format: Annotated[Literal["adamcheck-power-2"], Meta(description="The version of this format.")]
    version: Annotated[str, Meta(description="The version of adamcheck.")]
    profile: Annotated[str, Meta(description="How much was tried.")]
    examples: Annotated[int, Meta(description="Examples drawn for each law.")]
    seed: Annotated[int, Meta(description="The seed of all random choices.")]
    laws: Annotated[tuple[SavedPowerOfLaw, ...], Meta(description="The laws that were tried.")]
    bugs: Annotated[tuple[SavedKillRow, ...], Meta(description="The known bugs.")]
    equivalent: Annotated[tuple[SavedKillRow, ...], Meta(description="The correct rewrites.")]
    dialects: Annotated[
        tuple[SavedDialect, ...], Meta(description="Dialects and members of the family that were diagnosed.")
    ]
    campaign: Annotated[SavedTallies, Meta(description="What was said of correct code.")]


POWER = Document(SavedPower, "power", "kill matrix", FORMAT, "write it again with adamcheck power")


def saved(power: Power) -> SavedPower:
    """What is saved of a kill matrix."""
    judged = sum(tally.judged for tally in power.tallies)
    return SavedPower(
        format=FORMAT,
        version=__version__,
        profile=power.profile,
        examples=power.examples,
        seed=power.seed,
        laws=tuple(SavedPowerOfLaw(name=law, alone=power.alone(law)) for law in power.laws),
        bugs=tuple(_row(row, power.diagnoses) for row in power.bugs),
        equivalent=tuple(_row(row, ()) for row in power.equivalents),
        dialects=_dialects(power.diagnoses),
        campaign=SavedTallies(judged=judged, implementations=power.tallies),
    )


def _row(row: Row, diagnoses: Sequence[Recognition]) -> SavedKillRow:
    return SavedKillRow(
        name=row.name,
        family=row.family,
        of=row.of,
        source=row.source,
        change=row.change,
        shows=row.shows,
        killed_by=row.kills,
        diagnosis=_diagnoses(row.name, diagnoses),
    )


def _dialects(diagnoses: Sequence[Recognition]) -> tuple[SavedDialect, ...]:
    """What is diagnosed and not a bug."""
    diagnosed = {each.name for each in diagnoses}
    names = (name for name in known() if name not in BUGS and name in diagnosed)
    return tuple(SavedDialect(name=name, diagnosis=_diagnoses(name, diagnoses)) for name in names)


def _diagnoses(name: str, diagnoses: Sequence[Recognition]) -> dict[str, SavedDiagnosis]:
    return {each.dtype: _diagnosis(each) for each in diagnoses if each.name == name}


def _diagnosis(found: Recognition) -> SavedDiagnosis:
    formula = found.formula
    return SavedDiagnosis(
        verdict=found.verdict,
        named=tuple(formulas.named(one) for one in (formula.identity, *formula.siblings) if one.names),
        sentence=formulas.sentence(formula, found.dtype),
    )
