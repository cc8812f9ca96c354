"""Derivations: what is true is proved, what is false is proved by no engine, and engines are independent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from adamcheck.adam import Adam, AMSGrad, State
from adamcheck.proofs import steps as proof
from adamcheck.proofs.engines import points
from adamcheck.proofs.engines.symbolic import Symbolic
from adamcheck.proofs.given import Given
from adamcheck.proofs.statement import Fault, Refusal, Undefined
from adamcheck.proofs.steps import (
    Answer,
    CheckedStep,
    Step,
    check,
    evaluation,
    identity,
    induction,
    inequality,
    limit,
)
from adamcheck.proofs.terms import Sort, variable

Derivation = Callable[[Given], Iterator[Step]]


def answers(derivation: Derivation) -> dict[str, str]:
    """What each engine says to the only step of a derivation."""
    (step,) = check(derivation)
    return dict(step.engines)


def steps(make: Callable[[Given], Step]) -> Derivation:
    def derivation(given: Given) -> Iterator[Step]:
        yield make(given)

    return derivation


# --- what the steps below are about: one step of the definition -----------------------------------


def updated(given: Given) -> tuple[Adam, Any, Any, State, Any]:
    adam, t, g = given.adam(), given.time("t"), given.real("g")
    before = State(t, given.real("m"), given.nonnegative("v"), 0)
    after, update = adam.update(before, 0, g)
    return adam, g, before, after, update


def direction(given: Given, sign: int) -> Step:
    adam, _, _, after, update = updated(given)
    _, v_hat = adam.correct_second(0, after.v, after.step)
    m_hat = adam.correct_first(after.m, after.step)
    return identity("update", update * adam.denominator(v_hat, after.step), sign * adam.hyper.lr * m_hat)


def bias(given: Given, exponent: int) -> Step:
    adam, t, g = given.adam(), given.time("t"), given.real("g")
    beta = adam.hyper.beta1
    return identity("m", adam.first_moment((1 - beta**t) * g, g), (1 - beta ** (t + exponent)) * g)


def bound(given: Given, part: int) -> Step:
    adam, g = given.adam(), given.positive("g")
    _, update = adam.update(adam.start(0 * g), 0, g)
    return inequality("length", -update * part, "<", adam.hyper.lr)


def monotone(given: Given, relation: str) -> Step:
    adam, t = given.adam(beta1=0), given.time("t")
    m, v, g = given.real("m"), given.nonnegative("v"), given.positive("g")
    return inequality("sign", adam.update(State(t, m, v, 0), 0, g)[1], relation, 0)


def conditional(given: Given, threshold: int) -> Step:
    x, y = given.real("x"), given.real("y")
    return inequality("product", x * y, ">", 1, given=[(x, ">", threshold), (y, ">", threshold)])


def far(given: Given, value: int) -> Step:
    adam, g = given.adam(), given.positive("g")
    _, update = adam.update(adam.start(0 * g), 0, g)
    return limit("far above eps", update, g, "oo", value * adam.hyper.lr)


def near(given: Given, value: int) -> Step:
    adam, g = given.adam(), given.positive("g")
    _, update = adam.update(adam.start(0 * g), 0, g)
    return limit("far below eps", update / g, g, 0, value * adam.hyper.lr / adam.hyper.eps)


def concrete(given: Given, denominator: int) -> Step:
    adam = given.adam(beta1=given.number(9, 10), beta2=0, lr=given.number(1), eps=0)
    *_, (_, update) = adam.run(0, [given.number(2), given.number(-1)])
    return evaluation("uphill", update, "=", given.number(-8, denominator))


CASES: dict[str, tuple[Callable[[Given, Any], Step], Any, Any]] = {
    "sign": (direction, -1, 1),
    "index": (bias, 1, 0),
    "index, too late": (bias, 1, 2),
    "bound": (bound, 1, 2),
    "relation": (monotone, "<", ">"),
    "assumption": (conditional, 1, 0),
    "limit at infinity": (far, -1, 1),
    "limit at zero": (near, -1, 0),
    "number": (concrete, 19, 18),
}
"""A step, what makes it true, and what makes it false."""


@pytest.mark.parametrize("name", CASES)
def test_a_true_step_is_proved_and_two_engines_agree(name: str) -> None:
    make, right, _ = CASES[name]
    (step,) = check(steps(lambda given: make(given, right)))
    assert step.holds
    assert step.engines_agree


def test_sympy_looks_for_no_form_of_a_limit_after_one_that_will_do(monkeypatch: Any) -> None:
    """With two roots in a denominator sympy may look for ever."""
    monkeypatch.setattr("sympy.radsimp", lambda expression: pytest.fail("it looked on"))
    (step,) = check(steps(lambda given: near(given, -1)))
    assert step.holds


@pytest.mark.parametrize("name", CASES)
def test_a_false_step_is_accepted_by_no_engine(name: str) -> None:
    make, _, wrong = CASES[name]
    (step,) = check(steps(lambda given: make(given, wrong)))
    assert not step.holds
    assert {answer for _, answer in step.engines} <= {Answer.REFUTED, Answer.UNDECIDED}
    assert Answer.REFUTED in [answer for _, answer in step.engines]


def test_an_induction_needs_its_start_and_its_step() -> None:
    def of(start: Any, claimed: Callable[[Any, Any], Any]) -> Derivation:
        def derivation(given: Given) -> Iterator[Step]:
            adam, t = given.adam(), given.time("t")
            m = given.sequence("m", start, lambda before, k: adam.first_moment(before, 1))
            yield from induction("sum", t, lambda k: (m(k), "=", claimed(adam.hyper.beta1, k)))

        return derivation

    def holds(derivation: Derivation) -> list[bool]:
        return [step.holds for step in check(derivation)]

    assert holds(of(0, lambda beta, k: 1 - beta**k)) == [True, True]
    assert holds(of(2, lambda beta, k: 1 - beta**k)) == [False, True]
    assert holds(of(0, lambda beta, k: (1 - beta) * beta ** (k if k == 1 else k + 1) / beta)) != [True, True]
    assert holds(of(0, lambda beta, k: (1 - beta) * (1 + k - 1 if k == 1 else 1))) == [True, False]


def test_an_induction_uses_its_hypothesis_also_if_it_is_an_inequality() -> None:
    def below(share: Callable[[Any], Any]) -> Derivation:
        def derivation(given: Given) -> Iterator[Step]:
            adam, t, g = given.adam(), given.time("t"), given.positive("g")
            m = given.sequence("m", 0, lambda before, k: adam.first_moment(before, g))
            yield from induction("it stays below", t, lambda k: (m(k), "<=", share(adam.hyper.beta1) * g))

        return derivation

    assert [step.holds for step in check(below(lambda beta: 1))] == [True, True]
    assert [step.holds for step in check(below(lambda beta: 1 - beta))] == [True, False]


def test_vectors_are_equal_only_if_all_entries_are() -> None:
    def swapped(given: Given) -> Iterator[Step]:
        adam, g = given.adam(), given.vector(given.gradients(2))
        state, _ = adam.update(adam.start(0 * g), 0 * g, g)
        yield identity("second entry", state.m, adam.first_moment(0 * g, given.vector([g[0], g[0]])))

    (step,) = check(swapped)
    assert not step.holds


def test_vectors_of_different_lengths_are_refused() -> None:
    (step,) = check(steps(lambda given: identity("", given.vector([given.real("x")] * 2), [given.real("x")])))
    assert step.refusal is not None
    assert "a step compares 2 numbers with 1" in step.refusal.detail


def test_points_are_drawn_within_what_is_assumed_of_each_name() -> None:
    sorts = {
        "t": Sort.TIME,
        "eps": Sort.POSITIVE,
        "v": Sort.NONNEGATIVE,
        "g": Sort.REAL,
        "beta": Sort.DECAY,
    }
    drawn = [points.drawn([variable(*each) for each in sorts.items()], seed) for seed in range(300)]
    assert {at["t"] for at in drawn} == set(range(1, 7))
    assert min(at["eps"] for at in drawn) > 0
    assert min(at["v"] for at in drawn) == 0
    assert min(at["g"] for at in drawn) < 0
    rates = [at["beta"] for at in drawn]
    assert (min(rates), max(rates) < 1) == (0, True)


# --- how the engines stand together ---------------------------------------------------------------


def test_engines_that_disagree_are_both_shown_and_nothing_holds(monkeypatch: Any) -> None:
    monkeypatch.setattr(Symbolic, "decide", lambda self, states: Answer.PROVED)
    (step,) = check(steps(lambda given: bound(given, 2)))
    assert dict(step.engines) == {"sympy": Answer.PROVED, "z3": Answer.REFUTED}
    assert not step.holds
    assert not step.engines_agree


def test_where_sympy_cannot_decide_z3_proves_and_exact_points_agree() -> None:
    assert answers(steps(lambda given: conditional(given, 1))) == {
        "sympy": Answer.UNDECIDED,
        "z3": Answer.PROVED,
        "20 rational points": Answer.EVALUATED,
    }


def test_where_z3_gives_up_sympy_proves_and_exact_points_agree(monkeypatch: Any) -> None:
    monkeypatch.setattr(proof.Checker, "_in_z3", lambda self, goals, given: Answer.UNDECIDED)
    assert answers(steps(lambda given: direction(given, -1))) == {
        "sympy": Answer.PROVED,
        "z3": Answer.UNDECIDED,
        "20 rational points": Answer.EVALUATED,
    }


def test_exact_points_refute_what_sympy_would_believe(monkeypatch: Any) -> None:
    monkeypatch.setattr(proof.Checker, "_in_z3", lambda self, goals, given: Answer.UNDECIDED)
    monkeypatch.setattr(Symbolic, "decide", lambda self, states: Answer.PROVED)
    (step,) = check(steps(lambda given: direction(given, 1)))
    assert dict(step.engines)["20 rational points"] == Answer.REFUTED
    assert not step.holds


def test_no_engine_alone_makes_a_step_hold_that_none_proves() -> None:
    step = CheckedStep(
        "identity",
        "",
        "",
        (("sympy", Answer.UNDECIDED), ("z3", Answer.UNDECIDED), ("points", Answer.EVALUATED)),
    )
    assert not step.holds
    assert not step.engines_agree
    alone = CheckedStep(
        "identity", "", "", (("sympy", Answer.UNDECIDED), ("z3", Answer.PROVED), ("points", Answer.UNDECIDED))
    )
    assert alone.holds
    assert not alone.engines_agree


def test_sympy_alone_makes_no_step_hold() -> None:
    alone = CheckedStep(
        "identity", "", "", (("sympy", Answer.PROVED), ("z3", Answer.UNDECIDED), ("points", Answer.UNDECIDED))
    )
    assert not alone.holds


def test_contradictory_assumptions_prove_nothing() -> None:
    def make(given: Given) -> Step:
        x = given.positive("x")
        return inequality("anything", x, "<", 0, given=[(x, "<", 0)])

    (step,) = check(steps(make))
    assert step.refusal == Refusal(Fault.VOID)
    assert not step.holds


def test_a_root_of_a_negative_number_proves_nothing() -> None:
    def make(given: Given) -> Step:
        adam, v = given.adam(), given.positive("v")
        return inequality("anything", adam.denominator(-v, 1), "<", 0)

    (step,) = check(steps(make))
    assert step.refusal == Refusal(Fault.UNDEFINED, r"- v \geq 0", Undefined.ROOT)
    assert not step.holds


def test_points_outside_the_domain_are_not_counted() -> None:
    def make(given: Given) -> Step:
        x = given.real("x")
        return inequality("above", x, ">", 1, given=[(x * x, "=", 2), (x, ">", 0)])

    (step,) = check(steps(make))
    assert dict(step.engines) == {
        "sympy": Answer.UNDECIDED,
        "z3": Answer.PROVED,
        "20 rational points": Answer.UNDECIDED,
    }
    assert step.holds
    assert not step.engines_agree


def test_points_where_a_step_divides_by_zero_are_passed_over() -> None:
    def make(given: Given) -> Step:
        x = given.nonnegative("x")
        return inequality("ratio", x / x, ">=", 1, given=[(x, "!=", 0)])

    assert answers(steps(make))["z3"] == Answer.PROVED
    step = make(Given())
    assert points.evaluated(step.goals, step.given, 0).answer is Answer.EVALUATED


def test_every_engine_is_asked_the_same_and_a_derivation_that_differs_from_run_to_run_is_refused() -> None:
    runs = []

    def derivation(given: Given) -> Iterator[Step]:
        runs.append(1)
        x = given.real("x")
        yield identity("the same text", x + 0, x + (len(runs) - 1))

    (step,) = check(derivation)
    assert step.refusal == Refusal(Fault.CHANGES)
    assert len(runs) == 2


def test_a_hyperparameter_that_does_not_exist_cannot_be_fixed() -> None:
    (step,) = check(steps(lambda given: identity("", given.adam(beta=0).hyper.lr, 1)))
    assert step.refusal is not None
    assert "no hyperparameter beta (expected lr, beta1" in step.refusal.detail


def test_what_was_asked_before_changes_no_answer() -> None:
    hard = steps(lambda given: direction(given, -1))
    first = check(hard)
    check(steps(lambda given: bound(given, 2)))
    check(steps(lambda given: monotone(given, "<")))
    assert check(hard) == first


# --- signs of powers to an unknown step -----------------------------------------------------------


def power(given: Given, relation: str, sides: Callable[[Any, Any], tuple[Any, Any]]) -> Step:
    left, right = sides(given.decay("beta"), given.time("t"))
    return inequality("power", left, relation, right)


TRUE_OF_POWERS: list[tuple[str, Callable[[Any, Any], tuple[Any, Any]]]] = [
    ("<", lambda beta, t: (beta**t, 1)),
    (">=", lambda beta, t: (beta**t, 0)),
    ("<=", lambda beta, t: (beta ** (t + 1), beta**t)),
    (">", lambda beta, t: (1 - beta ** (t + 2), 0)),
    (">", lambda beta, t: ((1 - beta**t) * (1 - beta), 0)),
]


@pytest.mark.parametrize(("relation", "sides"), TRUE_OF_POWERS)
def test_both_engines_know_the_signs_of_powers_of_decay_rates(relation: str, sides: Any) -> None:
    assert answers(steps(lambda given: power(given, relation, sides))) == {
        "sympy": Answer.PROVED,
        "z3": Answer.PROVED,
    }


FALSE_OF_POWERS: list[tuple[str, Callable[[Any, Any], tuple[Any, Any]]]] = [
    (">", lambda beta, t: (beta**t, 0)),
    ("<", lambda beta, t: (beta ** (t + 1), beta**t)),
    ("!=", lambda beta, t: (beta**t, 0)),
    ("<", lambda beta, t: (2 * beta**t, 1)),
]


@pytest.mark.parametrize(("relation", "sides"), FALSE_OF_POWERS)
def test_no_engine_forgets_that_a_decay_rate_may_be_zero_or_near_one(relation: str, sides: Any) -> None:
    (step,) = check(steps(lambda given: power(given, relation, sides)))
    assert not step.holds
    assert Answer.PROVED not in dict(step.engines).values()


@pytest.mark.parametrize(
    ("make", "starts"),
    [
        (lambda given: far(given, -1), r"\lim_{g \to \infty} "),
        (lambda given: near(given, -1), r"\lim_{g \to 0} "),
        (lambda given: inequality("", given.real("x"), "<=", given.positive("y")), r"x \leq y"),
        (lambda given: inequality("", given.real("x"), "!=", 0), r"x \neq 0"),
        (lambda given: identity("", given.hyper().lr, given.hyper().beta1), r"\alpha = \beta_{1}"),
    ],
)
def test_formulas_are_shown_as_latex(make: Callable[[Given], Step], starts: str) -> None:
    assert check(steps(make))[0].formula.startswith(starts)


# --- what is shown -------------------------------------------------------------------------------


def shown(make: Callable[[Given], Step]) -> str:
    (step,) = check(steps(make))
    return step.formula


def test_results_of_the_definition_are_shown_by_their_stage_and_nothing_is_simplified() -> None:
    def mean(given: Given) -> Step:
        adam, g = given.adam(), given.real("g")
        return identity("", adam.first_moment(g, g), g)

    assert shown(mean) == r"\text{first moment}\left(g, g\right) = g"
    assert shown(lambda given: identity("", given.real("x") + 0 * given.real("y"), given.real("x"))) == (
        "x + 0 y = x"
    )


def test_a_definition_and_hyperparameters_of_their_own_are_shown() -> None:
    def scaled(given: Given) -> Step:
        adam, c, v = given.adam(), given.positive("c"), given.nonnegative("v")
        other = given.adam(AMSGrad, eps=c * adam.hyper.eps)
        return identity("", other.denominator(c * c * v, 1), c * adam.denominator(v, 1))

    assert shown(scaled) == (
        r"\text{denominator}_{\text{AMSGrad}}\left(c c v, 1, \epsilon = c \epsilon\right) = "
        r"c \text{denominator}\left(v, 1\right)"
    )


def test_long_parts_that_are_repeated_get_a_letter() -> None:
    def repeated(given: Given) -> Step:
        adam, gradients = given.adam(), given.gradients(3)
        *_, (state, _) = adam.run(0 * gradients[0], gradients)
        return identity("", state.m * state.m * state.m, state.m**2 * state.m)

    formula, _, where = shown(repeated).partition(r" \quad \text{where} \quad ")
    assert formula == r"\xi_{3} \xi_{3} \xi_{3} = \xi_{3}^{2} \xi_{3}"
    assert where.startswith(r"\xi_{1} = \text{first moment}")
