"""The formats are those of IEEE 754 and of bfloat16."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from adamcheck.choices import DTYPE_NAMES
from adamcheck.numbers.floats import TF32, Format, coarser, coarser_precisions, format_of, precision_of

PRECISION_AND_EXPONENTS = {
    "float64": (53, -1022, 1023),
    "float32": (24, -126, 127),
    "tf32": (11, -126, 127),
    "float16": (11, -14, 15),
    "bfloat16": (8, -126, 127),
}


@pytest.mark.parametrize("name", PRECISION_AND_EXPONENTS)
def test_a_format_is_its_precision_and_its_exponents(name: str) -> None:
    precision, lowest, highest = PRECISION_AND_EXPONENTS[name]
    format = precision_of(name)
    assert format.name == name
    assert format.unit == 2.0**-precision
    assert format.normal == 2.0**lowest
    assert format.tiny == 2.0 ** (lowest - precision + 1)
    assert format.huge == (2 - 2.0 ** (1 - precision)) * 2.0**highest


@pytest.mark.parametrize("name", DTYPE_NAMES)
def test_a_format_is_found_by_name_dtype_and_scalar_type(name: str) -> None:
    format = format_of(name)
    assert format_of(format.dtype) is not None
    assert format_of(format.dtype) == format == format_of(format.dtype.type)


@pytest.mark.parametrize(
    "unknown", ["float128", "int64", np.int32, np.complex128, ml_dtypes.float8_e4m3fn, "?"]
)
def test_unknown_dtypes_are_refused_with_the_known_ones_named(unknown: Any) -> None:
    with pytest.raises(ValueError, match="expected one of float64, float32, float16, bfloat16"):
        format_of(unknown)


@pytest.mark.parametrize("name", DTYPE_NAMES)
def test_one_plus_the_unit_is_the_first_number_that_is_not_represented(name: str) -> None:
    format = format_of(name)
    # Doubles have no room for the number between two doubles: there the next one up stands in.
    between = 1 + format.unit if name != "float64" else 1 + 2 * format.unit
    x = np.array([1.0, 1 + 2 * format.unit, between, 0.0, -1.5, format.huge, format.tiny, 0.1])
    expected = [True, True, name == "float64", True, True, True, True, name == "float64"]
    assert format.represents(x).tolist() == expected


@pytest.mark.parametrize("name", DTYPE_NAMES)
def test_the_spacing_is_the_distance_to_the_next_number(name: str) -> None:
    format = format_of(name)
    rng = np.random.default_rng(0)
    x = np.abs(rng.normal(size=200) * 2.0 ** rng.integers(-12, 8, 200)).astype(format.dtype)
    bits = {2: np.uint16, 4: np.uint32, 8: np.uint64}[format.dtype.itemsize]
    above = (x.view(bits) + bits(1)).view(format.dtype)
    expected = above.astype(np.float64) - x.astype(np.float64)
    assert np.array_equal(format.spacing(x.astype(np.float64)), expected)
    assert format.spacing(np.array([0.0, format.tiny])).tolist() == [format.tiny, format.tiny]


def test_the_coarser_of_two_formats_has_fewer_digits() -> None:
    in_order: list[Format] = [format_of(name) for name in ("float64", "float32", "float16", "bfloat16")]
    for i, fine in enumerate(in_order):
        for coarse in in_order[i:]:
            assert coarser(fine, coarse) == coarser(coarse, fine) == coarse


def test_tf32_rounds_to_ten_explicit_bits_with_the_exponents_of_float32() -> None:
    one = np.array(
        [1 + 2.0**-10, 1 + 2.0**-11, 1 + 3 * 2.0**-11, 2.0**-136, 2.0**-138, -(2.0**-126)], np.float32
    )
    assert TF32.rounded(one).tolist() == [1 + 2.0**-10, 1.0, 1 + 2.0**-9, 2.0**-136, 0.0, -(2.0**-126)]
    assert TF32.represents(one).tolist() == [True, False, False, True, False, True]
    assert np.isinf(TF32.rounded(np.array([3.402e38], np.float32))).all()
    with pytest.raises(ValueError, match="unknown dtype 'tf32'"):
        format_of("tf32")


def test_coarser_precisions_go_from_fine_to_coarse() -> None:
    names = [format.name for format in coarser_precisions(format_of("float64"))]
    assert names == ["float32", "tf32", "float16", "bfloat16"]
    assert [format.name for format in coarser_precisions(format_of("float32"))] == names[1:]
    assert coarser_precisions(format_of("float16")) == coarser_precisions(format_of("bfloat16")) == ()
    assert all(format.flushes for format in coarser_precisions(TF32.flushing())) is True
