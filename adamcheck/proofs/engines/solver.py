"""z3: a statement holds if its negation has no solution over the reals.

A square root is a new real `r` with `r >= 0` and `r * r = x`, which assumes that x is at least 0. So a root
may be used only where that has been proved (see `statement.obligations`). A power to an unknown t is a new
real as well, with facts that are true of every power.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

from adamcheck.proofs.statement import Answer, Relationship, obligations, times
from adamcheck.proofs.terms import Arithmetic, Exponent, Sort, Term, evaluate

EFFORT = 10**7
"""The limit for z3 in its own units of work: a hundred times what the steps of our derivations need."""

MILLISECONDS = 60_000
"""A second limit for z3, in milliseconds, for work that it does not count."""

SOME_EFFORT = 10**6
"""The limit for the search of a single point: it either is easy to find or is searched for elsewhere."""

SOME_TIMES = (1, 2, 3, 5, 10)
"""Values of unknown exponents at which a point is searched for."""


def context() -> Any:
    """What a number of questions share, because to make it takes longer than most answers.

    Those of one derivation are always asked in the same order, so an answer does not depend on other
    derivations, nor on how busy the machine is.
    """
    import z3

    return z3.Context()


class Question:
    """Terms and relations.

    Args:
        context: What it shares with other questions.
        at: Values of unknown exponents. Powers to the others are abstract.
    """

    def __init__(self, context: Any, at: Mapping[str, int] | None = None) -> None:
        import z3

        self._z3 = z3
        self._context = context
        self._at = at or {}
        self._known: dict[Term, Any] = {}
        self._roots: dict[str, Any] = {}
        self._powers: dict[tuple[str, str], Any] = {}
        self.variables: dict[str, Any] = {}
        self.facts: list[Any] = []
        self._system = Arithmetic(self._variable, self._number, self._power, self._root, self._maximum)

    def of(self, states: Relationship) -> Any:
        """A relation in z3."""
        known = [evaluate(each, self._system, self._known) for each in states.terms]
        return states.relation.of(*known)

    def answer(self, constraints: Iterable[Any], effort: int) -> tuple[Any, Any]:
        """Whether there are values that satisfy these constraints and the facts, and a model."""
        solver = self._z3.SolverFor("QF_NRA", ctx=self._context)
        solver.set("rlimit", effort, "timeout", MILLISECONDS)
        solver.add(*self.facts, *constraints)
        found = solver.check()
        return found, solver.model() if found == self._z3.sat else None

    def not_(self, constraint: Any) -> Any:
        """The negation of a relation."""
        return self._z3.Not(constraint, self._context)

    def _variable(self, name: str, sort: Sort) -> Any:
        x = self.variables[name] = self._z3.Real(f"given {name}", self._context)
        match sort:
            case Sort.POSITIVE:
                self.facts.append(x > 0)
            case Sort.NONNEGATIVE:
                self.facts.append(x >= 0)
            case Sort.DECAY:
                self.facts += [x >= 0, x < 1]
        return x

    def _number(self, x: Fraction) -> Any:
        return self._z3.Q(x.numerator, x.denominator, self._context)

    def _power(self, base: Any, exponent: int | Exponent) -> Any:
        if isinstance(exponent, int):
            return self._product(base, exponent)
        if exponent.name in self._at:
            return self._product(base, self._at[exponent.name] + exponent.offset)
        key = self._z3.simplify(base).sexpr(), exponent.name
        if key not in self._powers:
            power = self._z3.Real(f"power {len(self._powers)}", self._context)
            self._powers[key] = power
            self._power_facts(base, power)
        return self._times(self._powers[key], base, exponent.offset)

    def _power_facts(self, base: Any, power: Any) -> None:
        """Facts about `power = base ** t` with t >= 1."""
        z3 = self._z3
        rate = z3.And(base >= 0, base < 1)
        self.facts.append(z3.Implies(rate, z3.And(power >= 0, power <= base)))
        self.facts.append(z3.Implies(base > 0, power > 0))
        if self._is_rate(base):
            return
        self.facts.append(z3.Implies(base >= 1, power >= base))
        self.facts.append(z3.Implies(base == 1, power == 1))

    def _is_rate(self, base: Any) -> bool:
        return any(base.eq(x) for x in self.variables.values())

    def _product(self, base: Any, exponent: int) -> Any:
        return self._times(self._number(Fraction(1)), base, exponent)

    @staticmethod
    def _times(x: Any, base: Any, exponent: int) -> Any:
        for _ in range(exponent):
            x = x * base
        return x

    def _root(self, x: Any) -> Any:
        # Equal terms share one root; otherwise z3 would have to prove that the two names agree.
        key = self._z3.simplify(x).sexpr()
        if key not in self._roots:
            root = self._roots[key] = self._z3.Real(f"root {len(self._roots)}", self._context)
            self.facts += [root >= 0, root * root == x]
        return self._roots[key]

    def _maximum(self, x: Any, y: Any) -> Any:
        return self._z3.If(x >= y, x, y)


def decide(context: Any, states: Relationship, given: Sequence[Relationship]) -> Answer:
    """Whether a relation holds wherever others do."""
    import z3

    question = Question(context)
    negated = question.not_(question.of(states))
    assumed = [question.of(each) for each in given]
    found, _ = question.answer([*assumed, negated], EFFORT)
    if found == z3.unsat:
        return Answer.PROVED
    if found == z3.sat and not times([*states.terms, *(x for each in given for x in each.terms)]):
        return Answer.REFUTED
    return Answer.UNDECIDED


def point(
    context: Any, wanted: Sequence[Relationship], unwanted: Relationship | None = None
) -> dict[str, str] | None:
    """Values of the quantities at which relations hold, and `unwanted` does not; None if none is found.

    Everything has a value there: unknown exponents are integers, radicands at least 0, denominators not 0.
    The values are exact fractions, or fractions near algebraic numbers, which end in `?`.
    """
    import z3

    relations = [*wanted, *([] if unwanted is None else [unwanted])]
    terms = [x for each in relations for x in each.terms]
    names = times(terms)
    for chosen in product(SOME_TIMES, repeat=len(names)):
        at = dict(zip(names, chosen, strict=True))
        question = Question(context, at)
        constraints = [question.of(each.states) for each in obligations(terms)]
        constraints += [question.of(each) for each in wanted]
        if unwanted is not None:
            constraints.append(question.not_(question.of(unwanted)))
        found, model = question.answer(constraints, SOME_EFFORT)
        if found == z3.sat:
            values = {
                name: _text(model.eval(x, model_completion=True)) for name, x in question.variables.items()
            }
            return {**values, **{name: str(value) for name, value in at.items()}}
        if len(names) > 2 and chosen[0] != SOME_TIMES[0]:
            break  # all combinations of many exponents would take too long
    return None


def _text(value: Any) -> str:
    import z3

    return str(value.approx(10).as_fraction()) + "?" if z3.is_algebraic_value(value) else str(value)
