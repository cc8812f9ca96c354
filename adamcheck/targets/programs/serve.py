"""A Python target behind the protocol: `main` answers requests until it is asked to stop.

The target's own standard output goes to standard error, so that nothing it prints is taken for an
answer. Only light modules are imported here: the interpreter need not have what adamcheck needs
besides numpy and ml_dtypes.
"""

from __future__ import annotations

import ast
import copy
import os
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np

from adamcheck.numbers.floats import format_of
from adamcheck.support.text import raised
from adamcheck.targets.base import (
    NotOffered,
    Run,
    Target,
    TargetCrash,
    TargetError,
    TensorsRun,
    as_parameters,
    as_tensors,
    starting,
)
from adamcheck.targets.find import load_target
from adamcheck.targets.programs import protocol
from adamcheck.targets.programs.protocol import Message


class Server:
    """Answers requests about one target."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._runs: dict[int, tuple[Run, str, tuple[int, ...]]] = {}
        self._together: dict[int, tuple[TensorsRun, str, list[tuple[int, ...]]]] = {}
        self._saved: list[Any] = []

    def answer(self, request: Message) -> Message:
        """The answer to one request; what the target raises becomes an error message."""
        operations: dict[str, Callable[[Message], Message]] = {
            "describe": self._describe,
            "start": self._start,
            "start_tensors": self._start,
            "step": self._step,
            "moments": self._moments,
            "save": self._save,
            "load": self._load,
            "change_lr": self._change_lr,
            "count": self._count,
            "end": self._end,
        }
        operation = request["op"]
        try:
            with np.errstate(all="ignore"):  # what overflows is judged, not announced
                return operations[operation](request)
        except NotOffered as error:
            if error.refusal is None:
                return {"not_offered": str(error)}
            hyper = protocol.hyper_message(error.refusal.hyper)
            return {"not_offered": error.refusal.reason, "hyper": hyper}
        except TargetCrash as crash:
            return {"error": str(crash)}
        except (Exception, SystemExit) as error:
            return {"error": f"{raised(error)} in a call of {operation}"}

    def _describe(self, request: Message) -> Message:
        can = self._target.capabilities
        offered = [name for name in protocol.CAPABILITIES if can.has(name)]
        limits = [(protocol.FLUSHES, not can.subnormals), (protocol.VECTORS_ONLY, not can.matrices)]
        return {
            "protocol": protocol.VERSION,
            "library": self._target.library,
            "version": self._target.version,
            "dtypes": list(can.dtypes),
            "definition": self._target.declares,
            "called": self._target.called,
            "fixed": {name: float(value).hex() for name, value in self._target.fixed.items()},
            "parameter_counts": list(can.parameter_counts),
            "capabilities": [*offered, *(word for word, limited in limits if limited)],
        }

    def _start(self, request: Message) -> Message:
        start = protocol.start_from(request)
        with starting(start.hyper):
            run: Any = self._target.begin(start)
        shapes = [each.shape for each in start.tensors]
        if start.together:
            self._together[request["run"]] = (run, start.dtype, shapes)
        else:
            self._runs[request["run"]] = (run, start.dtype, shapes[0])
        return {"ok": True}

    def _step_tensors(self, request: Message) -> Message:
        run, dtype, shapes = self._together[request["run"]]
        rows = []
        for row in request["gradients"]:
            pairs = zip(row, shapes, strict=True)
            given = [None if x is None else protocol.array(x, shape, dtype) for x, shape in pairs]
            after = as_tensors(run.step(given), shapes, [format_of(dtype)] * len(shapes))
            rows.append([protocol.numbers(parameters) for parameters in after])
        return {"parameters": rows}

    def _step(self, request: Message) -> Message:
        if request["run"] in self._together:
            return self._step_tensors(request)
        run, dtype, shape = self._runs[request["run"]]
        gradients = (protocol.array(row, shape, dtype) for row in request["gradients"])
        after = (as_parameters(run.step(gradient), shape, format_of(dtype)) for gradient in gradients)
        return {"parameters": [protocol.numbers(parameters) for parameters in after]}

    def _moments(self, request: Message) -> Message:
        run, _, shape = self._runs[request["run"]]
        moments = dict(zip("mv", map(np.asarray, run.moments()), strict=True))
        for name, moment in moments.items():
            if moment.shape != shape:
                raise TargetCrash(f"{name} has shape {moment.shape}, expected {shape}")
        return {name: protocol.numbers(moment) for name, moment in moments.items()}

    def _save(self, request: Message) -> Message:
        # The state stays here, under a number: it may be anything that Python can hold.
        self._saved.append(copy.deepcopy(self._runs[request["run"]][0].save()))
        return {"state": len(self._saved) - 1}

    def _load(self, request: Message) -> Message:
        self._runs[request["run"]][0].load(self._saved[request["state"]])
        return {"ok": True}

    def _change_lr(self, request: Message) -> Message:
        self._runs[request["run"]][0].change_lr(float.fromhex(request["lr"]))
        return {"ok": True}

    def _count(self, request: Message) -> Message:
        self._runs[request["run"]][0].count(request["steps"])
        return {"ok": True}

    def _end(self, request: Message) -> Message:
        self._runs.pop(request["run"], None)
        self._together.pop(request["run"], None)
        return {"ok": True}


def serve(server: Server, requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer each line of `requests` with one of `answers`, until `stop` or the end."""
    for line in requests:
        request = protocol.decode(line)
        if request["op"] == "stop":
            return
        answers.write(protocol.encode(server.answer(request)))
        answers.flush()


def main() -> None:
    """Serve the target that the command line names: NAME, and what `load_target` takes besides, as a dict."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    name, keywords = sys.argv[1:]
    try:
        server = Server(load_target(name, **ast.literal_eval(keywords)))
    except TargetError as error:
        answers.write(protocol.encode({protocol.UNUSABLE: str(error)}))
        return
    serve(server, requests, answers)
