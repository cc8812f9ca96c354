"""Terms in LaTeX, as they were written: never simplified; results of the definition name their stage."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

from adamcheck.proofs.relation import Relation
from adamcheck.proofs.statement import Step, StepKind
from adamcheck.proofs.terms import Call, Exponent, Operation, Term

_NAMES = {"lr": "alpha", "eps": "epsilon"}

_SUM, _PRODUCT, _SIGNED, _POWER = range(1, 5)


def formula(step: Step) -> str:
    """The statement of a step; for sequences, that of the first entries."""
    left, right = latex(step.left[0]), latex(step.right[0])
    if step.kind is StepKind.LIMIT:
        goal = r"\infty" if step.point == "oo" else str(step.point)
        return rf"\lim_{{{_any(step.variable)} \to {goal}}} {_print(step.left[0], _PRODUCT)} = {right}"
    relation = "=" if step.relation is Relation.EQUAL else step.relation.latex
    return f"{left} {relation} {right}"


def latex(x: Term) -> str:
    """A term."""
    return _print(x, 0)


def relation(left: Term, relation: Relation, right: Term) -> str:
    """Two terms in a relation."""
    return f"{latex(left)} {relation.latex} {latex(right)}"


@cache
def name(word: str) -> str:
    """The name of a quantity."""
    import sympy

    return str(sympy.latex(sympy.Symbol(_NAMES.get(word, word))))


def _any(x: Any) -> str:
    if isinstance(x, Term):
        return latex(x)
    if isinstance(x, Exponent):
        return name(x.name) if not x.offset else f"{name(x.name)} + {x.offset}"
    if isinstance(x, tuple):
        return rf"\left({', '.join(_any(each) for each in x)}\right)"
    return _number(Fraction(x)) if isinstance(x, int | Fraction) else rf"\text{{{x}}}"


def _print(x: Term, around: int) -> str:
    level, text = _printed(x)
    return rf"\left({text}\right)" if level < around else text


def _printed(x: Term) -> tuple[int, str]:
    a = x.operands
    match x.operation:
        case Operation.VARIABLE:
            return _POWER + 1, name(a[0])
        case Operation.NUMBER:
            return (_SIGNED if a[0] < 0 else _POWER + 1 if a[0].denominator == 1 else _PRODUCT), _number(a[0])
        case Operation.ADD:
            return _SUM, f"{_print(a[0], _SUM)} + {_print(a[1], _PRODUCT)}"
        case Operation.SUBTRACT:
            return _SUM, f"{_print(a[0], _SUM)} - {_print(a[1], _PRODUCT)}"
        case Operation.MULTIPLY:
            return _PRODUCT, _product(a[0], a[1])
        case Operation.DIVIDE:
            return _POWER, rf"\frac{{{latex(a[0])}}}{{{latex(a[1])}}}"
        case Operation.POWER:
            return _POWER, f"{_print(a[0], _POWER + 1)}^{{{_any(a[1])}}}"
        case Operation.OPPOSITE:
            return _SUM, f"- {_print(a[0], _PRODUCT)}"
        case Operation.ROOT:
            return _POWER + 1, rf"\sqrt{{{latex(a[0])}}}"
        case Operation.ABSOLUTE:
            return _POWER + 1, rf"\left|{latex(a[0])}\right|"
        case Operation.MAXIMUM:
            return _POWER + 1, rf"\max\left({latex(a[0])}, {latex(a[1])}\right)"
    return _POWER + 1, _call(a[0])


def _product(left: Term, right: Term) -> str:
    second = _print(right, _SIGNED)
    if left.operation is Operation.NUMBER and left.operands[0] == -1:
        return f"- {second}"
    first = _print(left, _PRODUCT)
    digit = second[0].isdigit() or second.startswith(r"\frac")
    return rf"{first} \cdot {second}" if digit else f"{first} {second}"


def _call(call: Call) -> str:
    if call.stage == "step":
        sequence, k = call.arguments
        return f"{{{name(sequence)}}}_{{{_any(k)}}}"
    stage = call.stage.replace(" ", r"\ ")
    return rf"\operatorname{{{stage}}}\left({', '.join(_any(a) for a in call.arguments)}\right)"


def _number(x: Fraction) -> str:
    if x.denominator == 1:
        return str(x)
    sign = "-" if x < 0 else ""
    return rf"{sign}\frac{{{abs(x.numerator)}}}{{{x.denominator}}}"
