"""A counterexample as a script of a few lines that anyone can paste."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields
from itertools import groupby
from typing import Any

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.checks.calls import Call, Layout
from adamcheck.checks.check import Result
from adamcheck.examine.results import TargetReport
from adamcheck.judge import Offence
from adamcheck.traces.trace import Trace

_NAMES = "abcdef"
"""What the runs of one counterexample are called; where there are more, only the trace is repeated."""

_OTHERWISE = ("start tensors", "start maximizing", "start complex")
"""The starts of runs that no trace of one real array tells of."""

_LARGEST = 10**5
"""Numbers that a script may hold. Nobody pastes more, or learns from them."""


def script(target: TargetReport, result: Result) -> str:
    """Python that repeats what broke a check, number by number; empty where nothing was recorded.

    A wrong update is repeated from the shrunk trace, and printed beside the expected one. For anything
    else, and where it takes more than one array in index order, the script makes the calls that the check
    made, and prints what the target answers.
    """
    if sum(map(_count, result.calls)) > _LARGEST:
        return ""
    plain = all(call.layout is None and call.method not in _OTHERWISE for call in result.calls)
    if result.trace is not None and result.offence is not None and plain:
        body = _update(result.trace, result.offence)
    elif result.calls and result.calls[-1].run < len(_NAMES):
        body = list(_calls(result.calls, result.dtype))
    elif result.trace is not None:
        body = list(_calls(_as_calls(result.trace), result.dtype))
    else:
        return ""
    bfloat16 = any("bfloat16" in line for line in body)
    lines = [
        f"import {'ml_dtypes, ' if bfloat16 else ''}numpy as np",
        "from adamcheck import Hyperparameters, load_target",
        "",
        f"adam = load_target({_name(target)})",
        *body,
    ]
    return "\n".join(lines) + "\n"


def _count(call: Call) -> int:
    """How many numbers a call was given."""
    given = call.argument[0] if call.method.startswith("start") else call.argument
    return sum(map(np.size, given)) if isinstance(given, list) else int(np.size(given))


def _name(target: TargetReport) -> str:
    """How to find the target again: by its name, or by the object itself where a test made it."""
    options = "".join(f", {name}={value!r}" for name, value in sorted(target.options.items()))
    _, local, inner = target.name.rpartition("<locals>.")
    return (inner if local else repr(target.name)) + options


def _update(trace: Trace, offence: Offence) -> list[str]:
    rows = list(trace.parameters)
    start, at = _array(rows[0], trace.working.name), offence.coordinate
    gradients = ", ".join(map(_numbers, trace.gradients))
    return [
        f"hyper = {_hyper(trace.hyper)}",
        f"start = {start}",
        "run, after = adam.start(start.copy(), hyper), np.ravel(start).astype(float)",
        f"for gradient in [{gradients}]:",
        f"    answer = run.step({_array('gradient', trace.working.name)})",
        "    before, after = after, np.ravel(answer).astype(float)",
        f"print('update  ', after[{at}] - before[{at}])",
        f"print('expected', {offence.expected!r}, '+-', {float(f'{offence.radius:.2g}')!r})",
    ]


def _as_calls(trace: Trace) -> tuple[Call, ...]:
    start = Call(0, "start", (next(iter(trace.parameters)), trace.hyper))
    return (start, *(Call(0, "step", gradient) for gradient in trace.gradients))


def _calls(calls: Sequence[Call], dtype: str) -> Iterator[str]:
    names = _NAMES if calls[-1].run or any(call.run for call in calls) else ("run",)
    for (run, method, layout), group in groupby(calls, key=lambda call: (call.run, call.method, call.layout)):
        name = names[run]
        yield from _lines(name, method, [call.argument for call in group], dtype, layout)
    for run in sorted({call.run for call in calls if call.method == "start on"}):
        yield f"print('start', start_{names[run]}.tolist())"
    for run in sorted({call.run for call in calls if call.method == "step and hold"}):
        yield f"print('kept', [np.asarray(answer).tolist() for answer in kept_{names[run]}])"


def _lines(name: str, method: str, arguments: list[Any], dtype: str, layout: Layout | None) -> Iterator[str]:
    label = "" if name == "run" else f"{name!r}, "
    form = layout.expression if layout else "{}"
    if method in ("start", "start maximizing", "start complex"):
        parameters, hyper = arguments[0]
        given = form.format(_array(parameters, dtype))
        yield f"{name} = adam.{method.replace(' ', '_')}({given}, {_hyper(hyper)})"
    elif method == "start on":
        parameters, hyper = arguments[0]
        yield f"start_{name} = {_array(parameters, dtype)}"
        yield f"{name} = adam.start(start_{name}, {_hyper(hyper)})"
    elif method == "step":
        yield f"for gradient in [{', '.join(map(_numbers, arguments))}]:"
        answer = f"{name}.step({form.format(_array('gradient', dtype))})"
        yield f"    print({label}np.asarray({answer}).tolist())"
    elif method == "step on":
        yield f"gradient = {_array(arguments[0] * 0, dtype)}"
        yield f"for given in [{', '.join(map(_numbers, arguments))}]:"
        yield "    gradient[...] = given"
        yield f"    print({label}np.asarray({name}.step(gradient)).tolist(), 'gradient', gradient.tolist())"
    elif method == "step and hold":
        yield f"kept_{name} = []"
        yield f"for gradient in [{', '.join(map(_numbers, arguments))}]:"
        yield f"    kept_{name}.append({name}.step({_array('gradient', dtype)}))"
        yield f"    print({label}np.asarray(kept_{name}[-1]).tolist())"
    elif method == "start tensors":
        parameters, hyper = arguments[0]
        given = ", ".join(_array(each, dtype) for each in parameters)
        yield f"{name} = adam.start_tensors([{given}], {_hyper(hyper)})"
    elif method == "step tensors":
        for gradients in arguments:
            given = ", ".join("None" if each is None else _array(each, dtype) for each in gradients)
            yield f"print({label}[np.asarray(tensor).tolist() for tensor in {name}.step([{given}])])"
    elif method == "moments":
        yield f"print(*{name}.moments())"
    elif method == "save":
        yield f"saved_{name} = {name}.save()"
    elif method == "load":
        yield f"{name}.load(saved_{_NAMES[arguments[0]]})"
    elif method in ("count", "change lr"):
        yield f"{name}.{method.replace(' ', '_')}({arguments[0]!r})"


def _numbers(row: Any) -> str:
    """The numbers of an array as nested lists, exactly."""
    text = str(np.asarray(row).astype(float).tolist())
    return re.sub(r"\b(inf|nan)\b", r"float('\1')", text)


def _array(row: Any, dtype: str) -> str:
    content = row if isinstance(row, str) else _numbers(row)
    return f"np.array({content})" if dtype == "float64" else f"np.array({content}, {dtype!r})"


def _hyper(hyper: Hyperparameters) -> str:
    values = ((field.name, getattr(hyper, field.name)) for field in fields(hyper))
    told = ", ".join(f"{name}={value!r}" for name, value in values if name != "weight_decay" or value)
    return f"Hyperparameters({told})"
