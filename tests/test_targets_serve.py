"""A Python target in another interpreter: the same verdicts and messages as in this one."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from command_line import EXAMPLES, QUICK, adamcheck
from example_targets import example
from sampling import every
from test_targets_python import GRADIENTS, HYPER, MISBEHAVIOUR, PairsOnly, VectorsOnly, trajectory

from adamcheck.checks.check import Outcome
from adamcheck.checks.conformance import CHECKS
from adamcheck.checks.subject import Subject
from adamcheck.judge import Ruling, judge
from adamcheck.numbers.floats import format_of
from adamcheck.targets.base import ANY_COUNT, NotOffered, Target, TargetCrash, TargetError, TargetFailed
from adamcheck.targets.find import Spec, load_target
from adamcheck.targets.known import KNOWN, Known
from adamcheck.targets.programs import process, protocol


def served(name: str, **options: object) -> Target:
    file, _, attribute = name.partition(":")
    return load_target(f"{EXAMPLES}/{file}.py:{attribute}", python=sys.executable, **options)


def subject(name: str, dtype: str = "float64") -> Subject:
    return Subject(served(name), format_of(dtype))


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("function", "float64"),
        ("Class", "float32"),
        ("Class", "bfloat16"),
        ("lists", "float32"),
        ("alias", "float16"),
    ],
)
def test_every_bit_is_the_one_of_this_interpreter(name, dtype):
    here = Subject(example(f"correct:{name}"), format_of(dtype)).run(trajectory(dtype))
    there = subject(f"correct:{name}", dtype).run(trajectory(dtype))
    assert there.parameters.dtype == here.parameters.dtype
    assert np.asarray(there.parameters).tobytes() == np.asarray(here.parameters).tobytes()


def test_what_a_target_prints_is_taken_for_no_answer():
    alive = subject("correct:talkative")
    assert judge(alive.run(trajectory())).outcome == Ruling.ENCLOSED
    assert alive.target.close() == ("", "")


def test_what_a_target_offers_is_offered_but_for_the_arrays_of_the_caller():
    here, there = example("correct:Class"), served("correct:Class")
    for name in protocol.CAPABILITIES:
        assert there.capabilities.has(name) == here.capabilities.has(name)
    assert here.capabilities.has("weight_decay")
    assert not there.capabilities.shared_arrays
    assert there.capabilities.dtypes == here.capabilities.dtypes


@pytest.mark.parametrize("name", ["VectorsOnly", "PairsOnly"])
def test_a_target_of_few_shapes_is_offered_as_such(name):
    there = load_target(f"{Path(__file__).parent}/test_targets_python.py:{name}", python=sys.executable)
    here = {"VectorsOnly": VectorsOnly, "PairsOnly": PairsOnly}[name]
    assert there.capabilities.parameter_counts == getattr(here, "parameter_counts", ANY_COUNT)
    assert not there.capabilities.matrices


@pytest.mark.parametrize(
    ("name", "lists", "kept"),
    [
        (
            "reference",
            False,
            {
                "a-learning-rate-can-change",
                "step-counts-have-no-end",
                "operations-come-in-any-order",
                "maximizing-is-minimizing-the-negative",
                "complex-parameters-are-pairs-of-real-ones",
            },
        ),
        (f"{EXAMPLES}/correct.py:Listed", True, {"tensors-are-independent"}),
    ],
)
def test_the_checks_of_the_state_find_over_there_what_they_find_here(name, lists, kept):
    targets = load_target(name, as_list=lists), load_target(name, as_list=lists, python=sys.executable)
    outcomes = [
        {
            check.name: check.run(target, "float32", examples=check.cost, seed=0).outcome
            for check in CHECKS.values()
            if check.section == "state" and "shared_arrays" not in check.needs and check.cost < 10
        }
        for target in targets
    ]
    assert outcomes[0] == outcomes[1]
    assert {outcomes[1][check] for check in kept} == {Outcome.KEPT}


def test_a_missing_gradient_arrives_as_missing(tmp_path):
    (tmp_path / "target.py").write_text(
        "import numpy as np\n"
        "from adamcheck.targets.base import Capabilities, Target, TensorsRun\n"
        "class Marks(TensorsRun):\n"
        "    def step(self, gradients):\n"
        "        return [np.full(2, g is None, 'float64') for g in gradients]\n"
        "class Marking(Target):\n"
        "    name, capabilities = 'marking', Capabilities(tensors=True, missing_gradients=True)\n"
        "    def start(self, parameters, hyper):\n"
        "        raise NotImplementedError\n"
        "    def begin(self, start):\n"
        "        return Marks()\n"
        "marking = Marking()\n"
    )
    target = load_target(f"{tmp_path}/target.py:marking", python=sys.executable)
    assert target.capabilities.missing_gradients
    run = Subject(target, format_of("float64")).start_tensors([np.zeros(2)] * 2, HYPER)
    assert [tensor.tolist() for tensor in run.step([None, np.ones(2)])] == [[1, 1], [0, 0]]


def test_a_finer_dtype_than_asked_for_is_kept(tmp_path):
    (tmp_path / "fine.py").write_text(
        "import numpy as np\n"
        "def make(parameters, *, lr, beta1, beta2, eps):\n"
        "    return lambda gradient: np.full(gradient.shape, 1 / 3)\n"
    )
    target = load_target(f"{tmp_path}/fine.py:make", python=sys.executable)
    run = Subject(target, format_of("float32")).start(np.zeros(2, "float32"), HYPER)
    assert run.step(np.ones(2, "float32")).dtype == np.float64


@pytest.mark.slow
@pytest.mark.parametrize("name", every(4, MISBEHAVIOUR))
def test_what_a_step_does_wrong_is_told_in_the_same_words(name):
    alive = subject(f"misbehaving:{name}")
    with pytest.raises(TargetCrash) as error:
        alive.run(trajectory())
    assert str(error.value) == MISBEHAVIOUR[name]
    assert alive.target.deaths("float64") == 0


def test_moments_and_a_saved_run_go_over():
    whole = subject("correct:Class").run(trajectory())
    alive = subject("correct:Class")
    first = alive.start(np.zeros(2), HYPER)
    for gradient in GRADIENTS[:3]:
        parameters = first.step(gradient)
    second = alive.start(parameters, HYPER)
    second.load(first.save())
    rest = [second.step(gradient) for gradient in GRADIENTS[3:]]
    assert np.array_equal(rest, np.asarray(whole.parameters)[4:])
    m, v = second.moments()
    assert m.shape == v.shape == (2,)
    with pytest.raises(TargetCrash, match=r"OSError: disk full .* in a call of save"):
        subject("misbehaving:BadCheckpoint").start(np.zeros(2), HYPER).save()


def test_hyperparameters_at_the_edge_may_be_refused():
    with pytest.raises(NotOffered, match="must be positive") as told:
        subject("correct:refusing_zeros").run(trajectory(eps=0.0))
    assert told.value.refusal is not None
    assert told.value.refusal.hyper.eps == 0.0
    assert "eps=" not in told.value.refusal.reason


@pytest.mark.slow
class TestNames:
    def test_a_misspelt_name_is_found_out_over_there(self):
        with pytest.raises(TargetError, match=r"no 'Clas' in .*correct\.py \(did you mean Class\?\)") as told:
            served("correct:Clas")
        assert not isinstance(told.value, TargetFailed)

    def test_an_option_arrives_and_a_misspelt_one_is_told(self):
        with pytest.raises(TargetError, match="takes no option 'nesterov'"):
            served("correct:Class", nesterov=True)

    def test_only_what_can_be_written_down_is_sent(self):
        with pytest.raises(TargetError, match="only literal options"):
            served("correct:Class", nesterov=object())

    def test_no_interpreter(self):
        with pytest.raises(TargetError, match="no interpreter /nowhere/python"):
            load_target("reference", python="/nowhere/python")

    @pytest.mark.parametrize("program", ["/bin/ls", "/bin/cat", "/bin/echo", "/bin/true"])
    def test_a_program_that_is_no_interpreter(self, program):
        error = adamcheck("verify", "reference", *QUICK, "--python", program, status=2).error
        assert error == (
            f"adamcheck: {program} is not a Python interpreter: expected one such as ~/venv/bin/python"
        )

    def test_a_function_at_hand_has_no_name_over_there(self):
        with pytest.raises(TargetError, match="needs the name of a target"):
            load_target(lambda parameters: None, python=sys.executable)

    def test_a_library_need_not_be_installed_here(self, monkeypatch):
        monkeypatch.setitem(KNOWN, "absent", Known("absent_library:Adam", "absent_library"))
        with pytest.raises(TargetError, match="needs absent_library"):
            Spec("absent").check()
        Spec("absent", python=sys.executable).check()


def test_nothing_heavy_is_loaded_before_the_library():
    folder = Path(process.__file__).parent
    loader = find_spec("lazy_loader").origin
    done = subprocess.run(
        [sys.executable, "-X", "importtime", folder / "other_interpreter.py", loader, "reference", "{}"],
        input='{"op":"stop"}\n',
        capture_output=True,
        text=True,
        check=True,
    )
    names = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    ours = {name for name in names if find_spec_or_none(name)}
    assert ours <= {"adamcheck", "lazy_loader", "packaging", "numpy", "ml_dtypes"}, ours


def find_spec_or_none(name: str) -> bool:
    """Whether a name is that of a library in this environment."""
    if name in sys.stdlib_module_names or name.startswith(("_", "sitecustomize", "imported package")):
        return False
    return find_spec(name) is not None


@pytest.mark.slow
def test_the_command_line_verifies_in_another_interpreter():
    told = adamcheck("verify", "correct.py:Class", *QUICK, "--python", sys.executable, status=0)
    assert f"correct.py:Class (python={sys.executable!r})" in told.out
    assert "conforms in float64: textbook Adam" in told.out


@pytest.mark.slow
def test_the_printed_script_repeats_it_over_there():
    told = adamcheck("verify", "broken.py:NextStepsCorrection", *QUICK, "--python", sys.executable, status=1)
    assert f"adam = load_target('broken.py:NextStepsCorrection', python={sys.executable!r})" in told.out
