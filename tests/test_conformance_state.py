"""Faults of state, arrays and manners are found where they are, and told so that they can be repeated."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from inline_snapshot import snapshot
from sampling import every

import adamcheck
from adamcheck.adam import Adam, AdamL2, AdamW, Hyperparameters
from adamcheck.checks.check import Outcome, Result
from adamcheck.checks.conformance import CHECKS, checks_for
from adamcheck.checks.conformance.decay import decay_of
from adamcheck.checks.subject import Subject
from adamcheck.examine.results import TargetReport
from adamcheck.judge import Judge, Ruling
from adamcheck.numbers.floats import format_of
from adamcheck.report.script import script
from adamcheck.targets.arrays import own
from adamcheck.targets.base import Capabilities, NotOffered, Run, Target, TensorsRun
from adamcheck.targets.find import load_target
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.targets.start import Start
from adamcheck.variants import DEFINITIONS
from adamcheck.variants.dialects import EpsilonHat, Maximize, NoBiasCorrection
from adamcheck.variants.operations import of_modulus
from adamcheck.variants.standard import decayed
from adamcheck.zoo.bugs import BUGS


def result_of(name: str, target: Target, *, dtype: str = "float64", examples: int = 20) -> Result:
    check = next(check for check in CHECKS.values() if check.name == name)
    return check.run(target, dtype, examples=examples, seed=0)


def printed(target: Target, result: Result, monkeypatch: Any, capsys: Any) -> str:
    """What the script of a counterexample prints when it is run on the same target."""
    monkeypatch.setattr(adamcheck, "load_target", lambda *_: target)
    source = script(TargetReport(target.name, {}, "", "", ()), pickle.loads(pickle.dumps(result)))
    exec(compile(source, "script", "exec"), {})
    return str(capsys.readouterr().out)


class Tensors(DefinitionTarget):
    """The reference with tensors; `wrong` is what it does wrong with them."""

    def __init__(self, wrong: str = "") -> None:
        super().__init__()
        self.wrong = wrong
        self.capabilities = Capabilities(tensors=True, missing_gradients=True, moments=True)

    def begin(self, start: Start) -> Run | TensorsRun:
        if not start.together:
            return super().begin(start)
        runs = [self.start(each, start.hyper) for each in start.tensors]
        return _Together(runs, start.tensors, self.wrong)


class _Together(TensorsRun):
    def __init__(self, runs: list[Run], parameters: Sequence[np.ndarray], wrong: str) -> None:
        self.runs, self.now, self.wrong = runs, list(parameters), wrong

    def step(self, gradients: Sequence[np.ndarray | None]) -> Sequence[np.ndarray]:
        for index, (run, gradient) in enumerate(zip(self.runs, gradients, strict=True)):
            if gradient is None and self.wrong == "counts":
                gradient = np.zeros_like(self.now[index])
            if gradient is not None and not (self.wrong == "first" and index):
                self.now[index] = run.step(gradient)
        return list(self.now)


class TestTensors:
    BOTH = ("tensors-are-independent", "tensors-without-a-gradient-are-left-alone")

    @pytest.mark.parametrize("check", BOTH)
    def test_independent_tensors_are_kept(self, check: str) -> None:
        assert result_of(check, Tensors()).outcome == Outcome.KEPT

    def test_a_tensor_that_is_left_out_is_found(self) -> None:
        assert [result_of(check, Tensors("first")).outcome for check in self.BOTH] == [
            Outcome.BROKEN,
            Outcome.BROKEN,
        ]

    def test_a_missing_gradient_taken_for_zero_is_found(self) -> None:
        assert [result_of(check, Tensors("counts")).outcome for check in self.BOTH] == [
            Outcome.KEPT,
            Outcome.BROKEN,
        ]

    def test_the_script_of_a_changed_tensor_repeats_it(self, monkeypatch: Any, capsys: Any) -> None:
        target = Tensors("counts")
        result = result_of(self.BOTH[1], target)
        assert "changed a tensor without a gradient" in result.message or "the update is" in result.message
        lines = printed(target, result, monkeypatch, capsys).splitlines()
        assert len(lines) == sum(call.name.startswith("step") for call in result.calls)


class Counting(DefinitionTarget):
    """Counts the steps modulo 2048, or in half the rate that it is told to change to."""

    def __init__(self, wrong: str) -> None:
        super().__init__()
        self.wrong = wrong

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        run = super().start(parameters, hyper)
        count, change = run.count, run.change_lr
        if self.wrong == "counter":
            run.count = lambda steps: count(steps % 2048)  # type: ignore[method-assign]
        else:
            run.change_lr = lambda lr: change(lr / 2)  # type: ignore[method-assign]
        return run


@pytest.mark.parametrize(
    ("check", "wrong", "call"),
    [("step-counts-have-no-end", "counter", "count"), ("a-learning-rate-can-change", "lr", "change lr")],
)
def test_a_wrong_count_or_learning_rate_is_found_and_can_be_repeated(
    check: str, wrong: str, call: str, monkeypatch: Any, capsys: Any
) -> None:
    target = Counting(wrong)
    result = result_of(check, target)
    assert result.outcome == Outcome.BROKEN
    assert call in {c.name for c in result.calls}
    assert printed(target, result, monkeypatch, capsys)


@pytest.mark.slow
class TestOperations:
    NAME = "operations-come-in-any-order"

    @pytest.mark.parametrize("bug", ["lr-fixed-by-load", "load-takes-zero-for-missing"])
    def test_a_fault_of_one_order_is_found_and_nowhere_else(self, bug: str) -> None:
        checks = [check for check in CHECKS.values() if check.section in ("formula", "state")]
        found = [
            check.name
            for check in checks
            if result_of(check.name, BUGS[bug].target()).outcome == Outcome.BROKEN
        ]
        assert set(found) <= {self.NAME, "updates-are-enclosed-in-lives-of-every-kind"}
        assert self.NAME in found

    def test_the_shortest_order_is_shown_and_can_be_repeated(self, monkeypatch: Any, capsys: Any) -> None:
        target = BUGS["lr-fixed-by-load"].target()
        result = result_of(self.NAME, target)
        told = [call.name for call in result.calls if call.run]
        assert told == ["start", "step", "save", "start", "load", "change lr", "step"]
        assert result.message == snapshot(
            "in this order, step 2: the update is -0.8, expected -1.6 +- 1.3e-14: off by 6.21e+13 radii"
        )
        lines = printed(target, result, monkeypatch, capsys).splitlines()
        assert len(lines) == [call.name for call in result.calls].count("step")

    def test_a_run_that_starts_anew_is_told_so(self) -> None:
        result = result_of(self.NAME, BUGS["load-does-nothing"].target())
        assert result.outcome == Outcome.BROKEN
        assert result.message == snapshot(
            "in this order, losing its state where it is resumed, step 3: the update is -0.7999999999999998, expected -0.6522238407983744 +- 5.3e-15: off by 2.81e+13 radii"
        )

    def test_what_is_not_offered_is_left_out(self) -> None:
        target = DefinitionTarget()
        target.capabilities = Capabilities(instances=False, moments=True)
        result = result_of(self.NAME, target)
        assert (result.outcome, result.not_judged) == (Outcome.KEPT, 0)
        target.capabilities = Capabilities(instances=False)
        assert result_of(self.NAME, target).outcome == Outcome.NOT_APPLICABLE


class TestModes:
    BOTH = ("maximizing-is-minimizing-the-negative", "complex-parameters-are-pairs-of-real-ones")

    @pytest.mark.parametrize(
        ("bug", "check", "start"),
        [
            ("maximize-negated-twice", BOTH[0], "adam.start_maximizing("),
            ("complex-gradient-squared", BOTH[1], "adam.start_complex("),
        ],
    )
    def test_the_script_of_a_fault_starts_in_its_mode(
        self, bug: str, check: str, start: str, monkeypatch: Any, capsys: Any
    ) -> None:
        target = BUGS[bug].target()
        result = result_of(check, target)
        assert result.outcome == Outcome.BROKEN
        assert start in script(TargetReport(bug, {}, "", "", ()), result)
        lines = printed(target, result, monkeypatch, capsys).splitlines()
        assert len(lines) == [call.name for call in result.calls].count("step")

    def test_the_modulus_of_a_complex_gradient_in_both_parts_is_no_fault_but_noted(self) -> None:
        class OfModulus(DefinitionTarget):
            def begin(self, start: Start) -> Run | TensorsRun:
                both = of_modulus(Adam)
                assert both is not None
                return DefinitionTarget(both if start.complex else Adam).begin(start)

        result = result_of(self.BOTH[1], OfModulus())
        assert result.outcome == Outcome.KEPT
        assert result.notes == snapshot(("v averages |g|^2 of complex gradients, for both parts",))

    def test_what_has_no_modes_is_not_judged_by_them(self) -> None:
        class Plain(DefinitionTarget):
            def __init__(self) -> None:
                super().__init__()
                self.capabilities = Capabilities()

        assert {result_of(check, Plain()).outcome for check in self.BOTH} == {Outcome.NOT_APPLICABLE}


class TestPurity:
    def test_the_script_of_an_overwritten_start_shows_it(self, monkeypatch: Any, capsys: Any) -> None:
        target = BUGS["start-overwritten"].target()
        result = result_of("the-first-parameters-are-left-alone", target)
        assert result.message == snapshot(
            "step 1 changed the parameters given at the start to [0.19999999999999996] (if this is intended, set `in_place = True`)"
        )
        last = printed(target, result, monkeypatch, capsys).splitlines()[-1]
        assert f"to {last.removeprefix('start ')} (" in result.message

    def test_the_script_of_an_overwritten_result_shows_it(self, monkeypatch: Any, capsys: Any) -> None:
        target = BUGS["result-overwritten"].target()
        result = result_of("what-a-step-returned-stays-as-it-was", target)
        assert result.message == snapshot(
            "the parameters returned by step 1 were [-0.8], after step 2 they are [-1.6] (if this is intended, set `in_place = True`)"
        )
        *then, kept = printed(target, result, monkeypatch, capsys).splitlines()
        assert then[-1].partition("[")[2] in kept

    def test_what_is_in_place_by_design_is_no_fault(self) -> None:
        target = load_target(f"{__file__.rpartition('/')[0]}/examples/correct.py:Class")
        for check in ("the-first-parameters-are-left-alone", "what-a-step-returned-stays-as-it-was"):
            assert result_of(check, target).outcome == Outcome.KEPT


class TestLayouts:
    @pytest.mark.parametrize(
        ("bug", "check", "expression"),
        [
            ("memory-order-for-index-order", "updates-are-enclosed-in-column-major-arrays", "asfortranarray"),
            ("strided-not-updated", "updates-are-enclosed-in-parts-of-arrays", "::2]"),
        ],
    )
    def test_a_fault_of_one_layout_is_found_there(self, bug: str, check: str, expression: str) -> None:
        result = result_of(check, BUGS[bug].target())
        assert result.outcome == Outcome.BROKEN
        assert expression in script(TargetReport(bug, {}, "", "", ()), result)
        plain = "updates-are-enclosed-with-dyadic-hyperparameters"
        assert result_of(plain, BUGS[bug].target()).outcome == Outcome.KEPT

    @pytest.mark.parametrize(
        "array",
        [np.ones((4, 3)), np.ones((4, 3), order="F"), np.ones((4, 6))[:, ::2], np.ones(4)[::-1], np.ones(())],
    )
    def test_an_array_of_its_own_has_the_same_numbers_in_the_same_layout(self, array: np.ndarray) -> None:
        copy = own(array)
        assert np.array_equal(copy, array)
        assert not np.shares_memory(copy, array)
        assert all(stride < 0 for stride in array.strides if array.size) or copy.strides == array.strides


class TestRefusals:
    """What an implementation may refuse by documented limits is not held against it."""

    @pytest.mark.parametrize(
        ("check", "refused"),
        [
            ("updates-are-enclosed-in-arrays-without-axes", lambda p, g: p.ndim == 0),
            ("arrays-without-elements-are-stepped", lambda p, g: p.size == 0),
            ("a-gradient-that-is-no-number-stays-in-its-coordinate", lambda p, g: not np.isfinite(g).all()),
        ],
    )
    def test_a_refusal_is_not_applicable(self, check: str, refused: Any) -> None:
        class Refusing(DefinitionTarget):
            def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
                run = super().start(parameters, hyper)
                step = run.step

                def careful(gradient: np.ndarray) -> Any:
                    if refused(parameters, gradient):
                        raise ValueError("not supported")
                    return step(gradient)

                run.step = careful  # type: ignore[method-assign]
                return run

        result = result_of(check, Refusing())
        assert result.outcome == Outcome.NOT_APPLICABLE
        assert "not supported" in result.message


@pytest.mark.slow
def test_a_wrong_formula_is_told_once_and_not_again_for_every_kind_of_array() -> None:
    target = DefinitionTarget(DEFINITIONS["eps-hat"])
    outcomes = {
        check.name: check.run(target, "float64", examples=10, seed=0).outcome for check in CHECKS.values()
    }
    broken = {name for name, outcome in outcomes.items() if outcome == Outcome.BROKEN}
    assert broken
    assert not [name for name in broken if "array" in name or "no-number" in name]
    assert outcomes["step-counts-have-no-end"] in (Outcome.UNJUDGED, Outcome.KEPT)


@pytest.mark.slow
class TestDecay:
    @pytest.mark.parametrize("kind", [AdamW, AdamL2])
    @pytest.mark.parametrize(
        "base", every(3, [Adam, EpsilonHat, Maximize, NoBiasCorrection, DEFINITIONS["amsgrad"]])
    )
    def test_the_decay_of_a_dialect_is_recognised(self, base: type[Adam], kind: type[Adam]) -> None:
        target = DefinitionTarget(decayed(base, kind))
        (found,) = decay_of(Subject(target, format_of("float64"))) or ()
        assert issubclass(found, kind)
        assert issubclass(found, base)
        result = result_of("weight-decay-is-coupled-or-decoupled", target)
        assert (result.outcome, result.notes) == (Outcome.KEPT, (found.title,))

    @pytest.mark.parametrize("kind", [AdamW, AdamL2])
    @pytest.mark.parametrize("base", every(3, ["adamax", "adabelief", "amsgrad-corrected-first"]))
    def test_decay_is_kept_in_a_dtype_that_cannot_tell_what_it_is_added_to(
        self, base: str, kind: type[Adam]
    ) -> None:
        target = DefinitionTarget(decayed(DEFINITIONS[base], kind))
        for dtype in ("bfloat16", "float16"):
            result = result_of("weight-decay-is-coupled-or-decoupled", target, dtype=dtype)
            assert result.outcome == Outcome.KEPT

    def test_decay_of_no_known_kind_is_broken_in_a_dialect_too(self) -> None:
        class Doubled(AdamW, EpsilonHat):
            def decay(self, parameters: Any, update: Any) -> Any:
                return super().decay(2 * parameters, update)

        assert (
            result_of("weight-decay-is-coupled-or-decoupled", DefinitionTarget(Doubled)).outcome
            == Outcome.BROKEN
        )

    def test_the_decay_of_an_unknown_formula_is_not_judged(self) -> None:
        class Tripled(AdamW):
            def numerator(self, m_hat: Any, g: Any, t: Any) -> Any:
                return 3 * m_hat

        result = result_of("weight-decay-is-coupled-or-decoupled", DefinitionTarget(Tripled))
        assert result.outcome == Outcome.UNJUDGED

    def test_the_kind_of_decay_that_is_due_can_be_said(self) -> None:
        check = next(c for c in checks_for(AdamW) if c.name == "weight-decay-is-coupled-or-decoupled")
        outcomes = [
            check.run(DefinitionTarget(k), "float64", examples=5, seed=0).outcome for k in (AdamW, AdamL2)
        ]
        assert outcomes == [Outcome.KEPT, Outcome.BROKEN]


def test_a_check_that_is_too_dear_does_not_run() -> None:
    result = result_of("updates-are-enclosed-in-long-runs", DefinitionTarget(), examples=9)
    assert (result.outcome, result.examples) == (Outcome.NOT_RUN, 0)
    assert result.message == snapshot("takes as long as 10 examples of other checks: see --profile")
    assert result_of("updates-are-enclosed-in-long-runs", DefinitionTarget(), examples=10).examples == 1


class TestJudge:
    GRADIENT = np.array([1.0, -0.5])
    HYPER = Hyperparameters(lr=0.5, beta1=0.5, beta2=0.75, eps=0.25)

    def outcome(self, run: Run, judge: Judge) -> str:
        for _ in range(3):
            judge.step(self.GRADIENT, run.step(self.GRADIENT))
        return judge.judgement().outcome

    def test_the_judge_counts_the_steps_before(self) -> None:
        for before, due in ((5, Ruling.ENCLOSED), (4, Ruling.REJECTED)):
            run = DefinitionTarget().start(np.zeros(2), self.HYPER)
            run.count(5)
            assert self.outcome(run, Judge(self.HYPER, np.zeros(2), steps_before=before)) == due

    def test_the_judge_takes_changed_hyperparameters(self) -> None:
        for lr, due in ((0.25, Ruling.ENCLOSED), (0.125, Ruling.REJECTED)):
            run, judge = DefinitionTarget().start(np.zeros(2), self.HYPER), Judge(self.HYPER, np.zeros(2))
            judge.step(self.GRADIENT, run.step(self.GRADIENT))
            run.change_lr(0.25)
            judge.change(self.HYPER.replace(lr=lr))
            assert self.outcome(run, judge) == due


def test_what_a_run_does_not_offer_it_says() -> None:
    class Bare(Run):
        def step(self, gradient: np.ndarray) -> Any:
            return gradient

    for call in (lambda r: r.count(1), lambda r: r.change_lr(1.0), lambda r: r.save(), lambda r: r.moments()):
        with pytest.raises(NotOffered):
            call(Bare())
    with pytest.raises(NotOffered, match="tensors"):
        DefinitionTarget().begin(Start([], Hyperparameters()))
