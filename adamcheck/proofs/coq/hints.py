"""Hints for Coq: what a root or a difference equals according to sympy. Coq must prove each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import add, mul, sub, truediv
from typing import Any

from adamcheck.proofs.coq.terms import printed
from adamcheck.proofs.relation import Relation
from adamcheck.proofs.terms import Exponent, Operation, Term

_OPERATORS = {
    Operation.ADD: add,
    Operation.SUBTRACT: sub,
    Operation.MULTIPLY: mul,
    Operation.DIVIDE: truediv,
}


@dataclass(frozen=True)
class Slack:
    """The simplified difference of the sides of an assumption `small < large` or `small <= large`."""

    small: str
    large: str
    strict: bool
    text: str
    value: Any


class Suggestions:
    """Suggestions about terms.

    Args:
        hypotheses: Coq inequalities for each variable.
        assumed: Relations between terms that are assumed.
    """

    def __init__(
        self, hypotheses: Mapping[str, Sequence[str]], assumed: Sequence[tuple[Term, Relation, Term]] = ()
    ) -> None:
        self._hypotheses = hypotheses
        self._text: dict[Any, str] = {}
        self._atoms: dict[Term, Any] = {}
        self._radicands: dict[Term, Any] = {}
        self.slacks = list(self._slacks(assumed))

    def _slacks(self, assumed: Sequence[tuple[Term, Relation, Term]]) -> Iterator[Slack]:
        import sympy

        for left, relation, right in assumed:
            if not relation.is_order:
                continue
            small, large = (right, left) if relation.is_descending else (left, right)
            value = sympy.factor(self._sympy(large) - self._sympy(small))
            text = self._print(value)
            if text is not None:
                yield Slack(printed(small), printed(large), relation.is_strict, text, value)

    def roots(self, *terms: Term) -> list[tuple[Term, str, Term | None]]:
        """The roots in the terms that are free of roots, or such multiples of other roots."""
        roots = dict.fromkeys(x for t in terms for x in t.subterms() if x.operation is Operation.ROOT)
        found: list[tuple[Term, str, Term | None]] = []
        kept: list[Term] = []
        for root in sorted(roots, key=lambda x: len(printed(x))):
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

    def simpler_roots(self, *terms: Term) -> list[tuple[Term, str]]:
        """The roots in the terms, with their radicands as one fraction of products."""
        import sympy

        roots = dict.fromkeys(x for t in terms for x in t.subterms() if x.operation is Operation.ROOT)
        found = [(root, self._print(sympy.factor(self._sympy(root.operands[0])))) for root in roots]
        return [(root, text) for root, text in found if text is not None]

    def root_bounds(self, small: Term, large: Term) -> list[tuple[str, str, str, str]]:
        """Bounds on the roots at which `large - small` changes its sign.

        Each has the radicand, the number to compare the root with, and the difference of the squares in both
        directions.
        """
        import sympy

        above, _ = sympy.fraction(sympy.together(self._sympy(large) - self._sympy(small)))
        found = []
        for factor in sympy.Mul.make_args(sympy.factor(above)):
            for root, atom in self._atoms.items():
                if root.operation is Operation.ROOT and sympy.degree(factor, atom) == 1:
                    bound = sympy.factor(-factor.coeff(atom, 0) / factor.coeff(atom, 1))
                    gap = sympy.factor(bound**2 - self._radicands[root])
                    radicand = sympy.factor(self._radicands[root])
                    texts = [self._print(x) for x in (radicand, bound, gap, -gap)]
                    found += [tuple(text for text in texts if text is not None)]
        return [each for each in found if len(each) == 4]

    def absolutes(self, *terms: Term) -> list[tuple[Term, str]]:
        """The arguments of absolute values in the terms, with their factored forms."""
        import sympy

        inner = dict.fromkeys(
            x.operands[0] for t in terms for x in t.subterms() if x.operation is Operation.ABSOLUTE
        )
        found = [(x, self._print(sympy.factor(self._sympy(x)))) for x in inner]
        return [(x, text) for x, text in found if text is not None and text != printed(x)]

    def differences(self, small: Term, large: Term) -> Iterator[str]:
        """Forms of `large - small`: one fraction of products, or a sum of them with slacks as factors."""
        import sympy

        difference = self._sympy(large) - self._sympy(small)
        forms = []
        for each in dict.fromkeys((difference, self._without_squared_roots(difference))):
            with_slacks, slacks = self._with_slacks(each)
            forms += [sympy.factor(each), sympy.together(each), sympy.factor(with_slacks)]
            forms += self._sum_of_slacks(with_slacks, slacks)
            forms += [sympy.factor(self._without_rates(x)) for x in (each, with_slacks)]
        texts = [self._print(x) for form in forms for x in (self._mostly_positive(form), form)]
        yield from dict.fromkeys(text for text in texts if text is not None)

    def _sum_of_slacks(self, expression: Any, slacks: Sequence[Any]) -> Iterator[Any]:
        """The expression as a sum of products of slacks, and of what else is not negative, with factored
        coefficients."""
        import sympy

        above, below = sympy.fraction(sympy.together(expression))
        if not slacks or below.has(*slacks):
            return
        others = sorted(above.free_symbols - {*slacks} - below.free_symbols, key=str)
        positive = [x for x in others if x.is_nonnegative and not self._below_one(self._text[x])]
        factors, parts = [*slacks, *(x for x in positive if sympy.degree(above, x) == 1)], []
        for powers, coefficient in sympy.Poly(above, *factors).terms():
            product = sympy.Mul(*(x**k for x, k in zip(factors, powers, strict=True)))
            parts.append(product * self._mostly_positive(sympy.factor(coefficient / below)))
        yield sympy.Add(*parts)

    def _without_rates(self, expression: Any) -> Any:
        """Rewrite every rate b, and its power to an unknown t, as x/(1 + x) with x = b/(1 - b) >= 0.

        An expression that is positive for all rates then often has only positive coefficients.
        """
        import sympy

        written: dict[Any, Any] = {}
        rates = {self._text[s]: s for s in expression.free_symbols if self._below_one(self._text[s])}
        for text in sorted(rates, key=lambda text: (" ^ " not in text, text)):
            odds = self._named(sympy.Dummy("odds", nonnegative=True), f"({text} / (1 - {text}))")
            written[rates[text]] = odds / (1 + odds)
            power = next((p for p in rates if p.startswith(f"({text} ^ ")), None)
            if power is not None:  # a power is at most its base, so this difference is not negative
                rest = f"(({text} - {power}) / (1 - {text}))"
                more = self._named(sympy.Dummy("more", nonnegative=True), rest)
                written[rates[text]] = 1 - (1 - written[rates[power]]) / (1 + more)
        return expression.xreplace(written)

    def _without_squared_roots(self, expression: Any) -> Any:
        """Replace every square of a root by the radicand."""
        import sympy

        for root, radicand in self._radicands.items():
            atom, parts = self._atoms[root], []
            for part in sympy.fraction(sympy.together(expression)):
                terms = sympy.Poly(part, atom).terms()
                parts.append(sum(c * radicand ** (k // 2) * atom ** (k % 2) for (k,), c in terms))
            expression = parts[0] / parts[1]
        return expression

    def _with_slacks(self, expression: Any) -> tuple[Any, list[Any]]:
        """Replace one variable of each assumption, solved for in terms of the slack; and the slacks.

        A variable of either sign is best, since nothing is known of it that is lost, then one that stands
        alone.
        """
        import sympy

        def preference(symbol: Any, value: Any) -> tuple[bool, bool, str]:
            alone = sympy.cancel(value.diff(symbol)).is_Number
            return bool(symbol.is_nonnegative), not alone, str(symbol)

        solved, slacks = dict[Any, Any](), list[Any]()
        for slack in self.slacks:
            above, _ = sympy.fraction(slack.value)
            free = above.free_symbols - solved.keys()
            linear = [s for s in free if above.is_polynomial(s) and sympy.degree(above, s) == 1]
            if linear:
                symbol = min(linear, key=lambda s: preference(s, slack.value))
                rest = self._named(sympy.Dummy("slack", nonnegative=True), slack.text)
                (solved[symbol],) = sympy.solve(slack.value - rest, symbol)
                slacks.append(rest)
        for symbol, value in reversed(solved.items()):
            expression = expression.xreplace({symbol: value})
        return expression, slacks

    def _below_one(self, text: str) -> bool:
        base, power, _ = text.strip("()").partition(" ^ ")
        return (bool(power) or base == text) and f"{base} < 1" in self._hypotheses.get(base, ())

    def _mostly_positive(self, fraction: Any) -> Any:
        """The same product, with every factor negated that is negative at a sample point.

        Tactics find signs that cancel each other difficult.
        """
        import sympy

        symbols = sorted(fraction.free_symbols, key=str)
        point = {x: self._sample(x, place) for place, x in enumerate(symbols)}

        def turned(part: Any) -> tuple[int, Any]:
            base, exponent = part.as_base_exp()
            if not (base.is_Add and exponent.is_Integer and base.subs(point).is_negative):
                return 1, part
            opposite = sympy.Add(*(-x for x in base.args))
            return (-1) ** int(exponent % 2), sympy.Pow(opposite, exponent, evaluate=False)

        sign, parts = 1, list[Any]()
        for part in sympy.Mul.make_args(fraction):
            factor, positive = turned(part)
            sign, parts = sign * factor, [*parts, positive]
        return sign * sympy.Mul(*parts)

    def _sample(self, symbol: Any, place: int) -> Any:
        """A sample value of a symbol: a rate is below 1, and its powers are smaller."""
        import sympy

        text = self._text[symbol]
        if self._below_one(text):
            return sympy.Rational(1, (9 if "^" in text else 3) + place)
        return sympy.Rational(place + 7, 5)

    def _sympy(self, x: Term) -> Any:
        import sympy

        operation, operands = x.operation, x.operands
        if operation is Operation.NUMBER:
            return sympy.Rational(operands[0].numerator, operands[0].denominator)
        if operation is Operation.VARIABLE:
            facts = self._hypotheses.get(operands[0], ())
            positive, nonnegative = f"0 < {operands[0]}" in facts, f"0 <= {operands[0]}" in facts
            sign = {"positive": True} if positive else {"nonnegative": True} if nonnegative else {}
            return self._named(sympy.Symbol(operands[0], real=True, **sign), operands[0])
        if operation is Operation.POWER and isinstance(operands[1], Exponent):
            return self._unknown_power(*operands)
        if operation is Operation.POWER:
            return self._sympy(operands[0]) ** operands[1]
        if operation is Operation.ROOT:
            return self._root(x)
        if operation is Operation.MAXIMUM:
            return self._atom(x, real=True)
        parts = [self._sympy(operand) for operand in operands]
        if operation is Operation.OPPOSITE:
            return -parts[0]
        if operation is Operation.ABSOLUTE:
            return sympy.Abs(parts[0])
        first, second = parts
        if operation is Operation.DIVIDE and second == 0:
            return self._atom(x, real=True)
        return _OPERATORS[operation](first, second)

    def _root(self, root: Term) -> Any:
        """An expression for a root: one without roots, a multiple of an earlier root, or an atom."""
        import sympy

        if root in self._atoms:
            return self._named(self._atoms[root], printed(root))
        radicand = self._sympy(root.operands[0])
        for other, below in ((None, 1), *self._radicands.items()):
            factor = sympy.sqrt(sympy.factor(radicand / below)) if below != 0 else sympy.nan
            if self._print(factor) is not None:
                return factor if other is None else factor * self._atoms[other]
        self._radicands[root] = radicand
        return self._atom(root, nonnegative=True)

    def _unknown_power(self, base: Term, exponent: Exponent) -> Any:
        value = self._sympy(base)
        if value in (0, 1):
            return value
        return (
            self._atom(Term(Operation.POWER, (base, Exponent(exponent.name))), nonnegative=True)
            * value**exponent.offset
        )

    def _atom(self, x: Term, **assumptions: bool) -> Any:
        import sympy

        if x not in self._atoms:
            self._atoms[x] = sympy.Dummy(f"atom{len(self._atoms)}", **assumptions)
        return self._named(self._atoms[x], printed(x))

    def _named(self, symbol: Any, text: str) -> Any:
        self._text[symbol] = text
        return symbol

    def _print(self, x: Any) -> str | None:
        """A sympy expression in Coq; None if it is not rational (absolute values are allowed)."""
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
