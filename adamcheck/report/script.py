"""Reproduction scripts: a counterexample as a few lines of Python."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import singledispatch
from itertools import groupby
from typing import Any

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.checks.calls import (
    Call,
    Copied,
    Counted,
    Dropped,
    Elsewhere,
    GroupAdded,
    Layout,
    LearningRateChanged,
    LearningRatesChanged,
    Loaded,
    Moments,
    Saved,
    Started,
    StartedOn,
    Stepped,
    SteppedAndHeld,
    SteppedInClosure,
    SteppedOn,
    SteppedTensors,
    SteppedTensorsInClosure,
)
from adamcheck.checks.check import Result
from adamcheck.examine.results import TargetReport
from adamcheck.judge import Offence
from adamcheck.targets.start import Start
from adamcheck.traces.trace import Trace

_NAMES = "abcdef"
"""The names of the runs of one counterexample; if there are more, the script repeats only the trace."""

_LARGEST = 10**5
"""The largest number of numbers in a script; longer ones help nobody."""


def script(target: TargetReport, result: Result) -> str:
    """A Python script that repeats the example that broke a check; empty if nothing was recorded.

    A wrong update is repeated from the shrunk trace, and printed beside the expected one. For anything
    else, and where it takes more than one array in index order, the script makes the calls that the check
    made, and prints what the target answers.
    """
    if sum(call.size for call in result.calls) > _LARGEST or not all(call.whole for call in result.calls):
        return ""
    beside = bool(result.conditions) and any(call.run for call in result.calls)
    plain = not beside and all(call.plain for call in result.calls)
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


def _name(target: TargetReport) -> str:
    """The arguments that find the target again: its name, or the object itself if a test made it."""
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
    start = Started(0, Start(np.asarray(next(iter(trace.parameters))), trace.hyper))
    return (start, *(Stepped(0, gradient) for gradient in trace.gradients))


def _calls(calls: Sequence[Call], dtype: str) -> Iterator[str]:
    names = _NAMES if calls[-1].run or any(call.run for call in calls) else ("run",)
    for (_, number, _), group in groupby(calls, key=_kind):
        first, *more = group
        yield from _lines(first, more, _Names(names[number], dtype))
    for run in sorted({call.run for call in calls if isinstance(call, StartedOn)}):
        yield f"print('start', start_{names[run]}.tolist())"
    for run in sorted({call.run for call in calls if isinstance(call, SteppedAndHeld)}):
        yield f"print('kept', [np.asarray(answer).tolist() for answer in kept_{names[run]}])"


def _kind(call: Call) -> tuple[type[Call], int, Layout | None]:
    """The key that groups consecutive calls of one kind into one loop."""
    return type(call), call.run, getattr(call, "layout", None)


@dataclass(frozen=True)
class _Names:
    """The name of a run in the script, and the dtype of its arrays."""

    run: str
    dtype: str

    @property
    def label(self) -> str:
        """The label printed before a result if there are several runs."""
        return "" if self.run == "run" else f"{self.run!r}, "

    def array(self, row: Any) -> str:
        return _array(row, self.dtype)


@singledispatch
def _lines(call: Call, more: Iterable[Call], names: _Names) -> Iterator[str]:
    """The lines that make a call, and `more` of its kind: a new kind of call registers its own."""
    raise TypeError(f"no script makes a call of {call.name}")


@_lines.register
def _(call: Started, more: Iterable[Call], names: _Names) -> Iterator[str]:
    start, form = call.start, call.layout.expression if call.layout else "{}"
    given = [form.format(_array(each, each.dtype.name)) for each in start.tensors]
    if start.groups or start.array_lr:
        yield from _begun(start, given, names)
        return
    arrays = f"[{', '.join(given)}]" if start.together else given[0]
    yield f"{names.run} = adam.{call.name.replace(' ', '_')}({arrays}, {_hyper(start.hyper)})"


def _begun(start: Start, given: Sequence[str], names: _Names) -> Iterator[str]:
    """The lines that start a run in a mode that has no method of its own."""
    yield "from adamcheck.targets.start import Start"
    arrays = f"[{', '.join(given)}]" if start.together else given[0]
    groups = f", groups=({', '.join(map(_hyper, start.groups))},)" if start.groups else ""
    array_lr = ", array_lr=True" if start.array_lr else ""
    yield f"{names.run} = adam.begin(Start({arrays}, {_hyper(start.hyper)}{groups}{array_lr}))"


@_lines.register
def _(call: Copied, more: Iterable[Call], names: _Names) -> Iterator[str]:
    method = "pickled" if call.pickled else "copied"
    yield f"{names.run} = {_NAMES[call.of]}.{method}()"


@_lines.register
def _(call: Dropped, more: Iterable[Call], names: _Names) -> Iterator[str]:
    yield f"del {names.run}"


@_lines.register
def _(call: Elsewhere, more: Iterable[Call], names: _Names) -> Iterator[str]:
    yield "# It fails if what follows is done in another thread: threading.Thread(target=...)."


@_lines.register
def _(call: GroupAdded, more: Iterable[Call], names: _Names) -> Iterator[str]:
    array = _array(call.parameters, call.parameters.dtype.name)
    yield f"{names.run}.add_group({array}, {_hyper(call.hyper)})"


@_lines.register
def _(call: LearningRatesChanged, more: Iterable[LearningRatesChanged], names: _Names) -> Iterator[str]:
    *_, last = call, *more
    yield f"{names.run}.change_lrs({list(last.lrs)!r})"


@_lines.register
def _(call: SteppedInClosure, more: Iterable[Stepped], names: _Names) -> Iterator[str]:
    yield f"for gradient in [{_gradients(call, *more)}]:"
    answer = f"{names.run}.step_in_closure({names.array('gradient')})"
    yield f"    print({names.label}np.asarray({answer}).tolist())"


@_lines.register
def _(call: StartedOn, more: Iterable[Call], names: _Names) -> Iterator[str]:
    yield f"start_{names.run} = {names.array(call.start.array)}"
    yield f"{names.run} = adam.start(start_{names.run}, {_hyper(call.start.hyper)})"


@_lines.register
def _(call: Stepped, more: Iterable[Stepped], names: _Names) -> Iterator[str]:
    form = call.layout.expression if call.layout else "{}"
    yield f"for gradient in [{_gradients(call, *more)}]:"
    answer = f"{names.run}.step({form.format(_array('gradient', call.array.dtype.name))})"
    yield f"    print({names.label}np.asarray({answer}).tolist())"


@_lines.register
def _(call: SteppedOn, more: Iterable[Stepped], names: _Names) -> Iterator[str]:
    yield f"gradient = {names.array(call.array * 0)}"
    yield f"for given in [{_gradients(call, *more)}]:"
    yield "    gradient[...] = given"
    answer = f"np.asarray({names.run}.step(gradient)).tolist()"
    yield f"    print({names.label}{answer}, 'gradient', gradient.tolist())"


@_lines.register
def _(call: SteppedAndHeld, more: Iterable[Stepped], names: _Names) -> Iterator[str]:
    yield f"kept_{names.run} = []"
    yield f"for gradient in [{_gradients(call, *more)}]:"
    yield f"    kept_{names.run}.append({names.run}.step({names.array('gradient')}))"
    yield f"    print({names.label}np.asarray(kept_{names.run}[-1]).tolist())"


@_lines.register
def _(call: SteppedTensors, more: Iterable[SteppedTensors], names: _Names) -> Iterator[str]:
    method = "step_in_closure" if isinstance(call, SteppedTensorsInClosure) else "step"
    for each in (call, *more):
        given = ", ".join("None" if g is None else _array(g, g.dtype.name) for g in each.gradients)
        answers = f"[np.asarray(tensor).tolist() for tensor in {names.run}.{method}([{given}])]"
        yield f"print({names.label}{answers})"


@_lines.register
def _(call: Moments, more: Iterable[Call], names: _Names) -> Iterator[str]:
    yield f"print(*{names.run}.moments())"


@_lines.register
def _(call: Saved, more: Iterable[Call], names: _Names) -> Iterator[str]:
    yield f"saved_{names.run} = {names.run}.save()"


@_lines.register
def _(call: Loaded, more: Iterable[Call], names: _Names) -> Iterator[str]:
    yield f"{names.run}.load(saved_{_NAMES[call.saved_by]})"


@_lines.register
def _(call: Counted, more: Iterable[Call], names: _Names) -> Iterator[str]:
    yield f"{names.run}.count({call.steps!r})"


@_lines.register
def _(call: LearningRateChanged, more: Iterable[LearningRateChanged], names: _Names) -> Iterator[str]:
    *_, last = call, *more
    yield f"{names.run}.change_lr({last.lr!r})"


def _gradients(*calls: Stepped) -> str:
    return ", ".join(_numbers(call.array) for call in calls)


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
