"""Sympy: simplification, and signs from assumptions. It knows nothing of the assumed relations of a step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

from adamcheck.proofs.relation import Relation
from adamcheck.proofs.statement import Answer, Relationship
from adamcheck.proofs.terms import Arithmetic, Exponent, Operation, Sort, Term, evaluate, term, variable

_ASSUMPTIONS: dict[Sort, dict[str, bool]] = {
    Sort.REAL: {"real": True},
    Sort.POSITIVE: {"positive": True},
    Sort.NONNEGATIVE: {"nonnegative": True},
    Sort.DECAY: {"nonnegative": True},
    Sort.TIME: {"integer": True, "positive": True},
    Sort.VALUE: {"real": True},
}


class Symbolic:
    """Sympy with the quantities of one derivation."""

    def __init__(self) -> None:
        self._known: dict[Term, Any] = {}
        self._names: dict[Any, Term] = {}
        self._rates: dict[Any, Any] = {}
        self._system = Arithmetic(self._symbol, self._number, self._power, self._root, self._maximum)

    def expression(self, x: Term) -> Any:
        """A term as a sympy expression."""
        return evaluate(x, self._system, self._known)

    def decide(self, states: Relationship) -> Answer:
        """Whether two terms are in a relation for all values of their quantities."""
        import sympy

        if self.knows(states):
            return Answer.PROVED  # simplification would take much longer
        with _usual():
            left, right = self.expression(states.left), self.expression(states.right)
            difference = sympy.simplify(left - right)
            truth = self._truth(difference, states.relation)
            if truth is None:
                difference = self._with_known_signs(difference)
                truth = self._truth(sympy.factor(sympy.simplify(difference)), states.relation)
        if truth is None:
            return Answer.UNDECIDED
        return Answer.PROVED if truth else Answer.REFUTED

    def knows(self, states: Relationship) -> bool:
        """Whether the relation follows from the signs of the quantities, after factoring at most."""
        import sympy

        with _usual():
            difference = self.expression(states.left) - self.expression(states.right)
            if self._truth(difference, states.relation):
                return True
            factored = sympy.factor(self._with_known_signs(difference))
            return bool(self._truth(factored, states.relation))

    @staticmethod
    def _truth(difference: Any, relation: Relation) -> bool | None:
        import sympy

        if difference.has(sympy.nan, sympy.zoo, sympy.oo, -sympy.oo):
            return None
        truth: bool | None = getattr(difference, relation.sympy_property)
        return truth

    def _with_known_signs(self, expression: Any) -> Any:
        """Rewrite decay rates, and their powers to an unknown t, as x/(1+x): any number in [0, 1)."""
        import sympy

        def unknown_power(power: Any) -> Any:
            offset, rest = power.exp.as_coeff_Add()
            factor, time = rest.as_coeff_Mul()
            x = sympy.Symbol(f"power {power.base}^{time}", nonnegative=True)
            return power.base**offset * (x / (1 + x)) ** factor

        powers = expression.replace(
            lambda e: e.is_Pow and e.base in self._rates and e.exp.free_symbols, unknown_power
        )
        return powers.subs(self._rates)

    # --- the number system ---------------------------------------------------------------------

    def _symbol(self, name: str, sort: Sort) -> Any:
        import sympy

        # The prefix keeps the symbols of a derivation apart from those that are made here.
        symbol = sympy.Symbol(f"given {name}", **_ASSUMPTIONS[sort])
        self._names[symbol] = variable(name, sort)
        if sort is Sort.DECAY:
            # Sympy has no assumption "below 1", but knows the sign of 1/(1+x). With x >= 0, x/(1+x) takes
            # exactly the values in [0, 1).
            x = sympy.Symbol(f"odds {name}", nonnegative=True)
            self._rates[symbol] = x / (1 + x)
        return symbol

    @staticmethod
    def _number(x: Fraction) -> Any:
        import sympy

        return sympy.Rational(x.numerator, x.denominator)

    def _power(self, base: Any, exponent: int | Exponent) -> Any:
        if isinstance(exponent, int):
            return base**exponent
        return base ** (self._symbol(exponent.name, Sort.TIME) + exponent.offset)

    @staticmethod
    def _root(x: Any) -> Any:
        import sympy

        return sympy.sqrt(x)

    @staticmethod
    def _maximum(x: Any, y: Any) -> Any:
        import sympy

        return sympy.Max(x, y)

    # --- and back ------------------------------------------------------------------------------

    def term(self, expression: Any) -> Term | None:
        """A sympy expression as a term; None if it has operations that terms do not have."""
        import sympy

        if expression.is_Rational:
            return term(Fraction(int(expression.p), int(expression.q)))
        if expression in self._names:
            return self._names[expression]
        above, below = sympy.fraction(expression)
        if below != 1:
            numerator, denominator = self.term(above), self.term(below)
            if numerator is None or denominator is None:
                return None
            return Term(Operation.DIVIDE, (numerator, denominator))
        if isinstance(expression, sympy.Pow):
            return self._power_back(*expression.as_base_exp())
        parts = [self.term(part) for part in expression.args]
        known = [part for part in parts if part is not None]
        if not parts or len(known) < len(parts):
            return None
        match expression:
            case sympy.Add():
                return _joined(known, lambda x, y: x + y)
            case sympy.Mul():
                return _joined(known, lambda x, y: x * y)
            case sympy.Max():
                return _joined(known, lambda x, y: Term(Operation.MAXIMUM, (x, y)))
            case sympy.Abs():
                return abs(known[0])
        return None

    def _power_back(self, base: Any, exponent: Any) -> Term | None:
        inner = self.term(base)
        if inner is None:
            return None
        if exponent.is_Integer:
            return _power(inner, int(exponent))
        if exponent.is_Rational and exponent.q == 2:
            return _power(Term(Operation.ROOT, (inner,)), int(exponent.p))
        offset, time = exponent.as_coeff_Add()
        if time in self._names and offset.is_Integer and offset >= 0:
            return inner ** Exponent(self._names[time].operands[0], int(offset))
        return None


def _joined(parts: list[Term], join: Any) -> Term:
    whole = parts[0]
    for part in parts[1:]:
        whole = join(whole, part)
    return whole


def _power(base: Term, exponent: int) -> Term:
    return base if exponent == 1 else base**exponent


@contextmanager
def _usual() -> Iterator[None]:
    """Sympy with its usual settings, whatever the process has set."""
    import sympy

    with sympy.evaluate(True):
        yield
