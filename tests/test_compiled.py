"""Compiled programs give the updates and radii of enclosures in quads, for every definition."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sampling import every

from adamcheck.adam import Adam, AdamW, Hyperparameters, State
from adamcheck.compiled.available import evaluation, rounding_of
from adamcheck.judge import Judge, engines
from adamcheck.numbers.enclosure import allowances
from adamcheck.numbers.floats import format_of
from adamcheck.updates import Enclosing, prediction
from adamcheck.variants import DEFINITIONS
from adamcheck.zoo.bugs.registry import BUGS

pytest.importorskip("numba")

from adamcheck.compiled.evaluation import STEPS, Evaluation
from adamcheck.compiled.program import program

DECIMAL = Hyperparameters(weight_decay=0.01)
DYADIC = Hyperparameters(lr=2.0**-3, beta1=0.875, beta2=1 - 2.0**-10, eps=2.0**-20, weight_decay=2.0**-4)
CORNERS = Hyperparameters(lr=-3.0, beta1=0.0, beta2=0.5, eps=1e-3, weight_decay=0.1)

FORMULAS = dict(DEFINITIONS.items()) | {
    f"bug {name}": bug.definition for name, bug in BUGS.items() if bug.definition is not None
}

UNDERFLOWN = 1e-280
"""Radii below this come from underflow alone, which double-doubles have more of than quads."""


def gradients(dtype: str, steps: int = 5, coordinates: int = 8) -> Any:
    rng = np.random.default_rng(0)
    sizes = 10.0 ** rng.integers(-5, 3, coordinates)
    g = rng.standard_normal((steps, coordinates)) * sizes
    g[1:3, 3] = 0.0
    g[:, 5] = 0.0
    g[0, 6] = 1e-6
    return g.astype(format_of(dtype).dtype)


def evaluated(made: Evaluation, g: Any, theta: Any, errors: Any = None) -> tuple[Any, Any]:
    """The updates and radii of a program, shapes (T, n) and (T, allowances, n)."""
    n = g.shape[1]
    values, radii = [], []

    def take(_: int, where: slice, high: Any, low: Any, radius: Any, after: Any) -> None:
        values.append(high[:n] + low[:n])
        radii.append(radius[:, :n].copy())

    made.advance(g.astype(np.float64), theta.astype(np.float64), errors, take)
    return np.array(values), np.array(radii)


def in_quads(
    definition: type[Adam], hyper: Hyperparameters, modes: Any, g: Any, theta: Any
) -> tuple[Any, Any]:
    number_system = Enclosing.under(modes)
    adam = definition(number_system.hyper(hyper))
    state: State = adam.start(number_system.parameters(theta[0]))
    values, radii = [], []
    for gradient, parameters in zip(g, theta, strict=True):
        state, update = adam.update(
            state, number_system.parameters(parameters), number_system.gradient(gradient)
        )
        values.append(update.value.astype(np.float64))
        radii.append(np.broadcast_to(update.radius, (len(modes), g.shape[1])))
    return np.array(values), np.array(radii)


def same(one: Any, other: Any) -> Any:
    """Where two radii are equal to 1 %, or both infinite, or both those of underflow."""
    with np.errstate(all="ignore"):
        unknown = ~np.isfinite(one) & ~np.isfinite(other)
        return unknown | ((one < UNDERFLOWN) & (other < UNDERFLOWN)) | (abs(one - other) <= 0.01 * other)


@pytest.mark.parametrize("name", ["adam", "adamw", "amsgrad", "radam", "adabelief"])
def test_a_program_has_the_updates_and_radii_of_quads(name: str) -> None:
    _compare_with_quads(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", every(8, FORMULAS))
def test_every_program_has_the_updates_and_radii_of_quads(name: str) -> None:
    _compare_with_quads(name)


def _compare_with_quads(name: str) -> None:
    definition, tried = FORMULAS[name], 0
    for dtype in ("float64", "float32", "float16", "bfloat16"):
        for flushes in (False, True):
            modes = allowances(format_of(dtype).flushing(flushes))
            for hyper in (DECIMAL, DYADIC, CORNERS):
                g = gradients(dtype)
                theta = np.linspace(-2.0, 2.0, g.size).reshape(g.shape).astype(g.dtype)
                made = evaluation(definition, hyper, modes, g.shape[1])
                if made is None:
                    continue
                tried += 1
                values, radii = evaluated(made, g, theta)
                exact, due = in_quads(definition, hyper, modes, g, theta)
                # The range of 1 - beta is not known before the run where beta is not a hyperparameter.
                alike = same(radii, due) | np.isinf(radii)
                assert alike.all(), (dtype, flushes, hyper, np.argwhere(~alike)[:3])
                judged = np.isfinite(radii[:, 0]) & np.isfinite(due[:, 0])
                assert (abs(values[judged] - exact[judged]) <= 1e-3 * due[:, 0][judged] + UNDERFLOWN).all()
    if not tried:
        pytest.skip("instructions cannot express it")


def test_most_definitions_become_programs() -> None:
    left = {name for name, each in FORMULAS.items() if program(each, (1, 2, 2, 2, 2), True, False) is None}  # type: ignore[arg-type]
    assert not {name for name in left if not name.startswith("bug")} - {
        "adamw-inverse-root-lr",
        "eps-hat-clipped",
        "inverse-root-lr",
        "nadam",
        "nadam-fast-schedule",
    }
    assert len(left) < len(FORMULAS) / 3


@pytest.mark.parametrize("steps", [1, 2, STEPS, STEPS + 1, 3 * STEPS + 5])
def test_a_program_continues_where_a_call_has_ended(steps: int) -> None:
    modes = allowances("float64")
    g = np.random.default_rng(1).standard_normal((steps + 7, 3))
    theta = np.zeros_like(g)
    once, twice = (evaluation(Adam, DECIMAL, modes, 3) for _ in range(2))
    assert once is not None
    assert twice is not None
    values, radii = evaluated(once, g, theta)
    parts = [evaluated(twice, g[part], theta[part]) for part in (slice(0, steps), slice(steps, None))]
    assert (np.concatenate([part[0] for part in parts]) == values).all()
    assert (np.concatenate([part[1] for part in parts]) == radii).all()


def test_blocks_of_coordinates_do_not_mix() -> None:
    modes = allowances("float32")
    g = np.random.default_rng(2).standard_normal((3, 2500)).astype(np.float32)
    made, alone = evaluation(Adam, DECIMAL, modes, 2500), evaluation(Adam, DECIMAL, modes, 1)
    assert made is not None
    assert alone is not None
    found = np.empty((3, 2500))

    def take(t: int, where: slice, high: Any, *_: Any) -> None:
        found[t, where] = high[: where.stop - where.start]

    made.advance(g.astype(np.float64), np.zeros((3, 2500)), None, take)
    for i in (0, 1023, 1024, 2499):
        values, _ = evaluated(alone, g[:, i : i + 1], np.zeros((3, 1)))
        assert (values[:, 0] == found[:, i]).all()
        alone = evaluation(Adam, DECIMAL, modes, 1)
        assert alone is not None


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("definition", [Adam, AdamW])
def test_both_engines_judge_alike(
    dtype: str, definition: type[Adam], monkeypatch: pytest.MonkeyPatch
) -> None:
    g = gradients(dtype, steps=20)
    theta = [np.linspace(-1.0, 1.0, 8).astype(g.dtype)]
    state = (adam := definition(DECIMAL)).start(theta[0])
    for t, gradient in enumerate(g):
        with np.errstate(all="ignore"):  # 0/0 in float16
            state, after = adam.step(state, theta[-1], gradient)
        theta.append((after * (1 + 0.5 * (t > 15))).astype(g.dtype))  # wrong from step 17 on

    def judged() -> Any:
        judge = Judge(DECIMAL, theta[0], definition)
        for gradient, after in zip(g, theta[1:], strict=True):
            judge.step(gradient, after)
        return judge.judgement()

    compiled = judged()
    monkeypatch.setattr(engines, "evaluation", lambda *_, **__: None)
    quads = judged()
    assert compiled.outcome == quads.outcome
    for one, other in zip(compiled.grades, quads.grades, strict=True):
        assert (one.judged, one.outside, one.not_judged) == (other.judged, other.outside, other.not_judged)
        assert one.worst == pytest.approx(other.worst, rel=0.01)
    assert (compiled.offence is None) == (quads.offence is None)
    if compiled.offence and quads.offence:
        assert compiled.offence.step == quads.offence.step == 17
        assert compiled.offence.coordinate == quads.offence.coordinate


def test_gradients_of_another_format_are_known_up_to_their_rounding() -> None:
    g = gradients("float64")
    format = format_of("float32")
    modes = allowances(format)
    theta = np.zeros_like(g)
    made = evaluation(Adam, DECIMAL, modes, g.shape[1])
    assert made is not None
    _, radii = evaluated(made, g, theta, rounding_of(g, format))
    _, due = in_quads(Adam, DECIMAL, modes, g, theta)
    assert same(radii, due).all()


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
def test_a_prediction_is_that_of_quads(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    g = gradients(dtype)
    start, format = np.linspace(-3.0, 3.0, 8).astype(g.dtype), format_of(dtype)
    compiled = prediction(AdamW, DECIMAL, start, g, format)
    monkeypatch.setattr("adamcheck.updates.evaluation", lambda *_, **__: None)
    quads = prediction(AdamW, DECIMAL, start, g, format)
    assert same(compiled.radius, quads.radius).all()
    assert same(compiled.stored, quads.stored).all()
    known = np.isfinite(quads.radius)
    distance = abs((compiled.value - quads.value).astype(np.float64))
    assert (distance[known] <= 1e-3 * quads.radius[known] + UNDERFLOWN).all()


class _Lagging(Adam):
    """The update has what the parameters were before the last step, which the state keeps as they are."""

    def start(self, parameters: Any) -> State:
        state = super().start(parameters)
        return replace(state, memory=state.m)

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        after, update = super().update(state, parameters, gradient)
        return replace(after, memory=parameters), update + self.hyper.lr * state.memory


def test_what_a_state_keeps_as_it_is_read_is_read() -> None:
    g = gradients("float64")
    theta = np.linspace(-2.0, 2.0, g.size).reshape(g.shape)
    modes = allowances("float64")
    made = evaluation(_Lagging, DECIMAL, modes, g.shape[1])
    assert made is not None
    values, radii = evaluated(made, g, theta)
    exact, due = in_quads(_Lagging, DECIMAL, modes, g, theta)
    assert same(radii, due).all()
    assert (abs(values - exact) <= 1e-3 * due[:, 0] + UNDERFLOWN).all()
