"""Errors that users can fix, and their exit statuses."""

from __future__ import annotations

from typing import ClassVar


class Told(Exception):  # noqa: N818 - the user is told, without a traceback
    """An error of the user or of their target; the message is one line.

    Attributes:
        status: The exit status of a command that ends with this error.
    """

    status: ClassVar[int] = 2
