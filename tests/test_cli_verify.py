"""`adamcheck verify`: what it prints of conforming, broken and failing targets, and how it ends."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from command_line import EXAMPLES, QUICK, adamcheck
from inline_snapshot import snapshot

from adamcheck.choices import PROFILES

FORMULA, RESUME, INSTANCES = (
    "updates-are-enclosed-with-dyadic-hyperparameters",
    "a-resumed-run-continues-bitwise",
    "two-instances-are-independent",
)


def sections(out: str) -> dict[str, str]:
    """What is printed of each target, by its name."""
    without_ending, _, _ = out.rpartition("\n\n")
    parts = re.split(
        r"^((?:correct|broken|misbehaving)\.py:\w+): ", f"{without_ending}\n", flags=re.MULTILINE
    )
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.slow
class TestConforming:
    @pytest.fixture(scope="class")
    @classmethod
    def output(cls):
        options = (*QUICK[:2], "--dtype", "all", "--only", FORMULA)
        return adamcheck("verify", "correct.py:talkative", *options, status=0)

    def test_every_dtype_has_its_verdict(self, output):
        (row,) = re.findall("^correct.py:talkative: .*$", output.out, re.MULTILINE)
        assert row == snapshot(
            "correct.py:talkative: conforms in float64, float32, float16, bfloat16: textbook Adam (4 kept, 5 hazards)"
        )

    def test_profile_and_seed_are_told(self, output):
        assert output.out.startswith(f"profile quick ({PROFILES['quick']} examples a check), seed 0\n")

    def test_what_a_target_prints_is_a_remark(self, output):
        assert re.findall("^ .*SPAM.*$", output.out, re.MULTILINE) == [
            "  process   printed on standard output: 'SPAM from the target'"
        ]
        assert "SPAM" not in output.err

    def test_what_it_warns_of_at_every_step_is_told_once_a_process(self, output):
        assert output.err.count("UserWarning: use something else") == 4
        assert len(output.err.splitlines()) == 8


@pytest.mark.slow
class TestBroken:
    @pytest.fixture(scope="class")
    @classmethod
    def output(cls):
        only = [argument for name in (FORMULA, RESUME, INSTANCES) for argument in ("--only", name)]
        names = ("NextStepsCorrection", "SharedCounter", "ForgetsItsStep")
        return adamcheck("verify", *(f"broken.py:{name}" for name in names), *QUICK[:4], *only, status=1)

    def test_the_simplest_counterexample_is_printed_once_and_whole(self, output):
        assert sections(output.out)["broken.py:NextStepsCorrection"] == snapshot("""\
does not conform in float64: textbook Adam, but v_hat uses t + 1 (the known bug v-corrected-one-step-ahead); first wrong at step 1; differs by up to 41 % with the default hyperparameters; cf. deepspeedai/DeepSpeed#7819, #7820: beta2^t is multiplied once too often
  formula   1 broken
  state     1 kept, 1 not applicable (not offered: checkpoint)

  broken updates-are-enclosed-with-dyadic-hyperparameters (float64)
    step 1: the update is -0.9376495132596845, expected -0.8 +- 7.3e-15: off by 1.89e+13 radii
    to repeat:
      import numpy as np
      from adamcheck import Hyperparameters, load_target

      adam = load_target('broken.py:NextStepsCorrection')
      hyper = Hyperparameters(lr=1.0, beta1=0.5, beta2=0.5, eps=0.25)
      start = np.array([0.0])
      run, after = adam.start(start.copy(), hyper), np.ravel(start).astype(float)
      for gradient in [[1.0]]:
          answer = run.step(np.array(gradient))
          before, after = after, np.ravel(answer).astype(float)
      print('update  ', after[0] - before[0])
      print('expected', -0.8, '+-', 7.3e-15)

""")

    def test_the_printed_script_repeats_the_observed_update(self, output):
        section = sections(output.out)["broken.py:NextStepsCorrection"]
        source = "".join(f"{line[6:]}\n" for line in section.partition("to repeat:\n")[2].splitlines())
        done = subprocess.run(
            [sys.executable, "-c", source], cwd=EXAMPLES, capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines()[0] == "update   -0.9376495132596845"

    def test_nothing_is_written_to_standard_error(self, output):
        assert output.err == ""

    def test_a_fault_of_the_state_is_told_apart_from_the_formula(self, output):
        told = sections(output.out)
        assert told["broken.py:SharedCounter"] == snapshot("""\
does not conform in float64: textbook Adam, but all runs share one counter (the known bug step-shared-by-runs); failing: state; cf. ikostrikov/pytorch-a3c#12, of its kind
  formula   1 kept
  state     1 broken, 1 not applicable (not offered: checkpoint)
  accuracy  dyadic hyperparameters: 0.45 of the float64 radius (direct form, powers by pow, scalars in double), 123 ulps
            decimal hyperparameters: 0.33 of the float64 radius (direct form, powers by pow, scalars in double), 116 ulps

  broken two-instances-are-independent (float64)
    beside another instance: -0.6250996755064563 is not bitwise -0.8 (step 1, coordinate 0)
    to repeat:
      import numpy as np
      from adamcheck import Hyperparameters, load_target

      adam = load_target('broken.py:SharedCounter')
      a = adam.start(np.array([0.0]), Hyperparameters(lr=1.0, beta1=0.5, beta2=0.5, eps=0.25))
      for gradient in [[1.0]]:
          print('a', np.asarray(a.step(np.array(gradient))).tolist())
      b = adam.start(np.array([0.0]), Hyperparameters(lr=1.0, beta1=0.5, beta2=0.5, eps=0.25))
      c = adam.start(np.array([0.0]), Hyperparameters(lr=1.0, beta1=0.5, beta2=0.5, eps=0.25))
      for gradient in [[-1.0]]:
          print('c', np.asarray(c.step(np.array(gradient))).tolist())
      for gradient in [[1.0]]:
          print('b', np.asarray(b.step(np.array(gradient))).tolist())

""")
        assert told["broken.py:ForgetsItsStep"] == snapshot("""\
does not conform in float64: textbook Adam, but t = 0 with m and v kept (the known bug load-forgets-step); failing: state; cf. deepspeedai/DeepSpeed#4396, deeplearning4j/deeplearning4j#3584, #4898
  formula   1 kept
  state     1 kept, 1 broken
  accuracy  dyadic hyperparameters: 0.45 of the float64 radius (direct form, powers by pow, scalars in double), 123 ulps
            decimal hyperparameters: 0.33 of the float64 radius (direct form, powers by pow, scalars in double), 116 ulps

  broken a-resumed-run-continues-bitwise (float64)
    resumed after step 1: -0.46095830560292556 is not bitwise -0.5333333333333334 (step 2, coordinate 0)
    to repeat:
      import numpy as np
      from adamcheck import Hyperparameters, load_target

      adam = load_target('broken.py:ForgetsItsStep')
      a = adam.start(np.array([0.0]), Hyperparameters(lr=1.0, beta1=0.5, beta2=0.5, eps=0.25))
      for gradient in [[1.0], [-1.0]]:
          print('a', np.asarray(a.step(np.array(gradient))).tolist())
      b = adam.start(np.array([0.0]), Hyperparameters(lr=1.0, beta1=0.5, beta2=0.5, eps=0.25))
      for gradient in [[1.0]]:
          print('b', np.asarray(b.step(np.array(gradient))).tolist())
      saved_b = b.save()
      c = adam.start(np.array([-0.8]), Hyperparameters(lr=1.0, beta1=0.5, beta2=0.5, eps=0.25))
      for gradient in [[-1.0]]:
          print('c', np.asarray(c.step(np.array(gradient))).tolist())
      d = adam.start(np.array([-0.8]), Hyperparameters(lr=1.0, beta1=0.5, beta2=0.5, eps=0.25))
      d.load(saved_b)
      for gradient in [[-1.0]]:
          print('d', np.asarray(d.step(np.array(gradient))).tolist())
""")


@pytest.mark.slow
class TestFailing:
    @pytest.fixture(scope="class")
    @classmethod
    def output(cls):
        names = ("raises_in_constructor", "raises_at_step_six", "wrong_shape", "hangs", "exits")
        targets = [f"misbehaving.py:{name}" for name in names]
        return adamcheck("verify", *targets, *QUICK, "--timeout", "0.5", status=3)

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            (
                "raises_in_constructor",
                snapshot(
                    "RuntimeError: no licence (misbehaving.py, line 23) when started with Hyperparameters(lr=0.25, beta1=0.5, beta2=0.75, eps=0.0625, weight_decay=0.0)"
                ),
            ),
            (
                "raises_at_step_six",
                snapshot(
                    "1 check crashed (formula): RuntimeError: tired (misbehaving.py, line 51) in a call of step; what it computes could not be determined"
                ),
            ),
            ("wrong_shape", snapshot("a step returned shape (2, 1), expected (2,)")),
            ("hangs", snapshot("a call of step took longer than 0.5 s")),
            ("exits", snapshot("SystemExit: bye (misbehaving.py, line 57) in a call of step")),
        ],
    )
    def test_each_is_told_in_one_line(self, output, name, said):
        (line,) = re.findall(
            "^failed in float64: (.*)$", sections(output.out)[f"misbehaving.py:{name}"], re.M
        )
        assert line == said

    def test_a_crash_in_the_middle_can_be_repeated(self, output):
        section = sections(output.out)["misbehaving.py:raises_at_step_six"]
        assert re.search(r"^      for gradient in \[(\[[0-9.]+\](, )?){6}\]:$", section, re.MULTILINE)


@pytest.mark.slow
def test_a_target_that_ends_its_process_takes_no_other_with_it():
    targets = ("misbehaving.py:ends_its_process", "correct.py:function")
    told = sections(adamcheck("verify", *targets, *QUICK, "--jobs", "2", status=3).out)
    assert told["misbehaving.py:ends_its_process"] == snapshot("""\
failed in float64: its process ended with status 7 in a call of step
  formula   1 crashed, 1 did not run (its first steps failed)

  crashed ordinary-steps-give-numbers (float64)
    its process ended with status 7 in a call of step
    to repeat:
      import numpy as np
      from adamcheck import Hyperparameters, load_target

      adam = load_target('misbehaving.py:ends_its_process')
      run = adam.start(np.array([1.0, -2.0]), Hyperparameters(lr=0.25, beta1=0.5, beta2=0.75, eps=0.0625))
      for gradient in [[1.0, -0.5]]:
          print(np.asarray(run.step(np.array(gradient))).tolist())

""")
    assert told["correct.py:function"] == snapshot("conforms in float64: textbook Adam (1 kept)\n")


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_however_many_processes_work(tmp_path):
    for jobs in ("1", "2"):
        options = ("--jobs", jobs, "--seed", "7", "--save", f"{jobs}.json")
        targets = [EXAMPLES / target for target in ("broken.py:SharedCounter", "correct.py:Class")]
        adamcheck("verify", *targets, *QUICK[:-1], INSTANCES, *options, status=1, folder=tmp_path)
    one, two = ((tmp_path / f"{jobs}.json").read_bytes() for jobs in ("1", "2"))
    assert one == two
    assert json.loads(one)["seed"] == 7
    assert len(list(tmp_path.iterdir())) == 2, "nothing else is left in the working directory"


def test_a_file_that_was_there_is_kept_where_the_command_fails(tmp_path):
    (tmp_path / "empty.py").touch()
    (tmp_path / "report.json").write_text("precious")
    adamcheck("verify", "empty.py:make", *QUICK, "--save", "report.json", status=2, folder=tmp_path)
    assert (tmp_path / "report.json").read_text() == "precious"
    assert {path.name for path in tmp_path.iterdir()} <= {"empty.py", "report.json", "__pycache__"}
