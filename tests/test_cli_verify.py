"""`adamcheck verify`: what it prints of conforming, broken and failing targets, and how it ends."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from command_line import EXAMPLES, QUICK, adamcheck

from adamcheck.choices import PROFILES

FORMULA, RESUME, INSTANCES = (
    "updates-are-enclosed-with-dyadic-hyperparameters",
    "a-resumed-run-continues-bitwise",
    "two-instances-are-independent",
)


def sections(out: str) -> dict[str, str]:
    """What is printed of each target, by its name."""
    parts = re.split(r"^((?:correct|broken|misbehaving)\.py:\w+)$", out, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.slow
class TestConforming:
    @pytest.fixture(scope="class")
    @classmethod
    def output(cls):
        options = (*QUICK[:2], "--dtype", "all", "--only", FORMULA)
        return adamcheck("verify", "correct.py:talkative", *options, status=0)

    def test_every_dtype_has_its_verdict(self, output):
        verdicts = re.findall(r"^  (\w+) +conforms: textbook Adam$", output.out, re.MULTILINE)
        assert verdicts == ["float64", "float32", "float16", "bfloat16"]

    def test_profile_and_seed_are_told(self, output):
        assert output.out.startswith(f"profile quick ({PROFILES['quick']} examples a check), seed 0\n")

    def test_what_a_target_prints_is_a_remark(self, output):
        assert (
            re.findall("^ .*SPAM.*$", output.out, re.MULTILINE)
            == ["    process   printed on standard output: 'SPAM from the target'"] * 4
        )
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
        section = sections(output.out)["broken.py:NextStepsCorrection"]
        assert section.count("to repeat:") == 1
        assert f"\n  broken {FORMULA} (float64)\n" in section
        assert "\n    step 1: the update is -0.9376495132596845, expected -0.8 +- " in section
        assert section.count("\n      for gradient in [[1.0]]:\n") == 1

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
        for name in ("SharedCounter", "ForgetsItsStep"):
            section = sections(output.out)[f"broken.py:{name}"]
            assert "does not conform: the formula is the textbook's; failing: state" in section


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
            ("raises_in_constructor", "RuntimeError: no licence (misbehaving.py, line 23) when started with"),
            (
                "raises_at_step_six",
                "1 check crashed (formula): RuntimeError: tired (misbehaving.py, line 51) in a call of step",
            ),
            ("wrong_shape", "a step returned shape (2, 1), expected (2,)"),
            ("hangs", "a call of step took longer than 0.5 s"),
            ("exits", "SystemExit: bye (misbehaving.py, line 57) in a call of step"),
        ],
    )
    def test_each_is_told_in_one_line(self, output, name, said):
        assert f"\n  float64  failed: {said}" in sections(output.out)[f"misbehaving.py:{name}"]

    def test_a_crash_in_the_middle_can_be_repeated(self, output):
        section = sections(output.out)["misbehaving.py:raises_at_step_six"]
        assert re.search(r"^      for gradient in \[(\[[0-9.]+\](, )?){6}\]:$", section, re.MULTILINE)


def test_a_target_that_ends_its_process_takes_no_other_with_it():
    targets = ("misbehaving.py:ends_its_process", "correct.py:function")
    told = sections(adamcheck("verify", *targets, *QUICK, "--jobs", "2", status=3).out)
    assert "float64  failed: its process ended with status 7" in told["misbehaving.py:ends_its_process"]
    assert "float64  conforms: textbook Adam" in told["correct.py:function"]


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
