"""Bugs of groups of tensors: hyperparameters and counters of the wrong group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.zoo.bugs import tensors_experiments as by
from adamcheck.zoo.bugs.faulty_tensors import FaultyTensors
from adamcheck.zoo.bugs.registry import NO_REPORT, behaviour_of_tensors


@behaviour_of_tensors(
    "groups-take-the-first-hyperparameters",
    "all groups use the hyperparameters of the first",
    "PaddlePaddle/Paddle#47352: group 0's for every group",
    exposes=by.second_group,
)
class GroupsTakeTheFirstHyperparameters(FaultyTensors):
    """A second group with others shows it."""

    def __init__(
        self, definition: type[Adam], tensors: Sequence[np.ndarray], hypers: Sequence[Hyperparameters]
    ) -> None:
        super().__init__(definition, tensors, [hypers[0]] * len(tensors))


@behaviour_of_tensors(
    "groups-take-the-first-lr",
    "all groups use the learning rate of the first",
    "LiyuanLucasLiu/RAdam#24, lessw2020/Ranger-Deep-Learning-Optimizer#9: a step size kept for all groups",
    exposes=by.second_group,
)
class GroupsTakeTheFirstRate(FaultyTensors):
    """A second group with another one shows it."""

    def __init__(
        self, definition: type[Adam], tensors: Sequence[np.ndarray], hypers: Sequence[Hyperparameters]
    ) -> None:
        super().__init__(definition, tensors, [hyper.replace(lr=hypers[0].lr) for hyper in hypers])


@behaviour_of_tensors(
    "groups-take-the-last-betas",
    "all groups use the betas of the last",
    f"{NO_REPORT}: a variable of a loop that is read after it",
    exposes=by.before_last_group,
)
class GroupsTakeTheLastBetas(FaultyTensors):
    """A group before one with other betas shows it."""

    def __init__(
        self, definition: type[Adam], tensors: Sequence[np.ndarray], hypers: Sequence[Hyperparameters]
    ) -> None:
        last = hypers[-1]
        super().__init__(definition, tensors, [h.replace(beta1=last.beta1, beta2=last.beta2) for h in hypers])


@behaviour_of_tensors(
    "added-group-restarts-all-counts",
    "t of all tensors becomes 0 where a group is added",
    "of the kind of pytorch/pytorch#53712: add_param_group and a state made by the constructor",
    exposes=by.beside_added_group,
)
class AddedGroupRestartsAllCounts(FaultyTensors):
    """A tensor to which another is added shows it."""

    def add_group(self, parameters: np.ndarray, hyper: Hyperparameters) -> None:
        self.states = [replace(state, step=0) for state in self.states]
        super().add_group(parameters, hyper)


@behaviour_of_tensors(
    "added-group-counts-on",
    "a group that is added begins with the t of the first",
    "NVIDIA/apex#1615, of its kind: t belongs to the optimizer",
    exposes=by.added_group,
)
class AddedGroupCountsOn(FaultyTensors):
    """A group that is added late shows it."""

    def add_group(self, parameters: np.ndarray, hyper: Hyperparameters) -> None:
        super().add_group(parameters, hyper)
        self.states[-1] = replace(self.states[-1], step=self.states[0].step)


@behaviour_of_tensors(
    "added-group-takes-the-first-hyperparameters",
    "a group that is added uses the hyperparameters of the first",
    "of the kind of alibaba/RecIS#27: add_param_group takes its options from the wrong group",
    exposes=by.added_group,
)
class AddedGroupTakesTheFirstHyperparameters(FaultyTensors):
    """A group that is added with others shows it."""

    def add_group(self, parameters: np.ndarray, hyper: Hyperparameters) -> None:
        super().add_group(parameters, self.adams[0].hyper)


@behaviour_of_tensors(
    "added-group-stays",
    "a group that is added does not move",
    "of the kind of pytorch/pytorch#53712: only what the constructor was given is stepped",
    exposes=by.added_group,
)
class AddedGroupStays(FaultyTensors):
    """A group that is added shows it."""

    added = 0

    def add_group(self, parameters: np.ndarray, hyper: Hyperparameters) -> None:
        super().add_group(parameters, hyper)
        self.added += 1

    def step(self, gradients: Sequence[np.ndarray | None]) -> list[Any]:
        known = len(gradients) - self.added
        return super().step([*gradients[:known], *[None] * self.added])
