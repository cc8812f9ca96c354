r"""Rotational equilibrium.

Normalization layers make the loss independent of the length of a weight vector. Its updates are then
orthogonal to it and make it longer, while weight decay makes it shorter. Where they balance, every step turns
the vector by one angle that depends on nothing but the learning rate times the decay.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

claim = ac.Claim(
    title="Rotational equilibrium",
    says=(
        r"Under AdamW a scale-invariant weight vector settles at a length at which every step turns it by "
        r"the angle $\sqrt{2 \alpha \lambda}$."
    ),
    source='Kosson, Messmer & Jaggi, "Rotational Equilibrium" (2023)',
    verdict=ac.holds_if(
        r"the updates are orthogonal to the vector and of one length. Then $\sqrt{2 \alpha \lambda}$ is "
        r"exactly the chord of the step, in units of the vector, and $1 - \alpha \lambda$ the cosine of its "
        r"angle. The gradient is orthogonal; Adam's update is if $\beta_1 = 0$ and v is equal in all "
        r"coordinates, and else need not be"
    ),
    statement=(
        ac.prose(
            r"Let $0 < \alpha \lambda < 1$, w the vector and u its update without the decay, $u \cdot w = 0$ "
            r"and $|u|^2 = \alpha^2 D$ in every step. Written out in two dimensions."
        ),
        ac.proposition(
            r"A step multiplies $|w|^2$ by $(1 - \alpha \lambda)^2$ and adds $\alpha^2 D$. So $|w|^2$ "
            r"approaches $N = \frac{\alpha D}{\lambda (2 - \alpha \lambda)}$: the difference is multiplied "
            r"by $(1 - \alpha \lambda)^2$ in every step, wherever it starts.",
            "the-length-settles",
        ),
        ac.proposition(
            r"At $|w|^2 = N$ a step leads to a vector w' of the same length with $w \cdot w' = (1 - \alpha "
            r"\lambda) |w|^2$ and $|w' - w|^2 = 2 \alpha \lambda |w|^2$.",
            "one-angle-for-all",
            "a-settled-step",
        ),
        ac.proposition(
            r"Adam's update is orthogonal if $\beta_1 = 0$ and v is equal in both coordinates; with $\beta_1 "
            r"> 0$ it need not be.",
            "equal-denominators-keep-it-orthogonal",
            "momentum-is-not-orthogonal",
        ),
    ),
)


def _step(adam: ac.Adam, w: list[Any], turn: Any) -> list[Any]:
    """w after a step whose update without the decay is `turn` times w, turned by a right angle."""
    x, y = w
    updates = (-turn * y, turn * x)
    return [entry + adam.decay(entry, update) for entry, update in zip(w, updates, strict=True)]


def _dot(a: list[Any], b: list[Any]) -> Any:
    return a[0] * b[0] + a[1] * b[1]


def _decaying(given: ac.Given) -> tuple[ac.Adam, Any]:
    """AdamW with lr * weight_decay = x in (0, 1), and x."""
    share = given.positive("y")
    x = share / (1 + share)
    decay = given.positive("lambda")
    return given.adam(ac.AdamW, lr=x / decay, weight_decay=decay), x


@claim.derivation
def the_length_settles(given: ac.Given) -> Iterator[ac.Step]:
    r"""With $x = \alpha \lambda = y/(1+y)$ and an update that is k times w, turned: $k^2 |w|^2 = \alpha^2
    D$."""
    (adam, x), w, turn = _decaying(given), given.reals("w", 2), given.real("k")
    after, square, d = _step(adam, w, turn), given.nonnegative("n"), given.positive("D")
    lr, decay = adam.hyper.lr, adam.hyper.weight_decay
    yield ac.identity("one step", _dot(after, after), ((1 - x) ** 2 + turn * turn) * _dot(w, w))
    settled = lr * d / (decay * (2 - x))
    later = (1 - x) ** 2 * square + lr * lr * d
    yield ac.identity("the difference", later - settled, (1 - x) ** 2 * (square - settled))
    yield ac.inequality("its factor", (1 - x) ** 2, "<", 1)


@claim.derivation
def one_angle_for_all(given: ac.Given) -> Iterator[ac.Step]:
    r"""Settled, $k^2 |w|^2 = \alpha^2 D$ and $|w|^2 = N$ give $k^2 = x (2 - x)$."""
    (adam, x), w, d = _decaying(given), given.reals("w", 2), given.positive("D")
    turn, lr, decay = given.real("k"), adam.hyper.lr, adam.hyper.weight_decay
    settled = lr * d / (decay * (2 - x))
    yield ac.identity("the square of k", lr * lr * d / settled, x * (2 - x))
    after = _step(adam, w, turn)
    chord = [a - b for a, b in zip(after, w, strict=True)]
    yield ac.identity("the cosine", _dot(w, after), (1 - x) * _dot(w, w))
    longer = (turn * turn - x * (2 - x)) * _dot(w, w)
    yield ac.identity("the length", _dot(after, after), _dot(w, w) + longer)
    yield ac.identity("the chord", _dot(chord, chord), 2 * x * _dot(w, w) + longer)


@claim.derivation
def equal_denominators_keep_it_orthogonal(given: ac.Given) -> Iterator[ac.Step]:
    r"""The gradient of a scale-invariant loss is a multiple c of w, turned; v is $s^2$ in both
    coordinates."""
    adam, t, c, s = given.adam(beta1=0), given.time("t"), given.real("c"), given.positive("s")
    w, beta2, updates = given.reals("w", 2), adam.hyper.beta2, []
    for g in (-c * w[1], c * w[0]):
        v = s * s / beta2 * (1 - beta2 ** (t + 1)) - (1 - beta2) * g * g / beta2
        updates.append(adam.update(ac.State(t, 0 * g, v, v), 0 * g, g)[1])
    yield ac.identity("the product", _dot(w, updates), 0, given=[(beta2, ">", 0)])


@claim.witness
def a_settled_step(exact: ac.Exact) -> None:
    r"""With $\alpha = 3$ and $\lambda = 1/15$ the vector (5, 0) is settled: without $\epsilon$ and memory a
    gradient along the second axis leads to (4, 3)."""
    adam = ac.AdamW(ac.Hyperparameters(Fraction(3), 0, 0, 0, Fraction(1, 15)))
    options = {"beta1": 0, "beta2": 0, "lr": adam.hyper.lr, "weight_decay": adam.hyper.weight_decay}
    w = [5 + adam.decay(Fraction(5), Fraction(0)), exact.run([-1], definition=ac.AdamW, **options).update]
    exact.says("the square of its length", _dot(w, w), "=", 25)
    exact.says("the cosine", _dot([5, 0], w) / 25, "=", 1 - adam.hyper.lr * adam.hyper.weight_decay)
    chord = [w[0] - 5, w[1]]
    exact.says("the square of the chord", _dot(chord, chord) / 25, "=", 2 * Fraction(1, 5))


@claim.witness
def momentum_is_not_orthogonal(exact: ac.Exact) -> None:
    r"""From w = (1, 1) on gradients that are w, turned and divided by $|w|^2$, with $\beta_1 = \beta_2 =
    1/2$, $\epsilon = 0$, $\alpha = 1/2$: the first update is orthogonal to w; in the second step neither the
    first moment is nor the update."""
    options: dict[str, Any] = {"lr": Fraction(1, 2), "beta1": Fraction(1, 2), "beta2": Fraction(1, 2)}
    first = [exact.run([g], **options) for g in (Fraction(-1, 2), Fraction(1, 2))]
    exact.says("w times the first update", _dot([1, 1], [run.update for run in first]), "=", 0)
    w = [1 + run.update for run in first]
    turned = (-w[1] / _dot(w, w), w[0] / _dot(w, w))
    second = [
        exact.run(each, **options) for each in zip((Fraction(-1, 2), Fraction(1, 2)), turned, strict=True)
    ]
    exact.says("w times the second moment m", _dot(w, [run.states[-1].m for run in second]), "!=", 0)
    exact.says("w times the second update", _dot(w, [run.update for run in second]), "!=", 0)


@claim.figure
def angles_over_time(axes: Any) -> None:
    r"""The angle of each step in units of $\sqrt{2 \alpha \lambda}$, for a weight vector of 200 coordinates
    whose gradients are random and orthogonal to it, divided by its length; $\alpha = \lambda = 0.1$. AdamW
    settles near 1 (dashed) from short and from long vectors; at the default $\beta_1$ single angles are
    smaller, by about $\sqrt{(1+\beta_1)/(1-\beta_1)} = \sqrt{19}$."""
    for beta1, size, style in ((0.0, 0.1, "-"), (0.0, 10.0, "-"), (0.9, 1.0, ":")):
        random = np.random.default_rng(0)
        adam = ac.AdamW(ac.Hyperparameters(0.1, beta1, 0.99, 1e-12, weight_decay=0.1))
        w = size * random.standard_normal(200)
        state, angles = adam.start(w), []
        for _ in range(600):
            noise = random.standard_normal(200)
            g = (noise - noise @ w / (w @ w) * w) / np.sqrt(w @ w)
            state, after = adam.step(state, w, g)
            angles.append(np.arccos(w @ after / np.sqrt((w @ w) * (after @ after))))
            w = after
        axes.semilogy(
            np.array(angles) / 0.02**0.5, style, linewidth=1, label=f"beta1 = {beta1:g}, from {size:g}"
        )
    axes.axhline(1, color="gray", linestyle="--", linewidth=1)
    axes.set_xlabel("step t")
    axes.set_ylabel("angle / sqrt(2 lr decay)")
    axes.legend()
