"""What libraries' own tests notice of the zoo: `python tests/benchmarks/library_tests.py`.

What each wrong formula of the zoo makes different is put into the Adam of scikit-learn, Optax and Keras,
where they are installed. Of the tests of optimizers that come with them, those run that take a step with it,
unchanged. Beside that, how many of the same bugs a law of this project notices (`reports/power.json`).
PyTorch has such tests too, but does not install them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from libraries import keras, optax, scikit_learn
from libraries.library import Library

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.zoo.bugs import BUGS

LIBRARIES = {library.name: library for library in (scikit_learn.LIBRARY, optax.LIBRARY, keras.LIBRARY)}

POWER = Path(__file__).parents[2] / "reports" / "power.json"


def mutants() -> list[str]:
    """The bugs that are a wrong formula of Adam itself, and that libraries have a place for."""
    formulas = {bug.name: bug.definition for bug in BUGS.values() if bug.definition and bug.of == "adam"}
    return [name for name, definition in formulas.items() if _remembers_moments_alone(definition)]


def _remembers_moments_alone(definition: type[Adam]) -> bool:
    """Whether m, v and the count of steps is all that goes from a step to the next."""
    steps = 20
    with np.errstate(all="ignore"):
        *_, (state, _) = definition(Hyperparameters()).run(np.ones(1), [np.ones(1)] * steps)
    return bool(state.step == steps and state.peak == 0)


@dataclass(frozen=True)
class Outcome:
    """What the tests said of one bug, or, without a name, of the library as it is."""

    name: str
    noticed: bool


def outcomes(library: Library) -> Iterator[Outcome]:
    """The library as it is, then with each bug. Raises `RuntimeError` where its tests fail without a bug."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("", *mutants()):
            command = [sys.executable, __file__, library.name, name, f"{folder}/tests.json"]
            status = subprocess.run(command, capture_output=True, check=False).returncode
            if status not in (0, 1):
                raise RuntimeError(f"the tests of {library.name} did not run with {name!r}: status {status}")
            if status and not name:
                raise RuntimeError(f"the tests of {library.name} fail as they are")
            yield Outcome(name, status == 1)


class Selection:
    """A plugin of pytest for the tests that take a step: the first session finds out, later ones run them."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
        self.running = ""
        self.stepping: dict[str, None] = {}

    def stepped(self) -> None:
        self.stepping[self.running] = None

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        if self.known is not None:
            items[:] = [item for item in items if self._key(item) in self.known]

    def pytest_runtest_setup(self, item: Any) -> None:
        self.running = self._key(item)

    def pytest_sessionfinish(self) -> None:
        if self.known is None:
            self.file.write_text(json.dumps(list(self.stepping)), encoding="utf-8")

    @staticmethod
    def _key(item: Any) -> str:
        return f"{item.module.__name__} {item.nodeid}"


def run_tests(library: Library, name: str, file: Path) -> int:
    """The exit status of a library's tests with a bug put in, or, without a name, with none."""
    import pytest

    selection = Selection(file)
    library.put_in((BUGS[name].definition if name else None) or Adam, selection.stepped)
    options = ["-q", "-x", "-c", os.devnull, "-p", "no:cacheprovider"]  # none of this project's settings
    return int(pytest.main([*options, "--pyargs", *library.tests], plugins=[selection]))


def lines() -> Iterator[str]:
    """What was found, a line each."""
    own = {bug["name"]: bug["killed_by"] for bug in json.loads(POWER.read_text(encoding="utf-8"))["bugs"]}
    names = mutants()
    yield f"laws of adamcheck: {sum(bool(own.get(name)) for name in names)} of {len(names)} bugs"
    survivors = []
    for library in LIBRARIES.values():
        if missing := library.missing():
            yield f"tests of {library.name}: left out, not installed: {', '.join(missing)}"
            continue
        _, *found = outcomes(library)
        alive = [o.name for o in found if not o.noticed]
        survivors.append(alive)
        yield f"tests of {library.name}: {len(found) - len(alive)} of {len(found)} bugs"
        yield f"they do not notice: {', '.join(alive) or 'none'}"
    if survivors:
        unnoticed = [name for name in names if all(name in alive for alive in survivors)]
        yield f"no library's tests notice: {', '.join(unnoticed) or 'none'}"


def main(library: str = "", name: str = "", file: str = "") -> int:
    if library:  # `outcomes` starts a process of its own for each bug
        return run_tests(LIBRARIES[library], name, Path(file))
    for line in lines():
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
