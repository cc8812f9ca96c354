"""User errors, reported in one line with an exit status."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from typing import Any, NoReturn, TextIO, cast

import click

from adamcheck.cli.output import Forgiving, discard
from adamcheck.support.errors import Told

BUG = 70
"""Exit status after an internal error: EX_SOFTWARE."""

INTERRUPTED = 130
"""Exit status after Ctrl-C, as in shells: 128 plus the number of SIGINT."""


class Group(click.Group):
    """A command group that reports user errors in one line, with the documented exit status."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        from adamcheck.support.text import nearest

        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            raise click.UsageError(f"no command {args[0]!r}{nearest(args[0], self.commands)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        _check_surroundings()
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")  # its encoding may lack some letters
        with redirect_stderr(cast(TextIO, Forgiving(sys.stderr))):
            return self._invoke(ctx)

    def _invoke(self, ctx: click.Context) -> Any:
        try:
            with _ended_as_by_hand():
                return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except KeyboardInterrupt as interrupt:
            click.echo(f"adamcheck: interrupted, {str(interrupt) or 'nothing was written'}", err=True)
            sys.exit(INTERRUPTED)
        except Told as error:
            click.echo(f"adamcheck: {error}", err=True)
            sys.exit(error.status)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                _report_bug()
            discard(1)
            click.echo(f"adamcheck: cannot write the output: {error.strerror}", err=True)
            sys.exit(2)
        except Exception:
            _report_bug()


def _report_bug() -> NoReturn:
    traceback.print_exc()
    click.echo("adamcheck: this is a bug in adamcheck, or in an installed pack of claims", err=True)
    sys.exit(BUG)


_NO_ROOM = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


def _check_surroundings() -> None:
    """Refuse to run where nothing could work, and open the standard streams that are closed."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # the next file or pipe would take its place
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)
    wrong = ""
    if sys.flags.optimize:
        wrong = "Python's -O removes the assertions and docstrings that it needs: unset PYTHONOPTIMIZE"
    try:
        os.getcwd()
    except OSError:
        wrong = "the working directory is gone: change to another"
    if wrong:
        click.echo(f"adamcheck: {wrong}", err=True)
        sys.exit(2)


@contextmanager
def _ended_as_by_hand() -> Iterator[None]:
    """A context in which SIGTERM and SIGHUP do what Ctrl-C does, unless they are ignored (as by nohup)."""

    def interrupt(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    names = ("SIGTERM", "SIGHUP") if threading.current_thread() is threading.main_thread() else ()
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if handler is signal.SIG_DFL:
            signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
