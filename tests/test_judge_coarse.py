"""Coarse: right, but at a precision coarser than that of the arrays. No wrong formula is excused by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.checks.subject import Subject
from adamcheck.diagnosis.fixed_experiments import probes
from adamcheck.judge import Ruling, judge
from adamcheck.numbers.floats import TF32, Format, format_of, precision_of
from adamcheck.report.terminal import print_judgements
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.traces.trace import Trace
from adamcheck.updates import held_in
from adamcheck.zoo.bugs import BUGS

HYPER = Hyperparameters(lr=2.0**-6, beta1=0.875, beta2=1 - 2.0**-7, eps=2.0**-10)

Rounding = Callable[[Any], np.ndarray]


def every(format: Format) -> tuple[Rounding, Rounding]:
    return format.rounded, format.rounded


def products(format: Format) -> tuple[Rounding, Rounding]:
    return format.rounded, lambda x: np.asarray(x, np.float32)


def numpy_adam(
    arrays: str,
    roundings: tuple[Rounding, Rounding],
    *,
    beta2: float = HYPER.beta2,
    start: float = 0.0,
    step: Callable[[Any, Any, float], Any] = lambda m, v, eps: m / (np.sqrt(v) + eps),
) -> Trace:
    """An Adam in NumPy: products are rounded by the first of `roundings`, all else by the other."""
    product, rest = roundings
    dtype = format_of(arrays).dtype
    gradients = np.random.default_rng(0).standard_normal((12, 4)).astype(dtype)
    theta = np.full(4, start, dtype)
    m = v = np.zeros(4, dtype)
    rows = [theta]
    for t, given in enumerate(gradients, start=1):
        g = rest(given)
        m = rest(product(HYPER.beta1 * m) + product((1 - HYPER.beta1) * g))
        v = rest(product(beta2 * v) + product((1 - beta2) * product(g * g)))
        m_hat, v_hat = rest(m / (1 - HYPER.beta1**t)), rest(v / (1 - beta2**t))
        theta = (theta - product(HYPER.lr * rest(step(m_hat, v_hat, HYPER.eps)))).astype(dtype)
        rows.append(theta)
    return Trace(HYPER, gradients, np.stack(rows))


CASES = [
    ("float64", every, "float32"),
    ("float64", every, "tf32"),
    ("float64", every, "bfloat16"),
    ("float32", every, "tf32"),
    ("float32", every, "bfloat16"),
    ("float32", products, "tf32"),
]


@pytest.mark.parametrize(("arrays", "rounded", "precision"), CASES)
def test_a_coarser_precision_behind_the_arrays_is_coarse_and_named(
    arrays: str, rounded: Callable[[Format], tuple[Rounding, Rounding]], precision: str
) -> None:
    trace = numpy_adam(arrays, rounded(precision_of(precision)))
    judgement = judge(trace)
    assert (judgement.outcome, judgement.format) == (Ruling.COARSE, precision)
    assert judgement.offence is not None
    assert judge(trace, format=precision_of(precision)).outcome == Ruling.ENCLOSED


@pytest.mark.parametrize("arrays", ["float64", "float32"])
def test_the_definition_in_bfloat16_behind_wider_arrays_is_coarse(arrays: str) -> None:
    format = format_of(arrays)
    subject = Subject(DefinitionTarget(precision="bfloat16"), format)
    trajectory = probes(format)["dyadic"]
    judgement = judge(subject.run(trajectory.replace(hyper=trajectory.hyper.replace(beta2=0.75))))
    assert (judgement.outcome, judgement.format) == (Ruling.COARSE, "bfloat16")


WRONG: dict[str, dict[str, Any]] = {
    "beta2 is 1/2": {"beta2": 0.5},
    "no root": {"step": lambda m, v, eps: m / (v + eps)},
    "no denominator": {"step": lambda m, v, eps: m},
    "turned round": {"step": lambda m, v, eps: -m / (np.sqrt(v) + eps)},
}


@pytest.mark.parametrize("precision", ["tf32", "bfloat16"])
@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_formula_is_rejected_at_a_coarser_precision_too(wrong: str, precision: str) -> None:
    trace = numpy_adam("float32", every(precision_of(precision)), **WRONG[wrong])
    assert judge(trace).outcome == Ruling.REJECTED


def test_a_wrong_formula_within_a_wide_radius_is_not_excused_by_it() -> None:
    beta2 = 1 - 2.0**-7 * 1.01
    single = (lambda x: np.asarray(x, np.float32),) * 2
    trace = numpy_adam("float32", single, beta2=beta2)
    assert judge(trace, format=format_of("bfloat16")).outcome == Ruling.ENCLOSED
    assert judge(trace).outcome == Ruling.REJECTED


@pytest.mark.slow
def test_no_known_bug_of_the_formula_is_taken_for_a_coarse_textbook() -> None:
    format = format_of("float32")
    for bug in BUGS.values():
        if bug.definition is None or bug.definition.decays:
            continue
        subject = Subject(bug.target(), format)
        outcomes = {judge(subject.run(trajectory)).outcome for trajectory in probes(format).values()}
        assert Ruling.REJECTED in outcomes or Ruling.COARSE not in outcomes, bug.name


def test_a_precision_at_which_the_turned_trace_fits_as_well_says_nothing() -> None:
    trace = numpy_adam("float32", every(format_of("bfloat16")), start=64.0)
    far = Trace(trace.hyper, trace.gradients, format_of("bfloat16").rounded(np.asarray(trace.parameters)))
    assert judge(far).outcome == Ruling.REJECTED


def test_a_wrong_formula_is_rejected_where_float32_could_not_show_its_updates_at_all() -> None:
    trace = numpy_adam("float64", (np.asarray, np.asarray), beta2=0.5, start=2.0**20)
    assert judge(trace, format=format_of("float32")).outcome == Ruling.ENCLOSED
    assert judge(trace).outcome == Ruling.REJECTED


def test_only_a_run_of_coarse_numbers_is_held_in_the_coarser_format() -> None:
    single = (lambda x: np.asarray(x, np.float32),) * 2
    assert held_in(numpy_adam("float32", every(TF32)), TF32)
    assert not held_in(numpy_adam("float32", every(TF32)), format_of("bfloat16"))
    assert not held_in(numpy_adam("float32", single), TF32)
    powers = Trace(HYPER, np.ones((3, 1), np.float32), np.array([[0], [1], [2], [4]], np.float32))
    assert not held_in(powers, TF32)


def held(first: float, *rows: float, dtype: str = "float64", format: Format | None = None) -> bool:
    """Whether the parameters of a run of one coordinate show the coarser format, by default float32."""
    parameters = np.array([first, *rows], format_of(dtype).dtype)[:, None]
    return held_in(Trace(HYPER, np.ones_like(parameters[1:]), parameters), format or format_of("float32"))


def test_three_significands_that_are_no_power_of_two_show_a_format() -> None:
    assert not held(1.5, 1.0, 1.25, 1.5, 0.5, 2.5)
    assert held(1.5, 1.0, 1.25, 1.5, 1.75)


def test_updates_that_storing_rounds_away_show_no_format() -> None:
    steps = np.cumsum([3, 5, 7, 9, 11]) * 2.0**-52
    assert not held(1 + 2.0**-50, *(1 + 2.0**-50 + steps))


def test_a_run_that_leaves_the_numbers_shows_no_format_and_raises_nothing() -> None:
    assert not held(0.0, np.inf, np.inf, np.nan, -np.inf)


def test_the_command_names_the_precision_that_the_arrays_hold(capsys):
    rng = np.random.default_rng(0)
    gradients = rng.uniform(0.5, 2, (6, 3)).astype(np.float32)
    hyper = Hyperparameters(lr=0.25, beta1=0.5, beta2=0.75, eps=0.25)
    narrow = DefinitionTarget(precision="bfloat16").start(np.zeros(3, np.float32), hyper)
    rows = np.stack([np.zeros(3, np.float32), *(narrow.step(gradient) for gradient in gradients)])
    verdict = judge(Trace(hyper, gradients, rows))
    assert verdict.outcome == Ruling.COARSE
    print_judgements({"run": verdict}, Adam, ())
    assert "but the arrays hold bfloat16 precision" in capsys.readouterr().out
