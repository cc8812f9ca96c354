"""Memory layouts: the same numbers, laid out unlike an array that numpy makes by itself."""

from __future__ import annotations

import numpy as np

from adamcheck.checks.calls import Layout

PLAIN = "C"
"""The layout of an array in index order."""


def _every_second(array: np.ndarray) -> np.ndarray:
    return np.repeat(array, 2, axis=-1)[..., ::2]


def _backwards(array: np.ndarray) -> np.ndarray:
    return np.flip(np.flip(array).copy())


def _channels_last(array: np.ndarray) -> np.ndarray:
    return np.moveaxis(np.moveaxis(array, 1, -1).copy(), -1, 1)


def _repeated(array: np.ndarray) -> np.ndarray:
    return np.broadcast_to(array.reshape(-1)[:1].reshape(()), array.shape)


def _read_only(array: np.ndarray) -> np.ndarray:
    copy = array.copy()
    copy.flags.writeable = False
    return copy


def _within(array: np.ndarray) -> np.ndarray:
    return np.pad(array.reshape(-1), (1, 0))[1:].reshape(array.shape)


def _misaligned(array: np.ndarray) -> np.ndarray:
    raw = np.frombuffer(bytearray(b"\0" + array.tobytes()), np.uint8)[1:]
    return raw.view(array.dtype).reshape(array.shape)


_EACH = (
    Layout("F", "np.asfortranarray({})", np.asfortranarray),
    Layout("every second element of an array", "np.repeat({}, 2, axis=-1)[..., ::2]", _every_second),
    Layout("negative strides", "np.flip(np.flip({}).copy())", _backwards),
    Layout("channels last", "np.moveaxis(np.moveaxis({}, 1, -1).copy(), -1, 1)", _channels_last),
    Layout("within a larger array", "np.pad({0}.reshape(-1), (1, 0))[1:].reshape({0}.shape)", _within),
    Layout(
        "misaligned",
        "np.frombuffer(bytearray(b'\\0' + {0}.tobytes()), np.uint8)[1:].view({0}.dtype).reshape({0}.shape)",
        _misaligned,
    ),
)

CHANNELS_LAST = "channels last"
BROADCAST = "broadcast"

LAYOUTS = {
    each.name: each
    for each in (
        *_EACH,
        Layout(BROADCAST, "np.broadcast_to({0}.reshape(-1)[0], {0}.shape)", _repeated),
        Layout("read-only", "np.frombuffer({0}.tobytes(), {0}.dtype).reshape({0}.shape)", _read_only),
    )
}
"""Every layout but the plain one by name. All elements of a broadcast array are its first one."""

OF_PARAMETERS = (PLAIN, *(each.name for each in _EACH))
"""The layouts of parameters. None is read-only: an implementation may write to its parameters."""

OF_GRADIENTS = (PLAIN, *LAYOUTS)
"""The layouts of gradients."""
