"""The chapter, sentence by sentence in our words: the claims that decide each, or why none does.

`python -m adamcheck_properties.chapter` prints the table of the guide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import adamcheck as ac


class Undecided(StrEnum):
    """Why a sentence has no claim."""

    NOTATION = "fixes what is meant"
    USAGE = "about how it is used, not about what it does"
    OPINION = "a judgement in general words; what it rests on is decided elsewhere"


@dataclass(frozen=True)
class Sentence:
    """What one or several sentences of the chapter say.

    Args:
        says: A paraphrase.
        claims: The names of the claims that decide it.
        room: A folder of claims, all of which belong to it.
        undecided: Why there is no claim.
    """

    says: str
    claims: tuple[str, ...] = ()
    room: str = ""
    undecided: Undecided | None = None

    def decided_by(self, known: Iterable[ac.Claim]) -> tuple[str, ...]:
        """The names of all claims that decide it."""
        return (*self.claims, *(claim.name for claim in known if self.room and room_of(claim) == self.room))


def room_of(claim: ac.Claim) -> str:
    """The folder of a claim."""
    functions = [function for *_, function in (*claim.derivations, *claim.witnesses)]
    functions += [law.function for law in claim.laws]
    functions += [claim.drawing.draw] if claim.drawing else []
    return functions[0].__module__.split(".")[-2]


def _by(says: str, *claims: str, room: str = "") -> Sentence:
    return Sentence(says, claims, room)


def _not(says: str, undecided: Undecided) -> Sentence:
    return Sentence(says, undecided=undecided)


CHAPTER: dict[str, tuple[Sentence, ...]] = {
    "Introduction": (
        _by(
            "One fixed learning rate is often slow or unstable on hard, non-convex landscapes.",
            "saddle-escape",
            "gradient-descent-dilemma",
            "curved-valley",
        ),
        _by(
            "Adaptive methods give each parameter a learning rate of its own.",
            "elementwise",
            "effective-learning-rate",
        ),
        _not("Adam is the usual default, in many fields.", Undecided.USAGE),
        _by(
            "It copes with landscapes that are hard for others.",
            "saddle-escape",
            "turned-saddle",
            "curved-valley",
        ),
        _by("It interacts with other techniques of training.", room="training"),
    ),
    "Principles and Mechanisms": (
        _by(
            "Adam blends momentum with adaptive scaling.",
            "momentum",
            "effective-learning-rate",
        ),
        _by(
            "It is efficient because each parameter has its own learning rate.", "linear-cost", "elementwise"
        ),
        _not("It is robust, and a cornerstone of optimization.", Undecided.OPINION),
    ),
    "The Core Components: First and Second Moment Estimation": (
        _by("m and v are exponentially weighted moving averages.", "moving-average"),
        _by("m estimates the mean of the gradients.", "moving-average", "initialization-bias"),
        _by("v estimates their raw second moment, a variance that is not centred.", "second-raw-moment"),
        _by("Squares are taken elementwise.", "elementwise"),
        _not("The decay rates are close to 1, such as 0.9 and 0.999.", Undecided.USAGE),
        _by("m is the current gradient, smoothed, with a memory.", "smoothing"),
        _by(
            "Like momentum, m accelerates along consistent directions and damps oscillations.",
            "momentum",
            "gain-of-an-oscillation",
        ),
        _not("m and v start at zero.", Undecided.NOTATION),
    ),
    "The Problem of Initialization Bias and its Correction": (
        _by("At first both moments are biased towards zero.", "initialization-bias"),
        _by("Unrolled, m is a weighted sum of all gradients.", "unrolled-sum"),
        _by("Its expectation is the mean gradient, scaled by 1 - beta1^t.", "initialization-bias"),
        _by("That factor is well below 1 for small t.", "bias-factor-small-t"),
        _by("The same goes for v.", "initialization-bias"),
        _by("Dividing by the factors makes the estimates unbiased.", "initialization-bias"),
        _by("The factors go to 1, so that the correction fades.", "corrections-tend-to-one"),
        _by(
            "Without it, small m and above all small v may make updates far too large.",
            "uncorrected-overshoot",
            "which-betas-overshoot",
        ),
    ),
    "The Adam Update Rule: A Synthesis of Moments": (
        _not("The update is the corrected m over the root of the corrected v, plus eps.", Undecided.NOTATION),
        _by("alpha is a master learning rate.", "master-learning-rate"),
        _by("eps keeps the division safe.", "eps-prevents-division-by-zero"),
        _by("Roots and quotients are taken elementwise.", "elementwise"),
        _by("The numerator has the direction, smoothed.", "direction-from-the-numerator", "smoothing"),
        _by(
            "The denominator scales each coordinate adaptively.",
            "elementwise",
            "effective-learning-rate",
        ),
        _by("Without memory the update is that of a soft sign.", "sign-descent-limit"),
        _by("Adam is at heart descent along signs.", "sign-descent-limit", "sign-descent-rates"),
        _by(
            "Updates have about the size alpha.",
            "update-magnitude",
            "sign-descent-limit",
            "tight-bound",
        ),
        _by("Their direction is the sign of the gradient.", "sign-descent-limit"),
        _by("It is the second moment that normalizes them.", "update-magnitude"),
    ),
    "Interpreting the Adam Update: Adaptive Coordinate-wise Scaling": (
        _by(
            "Adam shows its power on badly conditioned landscapes.",
            "curved-valley",
            "isotropic-landscape",
        ),
        _by(
            "Gradient descent faces a dilemma: what the steep direction bears is too slow for the flat one.",
            "gradient-descent-dilemma",
        ),
        _by("It zigzags between the walls of the valley.", "gradient-descent-dilemma"),
        _by("The steep direction has the smaller effective learning rate.", "effective-learning-rate"),
        _by("The flat direction has the larger one.", "effective-learning-rate"),
        _by("So all parameters progress at a similar rate.", "direct-diagonal-path"),
        _by("The path is more direct, along the diagonal.", "direct-diagonal-path", "curved-valley"),
        _by(
            "Convergence is faster and smoother than with one fixed learning rate.",
            "converges-faster",
            "against-tuned-momentum",
            "late-bursts",
        ),
    ),
    "Fundamental Properties: Invariance and Equivariance": (
        _by("Scaling the loss leaves the update largely unchanged.", "loss-scale-invariance"),
        _by("The step of SGD is proportional to the scale.", "gradient-descent-scales-with-the-loss"),
        _by("Adam is not rotation invariant, gradient descent is.", "rotation-non-invariance"),
        _by(
            "It is tied to the basis of the parameters, which has a price.",
            "signed-permutations",
            "symmetry-group",
            "turned-saddle",
        ),
    ),
    "A Deeper Perspective: Adam as Preconditioned Gradient Descent": (
        _by("A preconditioner is symmetric and positive definite.", "preconditioner"),
        _by("It makes the landscape look more isotropic, ideally.", "isotropic-landscape"),
        _by("Adam's step uses the gradient at theta_t.", "delayed-gradient"),
        _by("Adam's metric is diag(sqrt(v_hat) + eps).", "preconditioner"),
        _by("Adam is gradient descent in a space with this metric.", "preconditioner", "change-of-units"),
        _by("The Fisher information is a curvature of the space of distributions.", "fisher-curvature"),
        _by("The natural gradient has its inverse for a preconditioner.", "natural-gradient"),
        _by("Its diagonal is the mean square of the gradient, which v estimates.", "fisher-information"),
        _by("Adam approximates the natural gradient.", "natural-gradient"),
        _by("Its approximation is diagonal and cheap.", "linear-cost"),
        _by("It has some of the benefits of information geometry.", "natural-gradient", "change-of-units"),
    ),
    "Practical Considerations and Nuances": (
        _by("eps is more than a safeguard.", "eps-regimes", "eps-conventions", "repelling-minimum"),
        _by("On a plateau v_hat converges to the square of the gradient.", "plateau"),
        _by("eps separates steps that shrink from steps of size alpha.", "eps-regimes"),
        _by("eps bounds the effective learning rate.", "effective-rate-cap"),
        _by(
            "Being stochastic with a history, Adam depends on the order of the data.",
            "path-dependence",
            "order-without-memory",
        ),
        _by("Shuffled data and a curriculum may lead to different parameters.", "curriculum"),
        _by("Adam is more robust to scales of features than SGD.", "feature-scales"),
        _by(
            "Standardized features still help: they improve the conditioning, and with it Adam.",
            "feature-standardisation",
        ),
        _not("Adam is powerful and versatile.", Undecided.OPINION),
    ),
}
"""The sections of the chapter, in its order, and what they say."""


def table(known: Sequence[ac.Claim]) -> str:
    """The table as Markdown."""
    lines = ["| section | the chapter says | decided by |", "| --- | --- | --- |"]
    for section, sentences in CHAPTER.items():
        for sentence in sentences:
            names = ", ".join(f"`{name}`" for name in sentence.decided_by(known))
            lines.append(f"| {section} | {sentence.says} | {names or f'*{sentence.undecided}*'} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(ac.discover()))
