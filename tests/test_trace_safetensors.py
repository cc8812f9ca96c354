"""Traces in safetensors: read row by row, and what is no trace is one clear line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file
from tracing import a_trace, assert_refused, assert_same, bits

from adamcheck.traces.safetensors import tensors
from adamcheck.traces.trace import load, save

ROWS = np.ones((2, 3))


def test_a_file_of_one_trace_may_leave_out_its_name(tmp_path: Path) -> None:
    trace, hyper = a_trace("bfloat16"), np.array([0.1, 0.9, 0.999, 1e-8])
    content = {"gradients": trace.gradients, "parameters": trace.parameters, "hyper": hyper}
    save_file(content, tmp_path / "plain.safetensors")
    assert_same(load(tmp_path / "plain.safetensors")["plain"], trace)


def test_rows_are_read_one_by_one_and_as_often_as_asked(tmp_path: Path) -> None:
    trace = a_trace("bfloat16", (2, 3))
    save(tmp_path / "t.safetensors", {"t": trace})
    rows = load(tmp_path / "t.safetensors")["t"].gradients
    assert not isinstance(rows, np.ndarray)
    for _ in range(2):
        assert [bits(row) for row in rows] == [bits(row) for row in trace.gradients]


def test_rows_become_an_array_of_their_own_dtype_or_another(tmp_path: Path) -> None:
    save_file({"some": np.ones((2, 3), np.float32)}, tmp_path / "t.safetensors")
    rows = tensors(tmp_path / "t.safetensors")["some"]
    assert rows.__array__().dtype == np.float32
    assert rows.__array__(np.dtype(np.float64)).dtype == np.float64


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"other": ROWS}, "no array named 'gradients'"),
        ({"gradients": ROWS}, "no tensor 'parameters'"),
        ({"gradients": np.ones(()), "parameters": ROWS, "hyper": ROWS[0]}, "one row per step"),
        ({"gradients": ROWS[:0], "parameters": ROWS[:1], "hyper": ROWS[0]}, "the trace has no steps"),
    ],
)
def test_what_is_no_trace_is_refused_in_one_line(tmp_path: Path, content: Any, message: str) -> None:
    save_file(content, tmp_path / "bad.safetensors")
    assert_refused(tmp_path / "bad.safetensors", message)


def test_what_is_no_safetensors_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "cut.safetensors").write_bytes(b"abc")
    assert_refused(tmp_path / "cut.safetensors", "not a safetensors file")


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / "t.safetensors", {"t": a_trace()})
    monkeypatch.setitem(sys.modules, "safetensors", None)
    needed = r"reading it needs safetensors: pip install 'adamcheck\[safetensors\]'$"
    assert_refused(tmp_path / "t.safetensors", needed)
