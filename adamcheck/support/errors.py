"""Errors that a person can mend, and the exit status that each of them has."""

from __future__ import annotations

from typing import ClassVar


class Told(Exception):  # noqa: N818 - what is done with it: people are told, without a traceback
    """An error of whoever uses this package, or of what they test; the message is one line.

    Attributes:
        status: The exit status of a command that ends with it.
    """

    status: ClassVar[int] = 2
