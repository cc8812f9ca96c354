"""What other tools read of the repository: the action, the hook, the citation, the addresses of the project."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from command_line import COMMAND, EXAMPLES

import adamcheck

ROOT = Path(__file__).parents[1]

ACTION = ROOT / ".github/actions/verify/action.yml"

TABLE = """
[tool.adamcheck]
targets = ["correct.py:function"]
dtypes = ["float64"]
profile = "quick"
"""


def read(path: Path):
    yaml = pytest.importorskip("ruamel.yaml").YAML(typ="safe", pure=True)
    return yaml.load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ("vendor.github-actions", ACTION),
        ("vendor.github-workflows", ROOT / ".github/workflows/ci.yml"),
        ("vendor.citation-file-format", ROOT / ".github/CITATION.cff"),
    ],
)
def test_files_keep_to_the_schemas_of_their_readers(schema, path):
    pytest.importorskip("check_jsonschema")
    command = [sys.executable, "-W", "ignore", "-m", "check_jsonschema", "--builtin-schema", schema]
    done = subprocess.run(
        [*command, "--default-filetype", "yaml", path],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_versions_and_addresses_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = read(ROOT / ".github/CITATION.cff")
    assert citation["version"] == project["version"] == adamcheck.__version__
    assert citation["repository-code"] == project["urls"]["Source"]
    assert all(url.startswith(project["urls"]["Source"]) for url in project["urls"].values())
    place = project["urls"]["Changelog"].partition("/blob/main/")[2]
    assert f"## {project['version']}" in (ROOT / place).read_text(encoding="utf-8")


class TestAction:
    @pytest.fixture
    def verify(self, tmp_path):
        """Runs the last step of the action as the host does, in a folder with the examples in it."""
        for file in EXAMPLES.glob("*.py"):
            (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
        script = read(ACTION)["runs"]["steps"][-1]["run"]

        def verify(targets: str, options: str = "") -> subprocess.CompletedProcess[str]:
            environment = {
                **os.environ,
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "TARGETS": targets,
                "OPTIONS": options,
                "RUNNER_TEMP": str(tmp_path),
                "GITHUB_OUTPUT": str(tmp_path / "output"),
                "GITHUB_WORKSPACE": str(tmp_path),
            }
            command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
            return subprocess.run(
                command,
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )

        return verify

    @pytest.mark.slow
    def test_it_verifies_what_it_is_told_and_annotates_failures(self, verify, tmp_path):
        only = "--profile quick --dtype float64 --only two-instances-are-independent"
        done = verify("correct.py:function broken.py:SharedCounter", only)
        assert done.returncode == 1, done.stderr
        assert "::error file=broken.py,line=" in done.stdout
        assert "::notice title=adamcheck::correct.py:function conforms (float64)" in done.stdout
        (output,) = (tmp_path / "output").read_text(encoding="utf-8").splitlines()
        assert json.loads(Path(output.removeprefix("sarif=")).read_bytes())["version"] == "2.1.0"

    @pytest.mark.slow
    def test_without_targets_it_verifies_those_of_the_project(self, verify, tmp_path):
        (tmp_path / "pyproject.toml").write_text(TABLE, encoding="utf-8")
        done = verify("", "--only two-instances-are-independent")
        assert done.returncode == 0, done.stderr
        assert "correct.py:function conforms" in done.stdout


@pytest.mark.slow
def test_the_hook_runs_as_it_stands_in_a_project_with_targets(tmp_path):
    (hook,) = read(ROOT / ".pre-commit-hooks.yaml")
    (tmp_path / "pyproject.toml").write_text(TABLE, encoding="utf-8")
    (tmp_path / "correct.py").write_text(
        (EXAMPLES / "correct.py").read_text(encoding="utf-8"), encoding="utf-8"
    )
    program, *arguments = hook["entry"].split()
    assert program == COMMAND.name
    only = ["--only", "two-instances-are-independent"]
    done = subprocess.run(
        [COMMAND, *arguments, *hook["args"], *only],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert hook["pass_filenames"] is False
