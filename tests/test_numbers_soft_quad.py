"""Without numpy-quaddtype, quads are numbers of mpmath, and everything works."""

from __future__ import annotations

import math
import operator
import subprocess
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamcheck.numbers.quad import UNIT
from adamcheck.numbers.soft_quad import Quad

FINITE = st.floats(allow_nan=False, allow_infinity=False)

WITHOUT = "import sys; sys.modules['numpy_quaddtype'] = None; "


def exact(x: Quad) -> Fraction:
    high = float(x)
    return Fraction(high) + Fraction(float(x - Quad(high)))


@given(FINITE, FINITE)
def test_sums_and_products_are_rounded_to_113_bits(x: float, y: float) -> None:
    for combine in (operator.add, operator.sub, operator.mul):
        due = combine(Fraction(x), Fraction(y))
        if abs(due) < Fraction(2) ** 900 and (due == 0 or abs(due) > Fraction(2) ** -900):
            assert abs(exact(combine(Quad(x), Quad(y))) - due) <= abs(due) * Fraction(2.0**-105)


@given(FINITE, FINITE)
def test_numbers_compare_as_floats_do(x: float, y: float) -> None:
    for relation in (operator.lt, operator.le, operator.eq, operator.ne, operator.ge, operator.gt):
        assert relation(Quad(x), Quad(y)) == relation(x, y) == relation(Quad(x), y)


def test_a_root_has_twice_as_many_digits_as_a_float() -> None:
    root = Quad(2.0).sqrt()
    assert abs(float(root * root - 2)) <= 8 * UNIT
    assert float(Quad(0.0).sqrt()) == 0.0
    assert math.isnan(float(Quad(-1.0).sqrt()))


@pytest.mark.parametrize(
    ("x", "y", "quotient"),
    [(1.0, 0.0, math.inf), (-1.0, 0.0, -math.inf), (0.0, 0.0, math.nan), (1.0, math.inf, 0.0)],
)
def test_quotients_by_zero_are_those_of_floats(x: float, y: float, quotient: float) -> None:
    found = float(Quad(x) / Quad(y))
    assert found == quotient or (math.isnan(found) and math.isnan(quotient))


def test_nan_equals_nothing_and_too_large_a_number_is_infinite_as_a_float() -> None:
    nan = Quad(math.nan)
    assert nan != nan
    assert not nan < 1
    assert not nan.isfinite()
    assert float(Quad(1e300) * Quad(1e300)) == math.inf


def test_arrays_of_them_compute_as_arrays_do() -> None:
    x: Any = np.array([Quad(4.0), Quad(9.0)], dtype=object)
    assert (np.sqrt(x) == [2, 3]).all()
    assert (np.abs(-x).astype(np.float64) == [4.0, 9.0]).all()
    assert float((x * 2.0).sum()) == 26.0
    assert (x ** np.array([Quad(2.0), Quad(3.0)], dtype=object) == [16, 729]).all()


@pytest.mark.slow
def test_a_target_is_verified_without_the_library() -> None:
    command = "from adamcheck.cli import main; sys.argv[1:] = ['verify', 'reference', '--dtype', 'float64', "
    command += "'--profile', 'quick', '--in-process']; main()"
    done = subprocess.run([sys.executable, "-c", WITHOUT + command], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "conforms" in done.stdout
    assert "faulty" not in done.stdout


@pytest.mark.slow
@pytest.mark.exhaustive
def test_the_quads_of_mpmath_pass_the_tests_of_quads() -> None:
    tests = ["tests/test_updates.py", "tests/test_numbers_quad.py", "tests/test_judge.py"]
    command = f"import pytest; sys.exit(pytest.main(['-q', '-n0', '-p', 'no:cacheprovider', *{tests}]))"
    done = subprocess.run([sys.executable, "-c", WITHOUT + command], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
