"""The page about adamcheck in other projects: its blocks run as they stand, and its options exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from adamcheck.cli import main
from adamcheck.cli.configuration import configuration

ROOT = Path(__file__).parents[1]

PAGE = (ROOT / ".github/INTEGRATIONS.md").read_text(encoding="utf-8")


def block(marker: str) -> str:
    found = re.search(rf"<!-- {marker} -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)
    assert found, marker
    return found[1]


def read(text: str):
    return pytest.importorskip("ruamel.yaml").YAML(typ="safe", pure=True).load(text)


def test_the_test_with_a_tolerance_passes_and_a_wrong_beta_fails_it():
    names: dict = {}
    exec(block("tolerance"), names)
    names["test_my_adam_is_adam"]()
    right = names["my_adam"]
    names["my_adam"] = lambda gradients, **hyper: right(gradients, beta2=0.999 * (1 + 1e-9), **hyper)
    with pytest.raises(AssertionError):
        names["test_my_adam_is_adam"]()


def test_the_table_is_read(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text(block("table"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    found = configuration()
    assert found.targets == ("my_adam.py:make",)
    assert list(found.expect) == ["my_adam.py:make"]
    keys = set(tomllib.loads(block("table"))["tool"]["adamcheck"])
    assert keys == {"targets", "dtypes", "profile", "definition", "accept", "expect"}


@pytest.mark.slow
def test_the_cell_of_a_notebook_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(block("notebook"), {})
    assert (tmp_path / "report.html").exists()


def test_the_action_and_the_hook_are_those_of_the_repository():
    source = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]["Source"]
    step = next(step for step in read(block("action")) if step.get("id") == "adamcheck")
    place, _, _ = step["uses"].partition("@")
    owner = "/".join(source.split("/")[-2:])
    action = read((ROOT / place.removeprefix(f"{owner}/") / "action.yml").read_text(encoding="utf-8"))
    assert set(step["with"]) <= set(action["inputs"])
    assert set(re.findall(r"outputs\.(\w+)", block("action"))) <= set(action["outputs"])
    (repository,) = read(block("hook"))["repos"]
    assert repository["repo"] == source
    (ours,) = read((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert [hook["id"] for hook in repository["hooks"]] == [ours["id"]]


def test_its_options_exist():
    known = {name for command in main.commands.values() for each in command.params for name in each.opts}
    theirs = {"--from", "--adamcheck"}
    assert set(re.findall(r"--[a-z][a-z-]+", PAGE)) <= known | theirs
