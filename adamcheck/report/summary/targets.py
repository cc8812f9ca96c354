"""What is said of targets in short."""

from __future__ import annotations

from collections import Counter

from adamcheck.diagnosis.formula import Kind
from adamcheck.examine.accuracy import Measure
from adamcheck.examine.results import CONFORMS, DOES_NOT_CONFORM, DtypeReport, Report, TargetReport
from adamcheck.numbers.enclosure import Freedom
from adamcheck.report import formulas
from adamcheck.report.summary.badges import Badge, Tone, slug
from adamcheck.variants.standard import TEXTBOOK_STANDARD, Standard


def label(target: TargetReport) -> str:
    """The name of a target, with its options if it has any."""
    options = ", ".join(f"{name}={value!r}" for name, value in sorted(target.options.items()))
    return f"{target.name} ({options})" if options else target.name


def anchors(report: Report) -> tuple[str, ...]:
    """The anchor of each target in order: `target-NAME`, made unique by a number where needed."""
    seen: Counter[str] = Counter()
    found = []
    for target in report.targets:
        anchor = f"target-{slug(target.name)}"
        seen[anchor] += 1
        found.append(anchor if seen[anchor] == 1 else f"{anchor}-{seen[anchor]}")
    return tuple(found)


def status_badge(status: int, count: int = 1) -> Badge:
    """What an exit status means for a target, or for so many."""
    if status == CONFORMS:
        return Badge("conforms" if count == 1 else "conform", Tone.GOOD)
    does_not = "does not conform" if count == 1 else "do not conform"
    return Badge(does_not if status == DOES_NOT_CONFORM else "failed", Tone.BAD)


def dtype_badge(dtype: DtypeReport) -> Badge:
    """What became of a target in one dtype."""
    return status_badge(dtype.status) if dtype.offered else Badge("not offered", Tone.QUIET)


_TONES = {Kind.DIALECT: Tone.FAIR, Kind.CHANGED: Tone.FAIR, Kind.COARSE: Tone.FAIR, Kind.UNKNOWN: Tone.FAIR}


def formula(dtype: DtypeReport) -> Badge:
    """The formula in a word: as expected, a dialect or bug by its name, or what else it looks like."""
    if dtype.failure:
        return Badge("not tested", Tone.QUIET)
    found = dtype.formula
    if found.conforms:
        standard = Standard.parse(found.against)
        due = "textbook" if standard.is_textbook else str(standard)
        return Badge(f"{due}, but {found.bug}", Tone.FAIR) if found.bug else Badge(due, Tone.GOOD)
    return Badge(found.name or found.kind, _TONES.get(found.kind, Tone.BAD))


ALLOWANCES = {
    Freedom.DIRECT: "direct form, powers by pow, scalars in double",
    Freedom.ORDERS: "any order, powers by pow, scalars in double",
    Freedom.EXP: "any order, powers by exp and log, scalars in double",
    Freedom.PRODUCTS: "any order, powers as running products, scalars in double",
    Freedom.WORKING: "any order, scalars in the working dtype",
    Freedom.ANCHORED: "any order, averages anchored at the new number, scalars in the working dtype",
}
"""What a target needs to be allowed, from the strictest to the most generous."""


def accuracy(measure: Measure | None) -> str:
    """The worst error of a target as a fraction of the radius and in ulps of the update."""
    if measure is None:
        return "not measured: some probe is not enclosed"
    needed = ALLOWANCES[measure.allowance]
    return f"{measure.radii:.2g} of the {measure.format} radius ({needed}), {measure.ulps:.3g} ulps"


def worst_accuracy(dtype: DtypeReport) -> str:
    """The larger of the two errors of a target, in radii."""
    both = (dtype.accuracy.dyadic, dtype.accuracy.decimal) if dtype.accuracy else (None, None)
    radii = [measure.radii for measure in both if measure is not None]
    return f"{max(radii):.2g}" if len(radii) == len(both) else "outside"


def held_against(dtype: DtypeReport) -> str:
    """What a target is held against, where that is not the textbook's Adam with any weight decay."""
    if dtype.suggested:
        return f"textbook Adam; its name stands for another: --as {dtype.suggested} holds it against that"
    standard = Standard.parse(dtype.formula.against)
    if standard == TEXTBOOK_STANDARD:
        return ""
    kind = f"; {formulas.decay_words(standard)}" if standard.decay is not None else ""
    return f"{standard.title}{kind} ({standard})"


def remarks(dtype: DtypeReport) -> tuple[str, ...]:
    """What a target's process did that it should not have done, beside the checks."""
    printed = (f"printed on standard output: {dtype.printed!r}",) if dtype.printed else ()
    return (*printed, *((f"after the last check {dtype.ended}",) if dtype.ended else ()))
