"""One definition, every number system: they all say the same, and it is the textbook."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from float_runs import in_dtype
from hypothesis import given, settings
from hypothesis import strategies as st
from number_systems import ball, ball_precision, enclosed_updates, ends

import adamcheck.numbers.symbols  # noqa: F401
from adamcheck.adam import Adam, AdamL2, AdamW, AMSGrad, HyperparameterError, Hyperparameters, State
from adamcheck.choices import DTYPE_NAMES
from adamcheck.numbers.exact import sign
from adamcheck.numbers.floats import format_of
from adamcheck.numbers.quad import fraction
from adamcheck.proofs.engines import solver
from adamcheck.proofs.statement import Answer, relationship
from adamcheck.proofs.terms import term

FAMILY = (Adam, AdamW, AdamL2, AMSGrad)

NAMES = ("lr", "beta1", "beta2", "eps", "weight_decay")

dyadics = st.integers(-32, 32).map(lambda k: Fraction(k, 8))
rates = st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(3, 4), Fraction(9, 10), Fraction(1, 3)])
exact_hypers = st.builds(
    Hyperparameters,
    lr=st.sampled_from([Fraction(1, 4), Fraction(1, 1000), Fraction(2)]),
    beta1=rates,
    beta2=rates,
    eps=st.sampled_from([Fraction(1, 8), Fraction(1), Fraction(1, 10**8)]),
    weight_decay=st.sampled_from([Fraction(0), Fraction(1, 100), Fraction(1, 2)]),
)


def by_hand(kind: type[Adam], h: Hyperparameters, theta: Fraction, gradients: list[Fraction]) -> Any:
    """Algorithm 1 of Kingma & Ba and its relatives, written out: numerator, radicand, plain.

    An update is `-numerator / (sqrt(radicand) + eps) + plain`; only its root may be irrational.
    """
    m = v = peak = Fraction(0)
    for t, g in enumerate(gradients, start=1):
        if kind is AdamL2:
            g = g + h.weight_decay * theta
        m = h.beta1 * m + (1 - h.beta1) * g
        v = h.beta2 * v + (1 - h.beta2) * g * g
        peak = max(peak, v)
        chosen = peak if kind is AMSGrad else v
        v_hat = chosen / (1 - h.beta2**t)
        plain = -h.lr * h.weight_decay * theta if kind is AdamW else Fraction(0)
        numerator = h.lr * m / (1 - h.beta1**t)
        yield numerator, v_hat, plain
        # The root is |g| after the first step and irrational later: only two steps are followed.
        theta = theta - numerator / (abs(g) + h.eps) + plain


@pytest.mark.parametrize("kind", FAMILY)
@given(h=exact_hypers, theta=dyadics, gradients=st.lists(dyadics, min_size=2, max_size=2))
@settings(max_examples=30)
def test_the_definition_is_the_textbook_written_out(
    kind: type[Adam], h: Hyperparameters, theta: Fraction, gradients: list[Fraction]
) -> None:
    run = kind(h).run(theta, gradients)
    for (_, update), (numerator, v_hat, plain) in zip(run, by_hand(kind, h, theta, gradients), strict=True):
        radicand = sympy.Rational(v_hat.numerator, v_hat.denominator)
        root = sympy.sqrt(radicand)
        assert sign(update - (plain - numerator / (root + h.eps))) == 0


@pytest.mark.parametrize("kind", FAMILY)
def test_symbols_with_numbers_put_in_are_the_exact_run(kind: type[Adam]) -> None:
    symbols = sympy.symbols("lr beta1 beta2 eps weight_decay", positive=True)
    theta, g1, g2 = sympy.symbols("theta g1 g2", real=True)
    updates = [u for _, u in kind(Hyperparameters(*symbols)).run(theta, [g1, g2])]
    for h, start, gradients in (
        (
            Hyperparameters(*(Fraction(x) for x in ("1/4", "1/2", "3/4", "1/8", "1/10"))),
            Fraction(2),
            ("3/2", "-1/4"),
        ),
        (
            Hyperparameters(*(Fraction(x) for x in ("1/1000", "9/10", "1/3", "1", "1/2"))),
            Fraction(-1),
            ("1/8", "5"),
        ),
    ):
        numbers = [getattr(h, name) for name in NAMES] + [start, *map(Fraction, gradients)]
        values = [sympy.Rational(x.numerator, x.denominator) for x in numbers]
        at = dict(zip((*symbols, theta, g1, g2), values, strict=True))
        exact = kind(h).run(start, [Fraction(g) for g in gradients])
        for formula, (_, update) in zip(updates, exact, strict=True):
            assert sign(formula.subs(at) - update) == 0


def as_terms(h: Hyperparameters) -> Hyperparameters:
    return h.map(term)


@pytest.mark.parametrize("kind", FAMILY)
@pytest.mark.parametrize("beta2", [Fraction(0), Fraction(3, 5)])
def test_z3_allows_the_exact_update_and_no_other(kind: type[Adam], beta2: Fraction) -> None:
    h = Hyperparameters(Fraction(1, 4), Fraction(1, 2), beta2, Fraction(1, 8), Fraction(1, 10))
    theta, gradients = Fraction(1), [Fraction(2), Fraction(-2)]
    exact = [update for _, update in kind(h).run(theta, gradients)]
    run = kind(as_terms(h)).run(term(theta), [term(g) for g in gradients])
    rational = 0
    for (_, update), expected in zip(run, exact, strict=True):
        if not isinstance(expected, Fraction):
            continue  # an irrational one is approximated in the next test
        assert solver.decide(solver.context(), relationship(update, "=", expected), ()) == Answer.PROVED
        assert solver.point(solver.context(), [relationship(update, "=", expected)]) is not None
        rational += 1
    assert rational > 0


def test_an_irrational_update_in_z3_lies_between_surds_of_thirty_digits() -> None:
    h = Hyperparameters(Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(1, 8), Fraction(0))
    gradients = [Fraction(1), Fraction(2)]
    *_, (_, exact) = Adam(h).run(Fraction(0), gradients)
    *_, (_, update) = Adam(as_terms(h)).run(term(0), [term(g) for g in gradients])
    assert isinstance(exact, sympy.Expr)
    near = Fraction(str(sympy.N(exact, 40)))
    for relation, gap in (("<", Fraction(1, 10**30)), (">", Fraction(-1, 10**30))):
        assert (
            solver.decide(solver.context(), relationship(update, relation, near + gap), ()) == Answer.PROVED
        )


@pytest.mark.parametrize("kind", FAMILY)
@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_the_exact_update_lies_in_its_enclosure_in_every_dtype(kind: type[Adam], dtype: str) -> None:
    h = Hyperparameters(Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(1, 8), Fraction(1, 8))
    columns = [[Fraction(3, 2), Fraction(-1, 4)], [Fraction(1, 8), Fraction(5)]]
    g = np.array([[float(x) for x in row] for row in zip(*columns, strict=True)]).astype(
        format_of(dtype).dtype
    )
    enclosed = enclosed_updates(kind, h.map(float), g)
    for j, column in enumerate(columns):
        for update, (_, exact) in zip(enclosed, kind(h).run(Fraction(1), column), strict=True):
            difference = sympy.Rational(*fraction(update.value[j]).as_integer_ratio()) - sympy.sympify(exact)
            for radius in update.radius[:, j]:
                assert abs(sympy.N(difference, 60)) <= sympy.Rational(*float(radius).as_integer_ratio())


@given(h=exact_hypers, gradients=st.lists(dyadics, min_size=1, max_size=5))
@settings(max_examples=30)
def test_balls_contain_the_run_to_sixty_digits(h: Hyperparameters, gradients: list[Fraction]) -> None:
    with ball_precision(160), mpmath.workdps(60):
        balls = AdamW(h.map(ball)).run(ball(1), [ball(g) for g in gradients])
        sixty = AdamW(h.map(_mpf)).run(mpmath.mpf(1), [_mpf(g) for g in gradients])
        for (_, enclosed), (_, update) in zip(balls, sixty, strict=True):
            middle, radius = ends(enclosed)
            # 60 digits are 2**-199; the ball's own 160 bits leave room for what they accumulate.
            assert abs(middle - _fraction(update)) <= radius + abs(middle) * Fraction(1, 2**160)


def _mpf(x: Fraction) -> mpmath.mpf:
    return mpmath.mpf(x.numerator) / x.denominator


def _fraction(x: mpmath.mpf) -> Fraction:
    sign_bit, mantissa, exponent, _ = x._mpf_
    return (-1) ** sign_bit * Fraction(int(mantissa)) * Fraction(2) ** exponent


@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_arrays_keep_their_dtype_and_coordinates_do_not_meet(dtype: str) -> None:
    working = format_of(dtype).dtype
    g = np.random.default_rng(0).normal(size=(5, 3)).astype(working)
    adam = Adam(in_dtype(Hyperparameters(beta1=0.5, beta2=0.75), working))
    together = [u for _, u in adam.run(np.zeros(3, working), g)]
    for j in range(3):
        alone = [u for _, u in adam.run(np.zeros(1, working), g[:, j : j + 1])]
        for update, single in zip(together, alone, strict=True):
            assert update.dtype == working
            assert update[j].tobytes() == single[0].tobytes()


def test_the_state_starts_at_zero_and_counts_the_steps() -> None:
    adam = Adam(Hyperparameters())
    state = adam.start(np.ones(2))
    assert state.step == 0
    for moment in (state.m, state.v, state.peak):
        assert moment.tolist() == [0.0, 0.0]
    state, parameters = adam.step(state, np.ones(2), np.array([1.0, -2.0]))
    assert state.step == 1
    _, update = adam.update(adam.start(np.ones(2)), np.ones(2), np.array([1.0, -2.0]))
    assert parameters.tolist() == (np.ones(2) + update).tolist()


def test_the_defaults_are_those_of_the_paper() -> None:
    h = Hyperparameters()
    assert (h.lr, h.beta1, h.beta2, h.eps, h.weight_decay) == (1e-3, 0.9, 0.999, 1e-8, 0.0)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("beta1", 1.0, r"beta1 must be in \[0, 1\), not 1.0"),
        ("beta2", 1, r"beta2 must be in \[0, 1\), not 1"),
        ("beta2", -0.1, r"beta2 must be in \[0, 1\), not -0.1"),
        ("beta1", Fraction(3, 2), r"beta1 must be in \[0, 1\), not 3/2"),
        ("beta1", np.float32(1.0), r"beta1 must be in \[0, 1\), not 1.0"),
        ("eps", -1e-8, "eps must be at least 0, not -1e-08"),
        ("lr", float("nan"), "lr must be finite, not nan"),
        ("lr", float("inf"), "lr must be finite, not inf"),
        ("weight_decay", float("-inf"), "weight_decay must be finite, not -inf"),
        ("lr", "0.1", "lr must be a number, not '0.1'"),
        ("eps", True, "eps must be a number, not True"),
        ("lr", None, "lr must be a number, not None"),
    ],
)
def test_hyperparameters_out_of_range_are_refused_by_name(name: str, value: Any, message: str) -> None:
    with pytest.raises(HyperparameterError, match=message):
        Hyperparameters(**{name: value})


def test_hyperparameters_at_the_edge_of_the_range_and_symbols_are_taken() -> None:
    for h in (Hyperparameters(beta1=0, beta2=0, eps=0), Hyperparameters(lr=-1.0, weight_decay=-1)):
        assert h.replace(lr=h.lr) == h
    x = sympy.Symbol("x")
    assert Hyperparameters(*[x] * 5).map(lambda y: y + 1) == Hyperparameters(*[x + 1] * 5)


def test_a_variant_may_remember_one_value_more() -> None:
    class Delayed(Adam):
        def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
            late = gradient if state.memory is None else state.memory
            return super().update(replace(state, memory=gradient), parameters, late)

    hyper = Hyperparameters(lr=0.5, eps=1.0)
    delayed = [update for _, update in Delayed(hyper).run(0.0, [1.0, -2.0, 4.0])]
    assert delayed == [update for _, update in Adam(hyper).run(0.0, [1.0, 1.0, -2.0])]


def test_a_state_is_mapped_with_all_that_is_remembered_but_the_count() -> None:
    state = State(3, 1.0, 2.0, 4.0)
    assert state.map(lambda x: 2 * x) == State(3, 2.0, 4.0, 8.0)
    assert replace(state, memory=8.0).map(lambda x: 2 * x) == State(3, 2.0, 4.0, 8.0, 16.0)
