"""What a library's own tests notice of the zoo: `python tests/benchmarks/library_tests.py`.

What each wrong formula of the zoo makes different is put into scikit-learn's Adam, and scikit-learn's tests
of its optimizers run, as they are installed. Beside that, how many of the same bugs a law of this project
notices (`reports/power.json`).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adamcheck.adam import Adam, Hyperparameters, State
from adamcheck.variants.bugs import BUGS

TESTS = "sklearn.neural_network.tests.test_stochastic_optimizers"

POWER = Path(__file__).parents[2] / "reports" / "power.json"


def mutants() -> list[str]:
    """The bugs that are a wrong formula of Adam itself."""
    return [bug.name for bug in BUGS.values() if bug.definition is not None and bug.of == "adam"]


@dataclass(frozen=True)
class Outcome:
    """What the tests said of one bug, or, without a name, of the library as it is."""

    name: str
    noticed: bool


def outcomes() -> Iterator[Outcome]:
    """The library as it is, then with each bug."""
    for name in ("", *mutants()):
        command = [sys.executable, __file__, "--with", name]
        status = subprocess.run(command, capture_output=True, check=False).returncode
        if status not in (0, 1):
            raise RuntimeError(f"the tests of scikit-learn did not run with {name!r}: status {status}")
        yield Outcome(name, status == 1)


def put_in(definition: type[Adam]) -> None:
    """Let scikit-learn's Adam make the difference that there is between a definition and the textbook's.

    Its tests compare bits, so that a right formula in another order of evaluation would fail them: what is
    added is exactly 0 where a definition makes no difference.
    """
    from sklearn.neural_network._stochastic_optimizers import AdamOptimizer

    own = AdamOptimizer._get_updates

    def updates(self: Any, gradients: list[Any]) -> list[Any]:
        if max(self.beta_1, self.beta_2) >= 1:  # they try 1, where Adam is not defined
            return own(self, gradients)
        hyper = Hyperparameters(self.learning_rate_init, self.beta_1, self.beta_2, self.epsilon)
        before = [State(self.t, m, v, 0 * v) for m, v in zip(self.ms, self.vs, strict=True)]
        found = own(self, gradients)
        for i, (state, gradient) in enumerate(zip(before, gradients, strict=True)):
            (right, due), (wrong, update) = (
                formula(hyper).update(state, 0 * gradient, gradient) for formula in (Adam, definition)
            )
            self.ms[i] = self.ms[i] + (wrong.m - right.m)
            self.vs[i] = self.vs[i] + (wrong.v - right.v)
            found[i] = found[i] + (update - due)
        return found

    AdamOptimizer._get_updates = updates


def run_tests(name: str) -> int:
    """The exit status of the library's tests with a bug put in, or, without a name, with none."""
    import pytest

    put_in((BUGS[name].definition if name else None) or Adam)
    return int(pytest.main(["-q", "-x", "-p", "no:cacheprovider", "--pyargs", TESTS]))


def lines() -> Iterator[str]:
    """What was found, a line each. Raises `RuntimeError` where the tests fail without a bug."""
    own = {bug["name"]: bug["killed_by"] for bug in json.loads(POWER.read_text(encoding="utf-8"))["bugs"]}
    whole, *found = outcomes()
    if whole.noticed:
        raise RuntimeError("the tests of scikit-learn fail as they are")
    yield f"scikit-learn's own tests: {sum(o.noticed for o in found)} of {len(found)} bugs"
    yield f"laws of adamcheck: {sum(bool(own.get(o.name)) for o in found)} of {len(found)} bugs"
    yield f"its own tests do not notice: {', '.join(o.name for o in found if not o.noticed) or 'none'}"


def main() -> None:
    print("\n".join(lines()))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--with"]:
        sys.exit(run_tests(sys.argv[2]))
    main()
