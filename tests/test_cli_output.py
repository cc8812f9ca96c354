"""What the other commands print: lists, explanations, reports, judgements; and into what."""

from __future__ import annotations

import re
import subprocess

import numpy as np
import pytest
from command_line import COMMAND, EXAMPLES, QUICK, adamcheck, without_progress
from inline_snapshot import snapshot
from report_samples import only_claims
from sampling import every

from adamcheck.adam import Hyperparameters
from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.claims.catalogue import checks
from adamcheck.claims.claim import discover
from adamcheck.cli.output import OutputError, save_report
from adamcheck.judge import judge
from adamcheck.numbers.floats import format_of
from adamcheck.report.saved import REPORT
from adamcheck.targets.find import REFERENCE
from adamcheck.targets.known import KNOWN
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.traces.trace import Trace, load, save
from adamcheck.variants import DEFINITIONS, DIALECTS, source
from adamcheck.zoo.bugs import BUGS

CLAIM = "loss-scale-invariance"


ENTRY = re.compile(r"(?:[a-z_]+: )?(?P<name>\S+)  +(?P<text>\S.*)")
"""A line of a list: a kind where there are several, a name, and what it is."""


@pytest.mark.slow
class TestList:
    @pytest.mark.parametrize(
        ("what", "names"),
        [
            ("claims", [claim.name for claim in discover()]),
            ("targets", [REFERENCE, *KNOWN]),
            ("definitions", list(DEFINITIONS)),
            ("checks", [check.name for check in checks(discover())]),
            ("bugs", list(BUGS)),
        ],
    )
    def test_lists_have_a_line_each_with_the_name_that_commands_take(self, what, names):
        lines = adamcheck("list", what, status=0).out.splitlines()
        entries = [ENTRY.fullmatch(line) for line in lines]
        assert sorted(entry["name"] for entry in entries) == sorted(names)


@pytest.mark.slow
def test_explain_tells_everything_about_a_bug():
    out = adamcheck("explain", "decay-coupled", status=0).out
    bug = BUGS["decay-coupled"]
    for told in (
        bug.change,
        bug.shows,
        bug.source,
        "adamw: AdamW (decoupled",
        bug.exposes.says,
        "by weight-decay-is-coupled-or-decoupled alone",
        "adamcheck.variants.bugs:decay_coupled",
    ):
        assert told in out
    assert "by no law alone" in adamcheck("explain", "eps-ignored", status=0).out


def test_explain_tells_what_a_definition_says():
    out = adamcheck("explain", "eps-hat", status=0).out
    assert DEFINITIONS["eps-hat"].title in out
    assert source(DEFINITIONS["eps-hat"]) in out


def test_explain_takes_a_law_without_its_claim():
    out = adamcheck("explain", "coordinates-do-not-see-each-other", status=0).out
    assert "  elementwise/coordinates-do-not-see-each-other" in out


@pytest.mark.slow
def test_explain_shows_everything_that_decides_a_claim():
    out = adamcheck("explain", CLAIM, status=0).out
    for part in ("says ", "verdict ", "statement\n", "proof ", "law ", "witness "):
        assert f"\n{part}" in out
    assert "sympy: " in out
    assert "z3: " in out
    assert "$" not in out, "LaTeX is for other renderers"


@pytest.mark.slow
def test_report_writes_three_files_and_says_so(tmp_path):
    arguments = ("report", REFERENCE, "--only", CLAIM, "--profile", "quick", "--dtype", "float64")
    out = adamcheck(*arguments, "--output", "out", status=0, folder=tmp_path).out
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "report.html",
        "report.json",
        "report.md",
    ]
    assert out.endswith("Written to out: report.html, report.md, report.json\n")
    assert f"\n{CLAIM} " in out
    assert "\nreference " in out


@pytest.mark.slow
class TestJudge:
    @pytest.fixture
    def folder(self, tmp_path):
        rows = np.array([[1.0, 1e-8], [2.0, -1e-8], [-1.0, 1e-8]])
        run = Trajectory(Hyperparameters(), np.zeros(2), rows)
        for name, definition in (("right", DEFINITIONS["adam"]), ("wrong", DIALECTS["eps-hat"])):
            trace = Subject(DefinitionTarget(definition), format_of("float64")).run(run)
            save(tmp_path / f"{name}.npz", {"run": trace})
        huge = np.full((2, 1), 1e200)
        save(tmp_path / "huge.json", {"run": Trace(Hyperparameters(), huge, np.zeros((3, 1)))})
        return tmp_path

    def test_a_right_trace_is_accepted(self, folder):
        assert adamcheck("judge", "right.npz", status=0, folder=folder).out == snapshot("""\
trace  outcome   worst       allowance       outside        first offence
run    enclosed  0.24 radii  direct float64  0 of 6 judged               \n\

accepted: textbook Adam
""")

    def test_a_wrong_trace_is_rejected_and_told_what_it_is(self, folder):
        assert adamcheck("judge", "wrong.npz", status=1, folder=folder).out == snapshot("""\
trace  outcome   worst          allowance         outside        first offence                                                          \n\
run    rejected  1.9e+12 radii  anchored float64  6 of 6 judged  step 1, coordinate 0: -0.000999999684, expected -0.00099999999 +- 1e-15

rejected: not textbook Adam
formulas that enclose every trace: eps-hat (eps added before the second moment is corrected); AMSGrad with eps-hat
""")

    def test_judge_prints_how_many_judged_updates_lie_outside(self, folder):
        trace = load(folder / "wrong.npz")["run"]
        grade = judge(trace).grade
        assert 0 < grade.outside <= grade.judged == np.size(trace.gradients)
        out = adamcheck("judge", "wrong.npz", status=1, folder=folder).out
        assert f" {grade.outside} of {grade.judged} judged " in out
        assert f" 0 of {grade.judged} judged" in adamcheck("judge", "right.npz", status=0, folder=folder).out
        assert " 0 of 0 judged (2 not judged)" in adamcheck("judge", "huge.json", status=1, folder=folder).out

    def test_the_same_trace_is_accepted_as_what_it_is(self, folder):
        accepted = adamcheck("judge", "wrong.npz", "--as", "eps-hat", status=0, folder=folder)
        assert accepted.out == snapshot("""\
trace  outcome   worst       allowance       outside        first offence
run    enclosed  0.23 radii  direct float64  0 of 6 judged               \n\

accepted: eps-hat (eps added before the second moment is corrected)
""")

    def test_a_trace_about_which_nothing_can_be_said_is_not_accepted(self, folder):
        assert adamcheck("judge", "huge.json", status=1, folder=folder).out == snapshot("""\
trace  outcome     worst    allowance         outside                       first offence
run    not judged  0 radii  anchored float64  0 of 0 judged (2 not judged)               \n\

not judged: every radius is infinite
""")

    def test_of_many_traces_those_that_matter_are_shown_and_all_are_counted(self, folder):
        wrong = load(folder / "wrong.npz")["run"]
        right = load(folder / "right.npz")["run"]
        save(folder / "many.npz", {**{f"right{i}": right for i in range(150)}, "odd": wrong})
        out = adamcheck("judge", "many.npz", status=1, folder=folder).out
        assert out.splitlines()[1].startswith("odd ")
        assert "\n100 of 151 traces shown: 150 enclosed, 1 rejected\n" in out

    def test_a_run_without_numbers_is_judged_at_once(self, folder):
        """However many steps a small file claims to have."""
        empty = Trace(Hyperparameters(), np.zeros((60000, 0)), np.zeros((60001, 0)))
        save(folder / "empty.npz", {"run": empty})
        out = adamcheck("judge", "empty.npz", status=1, folder=folder).out
        assert out.endswith("\nnot judged: the traces have no numbers\n")


def test_a_pipe_that_is_closed_early_is_no_error():
    command = f"{COMMAND} list checks | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


def test_letters_that_a_pipe_cannot_carry_are_replaced():
    out = adamcheck("list", "claims", status=0, PYTHONIOENCODING="ascii").out
    assert out.isascii()
    assert "?" in out


def test_a_file_that_cannot_be_written_costs_no_other_its_content(tmp_path):
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(OutputError, match=r"^cannot write .*folder\.json: Is a directory$"):
        save_report(only_claims(), [tmp_path / "folder.json", tmp_path / "good.json"])
    assert (tmp_path / "good.json").exists()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("mkdir gone && cd gone && rmdir ../gone && '{}' list targets", "the working directory is gone"),
        ("PYTHONOPTIMIZE=2 '{}' list targets", "unset PYTHONOPTIMIZE"),
        ("'{}' list targets > /dev/full", "cannot write the output: No space left on device"),
    ],
)
def test_surroundings_in_which_nothing_works_are_one_line(tmp_path, command, message):
    done = subprocess.run(
        command.format(COMMAND), shell=True, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_a_closed_standard_output_changes_no_status(tmp_path):
    command = f"'{COMMAND}' verify {REFERENCE} {' '.join(QUICK)} --save report.json >&-"
    done = subprocess.run(command, shell=True, cwd=tmp_path, check=False)
    assert done.returncode == 0
    assert (tmp_path / "report.json").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stream", "status", "message"),
    every(
        3,
        [
            ("> /dev/full", 2, "adamcheck: cannot write the output: No space left on device"),
            ("--format json > /dev/full", 2, "adamcheck: cannot write the output: No space left on device"),
            ("> /dev/full --in-process", 2, "adamcheck: cannot write the output: No space left on device"),
            ("| true; exit ${PIPESTATUS[0]}", 1, ""),
            (">&-", 0, ""),
            ("2> /dev/full", 0, ""),
            ("2>&-", 0, ""),
            ("<&- >&- 2>&-", 0, ""),
        ],
    ),
)
def test_streams_that_take_nothing_cost_no_saved_report(tmp_path, stream, status, message):
    command = f"{COMMAND} verify {EXAMPLES}/correct.py:function {' '.join(QUICK)} --save saved.json {stream}"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert without_progress(done.stderr).strip() == message
    assert done.returncode == status
    assert REPORT.load(tmp_path / "saved.json").targets


def test_one_file_that_cannot_be_written_costs_no_other(tmp_path):
    paths = [tmp_path / name for name in ("one.json", "gone/two.json", "three.md")]
    with pytest.raises(OutputError, match=r"^cannot write .*gone/two\.json: No such file or directory$"):
        save_report(only_claims(), paths)
    assert [path.exists() for path in paths] == [True, False, True]


@pytest.mark.slow
def test_a_limit_on_the_size_of_files_is_told(tmp_path):
    command = f"ulimit -f 1; {COMMAND} verify {EXAMPLES}/correct.py:function {' '.join(QUICK)} --save a.json"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "File too large" in done.stdout
    assert without_progress(done.stderr) == "adamcheck: cannot write a.json: File too large\n"
    assert not list(tmp_path.iterdir())
