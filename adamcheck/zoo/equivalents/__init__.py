"""Equivalent rewrites: correct programs for the same formula, in other orders of evaluation.

Each differs from the definition by rounding only, so that a verdict other than *enclosed* is a fault of
the judge or of a check. They compute in floats, and store state and parameters in the dtype of the run,
as a program does.
"""

from __future__ import annotations

from functools import partial

from adamcheck.zoo.equivalents import decays, loops, orders, powers, precision, storage
from adamcheck.zoo.equivalents.registry import EQUIVALENTS, Equivalent, add
from adamcheck.zoo.master import MasterParameters, MasterTarget, RoundedInWideArrays

__all__ = ["EQUIVALENTS", "Equivalent", "decays", "loops", "orders", "powers", "precision", "storage"]

for _name, _run in (("master-parameters", MasterParameters), ("rounded-in-wide-arrays", RoundedInWideArrays)):
    add(_run, _name, "adam", partial(MasterTarget, _run, _name))
