"""Traces in JSON: plain numbers are read without rounding, and what is no trace is one clear line."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tracing import a_trace, assert_refused, assert_same

import adamcheck.traces.trace as trace_module
from adamcheck.choices import DTYPE_NAMES
from adamcheck.judge import Ruling, judge
from adamcheck.numbers.floats import format_of
from adamcheck.traces.json import JSON_FORMAT, JSON_LIMIT
from adamcheck.traces.trace import load, to_json


def changed(**changes: Any) -> Any:
    document = to_json({"t": a_trace()})
    entry = {**document["traces"]["t"], **changes}
    document["traces"]["t"] = {key: value for key, value in entry.items() if value is not None}
    return document


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], f'no "format": "{JSON_FORMAT}" in it: a trace in JSON is .* see `pydoc adamcheck.traces.trace`'),
        ({}, f'no "format": "{JSON_FORMAT}" in it: a trace in JSON is'),
        ({"format": "adamcheck-trace-2", "traces": {}}, 'no "format"'),
        ({"format": JSON_FORMAT}, 'no object "traces" in it: a trace'),
        ({"format": JSON_FORMAT, "traces": []}, 'no object "traces" in it: a trace'),
        ({"format": JSON_FORMAT, "traces": {}}, '"traces" is empty: a trace'),
        (
            {"format": JSON_FORMAT, "traces": {"t": 3}},
            "t is 3, expected an object with dtype, shape, hyper, ",
        ),
        (changed(dtype=None), "t.dtype is missing"),
        (changed(parameters=None), "t.parameters is missing"),
        (changed(dtype="float8"), "t.dtype: unknown dtype 'float8'"),
        (changed(dtype=[8]), r"t.dtype: unknown dtype '\[8\]'"),
        (changed(gradients_dtype="float8"), "t.gradients_dtype: unknown dtype 'float8'"),
        (changed(gradients=[["0x1.8p+0"] * 3]), r"t.parameters have shape \(5, 3\), expected \(2, 3\)"),
        (
            changed(gradients=[["0x1p+0"] * 3, [1]]),
            r"t.gradients\[1\] has length 1, but shape \[3\] means a flat",
        ),
        (
            changed(gradients=[[[1.5, 2.0, 0.0]]]),
            r"t.gradients\[0\]: \[1.5, 2.0, 0.0\] is not a number: expected",
        ),
        (
            changed(gradients=[[True] * 3] * 4),
            r"t.gradients\[0\]: true is not a number: expected one such as 0.1",
        ),
        (changed(gradients=[["one"] * 3] * 4), r't.gradients\[0\]: "one" is not a number: expected one such'),
        (changed(gradients=[["0.1"] * 3] * 4), r't.gradients\[0\]: "0.1" is not a number: expected one such'),
        (
            changed(gradients=[["0x1p+99999"] * 3] * 4),
            r't.gradients\[0\]: "0x1p\+99999" is beyond every dtype',
        ),
        (changed(gradients=[[10**400] * 3] * 4), r"t.gradients\[0\]: 1000.*\.\.\. is beyond every dtype"),
        (changed(gradients=3), "t.gradients is 3, expected a list of rows, one per step"),
        (
            changed(gradients=[["0x1p+999"] * 3] * 4, gradients_dtype="float32"),
            "is not a float32 number",
        ),
        (
            changed(gradients=[[0.1] * 3] * 4, gradients_dtype="float32"),
            r"0.1 is not a float32 number; write float\(x\) or float\(x\).hex\(\) for every",
        ),
        (changed(hyper=["0x1p-3"] * 3), "t.hyper has 3 numbers"),
        (changed(hyper=["0x1p-3", "0x1p+0", "0x1p-1", "0x0p+0"]), r"t.beta1 must be in \[0, 1\)"),
        (changed(hyper={"lr": 0.1}), r't.hyper is {"lr": 0.1}, expected a list of numbers'),
        (changed(shape=[2]), r"t.parameters\[0\] has length 3, but shape \[2\] means a flat list of 2"),
        (changed(shape=3), r"t.shape is 3, expected a list of sizes: \[3\] for three parameters"),
        (changed(shape=[-1]), r"t.shape is \[-1\], expected a list of sizes"),
        (changed(shape=[3.0]), r"t.shape is \[3.0\], expected a list of sizes"),
    ],
)
def test_a_json_that_is_no_trace_is_refused_in_one_line(tmp_path: Path, document: Any, message: str) -> None:
    (tmp_path / "bad.json").write_text(json.dumps(document))
    assert_refused(tmp_path / "bad.json", message)


@pytest.mark.parametrize("field", ["shape", "hyper", "gradients", "parameters"])
def test_a_null_in_a_json_is_named(tmp_path: Path, field: str) -> None:
    document = changed()
    document["traces"]["t"][field] = None
    (tmp_path / "bad.json").write_text(json.dumps(document))
    assert_refused(tmp_path / "bad.json", f"t.{field} is null, expected a list of")


@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_plain_numbers_in_a_json_are_read_without_rounding(tmp_path: Path, dtype: str) -> None:
    format, written = format_of(dtype), a_trace(dtype)
    written.gradients[0] = [np.inf, format.tiny, -0.0]  # type: ignore[index]
    document = to_json({"t": written})
    entry = document["traces"]["t"]
    for field in ("gradients", "parameters"):
        entry[field] = [[float(x) for x in row] for row in getattr(written, field)]
    entry["hyper"] = [0.1, 0.9, 0.999, 1e-8]
    (tmp_path / "plain.json").write_text(json.dumps(document))
    assert_same(load(tmp_path / "plain.json")["t"], written)


def test_the_example_of_a_json_in_the_documentation_is_adam(tmp_path: Path) -> None:
    text = trace_module.__doc__ or ""
    example = text[text.index('{"format"') : text.rindex("}") + 1]
    readme = Path(__file__).parents[1].joinpath(".github", "guide", "runs.md").read_text(encoding="utf-8")
    assert textwrap.dedent(f"    {example}") in readme
    (tmp_path / "t.json").write_text(example)
    assert judge(load(tmp_path / "t.json")["run"]).outcome == Ruling.ENCLOSED


def test_json_beyond_its_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as stream:
        stream.truncate(JSON_LIMIT + 1)  # takes no room on the disk
    assert_refused(path, r"256 MiB of JSON, but the limit is 256 MiB: save it as \.npz or")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b'"just a string"', b"NaN"])
def test_what_is_no_json_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.json").write_bytes(content)
    assert_refused(tmp_path / "bad.json", 'not a trace file|no "format"')
