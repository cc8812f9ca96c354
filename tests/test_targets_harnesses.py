"""The example programs behind the protocol, each compiled where its language is there, and verified."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command_line import adamcheck
from example_targets import DYADIC

from adamcheck.adam import Hyperparameters
from adamcheck.examine.plan import Plan
from adamcheck.examine.target import examine
from adamcheck.targets.find import load_target
from adamcheck.targets.programs import protocol

HARNESSES = Path(protocol.__file__).with_name("harnesses")
HYPER = Hyperparameters(lr=0.5, beta1=0.5, beta2=0.75, eps=0.25)

LANGUAGES = {
    "python": (sys.executable, "adam.py", ""),
    "javascript": ("node", "adam.mjs", ""),
    "c": ("cc", "adam.c", "-O2 -Wall -Wextra -Werror"),
    "cpp": ("g++", "adam.cpp", "-O2 -Wall -Wextra -Werror"),
    "go": ("go", "adam.go", "build"),
    "rust": ("rustc", "adam.rs", "-O --deny warnings"),
}


@pytest.fixture(scope="module", params=LANGUAGES)
def program(request, tmp_path_factory) -> str:
    """The name of the target: what `adamcheck protocol LANGUAGE` prints, compiled where it must be."""
    tool, name, options = LANGUAGES[request.param]
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not installed")
    folder = tmp_path_factory.mktemp("harness")
    source = folder / name
    source.write_text(adamcheck("protocol", request.param, status=0).out)
    if not options:
        return f"exec:{tool} {source}"
    cache = {**os.environ, "GOCACHE": str(folder / "cache"), "GOFLAGS": "-mod=mod"}
    libraries = ["-lm"] if tool == "cc" else []
    subprocess.run([tool, *options.split(), "-o", folder / "adam", source, *libraries], check=True, env=cache)
    return f"exec:{folder / 'adam'}"


@pytest.mark.slow
def test_every_harness_is_the_textbook_s_adam_and_ends_well(program):
    only = (
        DYADIC,
        "loss-scale-invariance",
        "a-resumed-run-continues-bitwise",
    )
    report = examine(load_target(program), "float64", Plan("quick", 0, ("float64",), only=only), [])
    assert report.status == 0, report


def test_a_harness_rounds_no_number_on_the_way(program):
    extreme = np.array(
        [5e-324, 2.0**-1022, -0.0, 1 / 3, np.inf, -np.inf, np.nan, 1.7976931348623157e308, -1.0]
    )
    after = load_target(program).start(extreme, HYPER).step(np.zeros_like(extreme))
    np.testing.assert_array_equal(after, extreme)
    assert np.array_equal(np.signbit(after), np.signbit(extreme))


@pytest.mark.parametrize("name", ["adam.js", "my optimizer.mjs"])
@pytest.mark.parametrize("linked", [False, True])
def test_the_harness_in_javascript_runs_under_any_name(tmp_path, name, linked):
    if not shutil.which("node"):
        pytest.skip("node is not installed")
    source = tmp_path / name
    source.write_text(adamcheck("protocol", "javascript", status=0).out)
    if linked:
        (tmp_path / "linked").mkdir()
        source = tmp_path / "linked" / name
        source.symlink_to(tmp_path / name)
    target = load_target(f'exec:node "{source}"')
    assert target.start(np.ones(2), HYPER).step(np.ones(2)).shape == (2,)


def test_the_harness_in_javascript_can_be_imported_without_running(tmp_path):
    if not shutil.which("node"):
        pytest.skip("node is not installed")
    (tmp_path / "other.mjs").write_text(
        f'import {{ format }} from "{HARNESSES / "adam.mjs"}";\nconsole.log(format(1.5));\n'
    )
    done = subprocess.run(["node", tmp_path / "other.mjs"], capture_output=True, text=True, timeout=60)
    assert done.stdout == "0x1.8p0\n", done.stderr


def test_a_harness_takes_arrays_of_any_size(program):
    target = load_target(program)
    for shape in ((), (0,), (1,), (2, 3)):
        run = target.start(np.ones(shape), HYPER)
        first, second = run.steps([np.ones(shape), np.ones(shape)])
        assert first.shape == second.shape == shape
        assert np.all(second < first)


@pytest.mark.parametrize("source", sorted(HARNESSES.iterdir()), ids=lambda source: source.name)
def test_a_harness_is_short(source):
    lines = source.read_text().splitlines()
    assert len(lines) <= 57
    assert max(map(len, lines)) <= 130


@pytest.mark.parametrize("name", ["adam.c", "adam.cpp", "adam.go", "adam.mjs", "adam.rs"])
def test_the_part_of_a_harness_that_is_the_users_is_six_lines_at_most(name):
    _, yours = (HARNESSES / name).read_text().split("// Yours: ")
    function, _ = yours.split("// The protocol, which may stay as it is.")
    body = function[function.index("{") :].strip().splitlines()[1:-1]
    assert 2 <= len(body) <= 6


def test_the_protocol_page_shows_what_is_really_sent():
    page = adamcheck("protocol", status=0).out
    for word in (*protocol.CAPABILITIES, *protocol.HYPERPARAMETERS, '"protocol":1'):
        assert word in page
    asked = {"describe", "start", "step", "moments", "save", "load", "end", "stop"}
    asked |= {"change_lr", "count", "start_tensors"}
    assert {line.split('"')[3] for line in page.splitlines() if line.startswith('| `{"op"')} == asked


def test_tensorflow_js_behind_the_protocol_is_adam():
    if not shutil.which("node"):
        pytest.skip("node is not installed")
    if subprocess.run(["node", "-p", "require('@tensorflow/tfjs').version"], capture_output=True).returncode:
        pytest.skip("@tensorflow/tfjs is not installed here, nor in a folder of NODE_PATH")
    target = load_target(f"exec:node {HARNESSES / 'tfjs.mjs'}")
    only = (DYADIC, "two-instances-are-independent", "updates-are-enclosed-in-arrays-of-any-shape")
    report = examine(target, "float32", Plan("quick", 0, ("float32",), only=only), [])
    assert report.status == 0, report
