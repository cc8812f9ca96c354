"""The kill matrix for people and machines: which law notices which bug.

Seconds stand in the JSON document alone; everything else, and both pages, are the
same bytes for the same seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median

from markupsafe import Markup

from adamcheck import __version__
from adamcheck.power.kill_matrix import Power, Row
from adamcheck.report import campaign, recognition
from adamcheck.report import summary as words
from adamcheck.report.html import template, text_of
from adamcheck.report.markdown import table
from adamcheck.report.saved_power import POWER, saved

INTRODUCTION = (
    "Each bug is a faulty implementation of Adam, most of them found in a real one. Every law was tried on "
    "each with the same random examples, up to the first that breaks it: that number is in the cell. "
    "*Fixed probes* are the judge's verdict on its fixed experiments. A bug of a variant is held against "
    "that variant, by the laws that the variant itself keeps. A bug that shows in no law in float64 was "
    "tried in the other dtypes."
)


def dumps(power: Power) -> bytes:
    """The matrix as a JSON document."""
    return POWER.dumps(saved(power))


# --- words ---------------------------------------------------------------------------------------


def fewest(row: Row) -> int:
    """The examples after which the first law notices a bug; 0 where none does."""
    return min((kill.examples for kill in row.kills), default=0)


def in_short(power: Power) -> list[str]:
    """The findings in a few sentences."""
    noticed = [fewest(row) for row in power.bugs if row.kills]
    told = [f"{len(noticed)} of {len(power.bugs)} bugs are noticed."] if power.bugs else []
    if noticed:
        middle = f"{median(noticed):g} example{'' if median(noticed) == 1 else 's'}"
        told.append(f"That takes {middle} in the median, {max(noticed)} at most.")
    if power.alive:
        told.append(f"Nothing notices {', '.join(row.name for row in power.alive)}.")
    if power.equivalents:
        wrong = [f"{row.name} ({', '.join(kill.law for kill in row.kills)})" for row in power.alarms]
        told.append(
            f"Of {len(power.equivalents)} correct rewrites, taken for wrong: {', '.join(wrong) or 'none'}."
        )
    if power.tallies:
        told.append(campaign.sentence(power.tallies))
    if power.diagnoses:
        told.append(recognition.sentence(power.diagnoses))
    return told


def never_alone(power: Power) -> list[str]:
    """The laws whose every bug is noticed by another law too."""
    return [law for law in power.laws if not power.alone(law)]


def columns(power: Power) -> list[str]:
    """The laws that notice anything."""
    seen = {kill.law for row in power.bugs for kill in row.kills}
    return [law for law in power.laws if law in seen]


def cells(row: Row) -> Mapping[str, int]:
    """For each law that notices a bug, after how many examples."""
    return {kill.law: kill.examples for kill in row.kills}


def heat(examples: int) -> str:
    """How hot a cell is: the fewer examples, the hotter."""
    return "" if not examples else "h3" if examples == 1 else "h2" if examples <= 5 else "h1"


def count_of(power: Power, law: str) -> int:
    """How many bugs a law notices."""
    return sum(law in cells(row) for row in power.bugs)


def first_laws(row: Row) -> list[str]:
    """The laws that notice a bug with the fewest examples, in words."""
    best = [kill.law for kill in row.kills if kill.examples == fewest(row)]
    return [words.check_words(law) for law in best]


# --- pages ---------------------------------------------------------------------------------------


def markdown(power: Power) -> str:
    """The matrix as Markdown: a line for each bug, and one for each law."""
    bugs = [
        [
            f"`{row.name}`",
            _cell(row.change),
            str(len(row.kills)),
            str(fewest(row) or "never"),
            _cell("; ".join(first_laws(row)[:2])),
            _cell(row.source),
        ]
        for row in power.bugs
    ]
    laws = [
        [
            words.check_words(law),
            str(count_of(power, law)),
            ", ".join(f"`{name}`" for name in power.alone(law)),
        ]
        for law in power.laws
    ]
    return (
        "\n\n".join(
            [
                "# Which law notices which bug",
                INTRODUCTION,
                " ".join(in_short(power)),
                "## Bugs",
                table(["bug", "change", "laws", "examples", "noticed first by", "source"], bugs),
                "## Laws",
                table(["law", "bugs", "bugs that only it notices"], laws),
                *(campaign.markdown(power.tallies) if power.tallies else []),
                *(recognition.markdown(power.diagnoses) if power.diagnoses else []),
                f"adamcheck {__version__}, profile {power.profile}, seed {power.seed}.",
            ]
        )
        + "\n"
    )


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("*", r"\*").replace("<", r"\<").replace("_", r"\_")


def html(power: Power) -> str:
    """The matrix as one HTML page that needs nothing else."""
    import adamcheck.report.power as here

    return template("power.html").render(
        power=power, css=Markup(text_of("style.css") + text_of("power.css")), version=__version__, here=here
    )
