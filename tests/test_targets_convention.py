"""A user's own Adam with other names for its hyperparameters, or with lists of tensors."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from command_line import EXAMPLES, QUICK, adamcheck
from example_targets import DYADIC
from inline_snapshot import snapshot
from test_targets_python import HYPER, trajectory

import adamcheck as ac
from adamcheck.adam import AdamW
from adamcheck.checks.subject import Subject
from adamcheck.judge import Ruling, judge
from adamcheck.targets.base import TargetCrash, TargetError
from adamcheck.targets.find import load_target

NAMES = {"learning_rate": "lr", "betas": ("beta1", "beta2"), "epsilon": "eps", "decay": "weight_decay"}
RENAMED, LISTED = f"{EXAMPLES}/correct.py:renamed", f"{EXAMPLES}/correct.py:Listed"


def subject(thing, **keywords) -> Subject:
    return Subject(load_target(thing, **keywords), ac.format_of("float64"))


class TestNames:
    def test_every_hyperparameter_reaches_its_name(self):
        seen = []

        def make(parameters, **keywords):
            seen.append(keywords)
            return lambda gradient: parameters

        hyper = HYPER.replace(weight_decay=0.5)
        load_target(make, hyper_names=NAMES).start(np.zeros(1), hyper)
        expected = {"learning_rate": 0.5, "betas": (0.5, 0.75), "epsilon": 0.25, "decay": 0.5}
        assert seen[-1] == expected
        load_target(make, hyper_names={"b1": "beta1"}).start(np.zeros(1), HYPER)
        assert seen[-1] == {"lr": 0.5, "b1": 0.5, "beta2": 0.75, "eps": 0.25}

    def test_a_renamed_adam_is_enclosed_and_its_decay_too(self):
        assert judge(subject(RENAMED, hyper_names=NAMES).run(trajectory())).outcome == Ruling.ENCLOSED
        decaying = trajectory(weight_decay=0.5)
        assert judge(subject(RENAMED, hyper_names=NAMES).run(decaying), AdamW).outcome == Ruling.ENCLOSED

    def test_a_swapped_name_is_found_out(self):
        swapped = {**NAMES, "betas": ("beta2", "beta1")}
        assert judge(subject(RENAMED, hyper_names=swapped).run(trajectory())).outcome != Ruling.ENCLOSED

    @pytest.mark.parametrize(
        ("names", "said"),
        [
            ({"b1": "beta3"}, r"no hyperparameter 'beta3' \(did you mean beta[12]\?\)"),
            ({"b1": "momentum"}, r"no hyperparameter 'momentum' \(expected one of lr, beta1, beta2, eps,"),
            ({"b1": "beta1"}, "takes no b1, no lr, no beta2, no eps"),
            ({}, r"other names for them: --map b1=beta1"),
        ],
    )
    def test_a_name_that_does_not_exist(self, names, said):
        def make(parameters, *, rates):
            raise AssertionError("not called")

        with pytest.raises(TargetError, match=said):
            load_target(make, hyper_names=names)

    def test_what_is_known_needs_no_names(self):
        with pytest.raises(TargetError, match="reference takes no options"):
            load_target("reference", hyper_names={"b1": "beta1"})

    def test_the_python_door(self):
        report = ac.check(RENAMED, hyper_names=NAMES, dtypes=("float64",), profile="quick", only=[DYADIC])
        assert report
        assert report.options == {"hyper_names": NAMES}

    def test_the_command_line_and_another_interpreter(self):
        names = ("--map", "learning_rate=lr", "--map", "betas=beta1,beta2", "--map", "epsilon=eps")
        told = adamcheck("verify", "correct.py:renamed", *names, *QUICK, "--python", sys.executable, status=0)
        assert "conforms in float64: textbook Adam" in told.out

    def test_half_a_map_on_the_command_line_is_refused(self):
        told = adamcheck("verify", "correct.py:renamed", "--map", "beta1", status=2)
        assert told.error == snapshot(
            "Error: --map 'beta1': expected NAME=OURS, for example --map b1=beta1 or --map betas=beta1,beta2"
        )


@pytest.mark.slow
class TestLists:
    @pytest.mark.parametrize("shape", [(), (0,), (1,), (2,), (7,), (3, 5)])
    def test_tensors_of_any_shape_are_put_together_again(self, shape):
        lists = subject(LISTED, as_list=True).run(trajectory().filling(shape))
        single = subject(f"{EXAMPLES}/correct.py:Class").run(trajectory().filling(shape))
        assert np.array_equal(np.asarray(lists.parameters), np.asarray(single.parameters))

    def test_the_tensors_differ_in_size(self):
        seen = []

        def make(tensors, *, lr, beta1, beta2, eps):
            seen.extend(tensor.shape for tensor in tensors)
            return lambda gradients: tensors

        load_target(make, as_list=True).start(np.zeros(7), HYPER)
        assert seen[-2:] == [(2,), (5,)]

    def test_moments_and_checkpoints_are_lists_too(self):
        only = (
            "moments-are-readable",
            "a-resumed-run-continues-bitwise",
            "arguments-are-left-alone",
            "tensors-are-independent",
        )
        report = ac.check(LISTED, as_list=True, dtypes=("float64",), profile="quick", only=only)
        assert report
        assert {result.outcome for result in report.dtypes[0].results} == {"kept"}

    def test_a_changed_gradient_is_seen_in_a_list(self):
        def make(tensors, **hyper):
            def step(gradients):
                gradients[0] *= 2
                return tensors

            return step

        given = np.ones(3)
        subject(make, as_list=True).start(np.zeros(3), HYPER).step_on(given)
        assert np.array_equal(given, [2, 1, 1])

    @pytest.mark.parametrize(
        ("answer", "said"),
        [
            (lambda tensors: tensors[:1], "a step returned 1 arrays, expected a list of 2 arrays"),
            (lambda tensors: tensors[0], "a step returned ndarray, expected a list of 2 arrays"),
            (lambda tensors: tensors[::-1], r"a step returned shape \(2,\), expected \(1,\)"),
            (lambda tensors: None, "a step returned None"),
        ],
    )
    def test_an_answer_that_is_no_such_list(self, answer, said):
        def make(tensors, **hyper):
            return lambda gradients: answer(tensors)

        with pytest.raises(TargetCrash, match=said):
            subject(make, as_list=True).start(np.zeros(3), HYPER).step(np.ones(3))

    def test_what_takes_no_list_is_told_that_it_got_one(self):
        told = adamcheck("verify", "correct.py:function", "--list", *QUICK, status=3).out
        assert "[--list (as_list=True) passes lists of arrays] (correct.py, line" in told
        with pytest.raises(TargetCrash) as crash:
            subject(f"{EXAMPLES}/correct.py:function").start(np.zeros(3), HYPER).step(None)
        assert "--list" not in str(crash.value)

    def test_the_command_line_and_the_printed_script(self):
        told = adamcheck("verify", "correct.py:Listed", "--list", *QUICK, status=0)
        assert "correct.py:Listed (as_list=True): conforms in float64: " in told.out
