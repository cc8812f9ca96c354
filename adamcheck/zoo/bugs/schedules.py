"""Bugs of a learning rate that changes: late, once only, or with the state."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from adamcheck.zoo.bugs import experiments as by
from adamcheck.zoo.bugs import run_experiments as runs
from adamcheck.zoo.bugs.faulty import FaultyRun, living
from adamcheck.zoo.bugs.registry import NO_REPORT, behaviour


@behaviour(
    "lr-frozen-at-construction",
    "a change of lr has no effect",
    "pytorch/pytorch#106802, of its kind: a captured graph keeps the lr of its capture",
    exposes=runs.lr_changed_first,
)
class RateFrozen(FaultyRun):
    """Any change shows it."""

    def change_lr(self, lr: float) -> None:
        pass


@behaviour(
    "lr-changes-one-step-late",
    "a change of lr takes effect after one more step",
    f"{NO_REPORT}: the step size is computed at the end of a step",
    exposes=runs.lr_changed_first,
)
class RateLate(FaultyRun):
    """The step after a change shows it."""

    pending: float | None = None

    def change_lr(self, lr: float) -> None:
        self.pending = lr

    def step(self, gradient: np.ndarray) -> Any:
        after = super().step(gradient)
        if self.pending is not None:
            super().change_lr(self.pending)
            self.pending = None
        return after


@behaviour(
    "lr-changes-once",
    "only the first change of lr has an effect",
    f"{NO_REPORT}: a flag that is not cleared",
    exposes=runs.lr_changed_twice,
)
class RateChangesOnce(FaultyRun):
    """A second change shows it."""

    changed = False

    def change_lr(self, lr: float) -> None:
        if not self.changed:
            super().change_lr(lr)
        self.changed = True


@behaviour(
    "lr-never-rises",
    "a change to a larger lr has no effect",
    f"{NO_REPORT}: min(old, new), right while lr decays",
    exposes=runs.lr_raised,
)
class RateNeverRises(FaultyRun):
    """A warm-up shows it."""

    def change_lr(self, lr: float) -> None:
        super().change_lr(min(lr, self.hyper.lr))


@behaviour(
    "lr-changes-compound",
    "a change of lr multiplies the last one by new / first",
    f"{NO_REPORT}: a factor of a schedule for the rate itself",
    exposes=runs.lr_changed_twice,
)
class RateCompounds(FaultyRun):
    """A second change shows it."""

    first: float | None = None

    def change_lr(self, lr: float) -> None:
        self.first = self.hyper.lr if self.first is None else self.first
        super().change_lr(self.hyper.lr * lr / self.first if self.first else lr)


@behaviour(
    "lr-change-restarts",
    "m, v and t become 0 where lr changes",
    f"{NO_REPORT}: the optimizer is made anew for each rate",
    exposes=runs.lr_set_again,
)
class RateChangeRestarts(FaultyRun):
    """A change between steps shows it."""

    def change_lr(self, lr: float) -> None:
        super().change_lr(lr)
        self.state = self.adam.start(self.parameters)


@behaviour(
    "lr-change-restarts-the-count",
    "t becomes 0 where lr changes",
    f"{NO_REPORT}: the corrections are folded into the rate, and both begin anew",
    exposes=runs.lr_set_again,
)
class RateChangeRestartsTheCount(FaultyRun):
    """A change between steps shows it."""

    def change_lr(self, lr: float) -> None:
        super().change_lr(lr)
        self.state = replace(self.state, step=0)


@behaviour(
    "lr-change-scales-m",
    "m is multiplied by new / old where lr changes",
    f"{NO_REPORT}: momentum that includes the rate, as in some forms of gradient descent",
    exposes=runs.lr_raised,
)
class RateChangeScalesMomentum(FaultyRun):
    """A change between steps shows it."""

    def change_lr(self, lr: float) -> None:
        factor = lr / self.hyper.lr if self.hyper.lr else 1.0
        self.state = replace(self.state, m=self.stored(self.state.m * factor))
        super().change_lr(lr)


@behaviour(
    "lr-change-keeps-folded-eps",
    "eps is multiplied by new / old where lr changes",
    f"{NO_REPORT}: eps / lr is folded once, as in PyTorch's capturable form, and kept",
    exposes=runs.lr_raised_near_eps,
)
class RateChangeKeepsFoldedEpsilon(FaultyRun):
    """Gradients near eps show it."""

    def change_lr(self, lr: float) -> None:
        factor = lr / self.hyper.lr if self.hyper.lr else 1.0
        super().change_lr(lr)
        self.adam.hyper = self.adam.hyper.replace(eps=self.adam.hyper.eps * factor)


@behaviour(
    "lr-zero-skips-state",
    "a step with lr = 0 does nothing, not even to m, v and t",
    f"{NO_REPORT}: an early return",
    exposes=runs.lr_zero_first,
)
class RateZeroSkipsState(FaultyRun):
    """The steps after it show it."""

    def step(self, gradient: np.ndarray) -> Any:
        return super().step(gradient) if self.hyper.lr else self.parameters


@behaviour(
    "lr-zero-takes-default",
    "lr = 0.001 where 0 is requested",
    f"{NO_REPORT}: `lr or 1e-3`",
    exposes=runs.lr_zero,
)
class RateZeroTakesDefault(FaultyRun):
    """Only lr = 0 shows it."""

    def __init__(self, definition: Any, parameters: np.ndarray, hyper: Any, shared: dict[Any, Any]) -> None:
        super().__init__(definition, parameters, hyper.replace(lr=hyper.lr or 1e-3), shared)


@behaviour(
    "negative-lr-turned",
    "|lr| for lr",
    f"{NO_REPORT}: an unsigned rate",
    exposes=runs.lr_negative,
)
class NegativeRateTurned(FaultyRun):
    """Only a negative lr shows it."""

    def __init__(self, definition: Any, parameters: np.ndarray, hyper: Any, shared: dict[Any, Any]) -> None:
        super().__init__(definition, parameters, hyper.replace(lr=abs(hyper.lr)), shared)


@behaviour(
    "eps-zero-takes-default",
    "eps = 1e-8 where 0 is requested",
    f"{NO_REPORT}: `eps or 1e-8`",
    exposes=runs.without_eps,
)
class EpsilonZeroTakesDefault(FaultyRun):
    """Only eps = 0 shows it, with small gradients."""

    def __init__(self, definition: Any, parameters: np.ndarray, hyper: Any, shared: dict[Any, Any]) -> None:
        super().__init__(definition, parameters, hyper.replace(eps=hyper.eps or 1e-8), shared)


@behaviour(
    "lr-change-reaches-all-runs",
    "a change of lr changes that of all runs",
    f"{NO_REPORT}: the rate is an attribute of the class",
    exposes=runs.lr_of_another_changed,
)
class RateChangeReachesAll(FaultyRun):
    """A second run shows it."""

    def __init__(self, definition: Any, parameters: np.ndarray, hyper: Any, shared: dict[Any, Any]) -> None:
        super().__init__(definition, parameters, hyper, shared)
        living(shared).add(self)

    def change_lr(self, lr: float) -> None:
        for run in living(self.shared):
            FaultyRun.change_lr(run, lr)


@behaviour(
    "step-size-kept-by-step",
    "lr and corrections of a step are kept by its number, for all runs",
    "LiyuanLucasLiu/RAdam#24: a buffer of step sizes for all groups",
    exposes=by.beside_another,
)
class StepSizeKeptByStep(FaultyRun):
    """A second run with another lr shows it."""

    def __init__(self, definition: Any, parameters: np.ndarray, hyper: Any, shared: dict[Any, Any]) -> None:
        super().__init__(definition, parameters, hyper, shared)
        if not living(shared):
            shared["kept"] = {}
        living(shared).add(self)

    def step(self, gradient: np.ndarray) -> Any:
        kept: float = self.shared["kept"].setdefault(self.state.step, self.hyper.lr)
        super().change_lr(kept)
        return super().step(gradient)


@behaviour(
    "lr-lost-by-save",
    "lr is what it was at the start once the state was saved",
    f"{NO_REPORT}: the groups are packed for saving, and unpacked from the defaults",
    exposes=runs.saved_at_another_lr,
)
class RateLostBySave(FaultyRun):
    """A change before a checkpoint shows it."""

    first: float | None = None

    def change_lr(self, lr: float) -> None:
        self.first = self.hyper.lr if self.first is None else self.first
        super().change_lr(lr)

    def save(self) -> Any:
        if self.first is not None:
            super().change_lr(self.first)
        return super().save()
