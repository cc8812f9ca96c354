"""Proof search: the tactics to try for one lemma, each of which closes the goal or fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, combinations

from adamcheck.proofs.coq.hints import Slack, Suggestions
from adamcheck.proofs.coq.terms import printed
from adamcheck.proofs.relation import Relation
from adamcheck.proofs.terms import Term

_LEMMAS = {
    Relation.LESS: "below",
    Relation.GREATER: "below",
    Relation.AT_MOST: "at_most",
    Relation.AT_LEAST: "at_most",
    Relation.DIFFERENT: "different",
}


def portfolio(left: Term, relation: Relation, right: Term, suggestions: Suggestions) -> Iterator[str]:
    """Tactics to try in turn, each of which closes the goal or fails."""
    yield "start; decide_it"
    if relation is Relation.DIFFERENT:
        yield "start; nonzero"
    rewrites = [_rewrite_root(*each) for each in suggestions.roots(left, right)]
    inside = "; ".join([*rewrites, "powers; roots; equal"])
    absolute = [
        f"try (let E := fresh in assert (E : {printed(inner)} = {value}) by ({inside}); rewrite E; clear E)"
        for inner, value in suggestions.absolutes(left, right)
    ]
    prepare = "; ".join([*absolute, *rewrites, "powers; absolutes; roots"])
    yield f"intros; relation; {prepare}; decide_it"
    if relation in _LEMMAS:
        small, large = (right, left) if relation.is_descending else (left, right)
        slacks = [_slack(each) for each in suggestions.slacks]
        yield from _by_difference(small, relation, large, suggestions, slacks, prepare)
        if simpler := [_simplify_root(*each) for each in suggestions.simpler_roots(left, right)]:
            bounds = [_bound_root(*each) for each in suggestions.root_bounds(small, large)]
            compared = "; ".join([*rewrites, *simpler, "powers", *bounds, "roots"])
            yield from _by_difference(small, relation, large, suggestions, slacks, compared)
        if len(slacks) > 2:  # nra itself multiplies two of them
            yield "; ".join(["intros; relation", *slacks, *_products(suggestions.slacks), "lra"])
    yield f"intros; relation; {prepare}; cases; decide_it"
    yield "intros; relation; cases; powers; roots; decide_it"


def _by_difference(
    small: Term,
    relation: Relation,
    large: Term,
    suggestions: Suggestions,
    slacks: Sequence[str],
    prepare: str,
) -> Iterator[str]:
    """Tactics that prove the difference of the sides equal to sympy's suggestion, and its sign."""
    goal = "nonzero" if relation is Relation.DIFFERENT else "sign"
    for difference in suggestions.differences(small, large):
        split = f"apply ({_LEMMAS[relation]} _ _ ({difference})); [{prepare}; equal | {prepare}; {goal}]"
        yield "; ".join(["intros; relation", *slacks, split])


def _slack(slack: Slack) -> str:
    """A tactic that adds the simplified difference of the sides of an assumption as a fact."""
    relation, lemma = ("<", "strict_slack") if slack.strict else ("<=", "slack")
    proof = f"apply ({lemma} ({slack.small}) ({slack.large})); [ordered | equal]"
    return f"try (assert (0 {relation} {slack.text}) by ({proof}))"


def _products(slacks: Sequence[Slack]) -> Iterator[str]:
    """Tactics that add the products of two and three slacks, which are not negative."""
    for factors in chain(combinations(slacks, 2), combinations(slacks, 3)):
        product = " * ".join(f"({slack.text})" for slack in factors)
        yield f"assert (0 <= {product}) by sign"


def _simplify_root(root: Term, radicand: str) -> str:
    """A tactic that rewrites a root so that its radicand is one fraction."""
    proof = "apply f_equal; powers; equal"
    equal = f"{printed(root)} = sqrt {radicand}"
    return f"try (let E := fresh in assert (E : {equal}) by ({proof}); rewrite E; clear E)"


def _bound_root(radicand: str, bound: str, gap: str, excess: str) -> str:
    """A tactic that compares a root with a number, by the sign of the difference of the squares."""
    below = f"apply root_below; [sign | apply (positive_as _ ({gap})); [equal | sign]]"
    above = f"apply root_above; [sign | apply (positive_as _ ({excess})); [equal | sign]]"
    sides = (f"sqrt {radicand} < {bound}", below), (f"{bound} < sqrt {radicand}", above)
    return f"first [{' | '.join(f'assert ({side}) by ({proof})' for side, proof in sides)} | idtac]"


def _rewrite_root(root: Term, factor: str, other: Term | None) -> str:
    if other is None:
        proof, value = "apply root_is; [powers; sign | powers; roots; equal]", factor
    else:
        proof, value = (
            "apply root_multiple; [sign | powers; sign | powers; equal]",
            f"{factor} * {printed(other)}",
        )
    return f"try (let E := fresh in assert (E : {printed(root)} = {value}) by ({proof}); rewrite E; clear E)"
