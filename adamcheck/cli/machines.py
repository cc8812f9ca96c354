"""Long commands on other machines: the options for it, and what is the same for all of these commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adamcheck.cli.output import make_folder

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from adamcheck.support.executors import Machines, Shard
    from adamcheck.support.part_files import Part

SPREAD: dict[str, Callable[..., Any]] = {}
"""The long commands by name: functions of `machines` and of what is asked, which `merge` calls again."""

SUFFIX = ".part"
"""How names of part files end."""

_OPTIONS = (
    click.option(
        "--executor",
        metavar="dask:ADDRESS",
        help="Run on the workers of this Dask scheduler, which have the same packages installed.",
    ),
    click.option(
        "--shard",
        metavar="I/N",
        help="Run only part I of N, and save it for `adamcheck merge`: nothing else is written.",
    ),
    click.option(
        "--part",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Save each finished piece in FILE, and run only the pieces that are missing in it "
        "(default with --shard: OUTPUT/COMMAND-I-of-N.part).",
    ),
)


def spread(name: str, *, always: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a command run on other machines and in parts.

    The command gets `machines` for `jobs` and these options. Decorators between it and click may settle
    what is asked.

    Args:
        name: The name of the command.
        always: Whether pieces are saved even if nobody asks for it, in OUTPUT/COMMAND.part.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        SPREAD[name] = command

        @wraps(command)
        def run(
            *, jobs: int, executor: str | None, shard: str | None, part: Path | None, **asked: Any
        ) -> None:
            from adamcheck.support.executors import Machines

            if executor is None and shard is None and part is None and not always:
                command(machines=Machines(jobs), **asked)
                return
            given = _shard(shard)
            path = part or _default(name, given, asked["output"]) if given or part or always else None
            _run(name, command, _executor(executor), given, path, jobs, asked)

        for option in reversed(_OPTIONS):
            run = option(run)
        return run

    return decorate


def _default(name: str, shard: Shard | None, folder: Path) -> Path:
    which = f"-{shard.number}-of-{shard.count}" if shard else ""
    return folder / f"{name}{which}{SUFFIX}"


def _shard(text: str | None) -> Shard | None:
    from adamcheck.support.executors import Shard

    if text is None:
        return None
    try:
        return Shard.parse(text)
    except ValueError as error:
        raise click.UsageError(f"--shard {error}") from None


def _executor(text: str | None) -> Executor | None:
    from adamcheck.support.executors import executor_of

    if text is None:
        return None
    try:
        return executor_of(text)
    except ValueError as error:
        raise click.UsageError(f"--executor {error}") from None


def _run(
    name: str,
    command: Callable[..., Any],
    executor: Executor | None,
    shard: Shard | None,
    path: Path | None,
    jobs: int,
    asked: Mapping[str, Any],
) -> None:
    from adamcheck.support.executors import Machines, ShardDone
    from adamcheck.support.part_files import Kept, Part

    kept = None
    if path is not None:
        if path.parent == asked["output"]:
            make_folder(path.parent)
        kept = Kept.at(path, Part(command=name, asked=_plain(asked), shard=str(shard or "")))
        kept.write()  # fail before the work if it cannot be written
        if kept.part.pieces:
            click.echo(f"adamcheck: {path} has {len(kept.part.pieces)} finished pieces", err=True)
    try:
        command(machines=Machines(jobs, executor, shard, kept), **asked)
    except ShardDone as done:
        click.echo(f"Written to {path}: {done.pieces} of {done.of} pieces, for adamcheck merge")
    except SystemExit:  # everything is written
        if kept is not None:
            kept.remove()
        raise
    except KeyboardInterrupt:
        if kept is None or not kept.part.pieces:
            raise
        count = len(kept.part.pieces)
        raise KeyboardInterrupt(
            f"{count} pieces are in {path}: the same command goes on from there"
        ) from None
    finally:
        if executor is not None:
            with suppress(Exception):
                executor.shutdown(wait=False)


def _plain(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What decides the results, in plain data."""
    import msgspec

    known = {name: value for name, value in asked.items() if name not in ("output", "in_process")}
    plain: dict[str, Any] = msgspec.to_builtins(known, enc_hook=str)
    return msgspec.msgpack.decode(msgspec.msgpack.encode(plain), type=dict[str, Any])


def _settled(part: Part) -> dict[str, Any]:
    """What was asked, as the command takes it."""
    asked = {name: tuple(value) if isinstance(value, list) else value for name, value in part.asked.items()}
    known = asked.get("expect")
    return {**asked, "expect": Path(known)} if isinstance(known, str) else asked


@click.command()
@click.argument("parts", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PART...")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("adamcheck-report"),
    show_default=True,
    help="Folder for what the command writes.",
)
def merge(parts: tuple[Path, ...], output: Path) -> None:
    """Merge the PARTs of a command that ran with --shard, and write what it would have written.

    \b
    adamcheck power --shard 1/2    on one machine, and
    adamcheck power --shard 2/2    on another, then
    adamcheck merge power-1-of-2.part power-2-of-2.part

    The files are those of one run of the command, byte for byte, except for times that were measured. The
    exit status is that of the command.
    """
    from adamcheck.support.executors import Machines
    from adamcheck.support.part_files import Kept, PartError

    whole = _joined(parts)
    if whole.command not in SPREAD:
        raise PartError(f"{parts[0]}: no command {whole.command!r}: it is of another version")
    missing = "in_process" if whole.command in ("matrix", "report") else None
    asked = {**_settled(whole), "output": output, **({missing: False} if missing else {})}
    machines: Machines = Machines(kept=Kept(whole), whole=True)
    SPREAD[whole.command](machines=machines, **asked)


def _joined(paths: tuple[Path, ...]) -> Part:
    """The part files as one. Raises `PartError` if they are not parts of one run."""
    import msgspec

    from adamcheck import __version__
    from adamcheck.support.part_files import PartError, load

    parts = [load(path) for path in paths]
    first, pieces, count = parts[0], {}, 0
    if first.version != __version__:
        raise PartError(f"{paths[0]}: it is of adamcheck {first.version}, this is {__version__}")
    for path, part in zip(paths, parts, strict=True):
        if told := first.differs(part):
            raise PartError(f"{path} has parts of another run than {paths[0]}: {told}")
        pieces.update(part.pieces)
        count = count or part.of
    _check_shards([part.shard for part in parts])
    return msgspec.structs.replace(first, pieces=pieces, of=count, shard="")


def _check_shards(texts: Sequence[str]) -> None:
    """Raise `PartError` if some shard of a run is missing."""
    from adamcheck.support.executors import Shard
    from adamcheck.support.part_files import PartError

    shards = [Shard.parse(text) for text in texts if text]
    counts = {shard.count for shard in shards}
    if len(counts) > 1:
        raise PartError(f"shards of {' and of '.join(map(str, sorted(counts)))}: merge those of one run")
    for count in counts:
        missing = sorted(set(range(1, count + 1)) - {shard.number for shard in shards})
        if missing and len(shards) == len(texts):
            told = ", ".join(f"{number}/{count}" for number in missing[:5])
            raise PartError(
                f"shard {told} is missing: run the command with --shard {missing[0]}/{count}, too"
            )
