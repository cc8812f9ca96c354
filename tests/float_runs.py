"""What a definition of Adam does in floats, as a trace."""

from __future__ import annotations

from typing import Any

import numpy as np

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.traces.trace import Trace


def in_dtype(hyper: Hyperparameters, dtype: np.dtype[Any]) -> Hyperparameters:
    """Hyperparameters that keep arrays in `dtype`: next to a Python float, bfloat16 turns float32."""
    return hyper.map(dtype.type) if dtype.name == "bfloat16" else hyper


def recorded(definition: type[Adam], hyper: Hyperparameters, gradients: Any, start: Any = None) -> Trace:
    """The trace of `definition` in the dtype of `gradients`, from zero unless told otherwise."""
    parameters = np.zeros_like(gradients[0]) if start is None else start
    adam, rows = definition(in_dtype(hyper, parameters.dtype)), [parameters]
    state = adam.start(parameters)
    with np.errstate(all="ignore"):
        for gradient in gradients:
            state, parameters = adam.step(state, parameters, gradient)
            rows.append(parameters)
    return Trace(hyper, gradients, np.array(rows))
