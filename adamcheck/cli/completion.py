"""What a shell offers when the user presses the tab key; see `click.shell_completion`."""

from __future__ import annotations

from collections.abc import Iterable

import click
from click.shell_completion import CompletionItem


def targets(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Known targets; files where none of them fits."""
    from adamcheck.targets.find import REFERENCE
    from adamcheck.targets.known import KNOWN

    return _fitting((REFERENCE, *KNOWN), incomplete) or [CompletionItem(incomplete, type="file")]


def claims(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Claims."""
    from adamcheck.claims.claim import discover

    return _fitting((claim.name for claim in discover()), incomplete)


def topics(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """What `adamcheck explain` knows: claims, laws, checks, bugs and definitions."""
    from adamcheck.claims import explained

    return _fitting(explained.names(), incomplete)


def checks(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Checks, and claims for their laws."""
    from adamcheck.claims.catalogue import checks as known
    from adamcheck.claims.claim import discover

    found = discover()
    return _fitting((*(claim.name for claim in found), *(check.name for check in known(found))), incomplete)


def definitions(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Definitions."""
    from adamcheck.variants import DEFINITIONS

    return _fitting(DEFINITIONS, incomplete)


def _fitting(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in dict.fromkeys(names) if name.startswith(incomplete)]
