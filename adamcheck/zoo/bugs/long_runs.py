"""Bugs of long runs: state, rates and scales that change now and then, or once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from adamcheck.adam import Adam, State
from adamcheck.zoo.bugs import experiments as by
from adamcheck.zoo.bugs import wide_experiments as wide
from adamcheck.zoo.bugs.arithmetic import through
from adamcheck.zoo.bugs.registry import NO_REPORT, arithmetic, formula


@formula(
    "v-frozen-after-hundred",
    "v does not change after step 100",
    "deepspeedai/DeepSpeed OnebitAdam: v is frozen after freeze_step, here unasked",
    exposes=by.long,
)
class SecondMomentFrozen(Adam):
    """Only longer runs show it; a constant gradient hardly does."""

    def moments(self, state: State, g: Any) -> tuple[Any, Any]:
        m, v = super().moments(state, g)
        return m, state.v if state.step >= 100 else v


@formula(
    "moments-restart-after-hundred",
    "m and v become 0 every 100 steps while t goes on",
    "openvdb/fvdb-reality-capture#84: moments zeroed now and then, the counter kept",
    exposes=by.long,
)
class MomentsRestartAfterHundred(Adam):
    """Step 101 shows it."""

    def moments(self, state: State, g: Any) -> tuple[Any, Any]:
        if state.step % 100 == 0:
            state = replace(state, m=0 * state.m, v=0 * state.v)
        return super().moments(state, g)


@formula(
    "everything-restarts-after-thousand",
    "m, v and t become 0 every 1000 steps",
    "of the kind of CodefyUI/CodefyUI#147: an optimizer made anew for each epoch",
    exposes=wide.longer,
)
class EverythingRestartsAfterThousand(Adam):
    """Step 1001 shows it."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        if state.step % 1000 == 0:
            state = replace(state.map(lambda x: 0 * x), step=0)
        return super().update(state, parameters, gradient)


@arithmetic(
    "state-rounded-every-hundred",
    "m and v are rounded to float16 every 100 steps",
    f"{NO_REPORT}: periodic checkpoints in half precision, loaded back",
    exposes=by.long,
)
class StateRoundedEveryHundred(Adam):
    """Step 101 shows it."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        state, update = super().update(state, parameters, gradient)
        return (state.map(lambda x: through(x, "float16")) if state.step % 100 == 0 else state), update


@formula(
    "update-skipped-every-hundred",
    "theta does not change in steps 100, 200, ...; m and v do",
    f"{NO_REPORT}: a step in which parameters are synchronized",
    exposes=by.long,
)
class UpdateSkippedEveryHundred(Adam):
    """Step 100 shows it."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        state, update = super().update(state, parameters, gradient)
        return state, update if state.step % 100 else 0 * update


@formula(
    "loss-scale-grows",
    "the gradient is doubled every 100 steps: a loss scale that grows and is not taken out",
    "of the kind of pytorch/pytorch#186360: grad_scale is ignored",
    exposes=by.long,
)
class LossScaleGrows(Adam):
    """The steps after step 100 show it, as m forgets faster than v."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        return super().update(state, parameters, gradient * 2.0 ** (state.step // 100))


@formula(
    "lr-drops-after-two-hundred",
    "lr / 10 from step 201 on",
    f"{NO_REPORT}: a schedule of the example that the code comes from",
    exposes=by.long,
)
class RateDrops(Adam):
    """Only longer runs show it."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        state, update = super().update(state, parameters, gradient)
        return state, update / 10 if state.step > 200 else update


@formula(
    "lr-warms-up-unasked",
    "lr min(t, 100) / 100",
    "PyTorch's warm-up in pytorch_warmup, here unasked",
    exposes=by.ordinary,
)
class RateWarmsUp(Adam):
    """From step 100 on nothing shows it."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        state, update = super().update(state, parameters, gradient)
        return state, update * (min(state.step, 100) / 100.0)


@formula(
    "lr-decays-unasked",
    "lr / (1 + 1e-4 (t - 1))",
    "of the kind of Keras' old argument `decay`, here unasked",
    exposes=by.ordinary,
)
class RateDecays(Adam):
    """1e-4 of the update in the second step."""

    def update(self, state: State, parameters: Any, gradient: Any) -> tuple[State, Any]:
        before = state.step
        state, update = super().update(state, parameters, gradient)
        return state, update / (1 + 1e-4 * float(before))
