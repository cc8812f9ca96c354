"""Variants of the definition by name: the textbook, its classical extensions, documented dialects."""

from __future__ import annotations

import inspect

from adamcheck.adam import Adam, AdamL2, AdamW, AMSGrad
from adamcheck.variants import dialects

TEXTBOOK: dict[str, type[Adam]] = {"adam": Adam, "adamw": AdamW, "adam-l2": AdamL2, "amsgrad": AMSGrad}
"""The definitions that the textbook's reader knows."""

DIALECTS: dict[str, type[Adam]] = {
    "eps-hat": dialects.EpsilonHat,
    "eps-inside-root": dialects.EpsilonInsideRoot,
    "eps-squared-inside-root": dialects.EpsilonSquaredInsideRoot,
    "no-bias-correction": dialects.NoBiasCorrection,
    "amsgrad-corrected-first": dialects.AMSGradCorrectedFirst,
}
"""The definitions that differ from the textbook by a documented convention."""

DEFINITIONS = {**TEXTBOOK, **DIALECTS}


def source(definition: type[Adam]) -> str:
    """Where a definition comes from: its docstring, on one line."""
    return " ".join((inspect.getdoc(definition) or "").split())
