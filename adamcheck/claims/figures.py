"""Figures as SVG: reproducible for the same data, and legible on light and dark pages."""

from __future__ import annotations

import io
import re
from typing import Any

from adamcheck.claims.claim import Figure

_INK = "#010203"
"""A placeholder for the page's text colour while matplotlib draws."""

_STYLE: Any = {
    "svg.hashsalt": "adamcheck",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "grid.color": "#808080",
    "legend.frameon": False,
    "lines.linewidth": 2,
    "axes.prop_cycle": "cycler('color', ['#3a7bd5', '#e0662b', '#2a9d6f', '#b356c9', '#c9a227', '#d1495b'])",
}


def render(figure: Figure) -> str:
    """The figure as one `<svg>` element without size, ids or dates that change from run to run."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    with plt.rc_context(_STYLE):
        canvas, axes = plt.subplots(figsize=(7, 4), layout="constrained")
        try:
            figure.draw(axes)
            buffer = io.StringIO()
            # No metadata, because it contains the version of matplotlib.
            nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
            canvas.savefig(buffer, format="svg", transparent=True, metadata=nothing)
        finally:
            plt.close(canvas)
    svg = buffer.getvalue()
    head, rest = svg[svg.index("<svg") :].replace(_INK, "currentColor").split(">", 1)
    return re.sub(r' (?:width|height)="[^"]*"', "", head) + ">" + rest
