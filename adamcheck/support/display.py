"""What shows itself in a notebook."""

from __future__ import annotations

from importlib import import_module


class Shown:
    """Something that a notebook shows as `adamcheck.report.notebook` renders it."""

    def _repr_html_(self) -> str:
        # By its name, because rendering is above the rooms whose things are shown, which must not import it.
        html: str = import_module("adamcheck.report.notebook").render(self)
        return html
