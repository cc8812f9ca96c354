"""The README and its guides: their commands, and their recipes followed to the letter on a copy of the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from command_line import QUICK

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / ".github" / "guide").glob("*.md"))]
README = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
"""The README and the pages that it links to."""

MYLIB = """
__version__ = "1.0"

class Adam:
    def __init__(self, theta, lr, betas, eps):
        self.theta, self.lr, self.betas, self.eps = theta, lr, betas, eps
        self.m, self.v, self.t = 0 * theta, 0 * theta, 0

    def apply(self, g):
        self.t += 1
        (b1, b2), t = self.betas, self.t
        self.m, self.v = b1 * self.m + (1 - b1) * g, b2 * self.v + (1 - b2) * g * g
        root = (self.v / (1 - b2**t)) ** 0.5
        self.theta = self.theta - self.lr * self.m / (1 - b1**t) / (root + self.eps)
        return self.theta
"""


def block(marker: str) -> str:
    """The code block that follows `<!-- marker -->`."""
    found = re.search(rf"<!-- {re.escape(marker)} -->\n```\w*\n(.*?)```", README, re.DOTALL)
    assert found, f"no block marked {marker!r} in the README or the guides"
    return found.group(1)


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which every recipe was followed."""
    copy = tmp_path_factory.mktemp("recipes")
    shutil.copytree(ROOT / "adamcheck", copy / "adamcheck")
    shutil.copytree(ROOT / "properties", copy / "adamcheck_properties")
    (copy / "mylib.py").write_text(MYLIB)
    for marker in re.findall(r"<!-- (recipe[^>]*) -->", README):
        kind, place, *name = marker.replace(":", "").split()
        path = copy / re.sub(r"^properties/", "adamcheck_properties/", place)
        if kind == "recipe":
            path.write_text(block(marker))
        elif kind == "recipe-append":
            path.write_text(path.read_text() + "\n\n" + block(marker))
        else:
            text, number = re.subn(
                rf"^{name[0]}\b[^=\n]*= {{", rf"\g<0>\n{block(marker)}", path.read_text(), flags=re.M
            )
            assert number == 1, f"no dictionary {name[0]} in {place}"
            path.write_text(text)
    return copy


def run(
    copy: Path, *arguments: str, folder: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """The command line of the copy."""
    return subprocess.run(
        [sys.executable, "-c", "from adamcheck.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        cwd=folder or copy,
        env={**os.environ, "PYTHONPATH": str(copy), **environment},
    )


EVERY_CHECK = ("--profile", "quick", "--dtype", "float64")


def test_the_recipe_for_a_claim_gives_a_claim_that_is_explained(followed: Path) -> None:
    done = run(followed, "explain", "first-step")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the betas cancel" in done.stdout


@pytest.mark.exhaustive
@pytest.mark.slow
def test_the_recipe_for_a_target_gives_a_target_that_is_verified(followed: Path) -> None:
    done = run(followed, "verify", "mylib:Adam", *EVERY_CHECK)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "mylib 1.0" in done.stdout


@pytest.mark.slow
def test_the_recipe_for_a_variant_gives_a_dialect_that_is_recognised(followed: Path) -> None:
    assert "quasi-hyperbolic" in run(followed, "list", "definitions").stdout
    (followed / "qhadam.py").write_text(
        "from adamcheck.targets.reference import DefinitionTarget\n"
        "from adamcheck.variants.dialects import QuasiHyperbolic\n"
        "target = DefinitionTarget(QuasiHyperbolic)\n"
    )
    done = run(followed, "verify", "qhadam.py:target", *QUICK)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "QHAdam" in done.stdout


@pytest.mark.slow
def test_the_recipe_for_a_bug_gives_a_bug_that_is_recognised_and_noticed(followed: Path) -> None:
    assert "m-of-absolute-values" in run(followed, "list", "bugs").stdout
    target = "adamcheck.variants.bugs:m_of_absolute_values"
    done = run(followed, "verify", target, *QUICK)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "the known bug m-of-absolute-values" in " ".join(done.stdout.split())
    done = run(followed, "power", "--only", "m-of-absolute-values", "--profile", "quick", "--jobs", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 1 bugs are noticed." in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("example", "options", "status", "told"),
    [
        ("my_adam.py", QUICK, 1, "eps inside the root"),
        ("listed.py", EVERY_CHECK, 0, ": textbook Adam ("),
    ],
)
def test_the_examples_are_told_what_they_are(
    tmp_path: Path, example: str, options: tuple[str, ...], status: int, told: str
) -> None:
    (tmp_path / example).write_text(block(f"example: {example}"))
    command = re.search(rf"^adamcheck (verify {re.escape(example)}[^#\n]*)", README, re.MULTILINE)
    assert command
    done = run(ROOT, *command.group(1).split(), *options, folder=tmp_path)
    assert done.returncode == status, done.stdout + done.stderr
    assert told in done.stdout


def test_the_two_commands_are_one_line_each() -> None:
    for marker in ("report-command", "test-command"):
        assert len(block(marker).splitlines()) == 1


def test_the_table_of_claims_is_the_generated_one() -> None:
    found = re.search(r"<!-- claims, from: adamcheck (.*?) -->\n(.*?)<!-- end -->", README, re.DOTALL)
    assert found
    made = subprocess.run(
        [sys.executable, "-m", "adamcheck", *found.group(1).split()], capture_output=True, text=True
    )
    assert found.group(2).strip() == made.stdout.strip(), f"run: adamcheck {found.group(1)}"


def test_every_link_to_a_file_leads_somewhere() -> None:
    for page in (*PAGES, *(ROOT / ".github").glob("*.md")):
        for link in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name} links to {link}, which is not there"


def test_the_readme_is_short() -> None:
    assert len(PAGES[0].read_bytes()) <= 12_000, "say it in a guide and link to it"


@pytest.mark.slow
def test_the_transcript_is_what_the_command_prints(tmp_path: Path) -> None:
    (tmp_path / "book.py").write_text(block("example: book.py"))
    command = re.search(r"^adamcheck (verify book.py:Adam --dtype[^#\n]*)", README, re.MULTILINE)
    assert command
    done = run(ROOT, *command.group(1).split(), folder=tmp_path, COLUMNS="110")
    assert done.returncode == 1, done.stdout + done.stderr
    beginning, end = (_timeless(part) for part in block("transcript: book.py").split("...\n"))
    assert _timeless(done.stdout).startswith(beginning)
    assert _timeless(done.stdout).endswith(end)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_the_transcript_of_a_dozen_adams_is_what_the_command_prints() -> None:
    command = block("dozen").replace("\\\n", " ").split()
    done = run(ROOT, *command[1:], folder=ROOT / "tests" / "examples" / "adams", COLUMNS="110")
    assert done.returncode == 1, done.stdout + done.stderr
    printed = _timeless(done.stdout)
    for part in block("transcript: dozen").split("...\n"):
        assert _timeless(part) in printed


def _timeless(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r" in \d+ s", " in 9 s", text)).strip()


def test_every_package_is_installed() -> None:
    packages = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    there = {
        ".".join(("adamcheck_properties" if p.parts[0] == "properties" else p.parts[0], *p.parts[1:-1]))
        for folder in ("adamcheck", "properties")
        for p in (path.relative_to(ROOT) for path in (ROOT / folder).rglob("__init__.py"))
    }
    assert packages == there
