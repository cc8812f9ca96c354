"""`adamcheck.tolerance`: correct code is within the radius in every dtype, and a wrong formula is not."""

from __future__ import annotations

import doctest
from pathlib import Path

import numpy as np
import pytest

import adamcheck
from adamcheck import tolerances
from adamcheck.choices import DTYPE_NAMES
from adamcheck.numbers.floats import format_of

GRADIENTS = np.random.default_rng(0).normal(size=(12, 3, 2))


def plain_adam(gradients, start, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0):
    """Adam, decoupled weight decay included, as people write it; the stored parameters, shape (T+1, ...)."""
    kind = gradients.dtype.type
    theta = np.broadcast_to(start, gradients.shape[1:]).astype(gradients.dtype)
    m, v, stored = np.zeros_like(theta), np.zeros_like(theta), [theta]
    for t, g in enumerate(gradients, 1):
        m = kind(beta1) * m + kind(1 - beta1) * g
        v = kind(beta2) * v + kind(1 - beta2) * g * g
        step = m / kind(1 - beta1**t) / (np.sqrt(v / kind(1 - beta2**t)) + kind(eps))
        theta = theta - kind(lr) * step - kind(lr * weight_decay) * theta
        stored.append(theta)
    return np.stack(stored)


def off(parameters, expected):
    """The largest error as a multiple of the radius, as a user's test computes it."""
    seen = np.diff(np.asarray(parameters).astype(np.float64), axis=0)
    return (np.abs(seen - expected.updates) / expected.radius).max()


@pytest.mark.parametrize("start", [0.0, 1.5, -300.0])
@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_plain_code_is_within_the_radius(dtype, start):
    gradients = GRADIENTS.astype(format_of(dtype).dtype)
    coarse = {"beta1": 0.75, "beta2": 0.75, "eps": 2.0**-10} if format_of(dtype).narrow else {}
    expected = adamcheck.tolerance(GRADIENTS, dtype=dtype, start=start, **coarse)
    assert np.isfinite(expected.radius).all()
    assert off(plain_adam(gradients, start, **coarse), expected) <= 1


def test_betas_that_a_narrow_dtype_rounds_to_1_leave_nothing_to_say():
    assert np.isinf(adamcheck.tolerance(GRADIENTS, dtype="bfloat16").radius).all()


def test_a_correction_one_step_ahead_is_outside_by_far():
    ahead = plain_adam(np.concatenate([GRADIENTS[:1] * 0, GRADIENTS]), 0.0)[1:]
    assert off(ahead, adamcheck.tolerance(GRADIENTS)) > 1e9


def test_the_definition_is_named_as_on_the_command_line_or_a_class():
    one = adamcheck.tolerance(GRADIENTS, definition="adamw", weight_decay=0.25, start=1.0)
    other = adamcheck.tolerance(GRADIENTS, definition=adamcheck.AdamW, weight_decay=0.25, start=1.0)
    assert np.array_equal(one.updates, other.updates)
    assert off(plain_adam(GRADIENTS, 1.0, weight_decay=0.25), one) <= 1
    assert off(plain_adam(GRADIENTS, 1.0), one) > 1e9


def test_the_dtype_is_that_of_the_gradients():
    single = GRADIENTS.astype(np.float32)
    assert np.array_equal(
        adamcheck.tolerance(single).radius, adamcheck.tolerance(GRADIENTS, dtype="float32").radius
    )


def test_nothing_is_said_after_an_overflow():
    assert np.isinf(adamcheck.tolerance([[1.0], [60000.0]], dtype="float16").radius[1]).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"gradients": 1.0}, r"gradients has shape \(\): expected one gradient a step, shape \(T, ...\)"),
        (
            {"gradients": [[1.0]], "start": [1.0, 2.0]},
            r"start has shape \(2,\): expected that of one gradient",
        ),
        ({"gradients": [[1]]}, "unknown dtype 'int64'"),
        ({"gradients": [[1.0]], "definition": "adamv"}, "no definition 'adamv'"),
        ({"gradients": [[1.0]], "beta1": 1.0}, "beta1 must be in"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        adamcheck.tolerance(**arguments)


def test_the_example_of_the_docstring_runs():
    found = doctest.testmod(tolerances)
    assert found.attempted >= 5
    assert found.failed == 0


def test_the_type_checker_knows_it():
    stub = Path(adamcheck.__file__).with_name("__init__.pyi").read_text(encoding="utf-8")
    assert "tolerance as tolerance" in stub
