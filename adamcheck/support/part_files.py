"""Part files: the finished pieces of a long run, for the rest of it, or for the whole of which it is a part.

The file is written anew, atomically, with each piece, so that a run that is killed loses what was under way
and nothing else. A piece is a pickle, which is read back with data in it and nothing that acts.
"""

from __future__ import annotations

import importlib
import io
import pickle
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import msgspec

from adamcheck import __version__
from adamcheck.support.errors import Told
from adamcheck.support.files import check_regular, write_atomically

FORMAT = "adamcheck-part-1"

LIMIT = 2**30
"""The largest size of a part file, in bytes."""


class PartError(Told):
    """A part file that cannot be used; the message is one line."""


@dataclass(frozen=True)
class Outcome:
    """What came of a piece.

    Attributes:
        result: What the call gave.
        fault: Why the piece could not be begun, if its result says so; None if it could.
        news: What was reported before.
    """

    result: Any
    fault: Exception | None = None
    news: tuple[Any, ...] = ()


class _Piece(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    label: str
    outcome: bytes


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a part file holds.

    Attributes:
        command: The command that wrote it.
        asked: What decides the results of the command.
        shard: Which part this is, I/N; "" for the whole.
        of: The number of all pieces; 0 if none is finished.
        pieces: The finished pieces, by position.
    """

    format: Literal["adamcheck-part-1"] = "adamcheck-part-1"
    version: str = __version__
    command: str
    asked: dict[str, Any]
    shard: str = ""
    of: int = 0
    pieces: dict[int, _Piece] = {}

    def differs(self, other: Part) -> str:
        """What another part of the same whole would have the same; "" if it may be one."""
        for name in ("version", "command", "asked"):
            mine, its = getattr(self, name), getattr(other, name)
            if mine == its:
                continue
            if name == "asked":
                name = next(key for key in {**mine, **its} if mine.get(key) != its.get(key))
                mine, its = mine.get(name), its.get(name)
            return f"{name} {its!r}, not {mine!r}"
        return f"{other.of} pieces, not {self.of}" if self.of and other.of and self.of != other.of else ""


def load(path: Path) -> Part:
    """Read a part file.

    Raises:
        PartError: It cannot be read, or is something else.
    """
    try:
        check_regular(path, LIMIT)
        return msgspec.msgpack.decode(path.read_bytes(), type=Part)
    except FileNotFoundError:
        raise PartError(f"{path}: no such file") from None
    except OSError as error:
        raise PartError(f"{path}: {error.strerror or error}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise PartError(f"{path}: not a part file of format {FORMAT}: --shard or --part writes one") from None


class Kept:
    """The finished pieces of a run.

    Args:
        part: The pieces that are known, and of what they are.
        path: The file that gets every further one; None for no file.
    """

    def __init__(self, part: Part, path: Path | None = None) -> None:
        self.part, self._path = part, path

    @classmethod
    def at(cls, path: Path, part: Part) -> Kept:
        """Those in a file, if there is one.

        Raises:
            PartError: The file is something else, or a part of another run.
        """
        if not path.exists():
            return cls(part, path)
        before = load(path)
        told = part.differs(before) or ("" if before.shard == part.shard else f"shard {before.shard!r}")
        if told:
            raise PartError(
                f"{path} has parts of another run ({told}): remove it, or name another with --part"
            )
        return cls(before, path)

    def outcomes(self, labels: list[str]) -> Mapping[int, Outcome]:
        """The known pieces of work, by position.

        Args:
            labels: The names of all pieces.

        Raises:
            PartError: The known ones are of other work, or harmful.
        """
        part = self.part
        if part.of not in (0, len(labels)) or any(
            labels[i : i + 1] != [p.label] for i, p in part.pieces.items()
        ):
            where = f"{self._path}: " if self._path else ""
            raise PartError(
                f"{where}its pieces are not those of this machine: the same must be installed here"
            )
        return {index: _opened(piece) for index, piece in part.pieces.items()}

    def add(self, index: int, labels: list[str], outcome: Outcome) -> None:
        """Keep a further piece. Raises `PartError` if the file cannot be written."""
        piece = _Piece(labels[index], pickle.dumps(Outcome(outcome.result, outcome.fault)))
        pieces = {**self.part.pieces, index: piece}
        self.part = msgspec.structs.replace(self.part, of=len(labels), pieces=pieces)
        self.write()

    def write(self) -> None:
        """Write the file. Raises `PartError` if it cannot be written."""
        if self._path is None:
            return
        try:
            write_atomically(self._path, msgspec.msgpack.encode(self.part))
        except OSError as error:
            raise PartError(f"cannot write {self._path}: {error.strerror}") from None

    def remove(self) -> None:
        """Remove the file: what it was for has been written."""
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink()


def _opened(piece: _Piece) -> Outcome:
    try:
        outcome = _Data(io.BytesIO(piece.outcome)).load()
    except PartError:
        raise
    except Exception as error:
        raise PartError(f"the piece {piece.label!r} cannot be read: {type(error).__name__}") from None
    if not isinstance(outcome, Outcome):
        raise PartError(f"the piece {piece.label!r} is not an outcome")
    return outcome


_BUILT_IN = {
    ("builtins", "complex"),
    ("builtins", "set"),
    ("builtins", "frozenset"),
    ("collections", "OrderedDict"),
    ("fractions", "Fraction"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.numeric", "_frombuffer"),
    ("ml_dtypes", "bfloat16"),
    ("torch.torch_version", "TorchVersion"),
}
"""What makes data, beside the types of data of this package."""


class _Data(pickle.Unpickler):
    """Reads pickles of data: of enumerations, records and exceptions of this package, and of arrays."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _BUILT_IN:
            return super().find_class(module, name)
        if module.split(".")[0] in ("adamcheck", "adamcheck_properties"):
            found = super().find_class(module, name)
            if isinstance(found, type) and (is_dataclass(found) or issubclass(found, _HARMLESS)):
                return found
        if module == "builtins" and name.isidentifier():
            found = getattr(importlib.import_module("builtins"), name, None)
            if isinstance(found, type) and issubclass(found, Exception):
                return found
        raise PartError(
            f"a piece has {module}.{name} in it, which is not data: it was not written by adamcheck"
        )


_HARMLESS = (Enum, msgspec.Struct, Exception)
