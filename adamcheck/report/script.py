"""A counterexample as a script of a few lines that anyone can paste."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.checks import Result
from adamcheck.report.model import TargetReport


def script(target: TargetReport, result: Result) -> str:
    """Python that repeats the shrunk trace of a broken check; empty where there is no trace."""
    if result.trace is None:
        return ""
    trace = result.trace
    dtype = trace.gradients.dtype.name
    options = "".join(f", {name}={value!r}" for name, value in sorted(target.options.items()))
    start = _literal(next(iter(trace.parameters)))
    expected = ""
    if result.offence is not None:
        o = result.offence
        expected = f"  # due at step {o.step}, coordinate {o.coordinate}: {o.expected!r} +- {o.radius:.2g}"
    lines = [
        f"import {'ml_dtypes, ' if dtype == 'bfloat16' else ''}numpy as np",
        "from adamcheck import Hyperparameters, load_target",
        f"run = load_target({target.name!r}{options}).start("
        f"np.array({start}, {dtype!r}), Hyperparameters({_hyper(trace.hyper)}))",
        f"for gradient in [{', '.join(map(_literal, trace.gradients))}]:",
        f"    print(run.step(np.array(gradient, {dtype!r}))){expected}",
    ]
    return "\n".join(lines) + "\n"


def _literal(row: np.ndarray) -> str:
    values = ", ".join(_number(float(x)) for x in np.ravel(row))
    return f"[{values}]"


def _number(x: float) -> str:
    return repr(x) if np.isfinite(x) else f"float({str(x)!r})"


def _hyper(hyper: Hyperparameters) -> str:
    values = ((field.name, getattr(hyper, field.name)) for field in fields(hyper))
    return ", ".join(f"{name}={value!r}" for name, value in values if name != "weight_decay" or value)
