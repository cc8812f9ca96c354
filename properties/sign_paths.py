"""A process of signs that depend on each other, path by path with exact probabilities."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise, product


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
