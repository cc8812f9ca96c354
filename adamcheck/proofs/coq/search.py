"""The tactics that look for a proof of one lemma, one after the other: each closes the goal or fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, combinations

from adamcheck.proofs.coq.hints import Slack, Suggestions
from adamcheck.proofs.coq.terms import Term
from adamcheck.proofs.relation import Relation

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
    rewrites = [_rewrite_root(*each) for each in suggestions.roots(left, right)]
    inside = "; ".join([*rewrites, "powers; roots; equal"])
    absolute = [
        f"try (let E := fresh in assert (E : {inner.text} = {value}) by ({inside}); rewrite E; clear E)"
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
        if len(slacks) > 2:  # of two of them nra knows the product
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
    """The difference of the sides is what sympy suggests, and that has the right sign."""
    goal = "nonzero" if relation is Relation.DIFFERENT else "sign"
    for difference in suggestions.differences(small, large):
        split = f"apply ({_LEMMAS[relation]} _ _ ({difference})); [{prepare}; equal | {prepare}; {goal}]"
        yield "; ".join(["intros; relation", *slacks, split])


def _slack(slack: Slack) -> str:
    """What an assumption leaves between its sides, simplified, as a fact."""
    relation, lemma = ("<", "strict_slack") if slack.strict else ("<=", "slack")
    proof = f"apply ({lemma} ({slack.small}) ({slack.large})); [ordered | equal]"
    return f"try (assert (0 {relation} {slack.text}) by ({proof}))"


def _products(slacks: Sequence[Slack]) -> Iterator[str]:
    """The products of two and of three slacks, none of which is negative."""
    for factors in chain(combinations(slacks, 2), combinations(slacks, 3)):
        product = " * ".join(f"({slack.text})" for slack in factors)
        yield f"assert (0 <= {product}) by sign"


def _simplify_root(root: Term, radicand: str) -> str:
    """The same root with one fraction under it."""
    proof = "apply f_equal; powers; equal"
    return (
        f"try (let E := fresh in assert (E : {root.text} = sqrt {radicand}) by ({proof}); rewrite E; clear E)"
    )


def _bound_root(radicand: str, bound: str, gap: str, excess: str) -> str:
    """On which side of a number a root lies, by the sign of the gap between the squares."""
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
            f"{factor} * {other.text}",
        )
    return f"try (let E := fresh in assert (E : {root.text} = {value}) by ({proof}); rewrite E; clear E)"
