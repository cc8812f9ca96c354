"""Documents of typed data: how each kind is encoded, read back or refused, and described by a schema.

A document is the same, byte for byte, for the same findings: no date, no machine. Numbers that JSON lacks are
the strings "nan", "inf" and "-inf", which Python's `float` reads.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import msgspec

from adamcheck.support.errors import Told
from adamcheck.support.files import check_regular

LIMIT = 2**28
"""The largest size of a document, in bytes; reading one takes several times as much memory."""

Number = float | Literal["nan", "inf", "-inf"]
"""A number, as JSON has it or as the string that Python's `float` reads."""


class Saved(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An object of a document: it has these fields and no other."""


class ReportError(Told, ValueError):
    """A file that is not a document of its kind; the message is one line."""


_Content = TypeVar("_Content")


@dataclass(frozen=True)
class Document(Generic[_Content]):
    """A kind of document.

    Attributes:
        content: The type of what is in it; its field `format` has the version of the format.
        name: What its files are called.
        title: What people call it.
        format: The version; another shape has another one.
        remedy: What to do about a file that is not one.
    """

    content: type[_Content]
    name: str
    title: str
    format: str
    remedy: str

    def dumps(self, document: _Content) -> bytes:
        """The document as ASCII bytes with sorted keys, ending in a newline."""
        plain = finite(msgspec.to_builtins(document))
        return json.dumps(plain, sort_keys=True, indent=1, allow_nan=False).encode("ascii") + b"\n"

    def load(self, path: str | os.PathLike[str]) -> _Content:
        """Read the document in a file that `dumps` wrote.

        Raises:
            ReportError: For a file that cannot be read, is cut short, is of another format or something else.
        """
        path = Path(path)
        try:
            check_regular(path, LIMIT)
            plain = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ReportError(f"{path}: no such file") from None
        except OSError as error:
            raise ReportError(f"{path}: {error.strerror or error}") from None
        except (ValueError, RecursionError) as error:
            raise self._wrong(path, f"not readable as JSON ({str(error).splitlines()[0]})") from None
        if not isinstance(plain, dict) or not isinstance(plain.get("format"), str):
            raise self._wrong(path, 'no "format" in it')
        if plain["format"] != self.format:
            raise self._wrong(path, f'its "format" is {plain["format"][:40]!r}')
        try:
            return msgspec.convert(plain, self.content)
        except msgspec.ValidationError as error:
            raise self._wrong(path, str(error)) from None

    def _wrong(self, path: Path, what: str) -> ReportError:
        return ReportError(f"{path}: {what}; expected a {self.title} of format {self.format}: {self.remedy}")

    def schema(self) -> dict[str, Any]:
        """The JSON schema (draft 2020-12) of the document."""
        (made,), definitions = msgspec.json.schema_components([self.content], ref_template="#/$defs/{name}")
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"urn:{self.format.replace('-', ':', 1)}",
            **made,
            "$defs": definitions,
        }

    @property
    def published(self) -> Path:
        """The file that has the schema."""
        return Path(__file__).with_name(f"{self.name}.schema.json")

    def publish(self) -> None:
        """Write the schema anew."""
        text = json.dumps(self.schema(), indent=1, sort_keys=True) + "\n"
        self.published.write_text(text, encoding="utf-8")


def finite(value: Any) -> Any:
    """The same plain data with the numbers that JSON lacks as strings."""
    if isinstance(value, Mapping):
        return {name: finite(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [finite(entry) for entry in value]
    return value if not isinstance(value, float) or isfinite(value) else str(value)
