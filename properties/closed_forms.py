"""The definition in quads, from states in closed form: what laws compare with what they see."""

from __future__ import annotations

from typing import Any

import numpy as np

import adamcheck as ac

_QUIET = np.errstate(invalid="ignore")
"""The power of quads announces an invalid operation for 0**t, though its result is right."""


def in_quads(trace: ac.Trace) -> ac.Adam:
    """The definition with the hyperparameters of a trace, as quads."""
    return ac.Adam(trace.hyper.map(lambda x: np.atleast_1d(ac.to_quad(float(x)))))


def steps_in_quads(trace: ac.Trace) -> Any:
    """The step counts 1 .. T of a trace as a column (T, 1) of quads."""
    return ac.to_quad(np.arange(1, len(trace.gradients) + 1, dtype=np.float64))[:, None]


@_QUIET
def factors(trace: ac.Trace) -> tuple[Any, Any]:
    """The bias factors `1 - beta1**t` and `1 - beta2**t` of every step, as columns (T, 1) of quads."""
    adam, t = in_quads(trace), steps_in_quads(trace)
    one = 0 * t + 1
    return one / adam.correct_first(one, t), one / adam.correct_second(one, one, t)[1]


@_QUIET
def powers(trace: ac.Trace, exponents: Any) -> tuple[Any, Any]:
    """The powers of beta1 and of beta2 with integer exponents, as quads of the shape of `exponents`."""
    hyper, exponents = in_quads(trace).hyper, ac.to_quad(np.asarray(exponents, dtype=np.float64))
    return hyper.beta1**exponents, hyper.beta2**exponents


@_QUIET
def updates_from(trace: ac.Trace, steps: Any, m: Any, v: Any, gradients: Any) -> Any:
    """The updates of the definition, each from a state of its own: after `steps` steps, with moments m and v.

    All four are arrays of quads that broadcast to the shape (T, n) of the updates.
    """
    steps, gradients = ac.to_quad(np.asarray(steps, dtype=np.float64)), ac.to_quad(gradients)
    return in_quads(trace).update(ac.State(steps, m, v, v), 0 * gradients, gradients)[1]
