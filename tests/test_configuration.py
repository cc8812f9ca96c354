"""The table [tool.adamcheck]: found from the working directory upwards, options win, faults are one line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest
from click.testing import CliRunner
from command_line import EXAMPLES

from adamcheck.cli import implementations, main, theory
from adamcheck.cli.configuration import Configuration, ConfigurationError, configuration
from adamcheck.targets.find import Spec

INSTANCES = "two-instances-are-independent"

TABLE = f"""
[tool.adamcheck]
targets = ["broken.py:SharedCounter"]
dtypes = ["float32"]
profile = "quick"
definition = "adam"
accept = ["eps-hat"]

[tool.adamcheck.expect."broken.py:SharedCounter"]
{INSTANCES} = "one counter for all"
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Makes a folder with a pyproject.toml the working directory."""

    def project(text: str, below: str = ".") -> Path:
        (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
        (tmp_path / below).mkdir(parents=True, exist_ok=True)
        monkeypatch.chdir(tmp_path / below)
        return tmp_path

    return project


def verify(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["verify", "--in-process", "--only", INSTANCES, *arguments])
    return done.exit_code, done.stdout, done.stderr


def test_every_key_is_read(project):
    project(TABLE)
    assert configuration() == Configuration(
        targets=("broken.py:SharedCounter",),
        dtypes=("float32",),
        profile="quick",
        definition="adam",
        accept=("eps-hat",),
        expect={"broken.py:SharedCounter": {INSTANCES: "one counter for all"}},
    )


def test_it_is_found_from_a_folder_below_and_files_are_named_from_there(project):
    project(TABLE, below="a/b")
    found = configuration()
    assert found.targets == ("../../broken.py:SharedCounter",)
    assert list(found.expect) == ["../../broken.py:SharedCounter"]


def test_a_nearer_file_without_the_table_does_not_hide_it(project):
    folder = project(TABLE, below="inner")
    (folder / "inner" / "pyproject.toml").write_text("[tool.other]\n", encoding="utf-8")
    assert configuration().profile == "quick"


@pytest.mark.parametrize("text", ["", "tool = 3", "[tool]\nadam = 1", "[project]\nname = 'x'"])
def test_a_project_without_the_table_settles_nothing(project, text):
    project(text)
    assert configuration() == Configuration()


def test_known_failures_may_be_a_file_beside_the_project(project):
    folder = project("[tool.adamcheck]\nexpect = 'known.toml'\n", below="a")
    assert configuration().expect == folder / "known.toml"


FAULTS = {
    "acept = ['eps-hat']": "no key 'acept' (did you mean accept?)",
    "zzz = 1": "no key 'zzz': expected targets, dtypes, profile, definition, accept, expect",
    "accept = 'eps-hat'": 'accept: expected a list of definitions, such as ["eps-hat"]',
    "accept = ['eps-hut']": "accept: no definition 'eps-hut' (did you mean eps-hat?)",
    "targets = []": 'targets: expected a list of targets, such as ["my_adam.py:make"]',
    "dtypes = ['float46']": "dtypes: expected a list of float64, float32, float16, bfloat16, or all",
    "dtypes = [['float64']]": "dtypes: expected a list of float64, float32, float16, bfloat16, or all",
    "profile = 3": "profile: expected one of quick, standard, thorough",
    "profile = ['quick']": "profile: expected one of quick, standard, thorough",
    "definition = 1": 'definition: expected a name, such as "adamw"',
    "definition = 'adamv'": "definition: no definition 'adamv' (did you mean adam?); "
    "see adamcheck list definitions",
    "expect = 1": 'expect: expected a file, or for each target a table of CHECK = "reason"',
    "expect = {'a.py:f' = 'why'}": 'expect: expected a file, or for each target a table of CHECK = "reason"',
}


@pytest.mark.parametrize("line", FAULTS)
def test_a_fault_is_one_line_with_status_2(project, line):
    folder = project(f"[tool.adamcheck]\n{line}\n")
    assert verify("reference") == (
        2,
        "",
        f"adamcheck: {folder / 'pyproject.toml'}: [tool.adamcheck]: {FAULTS[line]}\n",
    )


def test_what_is_not_toml_is_one_line(project):
    folder = project("[tool.adamcheck\n")
    with pytest.raises(ConfigurationError) as error:
        configuration()
    assert str(error.value).startswith(f"{folder / 'pyproject.toml'} is not a TOML file: ")


def test_help_needs_no_sound_table(project):
    project("[tool.adamcheck\n")
    assert CliRunner().invoke(main, ["verify", "--help"]).exit_code == 0


class TestVerify:
    @pytest.fixture
    def folder(self, project):
        folder = project(TABLE)
        (folder / "broken.py").write_text((EXAMPLES / "broken.py").read_text(), encoding="utf-8")
        return folder

    def test_without_a_target_the_table_says_everything(self, folder):
        status, out, _ = verify()
        assert "broken.py:SharedCounter" in out
        assert "float32" in out
        assert "float64" not in out
        assert "1 expected" in out
        assert status == 0

    def test_options_win(self, folder):
        _, out, _ = verify("--dtype", "float64", "--profile", "standard", "reference")
        assert "reference" in out
        assert "SharedCounter" not in out
        assert "float32" not in out
        assert "profile standard" in out

    def test_known_failures_of_the_command_line_take_the_place_of_those_of_the_table(self, folder):
        (folder / "none.toml").write_text('["broken.py:SharedCounter"]\n', encoding="utf-8")
        status, out, _ = verify("--expect", "none.toml")
        assert "1 broken" in out
        assert status == 1


def test_pytest_reads_the_table_too(project, monkeypatch):
    from adamcheck.pytest_plugin import _plan

    class Options:
        def getoption(self, name):
            return {"--adamcheck-seed": 0, "--adamcheck-accept": [], "--adamcheck-dtype": []}.get(name)

    project(TABLE)
    plan = _plan(Options(), ["broken.py:SharedCounter"])
    assert (plan.dtypes, plan.accept) == (("float32",), ("eps-hat",))
    assert plan.expected["broken.py:SharedCounter"] == {INSTANCES: "one counter for all"}


def test_the_decorator_of_pytest_reads_it_where_nothing_is_given(project):
    from adamcheck.pytest_plugin import parametrize_with_checks

    project(TABLE)
    checks = parametrize_with_checks(["reference"]).args[1]
    assert {check.dtype for check in checks} == {"float32"}
    assert checks[0].plan.accept == ("eps-hat",)
    assert checks[0].plan.expected["broken.py:SharedCounter"] == {INSTANCES: "one counter for all"}
    given = parametrize_with_checks(["reference"], dtypes=["float64"], accept=(), expected={}).args[1]
    assert {check.dtype for check in given} == {"float64"}
    assert (given[0].plan.accept, given[0].plan.expected) == ((), {})


def test_a_fault_is_one_line_for_the_decorator_too(project):
    from adamcheck.pytest_plugin import parametrize_with_checks

    project("[tool.adamcheck]\nprofile = 3\n")
    with pytest.raises(pytest.Collector.CollectError, match="profile: expected one of quick"):
        parametrize_with_checks(["reference"])


@pytest.mark.parametrize(("command", "module"), [("report", theory), ("matrix", implementations)])
def test_commands_about_known_implementations_read_all_but_the_targets(project, monkeypatch, command, module):
    ran: dict[str, Any] = {}

    def run_suite(specs: Sequence[Spec], **options: Any) -> NoReturn:
        ran.update(options, names=[spec.name for spec in specs])
        raise SystemExit(0)

    monkeypatch.setattr(module, "run_suite", run_suite)
    folder = project(TABLE.partition("[tool.adamcheck.expect")[0] + 'expect = "known.toml"\n')
    (folder / "known.toml").write_text(f'["broken.py:SharedCounter"]\n{INSTANCES} = "why"\n')
    assert CliRunner().invoke(main, [command, "--output", "out", "--profile", "standard"]).exit_code == 0
    assert "broken.py:SharedCounter" not in ran["names"]
    assert (ran["dtypes"], ran["profile"], ran["accept"]) == (("float32",), "standard", ("eps-hat",))
    assert ran["expect"] == {"broken.py:SharedCounter": {INSTANCES: "why"}}
