"""First steps: a short run that shows whether a target can be tested at all."""

from __future__ import annotations

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.checks.assertions import Broken
from adamcheck.checks.check import Check, Section
from adamcheck.checks.subject import Subject


def probe(subject: Subject) -> None:
    """Take three steps, none of which any dtype rounds to nothing.

    Raises:
        Broken: A step gives NaN or an infinite number, or does not change the parameters.
        TargetCrash: The target does not run.
        NotOffered: The target does not offer the dtype or the hyperparameters.
    """
    parameters = np.array([1.0, -2.0], dtype=subject.format.dtype)
    run = subject.start(
        parameters, subject.settled(Hyperparameters(lr=0.25, beta1=0.5, beta2=0.75, eps=2.0**-4))
    )
    before = parameters
    for values in ([1.0, -0.5], [0.75, -2.0], [1.5, -1.0]):
        after = run.step(np.array(values, dtype=subject.format.dtype))
        if np.isnan(after.astype(np.float64)).any():
            raise Broken("a step with ordinary gradients gives NaN")
        if np.isinf(after.astype(np.float64)).any():
            raise Broken("a step with ordinary gradients gives an infinite number")
        if np.array_equal(after, before):
            raise Broken("a step with ordinary gradients leaves the parameters unchanged")
        before = after


PROBE = Check(
    "ordinary-steps-give-numbers",
    "Three ordinary steps change the parameters.",
    probe,
    {},
    section=Section.FORMULA,
)
"""The check that comes first. It is reported only if it fails; then no other check can run."""
