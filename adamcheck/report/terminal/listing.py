"""Lists of claims, targets, definitions, checks, bugs and packs, one line each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from rich.text import Text

from adamcheck.report.mathematics import plain
from adamcheck.report.terminal.console import stdout_console


def print_list(what: str) -> None:
    """Print one line per claim, target, definition, check, bug or entry point of a pack."""
    listing: dict[str, Callable[[], Iterable[tuple[str, str]]]] = {
        "claims": _list_claims,
        "targets": _list_targets,
        "definitions": _list_definitions,
        "checks": _list_checks,
        "bugs": _list_bugs,
        "packs": _list_packs,
    }
    console = stdout_console()
    entries = list(listing[what]())
    width = max(len(name) for name, _ in entries)
    for name, text in entries:
        line = Text.assemble((name.ljust(width), "bold"), "  ", text)
        # One line each: shortened on a terminal, complete in a pipe.
        console.print(
            line, no_wrap=True, overflow="ellipsis" if console.is_terminal else "ignore", crop=False
        )


def _list_claims() -> Iterable[tuple[str, str]]:
    from adamcheck.claims.claim import discover

    return [(claim.name, f"{claim.verdict.kind}: {plain(claim.says)}") for claim in discover()]


def _list_targets() -> Iterable[tuple[str, str]]:
    from adamcheck.targets.find import REFERENCE
    from adamcheck.targets.known import KNOWN

    yield REFERENCE, "the definition itself, in floats"
    for name, known in KNOWN.items():
        options = "".join(f" {key}={value}" for key, value in known.options.items())
        yield name, f"{known.spec}{options}" + ("" if known.installed else " (not installed)")


def _list_definitions() -> Iterable[tuple[str, str]]:
    from adamcheck.variants import DEFINITIONS, source

    return [(name, f"{definition.title}. {source(definition)}") for name, definition in DEFINITIONS.items()]


def _list_checks() -> Iterable[tuple[str, str]]:
    from adamcheck.claims.catalogue import checks
    from adamcheck.claims.claim import discover

    return [(f"{check.section}: {check.name}", plain(check.statement)) for check in checks(discover())]


def _list_bugs() -> Iterable[tuple[str, str]]:
    from adamcheck.zoo.bugs import BUGS, FAMILIES

    families = dict.fromkeys([*FAMILIES, *(bug.family for bug in BUGS.values())])
    bugs = sorted(BUGS.values(), key=lambda bug: list(families).index(bug.family))
    return [
        (f"{bug.family}: {bug.name}", f"of {bug.of}: {bug.change}. {bug.shows} [{bug.source}]")
        for bug in bugs
    ]


def _list_packs() -> Iterable[tuple[str, str]]:
    from adamcheck.checks.conformance import CHECKS
    from adamcheck.claims.claim import CLAIMS
    from adamcheck.report.formats import FORMATS
    from adamcheck.support.registry import Registry
    from adamcheck.targets.find import ADAPTERS
    from adamcheck.variants import DEFINITIONS
    from adamcheck.zoo.bugs import BUGS

    registries: tuple[Registry[Any], ...] = (CLAIMS, CHECKS, DEFINITIONS, BUGS, ADAPTERS, FORMATS)
    for registry in registries:
        for offer in registry.offers:
            state = f"skipped: {offer.fault}" if offer.fault else "in use"
            yield offer.package, f"{registry.what} {offer.name} ({offer.leads_to}): {state}"
