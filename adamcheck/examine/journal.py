"""Journals: the calls of a target in a process, recorded in a file that survives the process.

A journal is a file of pickles. A record is added before each call of the target, and a mark after it. When
a check is done, its result replaces its calls.
"""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from typing import Any, BinaryIO

from adamcheck.checks.calls import Call, Calls
from adamcheck.checks.check import Result

_ANSWERED = b"\0"
"""The mark after a call; no pickle ends with this byte."""

_LARGEST = 1 << 16
"""The largest number of elements of an array that is recorded completely."""


class Journal(Calls):
    """Calls that are also written to a file, with the results of the checks that made them.

    file: opened to append bytes, without a buffer; tally: the same, gets a byte for each check that is done.
    """

    def __init__(self, file: BinaryIO, tally: BinaryIO | None = None) -> None:
        super().__init__()
        self._file = file
        self._tally = tally
        self._kept = file.seek(0, os.SEEK_END)

    def append(self, call: Call) -> None:
        super().append(call)
        self._file.write(_packed(call.shortened(_LARGEST)))

    def answered(self) -> None:
        self._file.write(_ANSWERED)

    def afresh(self) -> Journal:
        self._file.write(_packed(_Example()) + _ANSWERED)
        return Journal(self._file)

    def begins(self, check: str) -> None:
        """What follows belongs to this check."""
        self._file.write(_packed(_Check(check)) + _ANSWERED)

    def ends(self, result: Result) -> None:
        """The check has a result, which takes the place of its calls."""
        self._file.truncate(self._kept)
        self._file.write(_packed(result) + _ANSWERED)
        self._kept = self._file.seek(0, os.SEEK_END)
        if self._tally is not None:
            self._tally.write(b".")


@dataclass(frozen=True)
class _Check:
    name: str


@dataclass(frozen=True)
class _Example:
    pass


def _packed(entry: Any) -> bytes:
    return pickle.dumps(entry, protocol=pickle.HIGHEST_PROTOCOL)


@dataclass(frozen=True)
class Account:
    """The content of a journal.

    Attributes:
        results: The results so far.
        check: The check in progress; "" for none.
        calls: The calls of its last example.
        answered: Whether the last call returned or raised.
    """

    results: tuple[Result, ...] = ()
    check: str = ""
    calls: tuple[Call, ...] = ()
    answered: bool = True


def read(file: BinaryIO) -> Account:
    """Read a journal, without an incomplete last entry."""
    results: list[Result] = []
    check, calls, answered = "", list[Call](), True
    file.seek(0)
    with os.fdopen(os.dup(file.fileno()), "rb") as stream:
        while mark := stream.read(1):
            if mark == _ANSWERED:
                answered = True
                continue
            stream.seek(-1, os.SEEK_CUR)
            try:
                entry = pickle.load(stream)
            except (EOFError, pickle.UnpicklingError):
                break
            answered = False
            if isinstance(entry, Result):
                results.append(entry)
                check, calls = "", []
            elif isinstance(entry, _Check):
                check, calls = entry.name, []
            elif isinstance(entry, Call):
                calls.append(entry)
            else:
                calls = []
    return Account(tuple(results), check, tuple(calls), answered)


def waiting(file: BinaryIO) -> bool:
    """Whether the last call in a journal has not returned."""
    size = os.fstat(file.fileno()).st_size
    return size > 0 and os.pread(file.fileno(), 1, size - 1) != _ANSWERED
