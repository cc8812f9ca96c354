"""Bits that may differ where a kernel treats the last coordinates apart, and by how much they do."""

from __future__ import annotations

from typing import Any

import numpy as np

import adamcheck as ac


@np.errstate(invalid="ignore")  # a target may overflow
def assert_bitwise_or_enclosed(
    moved: ac.Trace,
    expected: Any,
    trace: ac.Trace,
    remark: str,
    notes: ac.Notes,
    definition: type[ac.Adam] = ac.Adam,
) -> None:
    """The parameters of the run `moved` are bitwise the `expected` ones, which are those of `trace` moved.

    Vectorised kernels treat the last coordinates apart from the rest, and may fuse a product and a sum in
    one place only. So bits may differ where both runs are enclosed by the definition: remarked with
    its size, not held against the target. Raises `Broken` or `NotJudged` where one of them is not enclosed.
    """
    observed = np.asarray(moved.parameters)
    same = (observed == expected) | (np.isnan(observed) & np.isnan(expected))
    if same.all():
        return
    ac.assert_enclosed(trace, definition)
    ac.assert_enclosed(moved, definition)
    reached, due = observed.astype(np.float64), np.asarray(expected).astype(np.float64)
    size = np.abs(due)
    size[1:] = np.maximum(size[1:], size[:-1])
    ulps = np.abs(reached - due) / ac.format_of(observed.dtype).spacing(size)
    ulps = ulps[~same & np.isfinite(ulps)]
    if not ulps.size:
        raise ac.NotJudged
    notes.measure(f"{remark}, in ulps", float(ulps.max()))
