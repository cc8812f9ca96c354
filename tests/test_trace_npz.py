"""Traces in .npz: read row by row, and what is no trace is one clear line."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tracing import HYPER, a_trace, assert_refused, assert_same, bits

from adamcheck.judge import judge
from adamcheck.traces.trace import Trace, TraceError, load, save

GOOD: dict[str, Any] = {
    "gradients": np.ones((4, 3)),
    "parameters": np.ones((5, 3)),
    "hyper": np.array([0.1, 0.9, 0.999, 1e-8]),
}


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


def test_a_file_that_breaks_off_is_one_line(tmp_path: Path) -> None:
    trace = a_trace()
    save(tmp_path / "t.npz", {"t": trace})
    with zipfile.ZipFile(tmp_path / "t.npz") as whole, zipfile.ZipFile(tmp_path / "cut.npz", "w") as cut:
        for member in whole.namelist():
            content = whole.read(member)
            cut.writestr(member, content[:-8] if "gradients" in member else content)
    assert_refused(tmp_path / "cut.npz", r"cut\.npz: t\.gradients\.npy ends after 3 of 4 rows$")
    flipped = bytearray((tmp_path / "t.npz").read_bytes())
    flipped[flipped.index(trace.gradients.tobytes())] ^= 1
    (tmp_path / "flipped.npz").write_bytes(flipped)
    with pytest.raises(TraceError, match=r"flipped\.npz: not a trace file \(Bad CRC-32"):
        list(load(tmp_path / "flipped.npz")["t"].gradients)


def test_a_file_that_is_replaced_between_loading_and_reading_is_read_as_it_was(tmp_path: Path) -> None:
    save(tmp_path / "t.npz", {"t": a_trace()})
    read = load(tmp_path / "t.npz")["t"]
    save(tmp_path / "t.npz", {"t": a_trace(seed=1)})
    assert_same(read, a_trace())


def packed(
    path: Path, shapes: dict[str, tuple[int, ...]], content: int, entry: int = zipfile.ZIP_DEFLATED
) -> None:
    """A file of which each array claims a shape and has some MiB of zeros."""
    with zipfile.ZipFile(path, "w", entry) as archive:
        for name, shape in shapes.items():
            with archive.open(f"{name}.npy", "w") as stream:
                header = {"descr": "<f8", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(stream, header)
                for _ in range(content):
                    stream.write(bytes(2**20))


def test_a_small_file_cannot_claim_days_of_work(tmp_path: Path) -> None:
    """Files of attackers: each is refused by what its directory and its headers say, before it is unpacked."""
    hyper = {"hyper": (4,)}
    packed(tmp_path / "bomb.npz", {"gradients": (2**22, 1), "parameters": (2**22 + 1, 1), **hyper}, 33)
    assert_refused(tmp_path / "bomb.npz", r"bytes that unpack to 10.,...,...: save it uncompressed")
    packed(tmp_path / "long.npz", {"gradients": (10**9, 1), "parameters": (10**9 + 1, 1), **hyper}, 1)
    assert_refused(tmp_path / "long.npz", r"gradients\.npy ends after 131072 of 1000000000 rows")
    packed(tmp_path / "wide.npz", {"gradients": (2, 10**18), "parameters": (3, 10**18), **hyper}, 1)
    assert_refused(tmp_path / "wide.npz", "are too large")
    packed(tmp_path / "empty.npz", {"gradients": (10**9, 0), "parameters": (10**9 + 1, 0), **hyper}, 1)
    assert_refused(tmp_path / "empty.npz", r"gradients: 1000000000 steps of shape \(0,\)")
    packed(tmp_path / "negative.npz", {"gradients": (-5, 2), "parameters": (-4, 2), **hyper}, 1)
    assert_refused(tmp_path / "negative.npz", r"an array of shape \(-5, 2\)")
    packed(tmp_path / "hyper.npz", {"gradients": (2, 2), "parameters": (3, 2), "hyper": (10**9,)}, 1)
    assert_refused(tmp_path / "hyper.npz", r"hyper\.npy has shape \(1000000000,\), expected no more than 64")
    with zipfile.ZipFile(tmp_path / "header.npz", "w") as archive:
        for name in GOOD:
            archive.writestr(f"{name}.npy", b"\x93NUMPY\x02\x00\x00\xca\x9a\x3b" + bytes(2**20))
    assert_refused(tmp_path / "header.npz", r"a header of 1,000,000,000 bytes")


@pytest.mark.parametrize("entry", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_file_in_another_compression_that_is_damaged_is_one_line(tmp_path: Path, entry: int) -> None:
    packed(tmp_path / "whole.npz", {name: array.shape for name, array in GOOD.items()}, 1, entry)
    damaged = bytearray((tmp_path / "whole.npz").read_bytes())
    damaged[60:100] = bytes(40)
    (tmp_path / "bad.npz").write_bytes(damaged)
    assert_refused(tmp_path / "bad.npz", "not a trace file|Invalid data stream")


def test_a_file_with_a_password_is_one_line(tmp_path: Path) -> None:
    np.savez(tmp_path / "plain.npz", **GOOD)
    locked = bytearray((tmp_path / "plain.npz").read_bytes())
    directory = locked.index(b"PK\x01\x02")
    locked[6] |= 1
    locked[directory + 8] |= 1
    (tmp_path / "locked.npz").write_bytes(locked)
    assert_refused(tmp_path / "locked.npz", "encrypted")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gradients": None}, "no array named 'gradients' or 'NAME.gradients'"),
        ({"parameters": None}, "there is an array 'gradients', but no array 'parameters'"),
        ({"hyper": None}, "there is an array 'gradients', but no array 'hyper'"),
        ({"parameters": np.ones((4, 3))}, r"parameters have shape \(4, 3\), expected \(5, 3\)"),
        ({"parameters": np.ones((5, 2))}, r"parameters have shape \(5, 2\), expected \(5, 3\)"),
        ({"gradients": np.ones((0, 3)), "parameters": np.ones((1, 3))}, "the trace has no steps"),
        ({"gradients": np.array(1.0)}, "one row per step"),
        ({"parameters": np.ones((3, 5)).T}, "C order.*numpy.ascontiguousarray"),
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


@pytest.mark.parametrize(
    "content",
    [b"", b"not a zip file", b"PK\x03\x04 but then nothing", b"\x93NUMPY\x01\x00 and so on", b"\x80\x04N."],
)
def test_what_is_no_zip_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.npz").write_bytes(content)
    assert_refused(
        tmp_path / "x.npz", r"not a trace file \(not a complete .npz archive, as numpy.savez writes it\)$"
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
