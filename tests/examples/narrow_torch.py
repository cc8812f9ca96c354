"""Optimizers of PyTorch that are right for one tensor with constant hyperparameters."""

import torch


class Frozen(torch.optim.Adam):
    """Keeps the learning rate of the first step."""

    def step(self, closure=None):
        for group in self.param_groups:
            group["lr"] = group.setdefault("first", group["lr"])
        return super().step(closure)


class FirstGroup(torch.optim.Adam):
    """Takes the betas of the first group for all."""

    def step(self, closure=None):
        for group in self.param_groups:
            group["betas"] = self.param_groups[0]["betas"]
        return super().step(closure)


class NoLateGroups(torch.optim.Adam):
    """Ignores groups that are added after a step."""

    def add_param_group(self, group):
        if not getattr(self, "state", None):
            super().add_param_group(group)


class TwiceInClosures(torch.optim.Adam):
    """Steps twice where it gets a closure."""

    def step(self, closure=None):
        if closure is not None:
            super().step(closure)
        return super().step(closure)
