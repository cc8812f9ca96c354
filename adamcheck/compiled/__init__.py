"""Definitions as programs: enclosures of float64 arithmetic at the speed of compiled loops.

A definition is run once on values that record what is done with them (`recording`, `program`). The
instructions are carried out by compiled loops (`execution`, `kernels`, `scalars`), whose rules of radii are
those of `adamcheck.numbers.enclosure.rules` and whose values are double-doubles or doubles (`doubles`).
"""
