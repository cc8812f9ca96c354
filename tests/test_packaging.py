"""What is handed out: the source distribution has the whole project, its tests and their helpers too."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

BUILD = "import sys; from setuptools.build_meta import build_sdist; build_sdist(sys.argv[1])"


def output(*command: str | Path, folder: Path) -> str:
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs a git checkout")
def test_the_source_distribution_has_every_tracked_file(tmp_path):
    pytest.importorskip("setuptools", minversion="77")
    pytest.importorskip("setuptools_scm")
    output("git", "clone", "--quiet", ROOT, "clone", folder=tmp_path)
    output(sys.executable, "-c", BUILD, tmp_path, folder=tmp_path / "clone")
    (archive,) = tmp_path.glob("adamcheck-*.tar.gz")
    with tarfile.open(archive) as files:
        packed = {member.name.partition("/")[2] for member in files if member.isfile()}
    tracked = set(output("git", "ls-files", folder=tmp_path / "clone").splitlines())
    assert {"tests/conftest.py", "tests/command_line.py", "tests/examples/broken.py"} <= tracked
    assert tracked - packed == set()


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs a git checkout")
def test_the_wheel_has_every_file_of_both_packages(tmp_path):
    pytest.importorskip("setuptools", minversion="77")
    pytest.importorskip("setuptools_scm")
    output("git", "clone", "--quiet", ROOT, "clone", folder=tmp_path)
    output(sys.executable, "-c", BUILD.replace("sdist", "wheel"), tmp_path, folder=tmp_path / "clone")
    (wheel,) = tmp_path.glob("adamcheck-*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    tracked = output("git", "ls-files", "adamcheck", "properties", folder=tmp_path / "clone").splitlines()
    due = {re.sub("^properties/", "adamcheck_properties/", name) for name in tracked}
    assert due - packed == set()


def test_a_build_installs_what_finds_the_tracked_files():
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]
    assert any(requirement.startswith("setuptools-scm") for requirement in build["requires"])
