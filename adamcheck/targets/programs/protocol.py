"""The protocol between adamcheck and an Adam in another process: lines of JSON, numbers as hex strings.

Both sides are here: what goes over the line is written and read in one place. The page for people who
write a program in another language is `protocol.md` beside this file.
"""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.choices import DECAY, HYPERPARAMETERS
from adamcheck.numbers.floats import format_of
from adamcheck.targets.start import Arrays, Start

VERSION = 1

CAPABILITIES = (
    "moments",
    "checkpoint",
    "checkpointed_hyperparameters",
    "weight_decay",
    "changing_lr",
    "counter",
    "tensors",
    "missing_gradients",
    "maximize",
    "complex",
    "instances",
)
"""The capabilities that a program may declare, besides starting and stepping."""

FLUSHES = "flushes_subnormals"
"""The word among its capabilities if subnormal numbers become 0."""

VECTORS_ONLY = "vectors_only"
"""The word among its capabilities if it takes no arrays with several axes."""

UNUSABLE = "unusable"
"""The field with which our server answers, instead of describing itself, that there is no such target."""

Message = dict[str, Any]

_NUMBER = re.compile(r"[-+]?(0x[\da-f]*\.?[\da-f]*p[-+]?\d+|inf|infinity|nan)", re.IGNORECASE)
"""Numbers as C's `%a` prints them. Without the `0x`, 0.5 would silently be read as five sixteenths."""


def encode(message: Message) -> bytes:
    """One message as one line."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> Message:
    """One line as a message. Raises `ValueError` if it is not a JSON object."""
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError("expected a JSON object")
    return message


def numbers(array: Any) -> list[str]:
    """The numbers of an array in C order, each exactly, as C's `%a` writes it."""
    return [x.hex() for x in np.ravel(array).astype(np.float64).tolist()]


def array(values: Any, shape: tuple[int, ...], dtype: str = "float64") -> np.ndarray:
    """The array of these numbers, in C order. Raises `ValueError` if they are not numbers or do not fit."""
    if not isinstance(values, list):
        raise ValueError(f"expected a list of numbers, got {values!r:.60}")
    expected = int(np.prod(shape, dtype=np.int64))
    if len(values) != expected:
        raise ValueError(f"{len(values)} numbers, expected {expected}")
    for x in values:
        if not isinstance(x, str) or not _NUMBER.fullmatch(x):
            raise ValueError(f'{x!r} is not a number such as "0x1.8p+1" (what %a prints in C)')
    try:
        flat = np.array([float.fromhex(x) for x in values], dtype=np.float64)
    except (ValueError, OverflowError) as error:
        raise ValueError(str(error)) from None
    return flat.astype(format_of(dtype).dtype).reshape(shape)


def hyper_message(hyper: Hyperparameters) -> dict[str, str]:
    """The hyperparameters by name, as hex strings."""
    return {name: float(getattr(hyper, name)).hex() for name in (*HYPERPARAMETERS, DECAY)}


def hyper_from(message: dict[str, str]) -> Hyperparameters:
    """The hyperparameters of a message."""
    return Hyperparameters(**{name: float.fromhex(value) for name, value in message.items()})


def start_message(start: Start) -> Message:
    """The request that starts a run so, but for the number of the run."""
    shapes = [list(each.shape) for each in start.tensors]
    parameters = [numbers(each) for each in start.tensors]
    given: Message = {"op": "start", "dtype": start.dtype, "shape": shapes[0], "parameters": parameters[0]}
    if start.together:
        given = {**given, "op": "start_tensors", "shapes": shapes, "parameters": parameters}
        del given["shape"]
    modes = {mode: True for mode in ("maximize", "complex") if getattr(start, mode)}
    return {**given, **modes, "hyper": hyper_message(start.hyper)}


def start_from(request: Message) -> Start:
    """The start that a request describes. Raises `ValueError` if its numbers cannot be read."""
    dtype = request["dtype"]
    if request["op"] == "start_tensors":
        shapes = [tuple(shape) for shape in request["shapes"]]
        pairs = zip(request["parameters"], shapes, strict=True)
        parameters: Arrays = [array(values, shape, dtype) for values, shape in pairs]
    else:
        parameters = array(request["parameters"], tuple(request["shape"]), dtype)
    maximize, complex_ = (bool(request.get(mode)) for mode in ("maximize", "complex"))
    return Start(parameters, hyper_from(request["hyper"]), maximize=maximize, complex=complex_)
