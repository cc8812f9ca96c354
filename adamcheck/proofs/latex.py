"""Terms in LaTeX, as they were written: never simplified; results of the definition name their stage.

Long parts of a formula that occur more than once get a letter, and are written out after it.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from functools import cache
from typing import Any

from adamcheck.proofs.relation import Relation
from adamcheck.proofs.statement import Step, StepKind
from adamcheck.proofs.terms import Call, Exponent, Operation, Term

_NAMES = {"lr": "alpha", "eps": "epsilon", "weight_decay": "lambda"}

_SUM, _PRODUCT, _SIGNED, _POWER = range(1, 5)

_LONG = 400
"""The length of a formula from which on its repeated parts get letters."""

_PART = 40
"""The length of the shortest part that gets a letter."""


def formula(step: Step) -> str:
    """The statement of a step; for sequences, that of the first entries."""
    left, right = step.left[0], step.right[0]
    written = _formula(step, left, right, _Printer())
    if len(written) <= _LONG:
        return written
    printer, where = _abbreviated(left, right)
    written = _formula(step, left, right, printer)
    return rf"{written} \quad \text{{where}} \quad {', '.join(where)}" if where else written


def _formula(step: Step, left: Term, right: Term, printer: _Printer) -> str:
    value = printer.print(right)
    if step.kind is StepKind.LIMIT:
        goal = r"\infty" if step.point == "oo" else str(step.point)
        return rf"\lim_{{{printer.any(step.variable)} \to {goal}}} {printer.print(left, _PRODUCT)} = {value}"
    return f"{printer.print(left)} {step.relation.latex} {value}"


def _abbreviated(*sides: Term) -> tuple[_Printer, list[str]]:
    """A printer that writes letters for the long repeated parts of some terms, and their definitions."""
    counts = Counter(part for side in sides for part in _parts(side))
    printer, where = _Printer(), list[str]()
    for part in dict.fromkeys(part for side in sides for part in _parts(side)):
        written = printer.print(part)
        if counts[part] > 1 and len(written) >= _PART:
            letter = rf"\xi_{{{len(where) + 1}}}"
            where.append(f"{letter} = {written}")
            printer.letters[part] = letter
    return printer, where


def _parts(x: Term) -> list[Term]:
    """The parts of a term that are printed, with repetitions, inner ones first."""
    if x.operation is Operation.STAGE:
        shown: tuple[Any, ...] = x.operands[0].arguments
    else:
        shown = x.operands
    inner = [part for each in shown if isinstance(each, Term) for part in _parts(each)]
    return [*inner, x]


def latex(x: Term) -> str:
    """A term."""
    return _Printer().print(x)


def relation(left: Term, relation: Relation, right: Term) -> str:
    """Two terms in a relation."""
    return f"{latex(left)} {relation.latex} {latex(right)}"


@cache
def name(word: str) -> str:
    """The name of a quantity."""
    import sympy

    return str(sympy.latex(sympy.Symbol(_NAMES.get(word, word))))


class _Printer:
    """Prints terms.

    Attributes:
        letters: Letters for some terms.
    """

    def __init__(self) -> None:
        self.letters: dict[Term, str] = {}

    def print(self, x: Term, around: int = 0) -> str:
        """A term as an operand of an operation of level `around`."""
        if x in self.letters:
            return self.letters[x]
        level, text = self._printed(x)
        return rf"\left({text}\right)" if level < around else text

    def any(self, x: Any) -> str:
        """A term, or an argument of a stage that is none."""
        if isinstance(x, Term):
            return self.print(x)
        if isinstance(x, Exponent):
            return name(x.name) if not x.offset else f"{name(x.name)} + {x.offset}"
        if isinstance(x, tuple):
            return rf"\left({', '.join(self.any(each) for each in x)}\right)"
        return _number(Fraction(x)) if isinstance(x, int | Fraction) else rf"\text{{{x}}}"

    def _printed(self, x: Term) -> tuple[int, str]:
        a = x.operands
        match x.operation:
            case Operation.VARIABLE:
                return _POWER + 1, name(a[0])
            case Operation.NUMBER:
                whole = a[0].denominator == 1
                return (_SIGNED if a[0] < 0 else _POWER + 1 if whole else _PRODUCT), _number(a[0])
            case Operation.ADD:
                return _SUM, f"{self.print(a[0], _SUM)} + {self.print(a[1], _PRODUCT)}"
            case Operation.SUBTRACT:
                return _SUM, f"{self.print(a[0], _SUM)} - {self.print(a[1], _PRODUCT)}"
            case Operation.MULTIPLY:
                return _PRODUCT, self._product(a[0], a[1])
            case Operation.DIVIDE:
                return _POWER, rf"\frac{{{self.print(a[0])}}}{{{self.print(a[1])}}}"
            case Operation.POWER:
                return _POWER, f"{self.print(a[0], _POWER + 1)}^{{{self.any(a[1])}}}"
            case Operation.OPPOSITE:
                return _SUM, f"- {self.print(a[0], _PRODUCT)}"
            case Operation.ROOT:
                return _POWER + 1, rf"\sqrt{{{self.print(a[0])}}}"
            case Operation.ABSOLUTE:
                return _POWER + 1, rf"\left|{self.print(a[0])}\right|"
            case Operation.MAXIMUM:
                return _POWER + 1, rf"\max\left({self.print(a[0])}, {self.print(a[1])}\right)"
        return _POWER + 1, self._call(a[0])

    def _product(self, left: Term, right: Term) -> str:
        second = self.print(right, _SIGNED)
        if left.operation is Operation.NUMBER and left.operands[0] == -1:
            return f"- {second}"
        first = self.print(left, _PRODUCT)
        digit = second[0].isdigit() or second.startswith(r"\frac")
        return rf"{first} \cdot {second}" if digit else f"{first} {second}"

    def _call(self, call: Call) -> str:
        if call.stage == "step":
            sequence, k = call.arguments
            return f"{{{name(sequence)}}}_{{{self.any(k)}}}"
        of = rf"_{{\text{{{call.definition}}}}}" if call.definition else ""
        told = [self.any(a) for a in call.arguments]
        settings = [(name(key), self.print(value)) for key, value in call.settings]
        told += [f"{key} = {value}" for key, value in settings if key != value]
        return rf"\text{{{call.stage}}}{of}\left({', '.join(told)}\right)"


def _number(x: Fraction) -> str:
    if x.denominator == 1:
        return str(x)
    sign = "-" if x < 0 else ""
    return rf"{sign}\frac{{{abs(x.numerator)}}}{{{x.denominator}}}"
