"""The JSON report: valid, exact, the same bytes each time, and read back with one clear line on failure."""

import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from report_samples import full_report, only_claims, only_targets, trace

from adamcheck.examine.results import Report
from adamcheck.report.documents import ReportError
from adamcheck.report.json import dumps, saved
from adamcheck.report.saved import FORMAT, REPORT
from adamcheck.traces import trace as traces

REPORTS = [full_report, only_claims, only_targets]


def to_document(report: Report) -> dict[str, Any]:
    """The document in plain data."""
    plain: dict[str, Any] = json.loads(dumps(report))
    return plain


@pytest.mark.parametrize("make", REPORTS)
def test_every_report_satisfies_the_published_schema(make) -> None:
    errors = jsonschema.Draft202012Validator(REPORT.schema()).iter_errors(json.loads(dumps(make())))
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


def test_the_schema_refuses_a_field_that_it_does_not_know() -> None:
    document = to_document(full_report())
    document["targets"][0]["dtypes"][0]["results"][0]["duration"] = 1.0
    with pytest.raises(jsonschema.ValidationError, match="duration"):
        jsonschema.validate(document, REPORT.schema(), cls=jsonschema.Draft202012Validator)


def test_the_bytes_are_the_same_for_the_same_findings() -> None:
    again = pickle.loads(pickle.dumps(only_targets()))
    assert dumps(only_targets()) == dumps(only_targets()) == dumps(again)


def test_numbers_that_json_lacks_are_strings_that_python_reads() -> None:
    document = json.loads(dumps(full_report()), parse_constant=pytest.fail)
    offence = document["targets"][1]["dtypes"][1]["results"][0]["offence"]
    assert offence["observed"] == "nan"
    assert offence["radii"] == "inf"
    assert float(offence["ulps"]) == float("inf")


def test_what_json_cannot_say_of_an_option_is_written_as_python_writes_it() -> None:
    target = to_document(full_report())["targets"][1]
    assert target["options"] == {"path": "<class 'object'>", "rate": "inf"}


def test_a_version_of_a_subclass_of_str_is_saved_as_other_versions_are() -> None:
    """PyTorch's `__version__` is of such a class, which msgspec does not encode."""

    class Version(str):
        pass

    report = only_targets()
    report = replace(report, targets=tuple(replace(t, version=Version("2.9.0")) for t in report.targets))
    assert [target["version"] for target in to_document(report)["targets"]] == ["2.9.0"]


def test_a_counterexample_can_be_cut_out_and_read_as_a_trace_file(tmp_path: Path) -> None:
    result = to_document(full_report())["targets"][1]["dtypes"][0]["results"][0]
    path = tmp_path / "counterexample.json"
    path.write_text(json.dumps(result["trace"]))
    read = traces.load(path)["counterexample"]
    assert np.array_equal(np.asarray(read.gradients), np.asarray(trace().gradients))
    assert np.array_equal(np.asarray(read.parameters), np.asarray(trace().parameters))
    assert read.hyper == trace().hyper


def test_a_dtype_that_is_not_offered_has_no_status() -> None:
    float16 = to_document(full_report())["targets"][0]["dtypes"][2]
    assert (float16["offered"], float16["status"]) == (False, None)


def test_a_written_report_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(dumps(full_report()))
    assert REPORT.load(path) == saved(full_report())


WHOLE = dumps(only_claims())

UNUSABLE = {
    "empty": (b"", "not readable as JSON"),
    "truncated": (WHOLE[: len(WHOLE) // 2], "not readable as JSON"),
    "corrupted": (WHOLE.replace(b'"claims": [', b'"claims": ]', 1), "not readable as JSON"),
    "binary": (b"\x80\x04\x95\xff", "not readable as JSON"),
    "nested without end": (b"[" * 100_000, "not readable as JSON"),
    "a list": (b"[1]", 'no "format" in it'),
    "something else": (b'{"results": []}', 'no "format" in it'),
    "a trace": (b'{"format": "adamcheck-trace-1", "traces": {}}', "its \"format\" is 'adamcheck-trace-1'"),
    "a later version": (b'{"format": "adamcheck-report-3"}', "its \"format\" is 'adamcheck-report-3'"),
    "an earlier version": (b'{"format": "adamcheck-report-1"}', "its \"format\" is 'adamcheck-report-1'"),
    "a part": (
        b'{"format": "adamcheck-report-2", "version": "0.1.0"}',
        "Object missing required field `profile`",
    ),
    "of the wrong kind": (
        WHOLE.replace(b'"seed": 0', b'"seed": "0"'),
        "Expected `int`, got `str` - at `$.seed`",
    ),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_file_that_is_no_report_is_named_in_one_line_with_what_to_do(name: str, tmp_path: Path) -> None:
    content, said = UNUSABLE[name]
    path = tmp_path / "found.json"
    path.write_bytes(content)
    with pytest.raises(ReportError) as caught:
        REPORT.load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: {said}")
    assert message.endswith(f"expected a report of format {FORMAT}: write it again with adamcheck")
    assert "\n" not in message


@pytest.mark.parametrize(("name", "said"), [("missing.json", "no such file"), (".", "Is a directory")])
def test_a_file_that_cannot_be_opened_is_named(name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=said):
        REPORT.load(tmp_path / name)
