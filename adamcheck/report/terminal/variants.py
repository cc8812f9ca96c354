"""Known bugs and definitions in a terminal."""

from __future__ import annotations

from rich.text import Text

from adamcheck.checks.coverage.dimensions import DIMENSIONS, Extent
from adamcheck.checks.coverage.rows import LONG
from adamcheck.claims import detection
from adamcheck.report import summary as words
from adamcheck.report.terminal.console import stdout_console
from adamcheck.variants import DEFINITIONS, source
from adamcheck.zoo.bugs import BUGS, family_of

_LABEL = 17
"""Columns of the label of a line."""


def print_bug(name: str) -> None:
    """Print a known bug: what it changes, where it was found, what exposes it and which law detects it."""
    bug = BUGS[name]
    alone = [law for law, found in detection.laws().laws.items() if name in found.alone]
    told = f"by {', '.join(alone)} alone" if alone else "by no law alone"
    _print(
        name,
        ("bug of", f"{bug.of}: {DEFINITIONS[bug.of].title}"),
        ("change", bug.change),
        ("shown by", bug.shows),
        ("family", f"{bug.family}: {family_of(bug)}"),
        ("found in", bug.source),
        ("exposed by", f"{bug.exposes.name}: {bug.exposes.says}"),
        ("detected", f"{told}; adamcheck power --only {name} tries every law"),
        ("try it", f"adamcheck verify adamcheck.variants.bugs:{name.replace('-', '_')}"),
    )


def print_coverage() -> None:
    """Print the dimensions of what a target is asked, and the values of each by profile."""
    told = []
    for dimension in DIMENSIONS:
        for extent in Extent:
            if values := words.asked_in(extent, dimension):
                since = "" if extent is Extent.QUICK else f"in the {extent.name.lower()} profile also "
                told.append((dimension if extent is Extent.QUICK else "", since + values))
    for extent, runs in LONG.items():
        lengths = ", ".join(f"{steps:,} steps ({course})" for steps, course, _ in runs)
        told.append(
            ("long runs" if extent is min(LONG) else "", f"in the {extent.name.lower()} profile {lengths}")
        )
    _print("coverage", *told)
    console = stdout_console()
    console.print(
        Text(
            "Each pair of values of two dimensions of one check is asked together, in as few rows as that "
            "takes; the quick profile tries some of the rows. What a target does not offer is reported."
        )
    )


def print_definition(name: str) -> None:
    """Print a definition: its title and source, its known bugs, and the commands that use it."""
    definition = DEFINITIONS[name]
    bugs = ", ".join(bug.name for bug in BUGS.values() if bug.of == name)
    if name == "adam":  # the default of every command, and most bugs are its bugs
        _print(name, ("title", definition.title), ("says", source(definition)))
        return
    _print(
        name,
        ("title", definition.title),
        ("says", source(definition)),
        *([("bugs", bugs)] if bugs else []),
        ("judge by it", f"adamcheck judge FILE --as {name}"),
        ("accept it", f"adamcheck verify TARGET --accept {name}"),
    )


def _print(name: str, *lines: tuple[str, str]) -> None:
    console = stdout_console()
    console.print(Text(name, style="bold"))
    for label, text in lines:
        console.print(Text.assemble((label.ljust(_LABEL), "bold"), text))
