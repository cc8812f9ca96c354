"""Traces come back from disk bit for bit, and a malformed file is one clear line."""

from __future__ import annotations

import json
import sys
import textwrap
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

import adamcheck.trace as trace_module
from adamcheck.adam import Hyperparameters
from adamcheck.files import write_atomically
from adamcheck.judge import ENCLOSED, judge
from adamcheck.numbers.floats import DTYPE_NAMES, format_of
from adamcheck.trace import Trace, TraceError, load, save, to_json
from adamcheck.trace_json import JSON_FORMAT, JSON_LIMIT

ENDINGS = (".npz", ".safetensors", ".json")

HYPER = Hyperparameters(lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8)


def bits(array: Any) -> Any:
    """The bytes of a trace's array, with every NaN the same (which one it is means nothing)."""
    array = np.ascontiguousarray(array)
    return (
        np.where(np.isnan(array.astype(float)), np.nan, array.astype(float)).tobytes(),
        array.shape,
        array.dtype,
    )


def assert_same(read: Trace, written: Trace) -> None:
    assert read.hyper == written.hyper
    assert bits(np.asarray(read.gradients)) == bits(written.gradients)
    assert bits(np.asarray(read.parameters)) == bits(written.parameters)


def a_trace(dtype: str = "float64", shape: tuple[int, ...] = (3,), steps: int = 4, seed: int = 0) -> Trace:
    rng = np.random.default_rng(seed)
    working = format_of(dtype).dtype
    gradients = rng.normal(size=(steps, *shape)).astype(working)
    return Trace(HYPER, gradients, rng.normal(size=(steps + 1, *shape)).astype(working))


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("dtype", DTYPE_NAMES)
@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (0,)])
def test_a_trace_comes_back_bit_for_bit(
    tmp_path: Path, ending: str, dtype: str, shape: tuple[int, ...]
) -> None:
    written = a_trace(dtype, shape)
    save(tmp_path / f"one{ending}", {"a run": written})
    (name, read), *others = load(tmp_path / f"one{ending}").items()
    assert (name, others) == ("a run", [])
    assert_same(read, written)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_zeros_of_either_sign_infinities_nan_and_subnormals_come_back(
    tmp_path: Path, ending: str, dtype: str
) -> None:
    format = format_of(dtype)
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, format.tiny, -format.huge, format.normal]
    gradients = np.array([special, special[::-1]]).astype(format.dtype)
    written = Trace(HYPER, gradients, np.concatenate([gradients, gradients[:1]]))
    save(tmp_path / f"t{ending}", {"t": written})
    assert_same(load(tmp_path / f"t{ending}")["t"], written)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("gradients", DTYPE_NAMES)
@pytest.mark.parametrize("parameters", DTYPE_NAMES)
def test_gradients_and_parameters_keep_a_dtype_each(
    tmp_path: Path, ending: str, gradients: str, parameters: str
) -> None:
    written = Trace(HYPER, a_trace(gradients).gradients, a_trace(parameters, seed=1).parameters)
    save(tmp_path / f"t{ending}", {"t": written})
    read = load(tmp_path / f"t{ending}")["t"]
    assert_same(read, written)
    assert read.working == written.working


@pytest.mark.parametrize("ending", ENDINGS)
@given(
    hyper=st.builds(
        Hyperparameters,
        lr=st.floats(0, 10),
        beta1=st.floats(0, 1, exclude_max=True),
        beta2=st.floats(0, 1, exclude_max=True),
        eps=st.floats(0, 1),
        weight_decay=st.floats(0, 1),
    )
)
def test_hyperparameters_come_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, ending: str, hyper: Hyperparameters
) -> None:
    path = tmp_path_factory.getbasetemp() / f"hyper{ending}"
    trace = a_trace(steps=1)
    save(path, {"t": Trace(hyper, trace.gradients, trace.parameters)})
    assert load(path)["t"].hyper == hyper


@pytest.mark.parametrize("ending", ENDINGS)
def test_that_a_run_flushes_subnormals_comes_back(tmp_path: Path, ending: str) -> None:
    written = {name: replace(a_trace(), flushes=name == "flushes") for name in ("flushes", "does not")}
    save(tmp_path / f"t{ending}", written)
    read = load(tmp_path / f"t{ending}")
    assert {name: trace.flushes for name, trace in read.items()} == {"flushes": True, "does not": False}
    assert read["flushes"].working.flushes
    assert read["flushes"].part(2, [0]).flushes


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_holds_many_traces_under_any_names(tmp_path: Path, ending: str) -> None:
    written = {name: a_trace(seed=i) for i, name in enumerate(["a", "b.float32", "c.d.e", "with space"])}
    save(tmp_path / f"many{ending}", written)
    read = load(tmp_path / f"many{ending}")
    assert list(read) == list(written)
    for name, trace in written.items():
        assert_same(read[name], trace)


def test_a_file_of_one_trace_may_leave_out_its_name(tmp_path: Path) -> None:
    trace = a_trace()
    hyper = np.array([0.1, 0.9, 0.999, 1e-8])
    np.savez(tmp_path / "plain.npz", gradients=trace.gradients, parameters=trace.parameters, hyper=hyper)
    assert_same(load(tmp_path / "plain.npz")["plain"], trace)


def test_compressed_files_big_endian_and_transposed_arrays_are_read(tmp_path: Path) -> None:
    trace = a_trace()
    arrays = {
        "gradients": trace.gradients.astype(">f8"),
        "parameters": trace.parameters,
        "hyper": [0.1, 0.9, 0.999, 1e-8],
    }
    np.savez_compressed(tmp_path / "c.npz", **arrays)
    read = load(tmp_path / "c.npz")["c"]
    assert np.array_equal(np.asarray(read.gradients), trace.gradients)
    assert judge(read).outcome == judge(trace).outcome
    transposed = Trace(HYPER, np.asfortranarray(trace.gradients), np.asfortranarray(trace.parameters))
    save(tmp_path / "t.npz", {"t": transposed})
    assert_same(load(tmp_path / "t.npz")["t"], trace)


def test_rows_of_an_npz_are_read_one_by_one_and_as_often_as_asked(tmp_path: Path) -> None:
    trace = a_trace("bfloat16", (2, 3))
    save(tmp_path / "t.npz", {"t": trace})
    rows = load(tmp_path / "t.npz")["t"].gradients
    assert len(rows) == 4
    assert rows.shape == (4, 2, 3)
    for _ in range(2):
        for row, written in zip(rows, trace.gradients, strict=True):
            assert bits(row) == bits(written)


def test_a_file_that_breaks_off_is_one_line_when_its_rows_are_read(tmp_path: Path) -> None:
    trace = a_trace()
    save(tmp_path / "t.npz", {"t": trace})
    with zipfile.ZipFile(tmp_path / "t.npz") as whole, zipfile.ZipFile(tmp_path / "cut.npz", "w") as cut:
        for member in whole.namelist():
            content = whole.read(member)
            cut.writestr(member, content[:-8] if "gradients" in member else content)
    read = load(tmp_path / "cut.npz")["t"]
    with pytest.raises(TraceError, match=r"cut\.npz: t\.gradients\.npy ends after 3 of 4 rows$"):
        list(read.gradients)
    flipped = bytearray((tmp_path / "t.npz").read_bytes())
    flipped[flipped.index(trace.gradients.tobytes())] ^= 1
    (tmp_path / "flipped.npz").write_bytes(flipped)
    with pytest.raises(TraceError, match=r"flipped\.npz: not a trace file \(Bad CRC-32"):
        list(load(tmp_path / "flipped.npz")["t"].gradients)


def test_a_file_that_disappears_between_loading_and_reading_is_one_line(tmp_path: Path) -> None:
    save(tmp_path / "t.npz", {"t": a_trace()})
    read = load(tmp_path / "t.npz")["t"]
    (tmp_path / "t.npz").unlink()
    with pytest.raises(TraceError, match="no such file"):
        list(read.gradients)


GOOD: dict[str, Any] = {
    "gradients": np.ones((4, 3)),
    "parameters": np.ones((5, 3)),
    "hyper": np.array([0.1, 0.9, 0.999, 1e-8]),
}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gradients": None}, "no array named 'gradients' or 'NAME.gradients'"),
        ({"parameters": None}, "gradients is there, but no array 'parameters'"),
        ({"hyper": None}, "gradients is there, but no array 'hyper'"),
        ({"parameters": np.ones((4, 3))}, r"parameters have shape \(4, 3\), expected \(5, 3\)"),
        ({"parameters": np.ones((5, 2))}, r"parameters have shape \(5, 2\), expected \(5, 3\)"),
        ({"gradients": np.ones((0, 3)), "parameters": np.ones((1, 3))}, "the trace has no steps"),
        ({"gradients": np.array(1.0)}, "one row a step"),
        ({"parameters": np.ones((3, 5)).T}, "C order .*numpy.ascontiguousarray"),
        ({"gradients": np.ones((4, 3), int)}, "gradients: unknown dtype 'int64'"),
        ({"gradients": np.ones((4, 3), complex)}, "gradients: unknown dtype 'complex128'"),
        ({"gradients": np.ones((4, 3), object)}, "gradients: unknown dtype 'object'"),
        (
            {"hyper": np.array([0.1, 0.9, None, 1e-8])},
            r"not a trace file \(an array of Python objects instead of numbers\)$",
        ),
        ({"hyper": np.array(["a", "b", "c", "d"])}, "could not convert string to float"),
        ({"hyper": np.array([0.1, 0.9, 0.999])}, r"hyper has 3 numbers, expected lr, beta1, beta2, eps"),
        ({"hyper": np.ones(6)}, r"hyper has 6 numbers"),
        ({"hyper": np.array([0.1, 0.9, 1.0, 1e-8])}, r"beta2 must be in \[0, 1\), not 1.0"),
        ({"hyper": np.array([np.nan, 0.9, 0.5, 1e-8])}, "lr must be finite, not nan"),
        ({"gradients": np.ones((4, 3), np.uint16)}, "unknown dtype 'uint16'"),
        ({"dtype": np.array("float128")}, "unknown dtype 'float128'"),
    ],
)
def test_an_npz_that_is_no_trace_is_refused_in_one_line(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    arrays = {key: array for key, array in {**GOOD, **changes}.items() if array is not None}
    np.savez(tmp_path / "bad.npz", **arrays)
    assert_refused(tmp_path / "bad.npz", message)


def assert_refused(path: Path, message: str) -> None:
    with pytest.raises(TraceError, match=message) as caught:
        load(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line


@pytest.mark.parametrize(
    "content",
    [b"", b"not a zip file", b"PK\x03\x04 but then nothing", b"\x93NUMPY\x01\x00 and so on", b"\x80\x04N."],
)
def test_what_is_no_zip_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.npz").write_bytes(content)
    assert_refused(
        tmp_path / "x.npz", r"not a trace file \(no whole .npz archive, as numpy.savez writes it\)$"
    )


def test_a_truncated_zip_and_a_single_array_are_refused_in_one_line(tmp_path: Path) -> None:
    save(tmp_path / "t.npz", {"t": a_trace()})
    whole = (tmp_path / "t.npz").read_bytes()
    for length in (10, len(whole) // 2, len(whole) - 5):
        (tmp_path / "cut.npz").write_bytes(whole[:length])
        assert_refused(tmp_path / "cut.npz", "not a trace file")
    with (tmp_path / "array.npz").open("wb") as stream:
        np.save(stream, np.ones(3))
    assert_refused(tmp_path / "array.npz", "not a trace file")


def test_a_missing_file_a_folder_and_another_ending_are_refused_in_one_line(tmp_path: Path) -> None:
    for ending in ENDINGS:
        assert_refused(tmp_path / f"missing{ending}", "no such file")
        (tmp_path / f"folder{ending}").mkdir()
        assert_refused(tmp_path / f"folder{ending}", "Is a directory")
    (tmp_path / "t.txt").write_text("{}")
    assert_refused(
        tmp_path / "t.txt", r"unknown trace format '.txt' \(expected .npz, .safetensors or .json\)"
    )
    with pytest.raises(TraceError, match="unknown trace format ''"):
        save(tmp_path / "nothing", {"t": a_trace()})
    assert not (tmp_path / "nothing").exists()


def changed(**changes: Any) -> Any:
    document = to_json({"t": a_trace()})
    entry = {**document["traces"]["t"], **changes}
    document["traces"]["t"] = {key: value for key, value in entry.items() if value is not None}
    return document


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], f'no "format": "{JSON_FORMAT}" in it: a trace in JSON is .* see `pydoc adamcheck.trace`'),
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
            r"t.gradients\[0\]: \[1.5, 2.0, 0.0\] is no number: expected",
        ),
        (
            changed(gradients=[[True] * 3] * 4),
            r"t.gradients\[0\]: true is no number: expected one such as 0.1",
        ),
        (changed(gradients=[["one"] * 3] * 4), r't.gradients\[0\]: "one" is no number: expected one such'),
        (changed(gradients=[["0.1"] * 3] * 4), r't.gradients\[0\]: "0.1" is no number: expected one such'),
        (
            changed(gradients=[["0x1p+99999"] * 3] * 4),
            r't.gradients\[0\]: "0x1p\+99999" is beyond every dtype',
        ),
        (changed(gradients=[[10**400] * 3] * 4), r"t.gradients\[0\]: 1000.*\.\.\. is beyond every dtype"),
        (changed(gradients=3), "t.gradients is 3, expected a list of rows, one a step"),
        (
            changed(gradients=[["0x1p+999"] * 3] * 4, gradients_dtype="float32"),
            "t.gradients: not every number is a float32",
        ),
        (
            changed(gradients=[[0.1] * 3] * 4, gradients_dtype="float32"),
            r"not every number is a float32: 0.1 is none; write float\(x\), or float\(x\).hex\(\), of every",
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
    readme = Path(__file__).parents[1].joinpath("README.md").read_text(encoding="utf-8")
    assert textwrap.dedent(f"    {example}") in readme
    (tmp_path / "t.json").write_text(example)
    assert judge(load(tmp_path / "t.json")["run"]).outcome == ENCLOSED


def test_json_beyond_its_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as stream:
        stream.truncate(JSON_LIMIT + 1)  # takes no room on the disk
    assert_refused(path, r"256 MiB of JSON, which is read at once, up to 256 MiB: save it as \.npz or")


@pytest.mark.parametrize("ending", [".npz", ".safetensors"])
def test_a_large_trace_is_read_step_by_step(tmp_path: Path, ending: str) -> None:
    """Judging it takes less memory than it has numbers."""
    rows, size = np.zeros((65, 2**14)), 64 * 2**14 * 8
    save(tmp_path / f"t{ending}", {"t": Trace(HYPER, rows[1:], rows)})
    trace = load(tmp_path / f"t{ending}")["t"]
    tracemalloc.start()
    try:
        judged = sum(int((row == 0).all()) for steps in (trace.gradients, trace.parameters) for row in steps)
        assert judged == 64 + 65
        assert tracemalloc.get_traced_memory()[1] < size / 8
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b'"just a string"', b"NaN"])
def test_what_is_no_json_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.json").write_bytes(content)
    assert_refused(tmp_path / "bad.json", 'not a trace file|no "format"')


@pytest.mark.parametrize(
    "content", [lambda stream: stream.write(b"half") and 1 / 0, lambda stream: stream.write("no bytes")]
)
def test_a_write_that_fails_leaves_the_old_file_and_no_other(
    tmp_path: Path, content: Callable[[Any], Any]
) -> None:
    path = tmp_path / "t.npz"
    save(path, {"t": a_trace()})
    before = path.read_bytes()
    with pytest.raises((ZeroDivisionError, TypeError)):
        write_atomically(path, content)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("ending", ENDINGS)
def test_saving_replaces_a_file_and_cannot_make_a_folder(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"t{ending}"
    save(path, {"old": a_trace()})
    save(path, {"new": a_trace(seed=1)})
    assert list(load(path)) == ["new"]
    with pytest.raises(OSError, match="No such file or directory"):
        save(tmp_path / "missing" / f"t{ending}", {"t": a_trace()})


def test_a_trace_knows_its_coarser_format_and_its_parts() -> None:
    trace = Trace(HYPER, a_trace("float16", (2, 3)).gradients, a_trace("float32", (2, 3)).parameters)
    assert trace.working == format_of("float16")
    part = trace.part(2, [4, 0])
    assert np.array_equal(part.gradients, trace.gradients.reshape(4, 6)[:2, [4, 0]])
    assert np.array_equal(part.parameters, trace.parameters.reshape(5, 6)[:3, [4, 0]])
    assert part.hyper == trace.hyper


class TestSafetensors:
    def refused(self, path: Path, **tensors: Any) -> str:
        if tensors:
            save_file(tensors, path)
        with pytest.raises(TraceError) as error:
            load(path)
        message = str(error.value)
        assert message.startswith(f"{path}: ")
        assert "\n" not in message
        return message

    def test_a_file_of_one_trace_may_leave_out_its_name(self, tmp_path: Path) -> None:
        trace, hyper = a_trace("bfloat16"), np.array([0.1, 0.9, 0.999, 1e-8])
        tensors = {"gradients": trace.gradients, "parameters": trace.parameters, "hyper": hyper}
        save_file(tensors, tmp_path / "plain.safetensors")
        assert_same(load(tmp_path / "plain.safetensors")["plain"], trace)

    def test_rows_are_read_one_by_one_and_as_often_as_asked(self, tmp_path: Path) -> None:
        trace = a_trace("bfloat16", (2, 3))
        save(tmp_path / "t.safetensors", {"t": trace})
        rows = load(tmp_path / "t.safetensors")["t"].gradients
        assert not isinstance(rows, np.ndarray)
        for _ in range(2):
            assert [bits(row) for row in rows] == [bits(row) for row in trace.gradients]

    def test_what_is_no_trace_is_one_line(self, tmp_path: Path) -> None:
        (tmp_path / "cut.safetensors").write_bytes(b"abc")
        rows = np.ones((2, 3))
        assert "not a safetensors file" in self.refused(tmp_path / "cut.safetensors")
        assert "no such file" in self.refused(tmp_path / "absent.safetensors")
        assert "no array named 'gradients'" in self.refused(tmp_path / "a.safetensors", other=rows)
        assert "no tensor 'parameters'" in self.refused(tmp_path / "b.safetensors", gradients=rows)
        number = {"gradients": np.ones(()), "parameters": rows, "hyper": rows[0]}
        assert "one row a step" in self.refused(tmp_path / "c.safetensors", **number)

    def test_a_missing_package_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        save(tmp_path / "t.safetensors", {"t": a_trace()})
        monkeypatch.setitem(sys.modules, "safetensors", None)
        told = self.refused(tmp_path / "t.safetensors")
        assert told.endswith("reading it needs safetensors: pip install 'adamcheck[safetensors]'")
