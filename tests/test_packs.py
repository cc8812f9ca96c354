"""Packages that add to adamcheck: each kind of thing is used like our own, and a faulty one is skipped."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import QUICK, Output, adamcheck
from inline_snapshot import snapshot

GOOD = '''
"""One of everything that a pack can add."""

from adamcheck.adam import Adam
from adamcheck.checks.conformance.register import check
from adamcheck.checks.strategies import trajectories
from adamcheck.numbers.operations import sqrt
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.zoo.bugs import BUGS, wrong_formula


@check("laws", trajectory=trajectories)
def updates_are_small(subject, trajectory):
    """No update is a million."""
    for parameters in subject.run(trajectory).parameters:
        assert parameters.size >= 0, "never"


@check("laws", trajectory=trajectories)
def fails_on_purpose(subject, trajectory):
    """Nothing keeps this law."""
    assert False, "this law is kept by nothing"


@check("laws", trajectory=trajectories)
def mistaken(subject, trajectory):
    """A law with a programming error."""
    subject.no_such_method()


class EpsilonTripled(Adam):
    """eps three times as large, as this pack has it."""

    title = "Adam with three eps"

    def denominator(self, v_hat, t):
        return sqrt(v_hat) + self.hyper.eps + self.hyper.eps + self.hyper.eps


class SquaredTwice(Adam):
    """Nobody but this pack has it."""

    def denominator(self, v_hat, t):
        eps = self.hyper.eps
        return sqrt(v_hat) + eps + eps + eps + eps + eps


exposes = BUGS["eps-dropped"].exposes
bug = wrong_formula(SquaredTwice, "eps-fivefold", "sqrt(v_hat) + 5 eps", "nowhere", exposes)


class Library:
    """What this library calls an optimizer."""


def recognises(thing):
    return thing is Library


def adapt(thing, name, options):
    return DefinitionTarget(EpsilonTripled, name)


def render(report):
    return "targets: " + ", ".join(target.name for target in report.targets)
'''

ENTRIES = """
[adamcheck.checks]
updates-are-small = goodpack:updates_are_small
fails-on-purpose = goodpack:fails_on_purpose
mistaken = goodpack:mistaken
[adamcheck.definitions]
eps-tripled = goodpack:EpsilonTripled
[adamcheck.bugs]
eps-fivefold = goodpack:bug
[adamcheck.adapters]
goodpack = goodpack
[adamcheck.formats]
txt = goodpack:render
[adamcheck.properties]
goodclaims = goodclaims
"""

CLAIM = """
from adamcheck.claims.claim import Claim, holds

claim = Claim("A title", "A claim of a pack.", "nobody", holds(), "Nothing.")
"""

Install = Callable[..., dict[str, str]]


@pytest.fixture
def install(tmp_path: Path) -> Install:
    """Puts packages into a folder as pip does: modules beside a dist-info with entry points."""

    def put(name: str, entries: str, **modules: str) -> dict[str, str]:
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(entries)
        for module, text in modules.items():
            path = tmp_path / f"{module.replace('__', '/')}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return {"PYTHONPATH": str(tmp_path)}

    return put


@pytest.fixture
def pack(install: Install, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "goodclaims").mkdir()
    (tmp_path / "goodclaims" / "__init__.py").write_text('"""Claims of a pack."""\n')
    (tmp_path / "goodclaims" / "a_claim_of_a_pack.py").write_text(CLAIM)
    return install("goodpack", ENTRIES, goodpack=GOOD)


class TestEverythingIsUsedLikeOurOwn:
    @pytest.mark.parametrize(
        ("what", "name"),
        [
            ("checks", "laws: updates-are-small"),
            pytest.param("definitions", "eps-tripled", marks=pytest.mark.slow),
            pytest.param("bugs", "eps-fivefold", marks=pytest.mark.slow),
            pytest.param("claims", "a-claim-of-a-pack", marks=pytest.mark.slow),
        ],
    )
    def test_what_a_pack_adds_is_listed_and_explained(self, pack, what, name):
        assert name in adamcheck("list", what, status=0, **pack).out
        assert adamcheck("explain", name.rpartition(" ")[2], status=0, **pack).err == ""

    def test_the_packs_are_listed_with_their_state(self, pack):
        lines = adamcheck("list", "packs", status=0, **pack).out.splitlines()
        ours = [line for line in lines if line.startswith("goodpack 1.0")]
        assert len(ours) == 8
        assert all(line.endswith(": in use") for line in ours)

    @pytest.mark.slow
    def test_an_adapter_recognises_and_the_diagnosis_knows_the_definition(self, pack):
        done = adamcheck("verify", "goodpack:Library", *QUICK, status=1, **pack)
        assert "Adam with three eps" in done.out
        accepted = adamcheck(
            "verify", "goodpack:Library", *QUICK, "--accept", "eps-tripled", status=0, **pack
        )
        assert "the accepted dialect eps-tripled" in accepted.out

    @pytest.mark.slow
    def test_the_diagnosis_knows_the_bug(self, pack):
        done = adamcheck("verify", "adamcheck.variants.bugs:eps_fivefold", *QUICK, status=1, **pack)
        assert "5 eps" in done.out

    @pytest.mark.slow
    def test_a_bug_has_a_row_in_the_kill_matrix(self, pack, tmp_path):
        power = ("power", "--only", "eps-fivefold", "--profile", "quick", "--output", tmp_path / "power")
        adamcheck(*power, status=0, **pack)
        assert "eps-fivefold" in (tmp_path / "power" / "power.md").read_text()

    @pytest.mark.slow
    def test_a_report_is_saved_in_its_format(self, pack, tmp_path):
        adamcheck("verify", "reference", *QUICK, "--save", tmp_path / "found.txt", status=0, **pack)
        assert (tmp_path / "found.txt").read_text() == "targets: reference"

    @pytest.mark.slow
    def test_the_check_of_a_pack_runs_in_workers_and_a_plain_assertion_breaks_it(self, pack):
        only = ("--only", "updates-are-small", "--only", "fails-on-purpose", "--dtype", "float64")
        done = adamcheck("verify", "reference", *only, "--profile", "quick", "--jobs", "2", status=1, **pack)
        assert "fails-on-purpose" in done.out
        assert "this law is kept by nothing" in done.out
        assert done.err == ""

    def test_a_check_with_an_error_is_neither_kept_nor_blamed_on_the_target(self, pack):
        only = ("--only", "mistaken", "--dtype", "float64", "--profile", "quick")
        done = adamcheck("verify", "reference", *only, status=2, **pack)
        assert "conforms in float64" in done.out
        assert "1 faulty check" in done.out
        assert "no attribute 'no_such_method'" in done.out
        assert done.error == snapshot("adamcheck: faulty checks: mistaken: fix them, or uninstall their pack")


FAULTS = {
    "an import error": ("fault = faulty:x", "import no_such_module", "No module named 'no_such_module'"),
    "an exception at import": ("fault = faulty:x", "raise OSError('no disk')", "OSError: no disk"),
    "an exit at import": ("fault = faulty:x", "raise SystemExit('bye')", "SystemExit: bye"),
    "no such module": ("fault = nowhere_at_all:x", "", "No module named 'nowhere_at_all'"),
    "no such attribute": ("fault = faulty:missing", "x = 1", "no attribute 'missing'"),
    "a wrong type": ("fault = faulty:x", "x = 42", "it refers to an object of type int, expected what"),
    "a name of ours": (
        "updates-are-enclosed-away-from-zero = faulty:x",
        "from dataclasses import replace\n"
        "from adamcheck.checks.conformance import CHECKS\n"
        "x = CHECKS['updates-are-enclosed-away-from-zero']",
        "there is already a check updates-are-enclosed-away-from-zero",
    ),
    "another name": (
        "fault = faulty:x",
        "from adamcheck.checks.conformance import PROBE\nx = PROBE",
        "give both the same name",
    ),
}


class TestFaultyPacks:
    @pytest.mark.parametrize(
        "fault",
        [
            pytest.param(fault, marks=() if fault == "an import error" else pytest.mark.slow)
            for fault in FAULTS
        ],
    )
    def test_one_line_says_what_is_skipped_and_nothing_else_changes(self, install, fault):
        entry, text, told = FAULTS[fault]
        environment = install("faulty", f"[adamcheck.checks]\n{entry}\n", faulty=text)
        done: Output = adamcheck("verify", "reference", *QUICK, "--jobs", "2", status=0, **environment)
        (line,) = done.err.splitlines()
        assert line.startswith(
            "adamcheck: warning: the installed pack faulty 1.0 is faulty, skipped its check"
        )
        assert told in line
        assert line.endswith("repair or uninstall it (adamcheck list packs shows every pack)")

    @pytest.mark.slow
    def test_an_adapter_that_raises_is_dropped_and_asked_no_more(self, install):
        text = (
            "import sys\n"
            "def recognises(thing):\n"
            "    raise OSError('no such device')\n"
            "def adapt(thing, name, options):\n"
            "    raise AssertionError\n"
        )
        environment = install("faulty", "[adamcheck.adapters]\nfaulty = faulty\n", faulty=text)
        mine = "def make(parameters, *, lr, beta1, beta2, eps): return lambda gradient: parameters\n"
        environment |= install("mine", "", mine="import faulty\n" + mine)
        verify = ("verify", "mine:make", "mine:make", *QUICK)
        assert adamcheck(*verify, status=1, **environment).err == ""
        done = adamcheck(*verify, "--in-process", status=1, **environment)
        (line,) = done.err.splitlines()
        assert "skipped its adapter 'faulty' (faulty): recognises raised OSError: no such device" in line
        assert "mine:make" in done.out

    def test_an_adapter_that_cannot_make_a_target_is_named_in_one_line(self, install):
        text = (
            "def recognises(thing):\n"
            "    return getattr(thing, '__module__', '') == 'faulty'\n"
            "def adapt(thing, name, options):\n"
            "    raise OSError('no such device')\n"
            "class Adam: pass\n"
        )
        environment = install("faulty", "[adamcheck.adapters]\nfaulty = faulty\n", faulty=text)
        done = adamcheck("verify", "faulty:Adam", *QUICK, status=2, **environment)
        assert done.error.startswith(
            "adamcheck: faulty:Adam: the adapter 'faulty' of the installed pack faulty 1.0 raised "
            "OSError: no such device"
        )
        assert "Traceback" not in done.err

    def test_a_pack_that_is_faulty_all_over_gets_one_line(self, install):
        kinds = ("checks", "definitions", "bugs", "properties")
        entries = "".join(f"[adamcheck.{kind}]\none = faulty:x\ntwo = faulty:y\n" for kind in kinds)
        environment = install("faulty", entries, faulty="import no_such_module")
        done = adamcheck("list", "packs", status=0, **environment)
        assert len(done.err.splitlines()) == 1
        assert done.out.count("skipped: ") == 8


def test_help_and_import_look_for_no_pack(install: Install) -> None:
    """Startup stays quick, however many packages are installed."""
    code = (
        "import importlib.metadata as m\n"
        "def refuse(**_): raise SystemExit('looked for entry points')\n"
        "m.entry_points = refuse\n"
        "import sys, adamcheck\n"
        "sys.argv = ['adamcheck', '--help']\n"
        "from adamcheck.cli import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
