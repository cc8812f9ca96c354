r"""Updates that bfloat16 absorbs.

A weight in bfloat16 swallows every update below half the spacing of numbers at it. Synchronizing only weights
with updates above $|w|/256$ loses updates that do move weights; $|w|/512$ loses none. And since Adam's
updates are bounded by the learning rate, large weights never move.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

from ..largest_ratio import supremum
from ..working import Working

claim = ac.Claim(
    title="Updates that bfloat16 absorbs",
    says="An update smaller than $|w|/256$ is absorbed by a weight w in bfloat16, and need not be sent.",
    source="schemes that synchronize sparse updates of bfloat16 weights",
    verdict=ac.false_as_stated(
        r"just below $|w|/256$ an update moves every weight in one direction at least: 127 of 128 weights "
        r"away from 0, the powers of two towards it. Up to $|w|/512$ every update is absorbed, and no larger "
        r"share will do. So a weight above $512\, R_\infty \alpha$, 3.73 at the defaults, never moves"
    ),
    statement=(
        ac.prose("Let w be a normal number of bfloat16, $0 < w < 2^{127}$; sums are rounded to the nearest."),
        ac.proposition(
            r"For all w: $w \pm w/512$ is rounded to w.", "up-to-a-share-of-1-512-all-are-absorbed"
        ),
        ac.proposition(
            r"With $d = \frac{127}{128} \cdot \frac{w}{256}$, $w + d$ is rounded to another number unless w "
            r"is a power of two or the number next to one, $w - d$ unless w is next to one, or the least.",
            "just-below-a-share-of-1-256-weights-move",
        ),
        ac.proposition(
            r"If $512\, \alpha R \leq w$ and $\hat m_t^2 \leq R^2 \hat v_t$, then $|\theta_t - \theta_{t-1}| "
            r"\leq w/512$: so it is for all t and all gradients with $R = R_\infty$, at the default betas "
            r"$\sqrt{370/7}$.",
            "bounded-updates-move-no-large-weight",
        ),
    ),
)

FORMAT = ac.format_of("bfloat16")


def normal_numbers() -> np.ndarray:
    """All normal positive numbers of bfloat16 but the largest binade, from which sums may overflow."""
    bits = np.arange(1 << 7, 254 << 7, dtype=np.uint16)
    return bits.view(FORMAT.dtype).astype(np.float64)


def _moved(numbers: np.ndarray, share: float) -> np.ndarray:
    """Whether w + share * w is rounded to another number; the sum has 24 bits at most, and is exact."""
    return np.asarray(Working.of(numbers + share * numbers, FORMAT).value != numbers)


@claim.derivation
def bounded_updates_move_no_large_weight(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $\hat v = s^2$ and the tight bound of $\hat m$."""
    adam, t, m_hat = given.adam(), given.time("t"), given.real("mhat")
    s, ratio, d = given.nonnegative("s"), given.positive("R"), given.nonnegative("d")
    weight = 512 * adam.hyper.lr * ratio + d
    update = adam.hyper.lr * adam.numerator(m_hat, 0 * m_hat, t) / adam.denominator(s * s, t)
    known = [(m_hat * m_hat, "<=", ratio * ratio * s * s)]
    yield ac.inequality("an update", update * update, "<=", adam.hyper.lr**2 * ratio**2, given=known)
    size = adam.hyper.lr * ratio * given.decay("x")
    yield ac.inequality("against the weight", 512 * size, "<=", weight)
    defaults = given.adam(beta1=given.number(9, 10), beta2=given.number(999, 1000))
    yield ac.evaluation("at the default betas", supremum(defaults), "=", given.number(370, 7))


@claim.witness
def up_to_a_share_of_1_512_all_are_absorbed(exact: ac.Exact) -> None:
    r"""All 32,384 numbers, in both directions, with $w/512$ and with a share that is larger by 1/64."""
    numbers = normal_numbers()
    exact.says("how many numbers", len(numbers), "=", 32384)
    for sign, direction in ((1, "away from 0"), (-1, "towards 0")):
        exact.says(f"moved {direction} by 1/512", int(_moved(numbers, sign / 512).sum()), "=", 0)
    larger = _moved(numbers, -65 / 64 / 512) | _moved(numbers, 65 / 64 / 512)
    exact.says("moved by 65/64 of it", int(larger.sum()), ">", 0)


@claim.witness
def just_below_a_share_of_1_256_weights_move(exact: ac.Exact) -> None:
    r"""How many numbers of the 253 binades move by 127/128 of $w/256$ away from 0 and towards 0: of each 126
    and 127. Only below the least power of two the spacing is not halved."""
    numbers, share = normal_numbers(), 127 / 128 / 256
    up, down = _moved(numbers, share), _moved(numbers, -share)
    binades = len(numbers) // 128
    exact.says("away from 0", int(up.sum()), "=", 126 * binades)
    exact.says("towards 0", int(down.sum()), "=", 127 * binades - 1)
    exact.says("powers of two, towards 0", int(down[::128].sum()), "=", binades - 1)


@claim.witness
def a_weight_that_never_moves(exact: ac.Exact) -> None:
    r"""A bfloat16 weight of 4 after 300 steps of the default hyperparameters on gradients 1, every update
    rounded into the weight; in exact arithmetic it would be 3.7."""
    adam, weight = ac.Adam(ac.Hyperparameters()), Working.of(4.0, FORMAT)
    for _, update in adam.run(0.0, [1.0] * 300):
        weight = weight + update
    exact.says("the weight", Fraction(float(weight.value)), "=", 4)


@claim.figure
def least_update_that_moves(axes: Any) -> None:
    r"""The least update that moves a bfloat16 weight, as a share of it, between 1 and 4: away from zero and
    towards it. It lies between 1/512 and 1/256, and reaches 1/512 at the powers of two only."""
    numbers = normal_numbers()
    numbers = numbers[(numbers >= 1) & (numbers <= 4)]
    for name, side in (("away from 0", np.inf), ("towards 0", 0.0)):
        weights = numbers.astype(FORMAT.dtype)
        gap = np.abs(np.nextafter(weights, FORMAT.dtype.type(side)).astype(float) - numbers)
        axes.plot(numbers, gap / 2 / numbers, ".", markersize=3, label=name)
    for share in (256, 512):
        axes.axhline(1 / share, color="gray", linestyle=":", label=f"1/{share}")
    axes.set_xlabel("weight w")
    axes.set_ylabel("least update that moves it / w")
    axes.legend()
