"""What sympy suggests that a root or a difference is equal to, as terms of Coq: Coq has to prove it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import add, mul, sub, truediv
from typing import Any

from adamcheck.numbers.coq import Exponent, Term


class Suggestions:
    """Suggestions about terms whose variables satisfy `hypotheses`, Coq's inequalities for each of them."""

    def __init__(self, hypotheses: Mapping[str, Sequence[str]]) -> None:
        self._hypotheses = hypotheses
        self._text: dict[Any, str] = {}
        self._atoms: dict[Any, Any] = {}

    def roots(self, *terms: Term) -> list[tuple[Term, str, Term | None]]:
        """Each root in the terms that is an expression without roots, or such a multiple of another root."""
        roots = dict.fromkeys(x for t in terms for x in t.subterms() if x.operation == "sqrt")
        found: list[tuple[Term, str, Term | None]] = []
        kept: list[Term] = []
        for root in sorted(roots, key=lambda x: len(x.text)):
            for other in (None, *kept):
                factor = self._ratio_of_roots(root, other)
                if factor is not None:
                    found.append((root, factor, other))
                    break
            else:
                kept.append(root)
        return found

    def _ratio_of_roots(self, root: Term, other: Term | None) -> str | None:
        import sympy

        below = 1 if other is None else self._sympy(other.operands[0])
        if below == 0:
            return None
        return self._print(sympy.sqrt(sympy.factor(self._sympy(root.operands[0]) / below)))

    def absolutes(self, *terms: Term) -> list[tuple[Term, str]]:
        """What stands between bars in the terms, and its factors."""
        import sympy

        inner = dict.fromkeys(x.operands[0] for t in terms for x in t.subterms() if x.operation == "Rabs")
        found = [(x, self._print(sympy.factor(self._sympy(x)))) for x in inner]
        return [(x, text) for x, text in found if text is not None and text != x.text]

    def differences(self, small: Term, large: Term) -> Iterator[str]:
        """`large - small` as one fraction of products."""
        import sympy

        difference = self._sympy(large) - self._sympy(small)
        for form in (sympy.factor(difference), sympy.together(difference)):
            text = self._print(form)
            if text is not None:
                yield text

    def _sympy(self, x: Term) -> Any:
        import sympy

        operation, operands = x.operation, x.operands
        if operation == "number":
            return sympy.Rational(operands[0].numerator, operands[0].denominator)
        if operation == "variable":
            facts = self._hypotheses.get(operands[0], ())
            positive, nonnegative = f"0 < {operands[0]}" in facts, f"0 <= {operands[0]}" in facts
            sign = {"positive": True} if positive else {"nonnegative": True} if nonnegative else {}
            return self._named(sympy.Symbol(operands[0], real=True, **sign), operands[0])
        if operation == "^" and isinstance(operands[1], Exponent):
            return self._unknown_power(*operands)
        if operation == "^":
            return self._sympy(operands[0]) ** operands[1]
        if operation == "sqrt":
            radicand = sympy.factor(self._sympy(operands[0]))
            root = sympy.sqrt(radicand)
            if self._print(root) is not None:
                return root
            return self._atom(x, nonnegative=True)
        if operation == "Rmax":
            return self._atom(x, real=True)
        parts = [self._sympy(operand) for operand in operands]
        if operation == "opposite":
            return -parts[0]
        if operation == "Rabs":
            return sympy.Abs(parts[0])
        first, second = parts
        if operation == "/" and second == 0:
            return self._atom(x, real=True)
        return {"+": add, "-": sub, "*": mul, "/": truediv}[operation](first, second)

    def _unknown_power(self, base: Term, exponent: Exponent) -> Any:
        value = self._sympy(base)
        if value in (0, 1):
            return value
        return (
            self._atom(Term("^", (base, Exponent(exponent.name))), nonnegative=True) * value**exponent.offset
        )

    def _atom(self, x: Term, **assumptions: bool) -> Any:
        import sympy

        if x not in self._atoms:
            self._atoms[x] = sympy.Dummy(f"atom{len(self._atoms)}", **assumptions)
        return self._named(self._atoms[x], x.text)

    def _named(self, symbol: Any, text: str) -> Any:
        self._text[symbol] = text
        return symbol

    def _print(self, x: Any) -> str | None:
        """A sympy expression in Coq, None where it is not rational (an absolute value may be in it)."""
        import sympy

        if x in self._text:
            return self._text[x]
        if isinstance(x, sympy.Rational):
            return f"({x.p} / {x.q})" if x.q != 1 else f"({x.p})"
        parts = [self._print(part) for part in x.args]
        if isinstance(x, sympy.Pow) and isinstance(x.exp, sympy.Integer) and parts[0] is not None:
            power = f"({' * '.join([parts[0]] * abs(int(x.exp)))})"
            return power if x.exp > 0 else f"(/ {power})"
        if any(part is None for part in parts):
            return None
        texts = [part for part in parts if part is not None]
        if isinstance(x, sympy.Add):
            return f"({' + '.join(texts)})"
        if isinstance(x, sympy.Mul):
            above, below = sympy.fraction(x)
            if below == 1:
                return f"({' * '.join(texts)})"
            return f"({self._print(above)} / {self._print(below)})"
        if isinstance(x, sympy.Abs):
            return f"(Rabs {texts[0]})"
        return None
