"""What users get wrong, as one line and an exit status."""

from __future__ import annotations

import io
import sys
import traceback
from typing import Any

import click

BUG = 70
"""Exit status of what must not happen: EX_SOFTWARE."""

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it: 128 and the number of SIGINT."""


class Group(click.Group):
    """Turns what users get wrong into one line and the documented exit status."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        from adamcheck.support.text import nearest

        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            raise click.UsageError(f"no command {args[0]!r}{nearest(args[0], self.commands)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")  # a pipe may have no code for some letter
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except KeyboardInterrupt as interrupt:
            click.echo(f"adamcheck: interrupted, {str(interrupt) or 'nothing was written'}", err=True)
            sys.exit(INTERRUPTED)
        except Exception as error:
            status = _status_of(error)
            if status is None:
                traceback.print_exc()
                error = RuntimeError("this is a bug in adamcheck, or in an installed pack of claims")
            click.echo(f"adamcheck: {error}", err=True)
            sys.exit(BUG if status is None else status)


_STATUSES = {
    "TargetError": 2,
    "TargetFailed": 3,
    "TraceError": 2,
    "UnknownClaim": 2,
    "UnknownTopic": 2,
    "ReportError": 2,
    "OutputError": 2,
    "CoqMissing": 2,
    "TargetCrash": 3,
}
"""The exit status of each error of this package that is the user's or the target's, by name: the modules
that define them are slow to load, and loaded by whoever raises one."""


def _status_of(error: Exception) -> int | None:
    """The exit status of an error, None for a bug of ours."""
    names = [kind.__name__ for kind in type(error).__mro__ if kind.__module__.startswith("adamcheck")]
    return next((_STATUSES[name] for name in names if name in _STATUSES), None)


class OutputError(Exception):
    """A file that cannot be written; the message is one line."""
