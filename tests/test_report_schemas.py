"""The published schemas: those of the types, valid, and with a word on every field."""

import json
from typing import Any

import jsonschema
import pytest

from adamcheck.report.documents import Document
from adamcheck.report.schemas import DOCUMENTS

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)


@every_document
def test_the_published_schema_is_the_one_of_the_types(document: Document[Any]) -> None:
    again = "python -m adamcheck.report.schemas writes it"
    assert json.loads(document.published.read_text(encoding="utf-8")) == document.schema(), again


@every_document
def test_the_schema_is_a_schema(document: Document[Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(document.schema())


@every_document
def test_every_field_of_the_schema_is_described(document: Document[Any]) -> None:
    schema = document.schema()
    assert not undescribed(schema, schema["$defs"])


def undescribed(node: object, named: dict[str, Any], path: str = "$") -> list[str]:
    """The properties of a schema that nobody described."""
    if not isinstance(node, dict):
        return []
    bare = []
    for name, entry in node.get("properties", {}).items():
        target = named[entry["$ref"].rpartition("/")[2]] if "$ref" in entry else entry
        if not (entry.get("description") or target.get("description")):
            bare.append(f"{path}.{name}")
        bare += undescribed(entry, named, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        bare += undescribed(node.get(key), named, f"{path}[]")
    for place, entry in enumerate(node.get("anyOf", [])):
        bare += undescribed(entry, named, f"{path}|{place}")
    for name, entry in node.get("$defs", {}).items():
        bare += undescribed(entry, named, f"#{name}")
    return bare
