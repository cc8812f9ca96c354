"""Unusable input: one clear line, the nearest match where something was misspelt, exit status 2."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from command_line import QUICK, adamcheck
from inline_snapshot import snapshot

from adamcheck.adam import Hyperparameters
from adamcheck.cli import main
from adamcheck.traces.trace import Trace, save

MISSPELT = {
    "verfy reference": "Error: no command 'verfy' (did you mean verify?)",
    "verify": "Error: no TARGET: name one, such as my_adam.py:Adam, "
    "or set targets in [tool.adamcheck] of pyproject.toml",
    "verify torhc": "adamcheck: no target 'torhc' (did you mean torch?)",
    "verify xyzzy": "adamcheck: no target 'xyzzy': "
    "expected a known name, module:attribute or path/to/file.py:attribute",
    "verify correct.py": "adamcheck: no target 'correct.py': which function or class of the file? "
    "for example correct.py:Adam",
    "verify reference --dtype float46": "Error: Invalid value for '--dtype': 'float46' is not one of "
    "'float64', 'float32', 'float16', 'bfloat16', 'all'.",
    "verify reference --jobs 0": "Error: Invalid value for '--jobs': 0 is not in the range x>=1.",
    "verify reference --timeout 0": "Error: Invalid value for '--timeout': 0.0 is not in the range x>0.",
    "verify reference --only argument-is-left-alone": "Error: no check or claim 'argument-is-left-alone' "
    "(did you mean arguments-are-left-alone?)",
    "verify reference --set fused": "Error: --set 'fused': expected NAME=VALUE, for example --set fused=True",
    "verify reference --save r.pdf": "Error: --save r.pdf: expected a file ending in .html, .md, .json, .svg, .xml, "
    ".sarif",
    "verify reference --save no/r.json": "adamcheck: cannot write no/r.json: no: No such file or directory",
    "verify reference --save correct.py/r.json": "adamcheck: cannot write correct.py/r.json: "
    "correct.py: Not a directory",
    "report --output correct.py/x": "adamcheck: cannot create the folder correct.py/x: Not a directory",
    "explain initialisation-bias": "adamcheck: no claim, law, check, bug or definition 'initialisation-bias' "
    "(did you mean initialization-bias?); see adamcheck list claims|checks|bugs|definitions",
    "explain eps-ignore": "adamcheck: no claim, law, check, bug or definition 'eps-ignore' "
    "(did you mean eps-ignored?); see adamcheck list claims|checks|bugs|definitions",
    "explain elementwise/xyzzyxyzzyxyzzyxyzzy": "adamcheck: no claim, law, check, bug or definition "
    "'elementwise/xyzzyxyzzyxyzzyxyzzy'; "
    "see adamcheck list claims|checks|bugs|definitions",
    "list claim": "Error: Invalid value for '{claims|targets|definitions|checks|bugs|packs}': 'claim' is not "
    "one of 'claims', 'targets', 'definitions', 'checks', 'bugs', 'packs'.",
    "judge x.npz --as eps-hut": "Error: no definition 'eps-hut' (did you mean eps-hat?); "
    "see adamcheck list definitions",
}


@pytest.mark.slow
@pytest.mark.parametrize("command", MISSPELT)
def test_what_is_misspelt_is_named_before_any_work(command):
    assert adamcheck(*command.split(), status=2).error == MISSPELT[command]


UNUSABLE = {
    "syntax_error.py:make": "running syntax_error.py raised SyntaxError: invalid syntax "
    "(syntax_error.py, line 1)",
    "exits.py:make": "running exits.py raised SystemExit: 0 (exits.py, line 3)",
}
"""What is found out in another process; `test_find` has the rest."""


@pytest.mark.slow
@pytest.mark.parametrize("target", UNUSABLE)
def test_a_target_that_cannot_be_loaded_is_one_line(tmp_path, target):
    (tmp_path / "syntax_error.py").write_text("def make(:\n    pass\n")
    (tmp_path / "exits.py").write_text("import sys\n\nsys.exit(0)\n")
    error = adamcheck("verify", target, *QUICK, status=2, folder=tmp_path).error
    assert error == f"adamcheck: no target {target!r}: {UNUSABLE[target]}"


def test_options_that_a_target_does_not_take_are_unusable_input():
    error = adamcheck("verify", "reference", *QUICK, "--set", "fused=True", status=2).error
    assert error == snapshot("adamcheck: reference takes no options")


def test_a_folder_in_which_nobody_can_write_is_found_out_before_the_work():
    error = adamcheck("verify", "reference", "--save", "/proc/report.json", status=2).error
    assert error.startswith("adamcheck: cannot write /proc/report.json: /proc: ")


def test_a_folder_in_the_place_of_a_file_too(tmp_path):
    (tmp_path / "report.json").mkdir()
    error = adamcheck("verify", "reference", "--save", "report.json", status=2, folder=tmp_path).error
    assert error == snapshot("adamcheck: cannot write report.json: it is a folder")


def test_a_report_on_a_misspelt_target_leaves_nothing_behind(tmp_path):
    adamcheck("report", "refrence", status=2, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
class TestJudge:
    @pytest.mark.parametrize(
        ("name", "content", "error"),
        [
            ("none.npz", None, "none.npz: no such file"),
            (
                "run.csv",
                b"1,2\n",
                "run.csv: unknown trace format '.csv' (expected .npz, .safetensors or .json)",
            ),
            ("text.npz", b"no archive", "text.npz: not a trace file"),
            ("text.json", b"{", "text.json: not a trace file"),
            ("foreign.json", b'{"hello": 1}', 'foreign.json: no "format": "adamcheck-trace-1" in it'),
        ],
    )
    def test_a_file_that_is_no_trace(self, tmp_path, name, content, error):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        assert error in adamcheck("judge", name, status=2, folder=tmp_path).error

    def test_an_archive_of_something_else(self, tmp_path):
        np.savez(tmp_path / "foreign.npz", weights=np.ones(3))
        error = adamcheck("judge", "foreign.npz", status=2, folder=tmp_path).error
        assert error == snapshot("adamcheck: foreign.npz: no array named 'gradients' or 'NAME.gradients'")

    def test_a_truncated_archive(self, tmp_path):
        _save_a_trace(tmp_path / "run.npz")
        whole = (tmp_path / "run.npz").read_bytes()
        (tmp_path / "run.npz").write_bytes(whole[: len(whole) // 2])
        assert "run.npz: not a trace file" in adamcheck("judge", "run.npz", status=2, folder=tmp_path).error

    def test_an_archive_with_a_flipped_bit(self, tmp_path):
        _save_a_trace(tmp_path / "run.npz")
        content = bytearray((tmp_path / "run.npz").read_bytes())
        content[content.index(b"NUMPY") + 200] ^= 1
        (tmp_path / "run.npz").write_bytes(content)
        assert "run.npz" in adamcheck("judge", "run.npz", status=2, folder=tmp_path).error


def _save_a_trace(path: Path) -> None:
    gradients = np.ones((50, 100))
    save(path, {"run": Trace(Hyperparameters(), gradients, np.zeros((51, 100)))})


@pytest.mark.parametrize("command", [None, *main.commands])
def test_help_fits_into_80_columns(command):
    shown = CliRunner().invoke(main, [*([command] if command else []), "--help"], terminal_width=80)
    assert shown.exit_code == 0
    assert max(map(len, shown.output.splitlines())) <= 80
