"""What a definition of Adam does in floats, as a trace."""

from __future__ import annotations

from typing import Any

import numpy as np

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.trace import Trace


def recorded(definition: type[Adam], hyper: Hyperparameters, gradients: Any, start: Any = None) -> Trace:
    """The trace of `definition` in the dtype of `gradients`, from zero unless told otherwise."""
    parameters = np.zeros_like(gradients[0]) if start is None else start
    adam, rows = definition(hyper), [parameters]
    state = adam.start(parameters)
    with np.errstate(all="ignore"):
        for gradient in gradients:
            state, parameters = adam.step(state, parameters, gradient)
            rows.append(parameters)
    return Trace(hyper, gradients, np.array(rows))
