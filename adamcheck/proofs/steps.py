"""Derivations: lists of steps, each checked by two independent engines.

Every step must be about something: both sides have values wherever its assumptions hold (no denominator is
0, no radicand below 0), its assumptions can be met, and its sides are not the same term. Then sympy
(simplification and assumptions) and z3 (the negation is unsatisfiable over the reals) decide it. If one of
them cannot, the step is also evaluated at random points in exact rationals, and reported as evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from time import perf_counter
from typing import Any

from adamcheck.proofs import limits, unchanged
from adamcheck.proofs.engines import points, solver
from adamcheck.proofs.engines.symbolic import Symbolic
from adamcheck.proofs.given import Given
from adamcheck.proofs.latex import formula, relation
from adamcheck.proofs.relation import Relation
from adamcheck.proofs.statement import (
    Answer,
    Counterexample,
    Fault,
    Obligation,
    Refusal,
    Relationship,
    Step,
    StepKind,
    obligations,
    relationship,
    relationships,
)
from adamcheck.proofs.terms import Exponent, Operation, Sort, Term, at, substitute
from adamcheck.support.text import raised, said

__all__ = [
    "Answer",
    "CheckedStep",
    "Derivation",
    "Step",
    "StepKind",
    "check",
    "evaluation",
    "identity",
    "induction",
    "inequality",
    "limit",
]

SYMPY, Z3, EXACT = "sympy", "z3", f"{points.POINTS} rational points"

STEPS = 1000
"""No derivation has as many steps; one that has does not end."""

SIZE, DEPTH = 20_000, 150
"""The largest number of operations of a term, written out, and of operations that are nested."""

Derivation = Callable[[Given], Iterator[Step]]


@dataclass(frozen=True)
class CheckedStep:
    """A step with the answers of the engines.

    Attributes:
        kind: The kind of step.
        text: A few words that describe it. Nothing checks them.
        formula: The statement in LaTeX, as the derivation wrote it.
        engines: The name and the answer of each engine; none if the step is refused.
        refusal: Why no engine was asked.
        counterexample: Values that refute the step.
        seconds: How long the check took. It differs from run to run, so comparisons ignore it.
    """

    kind: StepKind
    text: str
    formula: str
    engines: tuple[tuple[str, Answer], ...]
    refusal: Refusal | None = None
    counterexample: Counterexample | None = None
    seconds: float = field(default=0.0, compare=False)

    @property
    def holds(self) -> bool:
        """Whether it is proved: by z3, or by sympy and exact points, which find what sympy overlooks."""
        answers = [answer for _, answer in self.engines]
        if self.refusal or self.counterexample or Answer.REFUTED in answers:
            return False
        return (Z3, Answer.PROVED) in self.engines or (Answer.PROVED in answers and self._seconded)

    @property
    def engines_agree(self) -> bool:
        """Whether two engines proved it, or one proved it and another evaluated it."""
        return self.holds and self._seconded

    @property
    def _seconded(self) -> bool:
        return sum(answer in (Answer.PROVED, Answer.EVALUATED) for _, answer in self.engines) >= 2


# --- what derivations yield ----------------------------------------------------------------------


def identity(text: str, left: Any, right: Any, *, given: Any = ()) -> Step:
    """A step that states `left = right` for all values of the quantities.

    Args:
        text: A few words that describe it.
        left: The left side, a number or a sequence, compared entry by entry.
        right: The right side.
        given: Assumed relations, as (left, relation, right).
    """
    return Step(StepKind.IDENTITY, text, left, Relation.EQUAL, right, relationships(given))


def inequality(text: str, left: Any, relation: str, right: Any, *, given: Any = ()) -> Step:
    """A step that states `left relation right` for all values of the quantities.

    Args:
        text: A few words that describe it.
        left: The left side.
        relation: One of `< <= > >= !=`.
        right: The right side.
        given: Assumed relations, as (left, relation, right).
    """
    return Step(StepKind.INEQUALITY, text, left, Relation(relation), right, relationships(given))


def induction(
    text: str, t: Any, statement: Callable[[Any], tuple[Any, str, Any]], *, given: Any = ()
) -> Iterator[Step]:
    """Two steps that prove a statement S(t) for every t >= 1 by induction: S(1), and S(t + 1) from S(t).

    Args:
        text: A few words that describe the statement.
        t: A time of the derivation.
        statement: S: returns (left, relation, right) for `t`; S(1) and S(t + 1) are the same terms at other
            times. It is about sequences (see `Given.sequence`) or powers.
        given: Assumed relations, as (left, relation, right), that do not depend on t.

    Raises:
        TypeError: `t` is not a time.
        ValueError: The statement or an assumption does not depend on t as it should.
    """
    if not isinstance(t, Exponent) or t.offset:
        raise TypeError("the second argument of an induction must be a time of the derivation")
    assumed = relationships(given)
    here = relationship(*statement(t))
    base, after = (
        Relationship(at(here.left, t.name, steps), here.relation, at(here.right, t.name, steps))
        for steps in (None, 1)
    )
    if here == after:
        raise ValueError(f"the statement of the induction does not depend on {t.name}")
    if any(t.name in _quantities(each) for each in assumed):
        raise ValueError(f"an assumption of the induction depends on {t.name}")
    yield from _base_and_step(text, base, here, after, assumed)


def _base_and_step(
    text: str, base: Relationship, here: Relationship, after: Relationship, given: tuple[Relationship, ...]
) -> Iterator[Step]:
    hypothesis: tuple[Relationship, ...] = (here,)
    left = here.left.body
    if (
        here.relation is Relation.EQUAL
        and left.operation is Operation.VARIABLE
        and left not in here.right.variables
        and not any(left in side.variables for each in given for side in each.terms)
    ):
        # x_t = f(t) is used by writing f(t) for x_t.
        known = {left: here.right}
        left, right = (substitute(x, known) for x in after.terms)
        after = Relationship(left, after.relation, right)
        hypothesis = ()
    whole = (base, after)
    kind = StepKind.INDUCTION
    yield Step(kind, f"{text}: at the start", base.left, base.relation, base.right, given, whole=whole)
    yield Step(
        kind,
        f"{text}: from t to t + 1",
        after.left,
        after.relation,
        after.right,
        (*given, *hypothesis),
        whole=whole,
    )


def _quantities(states: Relationship) -> set[str]:
    return {x.operands[0] for side in states.terms for x in side.variables}


def evaluation(text: str, left: Any, relation: str, right: Any) -> Step:
    """A step that states `left relation right` for concrete numbers (see `Given.number`)."""
    return Step(StepKind.EVALUATION, text, left, Relation(relation), right)


def limit(text: str, expression: Any, variable: Any, point: Any, value: Any, *, given: Any = ()) -> Step:
    """A step that states a limit, for all values of the other quantities.

    Args:
        text: A few words that describe it.
        expression: The expression.
        variable: A positive quantity, or a time.
        point: 0 (from above) or "oo".
        value: The limit.
        given: Assumed relations between the other quantities.
    """
    assumed = relationships(given)
    return Step(
        StepKind.LIMIT, text, expression, Relation.TENDS_TO, value, assumed, variable=variable, point=point
    )


# --- checking ------------------------------------------------------------------------------------


def check(derivation: Derivation, *, seed: int = 0) -> tuple[CheckedStep, ...]:
    """Check every step of a derivation with the engines.

    A derivation that is unfit as a whole, because it raises an exception, yields nothing, or yields something
    else every time, has one step that says so. It does not hold.

    Args:
        derivation: The derivation.
        seed: The seed of the random points.
    """
    refusal, steps = collected(derivation)
    if refusal is not None:
        return (CheckedStep(StepKind.DERIVATION, "", "", (), refusal),)
    checker = Checker(seed)
    return tuple(_checked(checker, step, steps) for step in steps)


def _checked(checker: Checker, step: Step, steps: Sequence[Step]) -> CheckedStep:
    """A step with its verdict, also if an engine fails on it."""
    try:
        return checker.check(step, steps)
    except Exception as error:
        return CheckedStep(step.kind, step.text, "", (), Refusal(Fault.RAISED, said(error)))


@dataclass(frozen=True)
class Question:
    """What must be proved for one step, for any engine.

    Attributes:
        kind: The kind of step.
        text: A few words that describe it.
        refusal: Why it is refused.
        goals: Relations, each with what is assumed. That both sides have values is not among them.
    """

    kind: StepKind
    text: str
    refusal: Refusal | None
    goals: tuple[tuple[Relationship, tuple[Relationship, ...]], ...] = ()


def questions(derivation: Derivation, *, seed: int = 0) -> tuple[Question, ...]:
    """What must be proved for each step of a derivation, or why it is refused."""
    refusal, steps = collected(derivation)
    if refusal is not None:
        return (Question(StepKind.DERIVATION, "", refusal),)
    checker = Checker(seed)
    return tuple(checker.question(step, steps) for step in steps)


def collected(derivation: Derivation) -> tuple[Refusal | None, tuple[Step, ...]]:
    """The steps of a derivation, and why they are refused as a whole."""
    before = unchanged.Snapshot()
    try:
        steps, again = _steps(derivation), _steps(derivation)
    except Exception as error:
        before.restore()
        return Refusal(Fault.RAISED, raised(error)), ()
    if changed := before.restore():
        return Refusal(Fault.CHANGES, changed), ()
    if steps != again:
        return Refusal(Fault.CHANGES), ()
    if not steps:
        return Refusal(Fault.EMPTY), ()
    if ambiguous := _ambiguous(steps):
        return Refusal(Fault.UNFIT, f"{ambiguous} is declared twice, with different assumptions"), ()
    return None, steps


def _steps(derivation: Derivation) -> tuple[Step, ...]:
    steps = tuple(islice(derivation(Given()), STEPS + 1))
    if len(steps) > STEPS:
        raise ValueError(f"more than {STEPS} steps")
    for step in steps:
        if type(step) is not Step:
            raise TypeError(f"a derivation must yield steps, not {type(step).__name__}")
        sides = [x for each in (*step.goals, *step.given) for x in each.terms]
        if any(x.size > SIZE or x.depth > DEPTH for x in sides):
            raise ValueError(f"the step {step.text!r} is too large: use quantities for its parts")
    return steps


def _ambiguous(steps: Sequence[Step]) -> str:
    """The name of a quantity that has two sorts, "" if there is none."""
    sorts: dict[str, Sort] = {}
    for step in steps:
        for states in (*step.goals, *step.given):
            for side in states.terms:
                for name, sort in (x.operands for x in side.variables):
                    if sorts.setdefault(name, sort) is not sort:
                        return str(name)
    return ""


class Checker:
    """Checks the steps of one derivation."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._symbolic = Symbolic()
        self._solver = solver.context()
        self._discharged: dict[tuple[Obligation, tuple[Relationship, ...]], bool] = {}

    def check(self, step: Step, steps: Sequence[Step]) -> CheckedStep:
        started = perf_counter()
        refusal = self._refusal(step, steps)
        engines: tuple[tuple[str, Answer], ...] = ()
        counterexample = None
        if refusal is None and step.kind is StepKind.LIMIT:
            refusal, engines, counterexample = self._limit(step)
        elif refusal is None:
            engines, counterexample = self._decide(step.goals, step.given)
        elif refusal.fault is Fault.UNDEFINED:
            counterexample = self._undefined_at(step)
        seconds = perf_counter() - started
        shown = formula(step) if step.left else ""
        return CheckedStep(step.kind, step.text, shown, engines, refusal, counterexample, seconds)

    def known_at_once(self, step: Step, steps: Sequence[Step]) -> bool:
        """Whether z3 alone proves a step, so that `check` would say that it holds."""
        if step.kind is StepKind.LIMIT or self._refusal(step, steps) is not None:
            return False
        return self._in_z3(step.goals, step.given) is Answer.PROVED

    def question(self, step: Step, steps: Sequence[Step]) -> Question:
        """What must be proved for a step."""
        refusal, goals = self._refusal(step, steps), [(goal, step.given) for goal in step.goals]
        if refusal is None and step.kind is StepKind.LIMIT:
            refusal, reduction = self._reduction(step)
            goals = [] if reduction is None else list(_algebra(reduction, step.given))
        return Question(step.kind, step.text, refusal, () if refusal else tuple(goals))

    def _refusal(self, step: Step, steps: Sequence[Step]) -> Refusal | None:
        """Why a step is not a statement that can be proved."""
        if not step.goals:
            return Refusal(Fault.EMPTY)
        if step.kind is not StepKind.LIMIT and step.relation is Relation.TENDS_TO:
            return Refusal(Fault.UNFIT, "-> is not a relation between two numbers")
        if step.kind is StepKind.INDUCTION and not _is_complete(step, steps):
            return Refusal(Fault.INCOMPLETE)
        if step.is_tautology:
            return Refusal(Fault.TAUTOLOGY)
        for number, each in enumerate(step.given):
            if missing := self._missing(each.terms, step.given[:number]):
                return missing
        if step.given and not self._can_be_met(step.given):
            return Refusal(Fault.VOID)
        if step.kind is StepKind.LIMIT:
            return None
        return self._missing([x for goal in step.goals for x in goal.terms], step.given)

    def _missing(self, terms: Sequence[Term], given: tuple[Relationship, ...]) -> Refusal | None:
        """The first obligation of some terms that is not met."""
        for obligation in obligations(terms):
            if not self._met(obligation, given):
                states = obligation.states
                return Refusal(
                    Fault.UNDEFINED, relation(states.left, states.relation, states.right), obligation.kind
                )
        return None

    def _met(self, obligation: Obligation, given: tuple[Relationship, ...]) -> bool:
        key = obligation, given
        if key not in self._discharged:
            self._discharged[key] = self._proves(obligation.states, given)
        return self._discharged[key]

    def _proves(self, states: Relationship, given: tuple[Relationship, ...]) -> bool:
        """Whether an engine proves a relation whose inner terms have values."""
        if not states.left.variables:
            return points.evaluated([states], (), self._seed, 1).answer is Answer.EVALUATED
        if solver.decide(self._solver, states, given) is Answer.PROVED:
            return True
        return (
            self._knows(states) and points.evaluated([states], given, self._seed).answer is not Answer.REFUTED
        )

    def _knows(self, states: Relationship) -> bool:
        try:
            return self._symbolic.knows(states)
        except Exception:
            return False

    def _can_be_met(self, given: tuple[Relationship, ...]) -> bool:
        found = next(points.admissible((), given, self._seed), None)
        return found is not None or solver.point(self._solver, given) is not None

    def _undefined_at(self, step: Step) -> Counterexample | None:
        found = points.evaluated(step.goals, step.given, self._seed)
        return found.counterexample if step.kind is not StepKind.LIMIT else None

    def _decide(
        self, goals: Sequence[Relationship], given: tuple[Relationship, ...]
    ) -> tuple[tuple[tuple[str, Answer], ...], Counterexample | None]:
        """The answers of the engines, and values that refute the goals."""
        engines = [(SYMPY, self._in_sympy(goals, given)), (Z3, self._in_z3(goals, given))]
        counterexample = None
        if any(answer is not Answer.PROVED for _, answer in engines):
            at_points = points.evaluated(goals, given, self._seed)
            counterexample = at_points.counterexample
            if any(answer is Answer.UNDECIDED for _, answer in engines):
                engines.append((EXACT, at_points.answer))
            if counterexample is None and (Z3, Answer.PROVED) not in engines:
                counterexample = _searched(self._solver, goals, given)
        return tuple(engines), counterexample

    def _in_sympy(self, goals: Sequence[Relationship], given: tuple[Relationship, ...]) -> Answer:
        try:
            answers = {self._symbolic.decide(goal) for goal in goals}
        except Exception:
            return Answer.UNDECIDED
        if answers == {Answer.PROVED}:
            return Answer.PROVED
        return Answer.REFUTED if Answer.REFUTED in answers and not given else Answer.UNDECIDED

    def _in_z3(self, goals: Sequence[Relationship], given: tuple[Relationship, ...]) -> Answer:
        answers = {solver.decide(self._solver, goal, given) for goal in goals}
        if answers == {Answer.PROVED}:
            return Answer.PROVED
        return Answer.REFUTED if Answer.REFUTED in answers else Answer.UNDECIDED

    def _limit(
        self, step: Step
    ) -> tuple[Refusal | None, tuple[tuple[str, Answer], ...], Counterexample | None]:
        refusal, reduction = self._reduction(step)
        if reduction is None:
            return refusal, (), None
        return (None, *self._decide_limit(reduction, step.given))

    def _reduction(self, step: Step) -> tuple[Refusal | None, limits.Reduction | None]:
        """The algebra to which a limit is reduced, or why there is none."""
        missing: Refusal | None = None
        try:
            for reduction in limits.reductions(step, self._symbolic):
                refused = self._unreduced(reduction, step.given)
                if refused is None:
                    return None, reduction
                missing = missing or refused
        except limits.UnfitLimitError as error:
            return Refusal(Fault.UNFIT, str(error)), None
        return missing, None

    def _unreduced(self, reduction: limits.Reduction, given: tuple[Relationship, ...]) -> Refusal | None:
        """Why a reduction does not prove a limit: a term has no value near the point, or none there."""
        near = [x for each in reduction.near for x in each.terms]
        if refused := self._missing([*near, reduction.form], (*given, *reduction.further)):
            return refused
        for obligation in _at_the_point(reduction):
            states = obligation.states
            if refused := self._missing(states.terms, given):
                return refused
            if not self._met(obligation, given):
                return Refusal(
                    Fault.UNDEFINED, relation(states.left, states.relation, states.right), obligation.kind
                )
        return self._missing(reduction.there.terms, given)

    def _decide_limit(
        self, reduction: limits.Reduction, given: tuple[Relationship, ...]
    ) -> tuple[tuple[tuple[str, Answer], ...], Counterexample | None]:
        engines, counterexample = self._decide([reduction.there], given)
        if not reduction.near:
            return engines, counterexample
        near, elsewhere = self._decide(reduction.near, (*given, *reduction.further))
        answers = dict(near)
        both = {name: _weaker(answer, answers.get(name, answer)) for name, answer in engines} | {
            name: answer for name, answer in near if name not in dict(engines)
        }
        return tuple(both.items()), counterexample or elsewhere


def _at_the_point(reduction: limits.Reduction) -> list[Obligation]:
    """What must hold so that the form of a limit has a value at the point."""
    return [
        Obligation(
            each.kind,
            Relationship(substitute(each.states.left, reduction.at), each.states.relation, each.states.right),
        )
        for each in obligations([reduction.form])
    ]


def _algebra(
    reduction: limits.Reduction, given: tuple[Relationship, ...]
) -> Iterator[tuple[Relationship, tuple[Relationship, ...]]]:
    """What must be proved for a limit, each with what is assumed."""
    yield from ((each, (*given, *reduction.further)) for each in reduction.near)
    yield from ((each.states, given) for each in _at_the_point(reduction))
    yield reduction.there, given


def _is_complete(step: Step, steps: Sequence[Step]) -> bool:
    """Whether the derivation has both parts of the induction that a step is part of."""
    if len(step.whole) != 2:
        return False
    parts = [
        Relationship(other.left[0], other.relation, other.right[0])
        for other in steps
        if other.whole == step.whole and other.kind is StepKind.INDUCTION
    ]
    return all(part in parts for part in step.whole)


def _weaker(first: Answer, second: Answer) -> Answer:
    for answer in (Answer.REFUTED, Answer.UNDECIDED, Answer.EVALUATED):
        if answer in (first, second):
            return answer
    return Answer.PROVED


def _searched(
    context: Any, goals: Sequence[Relationship], given: tuple[Relationship, ...]
) -> Counterexample | None:
    """Values that refute a goal, which z3 finds."""
    for goal in goals:
        values = solver.point(context, given, goal)
        if values is not None:
            return points.shown_at(goal, values)
    return None
