r"""Limits, reduced to continuity: no heuristic decides one.

A term is continuous wherever all of its denominators are not 0 and all of its radicands at least 0. So a
limit at 0 is the value at 0 of an equal term that has a value there. Sympy suggests such a term; the
engines prove that it is equal wherever the variable is positive, that it has a value at 0, and what the
value is, for all values of all other quantities. A limit at infinity is one at 0 of the reciprocal. As t
grows, every power b^t with 0 <= b < 1 tends to 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from adamcheck.proofs.engines.symbolic import Symbolic
from adamcheck.proofs.relation import Relation
from adamcheck.proofs.statement import Relationship, Step, times
from adamcheck.proofs.terms import Exponent, Operation, Sort, Term, substitute, subterms, term, variable


@dataclass(frozen=True)
class Reduction:
    """A limit as algebra.

    Attributes:
        near: What must be equal near the point.
        there: The value at the point.
        form: The term that is continuous at the point.
        at: What its quantities and powers are at the point.
        further: Assumptions that hold near the point.
    """

    near: tuple[Relationship, ...]
    there: Relationship
    form: Term
    at: dict[Term, Term]
    further: tuple[Relationship, ...] = ()


class UnfitLimitError(ValueError):
    """This is not a limit that can be reduced; the message is one line."""


def reductions(step: Step, symbolic: Symbolic) -> Iterator[Reduction]:
    """Ways to reduce a limit, the simplest first. Raises `UnfitLimitError`."""
    (expression,), (value,) = step.left, step.right
    if step.point not in (0, "oo") or isinstance(step.point, bool):
        raise UnfitLimitError(f"the point of a limit must be 0 or 'oo', not {step.point!r}")
    if isinstance(step.variable, Exponent):
        yield _in_time(step, expression, value)
        return
    x = step.variable
    if not isinstance(x, Term) or x.operation is not Operation.VARIABLE or x.operands[1] is not Sort.POSITIVE:
        raise UnfitLimitError("the variable of a limit must be a positive quantity or a time")
    if x in value.variables or any(x in side.variables for each in step.given for side in each.terms):
        raise UnfitLimitError("the value and the assumptions of a limit may not have its variable")
    if step.point == 0:
        near, y = expression, x
    else:
        y = _fresh(f"1/{x.operands[0]}", step)
        near = substitute(expression, {x: term(1) / y})
    found = list[Reduction]()
    for form in _forms(near, y, symbolic):  # only as long as asked for: some take sympy for ever
        at = {y: term(0)}
        equal = () if form == near else (Relationship(near, Relation.EQUAL, form),)
        there = Relationship(substitute(form, at), Relation.EQUAL, value)
        reduction = Reduction(equal, there, form, at)
        if reduction not in found:
            found.append(reduction)
            yield reduction
    small = Relationship(y, Relation.AT_MOST, term(1) / term(10**9))
    yield from (replace(reduction, further=(small,)) for reduction in found)


def _fresh(name: str, step: Step) -> Term:
    """A positive quantity that the step does not have."""
    sides = [side for each in (*step.goals, *step.given) for side in each.terms]
    taken = {x.operands[0] for side in sides for x in side.variables}
    while name in taken:
        name += "'"
    return variable(name, Sort.POSITIVE)


def _in_time(step: Step, expression: Term, value: Term) -> Reduction:
    t = step.variable
    if t.offset or step.point != "oo":
        raise UnfitLimitError("a time can only tend to infinity")
    if t.name in times([value, *(side for each in step.given for side in each.terms)]):
        raise UnfitLimitError("the value and the assumptions of a limit may not have its variable")
    powers = {
        part
        for part in subterms([expression])
        if part.operation is Operation.POWER
        and isinstance(part.operands[1], Exponent)
        and part.operands[1].name == t.name
    }
    at = {power: term(0) for power in powers}
    rates = [power.operands[0] for power in powers]
    bounds = [Relationship(rate, Relation.AT_LEAST, term(0)) for rate in rates]
    bounds += [Relationship(rate, Relation.LESS, term(1)) for rate in rates]
    return Reduction(
        tuple(bounds), Relationship(substitute(expression, at), Relation.EQUAL, value), expression, at
    )


def _forms(near: Term, y: Term, symbolic: Symbolic) -> Iterator[Term]:
    """Terms that are equal to one near the point, the term itself first."""
    import sympy

    yield near
    expression = symbolic.expression(near)
    small = symbolic.expression(y)
    rational_above = lambda x: 1 / sympy.radsimp(1 / sympy.together(x))  # noqa: E731
    for make in (
        sympy.together,
        sympy.cancel,
        sympy.simplify,
        _rooted(small),
        sympy.radsimp,
        rational_above,
    ):
        try:
            made = make(expression)
        except Exception:
            continue
        for form in (made, sympy.cancel(sympy.together(made))):
            back = symbolic.term(form)
            if back is not None:
                yield back


def _rooted(small: Any) -> Any:
    """Takes powers of the variable out of roots, in which they are a common denominator."""
    import sympy

    def apart(power: Any) -> Any:
        above, below = sympy.fraction(sympy.together(power.base))
        exponent = sympy.degree(below, small) if below.is_polynomial(small) else 0
        outside = small ** (exponent // 2 * 2)
        inside = sympy.expand(above) / sympy.cancel(below / outside)
        return sympy.sqrt(sympy.factor(inside)) / small ** (exponent // 2)

    def make(expression: Any) -> Any:
        apart_ = expression.replace(
            lambda e: e.is_Pow and e.exp == sympy.Rational(1, 2) and e.has(small), apart
        )
        return sympy.cancel(sympy.together(apart_))

    return make
