"""Exact evaluation at random rational points."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from typing import Any

from adamcheck.numbers import maximum, sqrt
from adamcheck.numbers.exact import sign
from adamcheck.proofs.statement import Answer, Counterexample, Relationship, Values
from adamcheck.proofs.terms import Arithmetic, Exponent, Sort, Term, evaluate

POINTS = 20
"""The number of random rational points at which a step is evaluated."""

TRIES = 50 * POINTS
"""The number of points drawn at most, of which some do not meet the assumptions."""

DIGITS = 50
"""The number of digits of the numbers that tell where a step may be false."""

_RANGES = {
    Sort.REAL: (-60, 60, 7),
    Sort.POSITIVE: (1, 60, 7),
    Sort.NONNEGATIVE: (0, 60, 7),
    Sort.DECAY: (0, 12, 13),
    Sort.TIME: (1, 6, 1),
    Sort.VALUE: (-60, 60, 7),
}
"""The least and the largest numerator and the denominator, by sort."""

_CORNERS: dict[Sort, tuple[Fraction, ...]] = {
    Sort.REAL: (Fraction(0), Fraction(1), Fraction(-1)),
    Sort.POSITIVE: (Fraction(1), Fraction(1, 1000), Fraction(1000)),
    Sort.NONNEGATIVE: (Fraction(0), Fraction(1), Fraction(1000)),
    Sort.DECAY: (Fraction(0), Fraction(1, 2), Fraction(999, 1000)),
    Sort.TIME: (Fraction(1), Fraction(2), Fraction(3)),
    Sort.VALUE: (Fraction(0), Fraction(1), Fraction(-1)),
}
"""Values that false statements often forget: a quantity takes one of them at every third point."""


@dataclass(frozen=True)
class Evaluated:
    """The answer of the points, with values that refute the statement if there are some."""

    answer: Answer
    counterexample: Counterexample | None = None


class NoValue(ArithmeticError):  # noqa: N818 - not an error, but an answer
    """A term has no value at a point."""


def drawn(variables: Sequence[Term], seed: int) -> Values:
    """Random values of quantities, which depend on the seed and the names only."""
    return {name: _draw(name, sort, seed) for name, sort in (x.operands for x in variables)}


def _draw(name: str, sort: Sort, seed: int) -> Fraction | int:
    dice = random.Random(f"{seed}/{name}")
    low, high, over = _RANGES[sort]
    value = Fraction(dice.randint(low, high), over)
    if dice.randrange(3) == 0:
        value = dice.choice(_CORNERS[sort])
    return int(value) if sort is Sort.TIME else value


def system(at: Values) -> Arithmetic:
    """Exact numbers at a point."""

    def power(base: Any, exponent: int | Exponent) -> Any:
        if isinstance(exponent, int):
            return base**exponent
        return base ** (int(at[exponent.name]) + exponent.offset)

    def divide(x: Any, y: Any) -> Any:
        if sign(y) == 0:
            raise NoValue
        return x / y

    def root(x: Any) -> Any:
        if sign(x) < 0:
            raise NoValue
        return sqrt(x) if isinstance(x, Fraction) else _symbolic_root(x)

    def larger(x: Any, y: Any) -> Any:
        if isinstance(x, Fraction) and isinstance(y, Fraction):
            return maximum(x, y)
        return x if sign(x - y) >= 0 else y

    return Arithmetic(lambda name, _: at[name], lambda x: x, power, root, larger, divide)


def _symbolic_root(x: Any) -> Any:
    import sympy

    return sympy.sqrt(x)


def holds_at(states: Relationship, at: Values, known: dict[Term, Any] | None = None) -> bool:
    """Whether a relation holds at a point. Raises `NoValue` if a side has no value there."""
    numbers = system(at)
    found = {} if known is None else known
    left, right = (evaluate(x, numbers, found) for x in states.terms)
    return bool(states.relation.of(sign(left - right), 0))


def evaluated(
    goals: Sequence[Relationship], given: Sequence[Relationship], seed: int, count: int = POINTS
) -> Evaluated:
    """Evaluate goals at random points at which the assumptions hold."""
    judged = 0
    for at in admissible(goals, given, seed):
        known: dict[Term, Any] = {}
        for goal in goals:
            try:
                true = holds_at(goal, at, known)
            except NoValue:
                true = False
            except ArithmeticError:
                break  # a sign that cannot be decided
            if not true:
                return Evaluated(Answer.REFUTED, shown(goal, at))
        else:
            judged += 1
        if judged == count:
            return Evaluated(Answer.EVALUATED)
    return Evaluated(Answer.UNDECIDED)


def refuted(goals: Sequence[Relationship], given: Sequence[Relationship], seed: int) -> bool:
    """Whether a goal is false at a random point at which the assumptions hold.

    Numbers of `DIGITS` digits say where that may be, exact ones decide. Where the sides agree to so many
    digits nothing is decided: to prove that two sums of roots are equal may take minutes.
    """
    import mpmath

    with mpmath.workdps(DIGITS):
        for at in islice(admissible(goals, given, seed), POINTS):
            known: dict[Term, Any] = {}
            for goal in goals:
                try:
                    if _looks_false(goal, at, known) and not holds_at(goal, at):
                        return True
                except NoValue:
                    return True
                except ArithmeticError:
                    continue  # a sign that cannot be decided
    return False


def _looks_false(states: Relationship, at: Values, known: dict[Term, Any]) -> bool:
    """Whether a relation seems to be false at a point, beyond half of the digits."""
    import mpmath

    exact = system(at)
    numbers = replace(
        exact,
        variable=lambda name, _: mpmath.mpf(at[name].numerator) / at[name].denominator,
        number=lambda x: mpmath.mpf(x.numerator) / x.denominator,
        root=_numeric_root,
        maximum=max,
        divide=_numeric_quotient,
    )
    left, right = (evaluate(x, numbers, known) for x in states.terms)
    apart = abs(left - right) > (abs(left) + abs(right)) * mpmath.mpf(10) ** (-DIGITS // 2)
    return not states.relation.of(left - right if apart else 0, 0)


def _numeric_root(x: Any) -> Any:
    import mpmath

    return mpmath.sqrt(abs(x))  # below 0 by rounding, or exact numbers will say that there is no value


def _numeric_quotient(x: Any, y: Any) -> Any:
    if y == 0:
        raise NoValue
    return x / y


def admissible(goals: Sequence[Relationship], given: Sequence[Relationship], seed: int) -> Iterator[Values]:
    """Random points at which the assumptions have values and hold."""
    terms = [x for each in (*goals, *given) for x in each.terms]
    variables = sorted({x for each in terms for x in each.variables}, key=lambda x: x.operands)
    for number in range(TRIES):
        at = drawn(variables, seed + number)
        try:
            if all(holds_at(each, at) for each in given):
                yield at
        except ArithmeticError:
            continue


def shown(goal: Relationship, at: Values) -> Counterexample:
    """Both sides of a relation at a point."""
    values = tuple((name, str(value)) for name, value in sorted(at.items()))
    return Counterexample(values, _side(goal.left, at), _side(goal.right, at))


def shown_at(goal: Relationship, values: Mapping[str, str]) -> Counterexample:
    """Both sides of a relation at a point of z3, whose values may be approximate (they end in `?`)."""
    exact = not any(value.endswith("?") for value in values.values())
    at: Values = {name: Fraction(value.rstrip("?")) for name, value in values.items()}
    left, right = (_side(x, at) if exact else _decimal(_side(x, at)) for x in goal.terms)
    return Counterexample(tuple(sorted(values.items())), left, right, exact)


def _decimal(side: str) -> str:
    import sympy

    return str(float(sympy.N(sympy.sympify(side)))) if side else ""


def _side(x: Term, at: Values) -> str:
    """A side at a point; "" if it has no value there."""
    try:
        return str(evaluate(x, system(at), {}))
    except ArithmeticError:
        return ""
