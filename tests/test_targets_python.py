"""A user's own Adam: what of it is used, and what is said where it does not behave."""

from __future__ import annotations

import numpy as np
import pytest
from example_targets import example, subject

from adamcheck.adam import Adam, AdamW, Hyperparameters
from adamcheck.checks.check import Outcome
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.claims.catalogue import checks
from adamcheck.claims.claim import discover
from adamcheck.judge import Ruling, judge
from adamcheck.numbers.floats import format_of
from adamcheck.targets.base import NotOffered, TargetCrash, TargetHung
from adamcheck.targets.find import load_target

HYPER = Hyperparameters(lr=0.5, beta1=0.5, beta2=0.75, eps=0.25)
GRADIENTS = np.array([[1.0, -0.5], [0.25, 2.0], [-1.5, 1.0], [0.5, 0.5], [4.0, -1.0], [1.0, 0.0]])


def trajectory(dtype: str = "float64", **hyper: float) -> Trajectory:
    return Trajectory(HYPER.replace(**hyper), np.zeros(2, dtype), GRADIENTS.astype(dtype))


def crash(name: str) -> str:
    with pytest.raises(TargetCrash) as error:
        subject(name).run(trajectory())
    return str(error.value)


class VectorsOnly:
    """Adam without arrays: a list of numbers."""

    vectors_only = True

    def __init__(self, parameters, *, lr, beta1, beta2, eps):
        self.adam = [Adam(Hyperparameters(lr, beta1, beta2, eps)) for _ in parameters]
        self.parameters = [float(x) for x in parameters]
        self.states = [adam.start(x) for adam, x in zip(self.adam, self.parameters, strict=True)]

    def step(self, gradient):
        for i, (adam, g) in enumerate(zip(self.adam, gradient, strict=True)):
            self.states[i], self.parameters[i] = adam.step(self.states[i], self.parameters[i], float(g))
        return self.parameters


def test_what_takes_vectors_alone_is_not_asked_for_more():
    target = load_target(VectorsOnly)
    outcomes = {
        name: check.run(target, "float64", examples=10, seed=0).outcome
        for name, check in {check.name: check for check in checks(discover())}.items()
        if "matrices" in check.needs or name == "updates-are-enclosed-in-arrays-of-any-shape"
    }
    assert outcomes.pop("updates-are-enclosed-in-arrays-of-any-shape") == Outcome.KEPT
    assert len(outcomes) == 3
    assert set(outcomes.values()) == {Outcome.NOT_APPLICABLE}


class PairsOnly(VectorsOnly):
    parameter_counts = (2, 2)


def test_what_takes_two_parameters_alone_is_drawn_no_others():
    target = load_target(PairsOnly)
    found = {check.name: check for check in checks(discover())}
    drawn = found["updates-are-enclosed-with-dyadic-hyperparameters"]
    alone = found["updates-are-enclosed-in-arrays-without-axes"]
    kept = drawn.run(target, "float64", examples=10, seed=0)
    assert (kept.outcome, kept.examples) == (Outcome.KEPT, 10)
    assert alone.run(target, "float64", examples=10, seed=0).message == "takes 2 parameters only"


class TestWaysToWriteIt:
    @pytest.mark.parametrize("name", ["function", "Class", "lists", "refusing_zeros", "alias"])
    def test_functions_classes_and_lists_are_all_enclosed(self, name):
        assert judge(subject(f"correct:{name}").run(trajectory())).outcome == Ruling.ENCLOSED

    def test_an_answer_is_copied_before_the_target_changes_it(self):
        run = subject("correct:alias").start(np.zeros(2), HYPER)
        first = run.step(GRADIENTS[0])
        kept = first.copy()
        run.step(GRADIENTS[1])
        assert np.array_equal(first, kept)

    def test_the_caller_s_parameters_and_gradients_are_not_what_the_target_gets(self):
        parameters, gradient = np.ones(2), np.ones(2)
        subject("correct:Class").start(parameters, HYPER).step(gradient)
        subject("broken:ScalesItsGradient").start(parameters, HYPER).step(gradient)
        assert np.array_equal(parameters, [1, 1])
        assert np.array_equal(gradient, [1, 1])

    def test_an_object_that_can_be_called_and_has_a_step_is_stepped(self):
        class Both:
            def __init__(self, parameters, lr, beta1, beta2, eps):
                self.parameters = parameters

            def __call__(self, batch):
                raise AssertionError("the forward pass of a model")

            def step(self, gradient):
                return self.parameters

        run = Subject(load_target(Both), format_of("float64")).start(np.ones(2), HYPER)
        assert np.array_equal(run.step(np.ones(2)), [1, 1])


class TestCapabilities:
    def test_what_a_class_has_is_offered(self):
        offered = example("correct:Class").capabilities
        assert (offered.moments, offered.checkpoint, offered.weight_decay) == (True, True, True)

    def test_what_a_class_has_not_is_not_offered(self):
        offered = example("correct:function").capabilities
        assert (offered.moments, offered.checkpoint, offered.weight_decay) == (False, False, False)

    def test_what_a_function_makes_is_looked_at(self):
        def make(parameters, *, lr, beta1, beta2, eps):
            made = type("Made", (), {"step": lambda self, g: parameters, "moments": lambda self: (g, g)})
            g = np.zeros(2)
            return made()

        assert load_target(make).capabilities.moments
        assert not load_target(make).capabilities.checkpoint

    def test_moments_are_read(self):
        run = subject("correct:Class").start(np.zeros(2), HYPER)
        run.step(np.array([1.0, -2.0]))
        m, v = run.moments()
        assert np.array_equal(m, [0.5, -1.0])
        assert np.array_equal(v, [0.25, 1.0])

    def test_a_saved_run_continues_in_another_instance(self):
        whole = subject("correct:Class").run(trajectory())
        first = subject("correct:Class").start(np.zeros(2), HYPER)
        for gradient in GRADIENTS[:3]:
            parameters = first.step(gradient)
        second = subject("correct:Class").start(parameters, HYPER)
        second.load(first.save())
        rest = [second.step(gradient) for gradient in GRADIENTS[3:]]
        assert np.array_equal(rest, np.asarray(whole.parameters)[4:])

    def test_what_is_not_offered_is_refused_and_not_called(self):
        run = subject("correct:function").start(np.zeros(2), HYPER)
        for ask in (run.moments, run.save):
            with pytest.raises(NotOffered):
                ask()
        with pytest.raises(NotOffered, match="weight_decay"):
            subject("correct:function").run(trajectory(weight_decay=0.5))

    def test_weight_decay_reaches_the_target(self):
        trace = subject("correct:Class").run(
            Trajectory(HYPER.replace(weight_decay=0.5), np.ones(2), GRADIENTS)
        )
        assert judge(trace, AdamW).outcome == Ruling.ENCLOSED

    def test_hyperparameters_at_the_edge_may_be_refused(self):
        for edge in ({"eps": 0.0}, {"beta1": 0.0}, {"beta2": 0.0}):
            with pytest.raises(NotOffered, match="must be positive"):
                subject("correct:refusing_zeros").run(trajectory(**edge))


class TestDtypes:
    @pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
    def test_each_dtype_arrives_at_the_target(self, dtype):
        seen = []

        def make(parameters, *, lr, beta1, beta2, eps):
            seen.append(parameters.dtype.name)
            return lambda gradient: seen.append(gradient.dtype.name) or parameters

        Subject(load_target(make), format_of(dtype)).start(np.ones(2, dtype), HYPER).step(np.ones(2, dtype))
        assert set(seen[-2:]) == {dtype}

    def test_a_finer_dtype_than_asked_for_is_kept(self):
        def in_double(parameters, **hyper):
            step = example("correct:function")._make(parameters.astype(np.float64), **hyper)
            return lambda gradient: step(gradient.astype(np.float64))

        trace = Subject(load_target(in_double), format_of("float32")).run(trajectory("float32"))
        assert trace.parameters.dtype == np.float64
        assert trace.working.name == "float32"

    def test_a_list_of_python_floats_has_the_dtype_of_what_it_carries(self):
        assert subject("correct:lists", "float32").run(trajectory("float32")).parameters.dtype == np.float32

    def test_a_coarser_dtype_does_not_lower_what_is_expected(self):
        trace = subject("correct:single").run(trajectory())
        assert trace.parameters.dtype == np.float64
        assert judge(trace).outcome == Ruling.COARSE


MISBEHAVIOUR = {
    "raises_in_constructor": f"RuntimeError: no licence (misbehaving.py, line 23) when started with {HYPER}",
    "makes_nothing": "the call returned None, expected a function of the gradient, "
    "or an object with a method `step`",
    "makes_something_else": "the call returned an object of type dict, expected a function of the gradient, "
    "or an object with a method `step`",
    "raises": "RuntimeError: out of cheese (misbehaving.py, line 51) in a call of step",
    "raises_at_step_six": "RuntimeError: tired (misbehaving.py, line 51) in a call of step",
    "raises_above_three": "OverflowError: huge (misbehaving.py, line 51) in a call of step",
    "exits": "SystemExit: bye (misbehaving.py, line 57) in a call of step",
    "wrong_shape": "a step returned shape (2, 1), expected (2,)",
    "scalar": "a step returned shape (), expected (2,)",
    "strings": "a step returned shape (), expected (2,)",
    "integers": "a step returned dtype int64, expected float64",
    "objects": "a step returned dtype object, expected float64",
    "complexes": "a step returned dtype complex128, expected float64",
    "nothing": "a step returned None, expected the parameters (is a return missing?)",
}


@pytest.mark.parametrize("name", MISBEHAVIOUR)
def test_what_a_step_does_wrong_is_one_line(name):
    assert crash(f"misbehaving:{name}") == MISBEHAVIOUR[name]


def test_what_cannot_be_an_array_is_named():
    def make(parameters, *, lr, beta1, beta2, eps):
        return lambda gradient: [[1.0], [1.0, 2.0]]

    with pytest.raises(TargetCrash, match="a step returned list, expected an array"):
        Subject(load_target(make), format_of("float64")).run(trajectory())


@pytest.mark.parametrize(("name", "call"), [("BadCheckpoint", "save"), ("BadMoments", "moments")])
def test_a_failing_save_or_moments_is_a_crash(name, call):
    run = subject(f"misbehaving:{name}").start(np.zeros(2), HYPER)
    with pytest.raises(TargetCrash, match=f"in a call of {call}"):
        getattr(run, call)()


def test_a_step_that_does_not_end_is_stopped():
    run = subject("misbehaving:hangs", patience=0.1).start(np.zeros(2), HYPER)
    with pytest.raises(TargetHung, match=r"a call of step took longer than 0\.1 s"):
        run.step(np.ones(2))


def test_a_start_that_does_not_end_is_stopped(monkeypatch):
    monkeypatch.setattr("adamcheck.targets.python.TIME_LIMIT", 0.1)

    def make(parameters, *, lr, beta1, beta2, eps):
        while True:
            pass

    with pytest.raises(TargetHung, match=r"a start took longer than 0\.1 s"):
        Subject(load_target(make), format_of("float64"), patience=0.1).start(np.zeros(2), HYPER)


def test_a_user_s_alarm_is_put_back():
    import signal

    def rings(*_):
        raise AssertionError("not before the test is over")

    before = signal.signal(signal.SIGALRM, rings)
    signal.setitimer(signal.ITIMER_REAL, 3600)
    try:
        subject("correct:function").run(trajectory())
        assert signal.getsignal(signal.SIGALRM) is rings
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
