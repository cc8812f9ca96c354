"""Sympy expressions as a number system."""

from __future__ import annotations

from typing import Any

import sympy

from adamcheck import numbers


@numbers.sqrt.register
def _(x: sympy.Expr) -> Any:
    return sympy.sqrt(x)


@numbers.maximum.register
def _(x: sympy.Expr, y: Any) -> Any:
    return sympy.Max(x, y)


@numbers.zeros_like.register
def _(x: sympy.Expr) -> Any:
    return sympy.Integer(0)
