"""Random gradients, path by path: every sequence that may occur, with its exact probability."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import numpy as np


def dependent_signs(steps: int) -> Iterator[tuple[tuple[int, ...], Fraction]]:
    """Every path of a Markov chain on +-1 with its probability.

    At every step + has probability 3/4, so all means are equal; but a sign is likelier to stay than to
    return, so the steps are not independent. All probabilities are dyadic.
    """
    start = {1: Fraction(3, 4), -1: Fraction(1, 4)}
    stay = {1: Fraction(7, 8), -1: Fraction(5, 8)}
    for path in product((1, -1), repeat=steps):
        chance = start[path[0]]
        for before, after in pairwise(path):
            chance *= stay[before] if before == after else 1 - stay[before]
        yield path, chance


def independent(steps: int, rare: int, frequent: int, chance: Fraction) -> Iterator[tuple[Any, Fraction]]:
    """Every path of independent steps, each of them `rare` with probability `chance`, else `frequent`."""
    for path in product((rare, frequent), repeat=steps):
        count = path.count(rare)
        yield path, chance**count * (1 - chance) ** (steps - count)


def columns(paths: Iterator[tuple[Any, Fraction]]) -> tuple[Any, Any]:
    """The gradients (steps, n), a path in each column, and the probabilities as weights (n, 1) in float64,
    which are exact for dyadic ones.
    """
    gradients, chances = zip(*paths, strict=True)
    return np.array(gradients).T, np.array([[float(chance)] for chance in chances])
