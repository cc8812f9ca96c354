"""The campaign for false alarms: how many updates were judged, and how near the radius they come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from msgspec import Meta

from adamcheck import __version__
from adamcheck.choices import DTYPE_NAMES
from adamcheck.power.campaign import Tally
from adamcheck.report.documents import Document, Saved
from adamcheck.report.markdown import table

FORMAT: Final = "adamcheck-campaign-1"


class SavedTallies(Saved, frozen=True, kw_only=True):
    """Correct code, judged."""

    judged: Annotated[int, Meta(description="Updates of a coordinate that were judged, in all.")]
    implementations: Annotated[tuple[Tally, ...], Meta(description="Each of them in each dtype.")]


class SavedCampaign(SavedTallies, frozen=True, kw_only=True):
    """A campaign against false alarms."""

    format: Annotated[Literal["adamcheck-campaign-1"], Meta(description="The version of this format.")]
    version: Annotated[str, Meta(description="The version of adamcheck.")]
    seed: Annotated[int, Meta(description="The seed of all random choices.")]
    rounds: Annotated[int, Meta(description="How often everything was judged.")]


CAMPAIGN = Document(SavedCampaign, "campaign", "campaign", FORMAT, "write it again with adamcheck campaign")


def saved(tallies: Sequence[Tally], seed: int, rounds: int) -> SavedCampaign:
    """What is saved of a campaign."""
    return SavedCampaign(
        format=FORMAT,
        version=__version__,
        seed=seed,
        rounds=rounds,
        judged=_judged(tallies),
        implementations=tuple(tallies),
    )


def page(campaign: SavedCampaign) -> str:
    """A campaign as Markdown."""
    last = f"adamcheck {campaign.version}, rounds {campaign.rounds}, seed {campaign.seed}."
    return "\n\n".join(["# Correct code, judged", *markdown(campaign.implementations)[1:], last]) + "\n"


INTRODUCTION = (
    "Correct code is judged: textbook Adam in every order of evaluation, every correct rewrite, and every "
    "definition and dialect against itself, with decay rates from 0 to 1 - 2^-20, eps from 0 to 1, lr from "
    "2^-40 to 1024, powers of two and decimals, and gradients over all exponents of the dtype. A cell shows "
    "the worst error as a fraction of the derived radius. A false alarm would be above 1."
)

HEADINGS = ("dtype", "judged", "not judged", "outside", "worst fraction of the radius", "99 % below")


def _judged(tallies: Sequence[Tally]) -> int:
    return sum(tally.judged for tally in tallies)


def sentence(tallies: Sequence[Tally]) -> str:
    """The result in one sentence."""
    wrong = [f"{tally.name} in {tally.dtype}" for tally in tallies if tally.outside]
    return f"{_judged(tallies):,} judged coordinate-steps of correct code, {_alarms(wrong)}."


def _alarms(wrong: Sequence[str]) -> str:
    return f"false alarms: {', '.join(wrong)}" if wrong else "no alarm"


def by_dtype(tallies: Sequence[Tally]) -> list[list[str]]:
    """One row per dtype: counts, the worst error, and the bound for 99 % of errors everywhere."""
    found = {dtype: [tally for tally in tallies if tally.dtype == dtype] for dtype in DTYPE_NAMES}
    return [
        [
            dtype,
            f"{_judged(those):,}",
            f"{sum(tally.not_judged for tally in those):,}",
            f"{sum(tally.outside for tally in those):,}",
            f"{max(tally.worst for tally in those):.2f}",
            f"{max(tally.quantiles[1] for tally in those):.2f}",
        ]
        for dtype, those in found.items()
        if those
    ]


def by_implementation(tallies: Sequence[Tally]) -> dict[str, list[float | None]]:
    """The worst fraction of the radius of each implementation in each dtype; None if there is none."""
    worst = {(tally.name, tally.dtype): tally.worst for tally in tallies}
    names = dict.fromkeys(tally.name for tally in tallies)
    return {name: [worst.get((name, dtype)) for dtype in DTYPE_NAMES] for name in names}


def heat(worst: float) -> str:
    """The colour class of a cell: the nearer to an alarm, the hotter."""
    return "h3" if worst > 0.9 else "h2" if worst > 0.5 else "h1"


def markdown(tallies: Sequence[Tally]) -> list[str]:
    """The campaign in paragraphs and tables."""
    rows = [
        [f"`{name}`", *("" if worst is None else f"{worst:.2f}" for worst in fractions)]
        for name, fractions in by_implementation(tallies).items()
    ]
    alarms = [f"- `{tally.name}`, {tally.dtype}: {tally.alarm}" for tally in tallies if tally.alarm]
    return [
        "## False alarms",
        INTRODUCTION,
        sentence(tallies),
        *(["\n".join(alarms)] if alarms else []),
        table(list(HEADINGS), by_dtype(tallies)),
        table(["implementation", *DTYPE_NAMES], rows),
    ]
