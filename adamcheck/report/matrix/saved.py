"""What a matrix holds: the types of its JSON document, and rows kept from run to run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta

from adamcheck.checks.check import Outcome, Section
from adamcheck.diagnosis.formula import Kind
from adamcheck.examine.results import Absence
from adamcheck.report.documents import Document, Number, Saved
from adamcheck.report.saved import SavedHazard, TargetStatus
from adamcheck.variants.standard import Standard

FORMAT: Final = "adamcheck-matrix-3"

Scalars = Literal["double", "working dtype"]
"""In which precision a target forms its scalars."""


class Error(Saved, frozen=True, kw_only=True):
    """The largest error of a target on the fixed probes in one dtype, in two digits."""

    radii: Annotated[float, Meta(description="As a fraction of the radius.")]
    ulps: Annotated[Number, Meta(description="In units in the last place of the update.")]
    scalars: Annotated[Scalars, Meta(description="The precision in which scalars are formed.")]


class Part(Saved, frozen=True, kw_only=True):
    """A target in one dtype."""

    absent: Annotated[Absence | None, Meta(description="Why it is not offered; null where it is.")]
    failed: Annotated[bool, Meta(description="It crashed, hung or could not be started.")]
    says: Annotated[str, Meta(description="What happened or why it is not offered, in words; else empty.")]
    tested: Annotated[bool, Meta(description="Checks were run.")]
    kind: Annotated[Kind, Meta(description="What it computes, beside what it is held against.")]
    against: Annotated[str, Meta(description="The definition that it is held against.")]
    dialect: Annotated[str, Meta(description="The name of the definition that explains what was seen.")]
    bug: Annotated[str, Meta(description="The name of the known bug that explains what was seen.")]
    precision: Annotated[str, Meta(description="The dtype in which it computes.")]
    accuracy: Annotated[Error | None, Meta(description="Null where some probe is not enclosed.")]
    laws: Annotated[dict[Outcome, int], Meta(description="How many laws had each outcome.")]
    state: Annotated[dict[Outcome, int], Meta(description="How many checks of state had each outcome.")]
    hazards: Annotated[
        tuple[SavedHazard, ...],
        Meta(description="Ordinary inputs for which the arithmetic of the dtype goes wrong."),
    ]

    def __post_init__(self) -> None:
        Standard.parse(self.against)
        if self.kind in (Kind.DIALECT, Kind.BUG) and not self.name:
            raise ValueError(f"a {self.kind} without a name")

    @property
    def name(self) -> str:
        """The definition and the bug, joined; "" where it has no name."""
        return " + ".join(name for name in (self.dialect, self.bug) if name)


class BrokenCheck(Saved, frozen=True, kw_only=True):
    """A check that fails with one outcome, in whatever dtypes."""

    check: Annotated[str, Meta(description="Its name; CLAIM/LAW for the law of a claim.")]
    section: Annotated[Section, Meta(description="Where it counts.")]
    outcome: Annotated[Outcome, Meta(description="How it fails.")]
    message: Annotated[str, Meta(description="What happened in the first of its dtypes.")]
    dtypes: Annotated[tuple[str, ...], Meta(description="Where it fails so.")]


class Tried(Saved, frozen=True, kw_only=True):
    """How a row was made."""

    version: Annotated[str, Meta(description="The version of adamcheck.")]
    profile: Annotated[str, Meta(description="How much was tried.")]
    seed: Annotated[int, Meta(description="The seed of all random choices.")]


class Row(Saved, frozen=True, kw_only=True):
    """An implementation, and what it computes."""

    name: Annotated[str, Meta(description="The name that `adamcheck verify` takes, with its options.")]
    library: Annotated[str, Meta(description="The library it is from.")]
    version: Annotated[str, Meta(description="The version of the library.")]
    formula: Annotated[str, Meta(description="What it computes, or how it fails, in a sentence.")]
    of: Annotated[str, Meta(description="The dtype that the sentence is about.")]
    status: Annotated[TargetStatus, Meta(description="The exit status that it deserves.")]
    dtypes: Annotated[dict[str, Part], Meta(description="The target, dtype by dtype.")]
    broken: Annotated[tuple[BrokenCheck, ...], Meta(description="The checks that fail.")]
    remarks: Annotated[tuple[str, ...], Meta(description="What else there is to know of it.")]
    tried: Annotated[Tried, Meta(description="How the row was made.")]

    def __post_init__(self) -> None:
        if self.of not in self.dtypes:
            raise ValueError(f"the formula is about {self.of[:40]!r}, which is not one of the dtypes")

    @property
    def told(self) -> Part:
        """The part that the row's formula is about."""
        return self.dtypes[self.of]

    @property
    def tested(self) -> dict[str, Part]:
        """The dtypes in which checks were run."""
        return {dtype: part for dtype, part in self.dtypes.items() if part.tested}

    def counted(self, section: Section) -> Counter[Outcome]:
        """How many checks of a section had each outcome, all dtypes together."""
        together: Counter[Outcome] = Counter()
        for part in self.dtypes.values():
            together.update(part.laws if section is Section.LAWS else part.state)
        return together


class Matrix(Saved, frozen=True, kw_only=True):
    """What each implementation of Adam computes."""

    format: Annotated[Literal["adamcheck-matrix-3"], Meta(description="The version of this format.")] = FORMAT
    targets: Annotated[tuple[Row, ...], Meta(description="The rows, by library and name.")]


MATRIX = Document(Matrix, "matrix", "matrix", FORMAT, "remove it, or choose another folder")


def document(rows: Iterable[Row]) -> Matrix:
    """A matrix with these rows, in the order of their names."""
    return Matrix(targets=tuple(sorted(rows, key=lambda row: (row.library.lower(), row.name))))


def merged(found: Iterable[Row], path: Path) -> list[Row]:
    """The rows found now, and those of the matrix in a file for which there is none now.

    Raises:
        ReportError: For a file that is not a matrix.
    """
    now = {row.name: row for row in found}
    before = MATRIX.load(path).targets if path.exists() else ()
    return [*now.values(), *(row for row in before if row.name not in now)]
