"""Bugs of copies: runs, checkpoints and instances that share or lose what they should not."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np

from adamcheck.adam import Adam, Hyperparameters, State
from adamcheck.zoo.bugs import experiments as by
from adamcheck.zoo.bugs import run_experiments as runs
from adamcheck.zoo.bugs.arithmetic import in_eight_bits, through
from adamcheck.zoo.bugs.faulty import FaultyRun, living
from adamcheck.zoo.bugs.registry import NO_REPORT, behaviour


@behaviour(
    "first-hyperparameters-win",
    "all runs use the hyperparameters of the run that was started first",
    "PaddlePaddle/Paddle#47352, of its kind: a default argument that is one object",
    exposes=runs.beside_older,
)
class FirstHyperparametersWin(FaultyRun):
    """A second run shows it."""

    def __init__(
        self, definition: type[Adam], parameters: np.ndarray, hyper: Hyperparameters, shared: dict[Any, Any]
    ) -> None:
        if not living(shared):
            shared["hyper"] = hyper
        super().__init__(definition, parameters, shared["hyper"], shared)
        living(shared).add(self)


@behaviour(
    "loaded-by-reference",
    "two runs share their state once one has loaded that of the other",
    "pytorch/pytorch#196083: load_state_dict(state_dict()) shares tensors",
    exposes=runs.resumed_beside,
)
class LoadedByReference(FaultyRun):
    """Steps of both show it."""

    def __init__(
        self, definition: type[Adam], parameters: np.ndarray, hyper: Hyperparameters, shared: dict[Any, Any]
    ) -> None:
        self.cell: list[State] = []
        super().__init__(definition, parameters, hyper, shared)

    @property
    def state(self) -> State:
        return self.cell[0]

    @state.setter
    def state(self, state: State) -> None:
        self.cell[:] = [state]

    def save(self) -> Any:
        return self.cell

    def load(self, saved: Any) -> None:
        self.cell = saved


@behaviour(
    "save-restarts-the-count",
    "t is 0 after the state was saved",
    f"{NO_REPORT}: the counter is moved into the checkpoint",
    exposes=runs.saved_midway,
)
class SaveRestartsTheCount(FaultyRun):
    """Steps after saving show it."""

    def save(self) -> Any:
        saved = super().save()
        self.state = replace(self.state, step=0)
        return saved


@behaviour(
    "save-empties-the-moments",
    "m and v are 0 after the state was saved",
    "of the kind of OpenNMT/OpenNMT-py#617: the state is moved, not copied",
    exposes=runs.saved_midway,
)
class SaveEmptiesTheMoments(FaultyRun):
    """Steps after saving show it."""

    def save(self) -> Any:
        saved = super().save()
        self.state = replace(self.adam.start(self.parameters), step=saved.step)
        return saved


@behaviour(
    "save-rounds-the-state",
    "m and v are rounded to float16 by saving, in the run as well",
    "of the kind of pytorch/pytorch#173901: state is cast in place",
    exposes=runs.saved_midway,
)
class SaveRoundsTheState(FaultyRun):
    """Steps after saving show it."""

    def save(self) -> Any:
        self.state = self.state.map(lambda x: through(x, "float16"))
        return super().save()


@behaviour(
    "load-in-bfloat16",
    "m and v are rounded to bfloat16",
    "of the kind of pytorch/pytorch#75224: state is cast to the dtype of a model",
    exposes=by.resumed,
)
class LoadInBfloat16(FaultyRun):
    """Half a percent of the update."""

    def load(self, saved: Any) -> None:
        self.state = saved.map(lambda x: through(x, "bfloat16"))


@behaviour(
    "load-in-eight-bits",
    "m and v are rounded to 256 equal parts of their largest magnitude",
    "of the kind of bitsandbytes: a checkpoint of an 8-bit optimizer in another",
    exposes=by.resumed,
)
class LoadInEightBits(FaultyRun):
    """A percent of the update."""

    def load(self, saved: Any) -> None:
        self.state = saved.map(in_eight_bits)


@behaviour(
    "load-takes-corrected-moments",
    "m_hat for m and v_hat for v",
    "of the kind of frgfm/Holocron#1: what is saved is corrected",
    exposes=by.resumed,
)
class LoadTakesCorrectedMoments(FaultyRun):
    """Only early checkpoints show it."""

    def load(self, saved: Any) -> None:
        if saved.step:
            m = self.adam.correct_first(saved.m, saved.step)
            v = self.adam.correct_second(saved.peak, saved.v, saved.step)[1]
            saved = replace(saved, m=self.stored(m), v=self.stored(v))
        self.state = saved


@behaviour(
    "load-loses-signs",
    "|m| for m",
    f"{NO_REPORT}: moments saved as unsigned numbers",
    exposes=by.resumed,
)
class LoadLosesSigns(FaultyRun):
    """Only positive moments hide it."""

    def load(self, saved: Any) -> None:
        self.state = replace(saved, m=abs(saved.m))


@behaviour(
    "copy-shares-the-state",
    "a copy of a run shares m, v and t with it",
    "mlverse/torch#1028: a shallow clone of an optimizer",
    exposes=runs.copied,
)
class CopyShares(LoadedByReference):
    """Steps of both show it."""

    def save(self) -> Any:
        return self.cell[0]

    def load(self, saved: Any) -> None:
        self.state = saved

    def copied(self) -> FaultyRun:
        other = copy(self)
        other.hyper, other.adam = self.hyper, self.definition(self.hyper)
        return other


@behaviour(
    "copy-restarts-the-count",
    "t is 0 in a copy of a run",
    f"{NO_REPORT}: a counter that is no part of the copied state",
    exposes=runs.copied,
)
class CopyRestartsTheCount(FaultyRun):
    """Steps of the copy show it."""

    def copied(self) -> FaultyRun:
        other: Any = super().copied()
        other.state = replace(other.state, step=0)
        return other  # type: ignore[no-any-return]


@behaviour(
    "copy-begins-anew",
    "m, v and t are 0 in a copy of a run",
    f"{NO_REPORT}: only the configuration is copied",
    exposes=runs.copied,
)
class CopyBeginsAnew(FaultyRun):
    """Steps of the copy show it."""

    def copied(self) -> FaultyRun:
        other: Any = super().copied()
        other.state = other.adam.start(other.parameters)
        return other  # type: ignore[no-any-return]
