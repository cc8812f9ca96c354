"""Exact witnesses: concrete runs of the definition in exact numbers, and what is true of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from adamcheck.adam import Adam, Hyperparameters, State
from adamcheck.numbers import exact as _registered  # noqa: F401 - teaches sqrt about fractions
from adamcheck.numbers.exact import sign

_RELATIONS = {
    "=": (0,),
    "!=": (-1, 1),
    "<": (-1,),
    "<=": (-1, 0),
    ">": (1,),
    ">=": (0, 1),
}


@dataclass(frozen=True)
class Comparison:
    """One exact fact of a witness, as it came out."""

    text: str
    left: str
    relation: str
    right: str
    holds: bool


@dataclass(frozen=True)
class Witnessed:
    """A witness that was run: its comparisons, and a script of five lines that repeats it."""

    name: str
    statement: str
    comparisons: tuple[Comparison, ...]
    script: str

    @property
    def holds(self) -> bool:
        return bool(self.comparisons) and all(c.holds for c in self.comparisons)


@dataclass(frozen=True)
class ExactRun:
    """What the definition did: the state and the update after each step, in exact numbers."""

    states: tuple[State, ...]
    updates: tuple[Any, ...]

    @property
    def update(self) -> Any:
        """The last update."""
        return self.updates[-1]


class Exact:
    """What a witness is given: exact runs of the definition, and exact comparisons."""

    def __init__(self) -> None:
        self.comparisons: list[Comparison] = []
        self._runs: list[tuple[type[Adam], Hyperparameters, Fraction, tuple[Fraction, ...]]] = []

    def run(
        self, gradients: Sequence[Any], *, definition: type[Adam] = Adam, start: Any = 0, **hyper: Any
    ) -> ExactRun:
        """Run one coordinate on exact gradients (integers or fractions) from the parameter `start`.

        The hyperparameters are exact; lr defaults to 1 and eps to 0.
        """
        chosen = {"lr": 1, "eps": 0, "weight_decay": 0, **hyper}
        exact = Hyperparameters(**{name: Fraction(value) for name, value in chosen.items()})
        numbers = tuple(Fraction(g) for g in gradients)
        self._runs.append((definition, exact, Fraction(start), numbers))
        steps = list(definition(exact).run(Fraction(start), numbers))
        return ExactRun(tuple(s for s, _ in steps), tuple(u for _, u in steps))

    def says(self, text: str, left: Any, relation: str, right: Any) -> None:
        """Record whether `left relation right` holds, exactly; relation: `= != < <= > >=`."""
        truth = sign(left - right) in _RELATIONS[relation]
        self.comparisons.append(Comparison(text, str(left), relation, str(right), truth))

    def script(self) -> str:
        """Five lines that repeat the runs of this witness and print the updates."""
        if not self._runs:
            return ""
        names = sorted({definition.__name__ for definition, *_ in self._runs})
        cases = ",\n    ".join(
            f"({definition.__name__}, {_source(hyper)}, {_number(start)}, [{_numbers(gradients)}])"
            for definition, hyper, start, gradients in self._runs
        )
        return (
            "from fractions import Fraction as Q\n"
            f"from adamcheck import {', '.join([*names, 'Hyperparameters'])}\n"
            f"runs = [\n    {cases},\n]\n"
            "for definition, hyper, start, gradients in runs:\n"
            "    print(*(update for _, update in definition(hyper).run(start, gradients)))\n"
        )


def _number(x: Fraction) -> str:
    return f"Q({x.numerator})" if x.denominator == 1 else f"Q({x.numerator}, {x.denominator})"


def _numbers(values: tuple[Fraction, ...]) -> str:
    return ", ".join(map(_number, values))


def _source(hyper: Hyperparameters) -> str:
    items = [("lr", hyper.lr), ("beta1", hyper.beta1), ("beta2", hyper.beta2), ("eps", hyper.eps)]
    items += [("weight_decay", hyper.weight_decay)] if hyper.weight_decay else []
    return f"Hyperparameters({', '.join(f'{name}={_number(value)}' for name, value in items)})"
