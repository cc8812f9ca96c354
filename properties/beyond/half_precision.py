r"""Adam in half precision.

With the default hyperparameters, 16-bit formats fail in different ways. float16 has neither $10^{-8}$ nor
65536: a zero gradient gives NaN, and one gradient of 256 freezes its parameter. bfloat16 rounds 0.999 to 1:
v forgets nothing. In both, small increments are lost, and v stops far from its limit.
"""

from fractions import Fraction
from typing import Any

import numpy as np

import adamcheck as ac

from ..late import late_state
from ..working import Working

claim = ac.Claim(
    title="Adam in half precision",
    says="Adam with its default hyperparameters works in float16 and bfloat16 as it does in float32.",
    source="practice of training in pure 16-bit precision",
    verdict=ac.measured(
        r"the definition was run with every operation on arrays rounded to the format, at the defaults. "
        r"float16: NaN for a gradient 0, infinite for $10^{-3}$, frozen forever after a gradient of 256; v "
        r"stops at 0.75 instead of 1 under gradients 1. bfloat16: v stops at 0.5, and never decreases"
    ),
    statement=(
        ac.proposition(
            "float16 rounds $10^{-8}$ to 0 and its squares overflow from 256 on; bfloat16 rounds 0.999 to 1.",
            "eps-is-zero-in-float16",
            "a-large-gradient-freezes-float16",
            "bfloat16-never-forgets",
        ),
        ac.proposition(
            r"The increments $(1-\beta_2)(g^2 - v)$ are lost where they are below half the spacing at "
            "v.",
            "v-stops-early",
        ),
        ac.prose("All numbers here are exact results of runs."),
    ),
)

HALF = ("float16", "bfloat16")


def run(format: ac.Format, gradients: Any, state: ac.State | None = None) -> tuple[ac.State, list[float]]:
    """The last state and the updates of one coordinate in a format, from the start or from `state`."""
    adam, updates = ac.Adam(ac.Hyperparameters()), []
    zero = Working.of(0.0, format)
    state = state or ac.State(0, zero, zero, zero)
    for gradient in gradients:
        state, update = adam.update(state, zero, Working.of(gradient, format))
        updates.append(float(update.value))
    return state, updates


def _exactly(x: Any) -> Fraction:
    return Fraction(float(x.value))


@claim.witness
def eps_is_zero_in_float16(exact: ac.Exact) -> None:
    r"""$10^{-8}$ is below half the smallest number of float16. A gradient 0 gives 0/0, a gradient of
    $10^{-3}$ has a square that is lost, and gives an infinite update."""
    half = ac.format_of("float16")
    exact.says("eps in float16", _exactly(Working.of(1e-8, half)), "=", 0)
    exact.says("half the smallest number", Fraction(half.tiny) / 2, ">", Fraction(1, 10**8))
    exact.says("NaN after a gradient 0 (1 = yes)", int(np.isnan(run(half, [0.0])[1][0])), "=", 1)
    exact.says("infinite after 1e-3 (1 = yes)", int(np.isinf(run(half, [1e-3])[1][0])), "=", 1)


@claim.witness
def a_large_gradient_freezes_float16(exact: ac.Exact) -> None:
    r"""256 squared is beyond float16. v is infinite from then on, and 1000 gradients 1 later the updates are
    still 0; after 255 they are not."""
    half = ac.format_of("float16")
    exact.says("256 squared", 256 * 256, ">", Fraction(half.huge))
    for large, relation in ((256.0, "="), (255.0, "!=")):
        _, updates = run(half, [large] + [1.0] * 1000)
        exact.says(f"the last update after {large:g}", Fraction(updates[-1]), relation, 0)


@claim.witness
def v_stops_early(exact: ac.Exact) -> None:
    r"""Under gradients 1 v should tend to 1, and be 0.95 after 3000 steps. The increments become too
    small."""
    for name, stops in (("float16", Fraction(3, 4)), ("bfloat16", Fraction(1, 2))):
        state, _ = run(ac.format_of(name), [1.0] * 3000)
        exact.says(f"v after 3000 steps, {name}", _exactly(state.v), "=", stops)
        later, _ = run(ac.format_of(name), [1.0] * 100, state)
        exact.says(f"v after 100 more, {name}", _exactly(later.v), "=", stops)


@claim.witness
def bfloat16_never_forgets(exact: ac.Exact) -> None:
    r"""0.999 is 1 in bfloat16. From v = 4, v is still 4 after 3000 gradients 0, where it should be 0.2."""
    exact.says("beta2 in bfloat16", _exactly(Working.of(0.999, ac.format_of("bfloat16"))), "=", 1)
    for name, relation in (("bfloat16", "="), ("float16", "<")):
        zero, four = (Working.of(x, ac.format_of(name)) for x in (0.0, 4.0))
        state, _ = run(ac.format_of(name), [0.0] * 3000, late_state(zero, four))
        exact.says(f"v after 3000 steps, {name}", _exactly(state.v), relation, 4)


@claim.figure
def updates_under_constant_gradients(axes: Any) -> None:
    r"""The update under gradients 1, at the default hyperparameters with every operation rounded to the
    format. It should be the learning rate in every step, as it is in float32. In 16 bits, v stops growing
    while the bias correction continues."""
    for name in ("float32", *HALF):
        _, updates = run(ac.format_of(name), [1.0] * 3000)
        axes.semilogx(np.arange(1, 3001), -np.array(updates) / 1e-3, label=name)
    axes.set_xlabel("step t")
    axes.set_ylabel("update / lr")
    axes.legend()
