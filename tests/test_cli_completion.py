"""Completion in the shell: targets, claims, topics, checks and definitions by what is typed of their names."""

from __future__ import annotations

import os
import subprocess

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner
from command_line import COMMAND

from adamcheck.cli import main


def offered(*arguments: str) -> list[tuple[str, str]]:
    *before, incomplete = arguments
    found = ShellComplete(main, {}, "adamcheck", "_ADAMCHECK_COMPLETE").get_completions(before, incomplete)
    return [(item.type, item.value) for item in found]


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (("ver",), "verify"),
        (("verify", "torch-ad"), "torch-adamw"),
        (("verify", "torch", "ref"), "reference"),
        (("matrix", "opt"), "optax"),
        (("report", "opt"), "optax"),
        (("report", "--only", "loss-sc"), "loss-scale-invariance"),
        (("certify", "loss-sc"), "loss-scale-invariance"),
        (("explain", "eps-ins"), "eps-inside-root"),
        (("explain", "v-corrected-one-step-a"), "v-corrected-one-step-ahead"),
        (("verify", "--only", "two-inst"), "two-instances-are-independent"),
        (("verify", "--as", "nad"), "nadam"),
        (("verify", "--accept", "eps-h"), "eps-hat"),
        (("judge", "run.npz", "--as", "amsg"), "amsgrad"),
        (("verify", "--format", "jun"), "junit"),
    ],
)
def test_names_are_completed(arguments, name):
    assert ("plain", name) in offered(*arguments)


def test_files_are_offered_where_no_known_target_fits():
    assert offered("verify", "my_ad") == [("file", "my_ad")]


def test_the_line_for_bash_stands_whole_in_the_help():
    told = CliRunner().invoke(main, ["--help"]).output
    assert '  eval "$(_ADAMCHECK_COMPLETE=bash_source adamcheck)"\n' in told


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_documented_line_prints_a_script(shell):
    environment = {**os.environ, "_ADAMCHECK_COMPLETE": f"{shell}_source"}
    done = subprocess.run([COMMAND], env=environment, capture_output=True, text=True, timeout=60, check=False)
    if shell == "bash" and "bash" in done.stderr.lower():
        pytest.skip("click needs a newer bash here")
    assert "_ADAMCHECK_COMPLETE" in done.stdout
