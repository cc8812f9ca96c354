"""Witnesses: concrete runs of the definition in exact numbers, with facts about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import adamcheck
from adamcheck.adam import Adam, Hyperparameters, State
from adamcheck.numbers.exact import sign
from adamcheck.proofs.relation import Relation


@dataclass(frozen=True)
class Comparison:
    """One exact comparison in a witness, with its result."""

    text: str
    left: str
    relation: Relation
    right: str
    holds: bool


@dataclass(frozen=True)
class Witnessed:
    """The result of a witness: its comparisons, and a short script that repeats its runs."""

    name: str
    statement: str
    comparisons: tuple[Comparison, ...]
    script: str

    @property
    def holds(self) -> bool:
        return bool(self.comparisons) and all(c.holds for c in self.comparisons)


@dataclass(frozen=True)
class ExactRun:
    """A run of the definition: the state and the update after each step, in exact numbers."""

    states: tuple[State, ...]
    updates: tuple[Any, ...]

    @property
    def update(self) -> Any:
        """The last update."""
        return self.updates[-1]


class Exact:
    """The argument of a witness: makes exact runs of the definition and exact comparisons."""

    def __init__(self) -> None:
        self.comparisons: list[Comparison] = []
        self._runs: list[tuple[type[Adam], Hyperparameters, Fraction, tuple[Fraction, ...]]] = []

    def run(
        self, gradients: Sequence[Any], *, definition: type[Adam] = Adam, start: Any = 0, **hyper: Any
    ) -> ExactRun:
        """Run one coordinate on exact gradients.

        Args:
            gradients: Integers or fractions.
            definition: The definition to run.
            start: The initial parameter.
            **hyper: Hyperparameters, exact; lr defaults to 1, eps and weight_decay to 0.
        """
        chosen = {"lr": 1, "eps": 0, "weight_decay": 0, **hyper}
        exact = Hyperparameters(**{name: Fraction(value) for name, value in chosen.items()})
        numbers = tuple(Fraction(g) for g in gradients)
        self._runs.append((definition, exact, Fraction(start), numbers))
        steps = list(definition(exact).run(Fraction(start), numbers))
        return ExactRun(tuple(s for s, _ in steps), tuple(u for _, u in steps))

    def says(self, text: str, left: Any, relation: str, right: Any) -> None:
        """Record whether `left relation right` holds exactly.

        Args:
            text: A few words that describe the left side.
            left: An exact number.
            relation: One of `= != < <= > >=`.
            right: An exact number.
        """
        wanted = Relation(relation)
        truth = bool(wanted.of(sign(left - right), 0))
        self.comparisons.append(Comparison(text, str(left), wanted, str(right), truth))

    def script(self) -> str:
        """A short program that repeats the runs of this witness and prints the updates, one run per line."""
        if not self._runs:
            return ""
        names = {(_home(definition), definition.__name__) for definition, *_ in self._runs}
        names = {(home, name) for home, name in names if name != "Adam"} | {("adamcheck", "Exact")}
        lines = ["from fractions import Fraction as Q", ""]
        lines += [f"from {home} import {name}" for home, name in sorted(names)]
        lines += ["", "exact = Exact()"]
        lines += [f"print(*exact.run({_arguments(*run)}).updates)" for run in self._runs]
        return "\n".join(lines) + "\n"


def _home(definition: type[Adam]) -> str:
    """The module to import a definition from: the package itself if it exports the definition."""
    own = getattr(adamcheck, definition.__name__, None) is definition
    return "adamcheck" if own else definition.__module__


def _arguments(
    definition: type[Adam], hyper: Hyperparameters, start: Fraction, gradients: tuple[Fraction, ...]
) -> str:
    """The arguments of `Exact.run` as source, without those with default values."""
    chosen = {"lr": hyper.lr, "beta1": hyper.beta1, "beta2": hyper.beta2, "eps": hyper.eps}
    optional = {"weight_decay": hyper.weight_decay, "start": start}
    chosen |= {name: value for name, value in optional.items() if value}
    arguments = [f"[{', '.join(map(_number, gradients))}]"]
    arguments += [] if definition is Adam else [f"definition={definition.__name__}"]
    arguments += [f"{name}={_number(value)}" for name, value in chosen.items()]
    return ", ".join(arguments)


def _number(x: Fraction) -> str:
    return str(x.numerator) if x.denominator == 1 else f"Q({x.numerator}, {x.denominator})"
