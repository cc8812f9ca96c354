"""Traces come back from disk bit for bit, whatever the format of the file."""

from __future__ import annotations

import io
import os
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
from tracing import ENDINGS, HYPER, a_trace, assert_refused, assert_same

from adamcheck.adam import Hyperparameters
from adamcheck.choices import DTYPE_NAMES
from adamcheck.numbers.floats import format_of
from adamcheck.support.files import write_atomically
from adamcheck.traces.trace import Trace, TraceError, load, save


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
def test_a_trace_comes_back_with_its_flushing_of_subnormals(tmp_path: Path, ending: str) -> None:
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


def test_a_missing_file_a_folder_and_another_ending_are_refused_in_one_line(tmp_path: Path) -> None:
    for ending in ENDINGS:
        assert_refused(tmp_path / f"missing{ending}", "no such file")
        (tmp_path / f"folder{ending}").mkdir()
        assert_refused(tmp_path / f"folder{ending}", ": Is a directory$")
    (tmp_path / "t.txt").write_text("{}")
    assert_refused(
        tmp_path / "t.txt", r"unknown trace format '.txt' \(expected .npz, .safetensors or .json\)"
    )
    with pytest.raises(TraceError, match="unknown trace format ''"):
        save(tmp_path / "nothing", {"t": a_trace()})
    assert not (tmp_path / "nothing").exists()


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


@pytest.mark.parametrize("name", ["pipe.npz", "pipe.json", "pipe.safetensors"])
def test_a_pipe_is_refused_and_not_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(TraceError, match=r"not a regular file$"):
        load(tmp_path / name)


def test_json_of_any_depth_is_one_line(tmp_path):
    path = tmp_path / "deep.json"
    path.write_text("[" * 200_000)
    with pytest.raises(TraceError, match=r"not a trace file \(maximum recursion depth"):
        load(path)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((10**9, 0), r"1000000000 steps of shape \(0,\)"),
        ((2, 10**12), "are too large"),
        ((10**9, 1), "ends after 1 of"),
    ],
)
def test_a_small_file_that_claims_a_large_trace_takes_no_time(tmp_path, shape, message):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": shape})
    hyper = io.BytesIO()
    np.lib.format.write_array(hyper, np.array([0.5, 0.5, 0.5, 0.5]))
    path = tmp_path / "small.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("gradients.npy", header.getvalue() + bytes(8))
        archive.writestr(
            "parameters.npy", header.getvalue().replace(b"1000000000,", b"1000000001,") + bytes(8)
        )
        archive.writestr("hyper.npy", hyper.getvalue())
    with pytest.raises(TraceError, match=message):
        [list(trace.gradients) for trace in load(path).values()]


def test_a_file_whose_hyperparameters_would_fill_the_memory_is_refused(tmp_path):
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, gradients=np.zeros((1, 1)), parameters=np.zeros((2, 1)), hyper=np.zeros(10**6))
    with pytest.raises(
        TraceError, match=r"hyper.npy has shape \(1000000,\), expected no more than 64 numbers"
    ):
        load(path)
