"""Derivations: lists of steps, each checked by two independent engines.

Sympy (simplification and assumptions) and z3 (the negation is unsatisfiable over the reals) decide an
algebraic step. If one of them cannot decide, the step is also evaluated at random points in exact
rationals, and reported as evaluated. A limit is decided by sympy's Gruntz algorithm, and evaluated in 50
digits along a sequence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice, pairwise
from time import perf_counter
from typing import Any

from adamcheck.proofs.given import Given, Rationals, Reals, Symbols
from adamcheck.proofs.relation import Relation


class Answer(StrEnum):
    """The answers of an engine to a step."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNDECIDED = "undecided"
    EVALUATED = "evaluated"
    """The step holds at every point tried."""


class StepKind(StrEnum):
    """The kinds of step of a derivation."""

    IDENTITY = "identity"
    INDUCTION = "induction"
    INEQUALITY = "inequality"
    EVALUATION = "exact evaluation"
    LIMIT = "limit"


POINTS = 20
"""The number of random rational points at which a step is evaluated if an engine cannot decide it."""

Z3_EFFORT = 10**7
"""The limit for z3 in its own units of work: a hundred times what the steps of our derivations need."""

Z3_MILLISECONDS = 60_000
"""A second limit for z3, in milliseconds, for work that it does not count."""


@dataclass(frozen=True)
class Step:
    """One step of a derivation: `left relation right`, under assumptions.

    Args:
        kind: The kind of step.
        text: A few words that describe it.
        left: The left side, a number of an engine or a sequence of them.
        relation: The relation.
        right: The right side.
        given: Assumed relations.
        variable: The variable of a limit.
        point: The point that the variable of a limit tends to.
    """

    kind: StepKind
    text: str
    left: Any
    relation: Relation
    right: Any
    given: tuple[tuple[Any, Relation, Any], ...] = ()
    variable: Any = None
    point: Any = None


Derivation = Callable[[Given], Iterator[Step]]


@dataclass(frozen=True)
class CheckedStep:
    """A step with the answers of the engines.

    Attributes:
        kind: The kind of step.
        text: A few words that describe it.
        formula: The statement in LaTeX.
        engines: The name and the answer of each engine.
        seconds: How long the engines took. It differs from run to run, so comparisons ignore it.
    """

    kind: StepKind
    text: str
    formula: str
    engines: tuple[tuple[str, Answer], ...]
    seconds: float = field(default=0.0, compare=False)

    @property
    def holds(self) -> bool:
        said = [answer for _, answer in self.engines]
        return Answer.PROVED in said and Answer.REFUTED not in said

    @property
    def engines_agree(self) -> bool:
        """Whether two engines proved it, or one proved it and another evaluated it."""
        return (
            self.holds and sum(answer in (Answer.PROVED, Answer.EVALUATED) for _, answer in self.engines) >= 2
        )


def _relations(given: Iterable[tuple[Any, str, Any]]) -> tuple[tuple[Any, Relation, Any], ...]:
    return tuple((left, Relation(relation), right) for left, relation, right in given)


def identity(text: str, left: Any, right: Any, *, given: Any = ()) -> Step:
    """A step that states `left = right` for all values of the quantities.

    Args:
        text: A few words that describe it.
        left: The left side, a number of the engine or a sequence, compared entry by entry.
        right: The right side.
        given: Assumed relations, as (left, relation, right).
    """
    return Step(StepKind.IDENTITY, text, left, Relation.EQUAL, right, _relations(given))


def inequality(text: str, left: Any, relation: str, right: Any, *, given: Any = ()) -> Step:
    """A step that states `left relation right` for all values of the quantities.

    Args:
        text: A few words that describe it.
        left: The left side.
        relation: One of `< <= > >= !=`.
        right: The right side.
        given: Assumed relations, as (left, relation, right).
    """
    return Step(StepKind.INEQUALITY, text, left, Relation(relation), right, _relations(given))


def induction(text: str, base: tuple[Any, Any], step: tuple[Any, Any], *, given: Any = ()) -> Iterator[Step]:
    """Two steps that prove an equation for every t by induction.

    Args:
        text: A few words that describe the equation.
        base: Both sides at the start.
        step: Both sides at t + 1. The derivation builds them from the right side at t, which is the induction
            hypothesis.
        given: Assumed relations, as (left, relation, right).
    """
    yield Step(
        StepKind.INDUCTION, f"{text}: at the start", base[0], Relation.EQUAL, base[1], _relations(given)
    )
    yield Step(
        StepKind.INDUCTION, f"{text}: from t to t + 1", step[0], Relation.EQUAL, step[1], _relations(given)
    )


def evaluation(text: str, left: Any, relation: str, right: Any) -> Step:
    """A step that states `left relation right` for concrete numbers (see `Given.number`)."""
    return Step(StepKind.EVALUATION, text, left, Relation(relation), right)


def limit(text: str, expression: Any, variable: Any, point: Any, value: Any) -> Step:
    """A step that states a limit.

    Args:
        text: A few words that describe it.
        expression: The expression.
        variable: A positive variable.
        point: 0 (from above) or "oo" (from below).
        value: The limit.
    """
    return Step(StepKind.LIMIT, text, expression, Relation.TENDS_TO, value, variable=variable, point=point)


def check(derivation: Derivation, *, seed: int = 0) -> tuple[CheckedStep, ...]:
    """Check every step of a derivation with the engines.

    Args:
        derivation: The derivation.
        seed: The seed of the random points.

    Raises:
        ValueError: The derivation yields different steps in different engines.
    """
    symbols, reals = Symbols(), Reals()
    in_sympy, in_z3 = list(derivation(symbols)), list(derivation(reals))
    if [s.text for s in in_sympy] != [s.text for s in in_z3]:
        raise ValueError("a derivation must yield the same steps in every number system")
    checked = []
    for index, (step, other) in enumerate(zip(in_sympy, in_z3, strict=True)):
        started = perf_counter()
        if step.kind is StepKind.LIMIT:
            engines = [("sympy", _sympy_limit(step)), ("50 digits", _numeric_limit(step))]
        else:
            engines = [("sympy", _in_sympy(step, symbols)), ("z3", _in_z3(other, reals))]
            if any(answer == Answer.UNDECIDED for _, answer in engines):
                engines.append((f"{POINTS} rational points", _at_points(derivation, index, seed)))
        seconds = perf_counter() - started
        checked.append(CheckedStep(step.kind, step.text, formula(step), tuple(engines), seconds))
    return tuple(checked)


def _pairs(left: Any, right: Any) -> list[tuple[Any, Any]]:
    if isinstance(left, Sequence) or hasattr(left, "__len__"):
        return list(zip(left, right, strict=True))
    return [(left, right)]


# --- sympy ---------------------------------------------------------------------------------------


def _in_sympy(step: Step, given: Symbols) -> Answer:
    answers = {
        _sympy_decides(left, step.relation, right, given.rates)
        for left, right in _pairs(step.left, step.right)
    }
    if answers == {Answer.PROVED}:
        return Answer.PROVED
    return Answer.REFUTED if Answer.REFUTED in answers and not step.given else Answer.UNDECIDED


def _sympy_decides(left: Any, relation: Relation, right: Any, rates: dict[Any, Any]) -> Answer:
    import sympy

    difference = sympy.simplify(sympy.sympify(left) - sympy.sympify(right))
    truth = getattr(difference, relation.sympy_property)
    if truth is None:
        difference = _with_known_signs(difference, rates)
        truth = getattr(sympy.factor(sympy.simplify(difference)), relation.sympy_property)
    if truth is None:
        return Answer.UNDECIDED
    return Answer.PROVED if truth else Answer.REFUTED


def _with_known_signs(expression: Any, rates: dict[Any, Any]) -> Any:
    """Rewrite decay rates, and their powers to an unknown t, as x/(1+x), which is any number in [0, 1)."""
    import sympy

    def unknown_power(power: Any) -> Any:
        offset, rest = power.exp.as_coeff_Add()
        factor, time = rest.as_coeff_Mul()
        x = sympy.Symbol(f"{power.base}^{time}", nonnegative=True)
        return power.base**offset * (x / (1 + x)) ** factor

    powers = expression.replace(lambda e: e.is_Pow and e.base in rates and e.exp.free_symbols, unknown_power)
    return powers.subs(rates)


def _sympy_limit(step: Step) -> Answer:
    import sympy

    point = sympy.oo if step.point == "oo" else step.point
    found = sympy.limit(sympy.sympify(step.left), step.variable, point, "-" if step.point == "oo" else "+")
    return Answer.PROVED if sympy.simplify(found - step.right) == 0 else Answer.REFUTED


def _numeric_limit(step: Step) -> Answer:
    """Whether the distance to the limit shrinks with the distance of the variable, in 50 digits."""
    import mpmath
    import sympy

    expression, value = sympy.sympify(step.left), sympy.sympify(step.right)
    others = sorted((expression.free_symbols | value.free_symbols) - {step.variable}, key=str)
    values = {s: sympy.Rational(2 * i + 3, 3 * i + 7) for i, s in enumerate(others)}
    with mpmath.workdps(50):
        gaps = []
        for k in (4, 8, 12):
            x = sympy.Integer(10) ** (k if step.point == "oo" else -k)
            gap = (expression - value).subs(values).subs(step.variable, x)
            gaps.append(abs(mpmath.mpmathify(sympy.N(gap, 50))))
        shrinks = all(later <= earlier / 10 for earlier, later in pairwise(gaps))
        return Answer.EVALUATED if shrinks else Answer.REFUTED


# --- z3 ------------------------------------------------------------------------------------------


def _in_z3(step: Step, given: Reals) -> Answer:
    answers = {_z3_decides(a, step.relation, b, step, given) for a, b in _pairs(step.left, step.right)}
    if answers == {Answer.PROVED}:
        return Answer.PROVED
    return Answer.REFUTED if Answer.REFUTED in answers else Answer.UNDECIDED


def _z3_decides(left: Any, relation: Relation, right: Any, step: Step, given: Reals) -> Answer:
    import z3

    from adamcheck.numbers.reals import Real, term

    sides = [left, right, *(x for a, _, b in step.given for x in (a, b))]
    facts = {fact.sexpr(): fact for x in sides if isinstance(x, Real) for fact in x.facts}
    assumed = [*given.assumptions, *(facts[text] for text in sorted(facts))]
    assumed += [r.of(term(a), term(b)) for a, r, b in step.given]
    if _z3_satisfiable(assumed) == z3.unsat:
        return Answer.REFUTED  # anything follows from assumptions that contradict each other
    answer = _z3_satisfiable([*assumed, z3.Not(relation.of(term(left), term(right)))])
    if answer == z3.unsat:
        return Answer.PROVED
    return Answer.REFUTED if answer == z3.sat else Answer.UNDECIDED


def _z3_satisfiable(constraints: list[Any]) -> Any:
    """The answer of z3 in a new context, with a limit on its work.

    So it does not depend on earlier questions, nor on how busy the machine is.
    """
    import z3

    context = z3.Context()
    solver = z3.SolverFor("QF_NRA", ctx=context)
    solver.set("rlimit", Z3_EFFORT, "timeout", Z3_MILLISECONDS)
    solver.add(*(constraint.translate(context) for constraint in constraints))
    return solver.check()


# --- exact rationals -----------------------------------------------------------------------------


def _at_points(derivation: Derivation, index: int, seed: int) -> Answer:
    """The step at random rational points, decided exactly at each; points outside its domain are skipped."""
    judged = 0
    for number in range(10 * POINTS):
        try:
            step = next(islice(derivation(Rationals(seed + number)), index, None))
            if not all(_exactly(a, relation, b) for a, relation, b in step.given):
                continue
            if not all(_exactly(a, step.relation, b) for a, b in _pairs(step.left, step.right)):
                return Answer.REFUTED
        except ZeroDivisionError:
            continue
        judged += 1
        if judged == POINTS:
            return Answer.EVALUATED
    return Answer.UNDECIDED


def _exactly(left: Any, relation: Relation, right: Any) -> bool:
    from adamcheck.numbers.exact import sign

    return bool(relation.of(sign(left - right), 0))


# --- what is shown -------------------------------------------------------------------------------


def formula(step: Step) -> str:
    """The statement of a step in LaTeX; for sequences, that of the first entries."""
    import sympy

    left, right = _pairs(step.left, step.right)[0]
    latex = [sympy.latex(sympy.sympify(x)) for x in (left, right)]
    if step.kind is StepKind.LIMIT:
        goal = r"\infty" if step.point == "oo" else sympy.latex(sympy.sympify(step.point))
        return rf"\lim_{{{sympy.latex(step.variable)} \to {goal}}} {latex[0]} = {latex[1]}"
    return f"{latex[0]} {step.relation.latex} {latex[1]}"
