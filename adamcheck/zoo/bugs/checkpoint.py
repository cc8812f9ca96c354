"""Bugs of checkpoints: state that is lost, rounded, swapped or changed later."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from adamcheck.zoo.bugs import experiments as by
from adamcheck.zoo.bugs.arithmetic import through
from adamcheck.zoo.bugs.faulty import FaultyRun, TwoTensors
from adamcheck.zoo.bugs.registry import NO_REPORT, behaviour


@behaviour(
    "load-forgets-step",
    "t = 0 with m and v kept",
    "deepspeedai/DeepSpeed#4396, deeplearning4j/deeplearning4j#3584, #4898",
    exposes=by.resumed,
)
class LoadForgetsStep(FaultyRun):
    """Hardly visible when saved after about 100 steps, where two errors cancel."""

    def load(self, saved: Any) -> None:
        self.state = replace(saved, step=0)


@behaviour(
    "load-forgets-moments",
    "m = v = 0 with t kept",
    "OpenNMT/OpenNMT-py#617, KempnerInstitute/KempnerForge#115",
    exposes=by.resumed,
)
class LoadForgetsMoments(FaultyRun):
    """Hardly visible when saved after about 100 steps."""

    def load(self, saved: Any) -> None:
        self.state = replace(self.state, step=saved.step)


@behaviour(
    "load-does-nothing",
    "m, v and t start from 0 again",
    "thinking-machines-lab/tinker-feedback#127, EvolvingLMMs-Lab/OneVision-Encoder#65",
    exposes=by.resumed,
)
class LoadDoesNothing(FaultyRun):
    """Only a comparison with the uninterrupted run shows it."""

    def load(self, saved: Any) -> None:
        pass


@behaviour(
    "load-counts-one-more",
    "t + 1 after loading",
    "pytorch/torchtitan#4382, NVIDIA/Megatron-LM#5976: a dummy step",
    exposes=by.resumed,
)
class LoadCountsOneMore(FaultyRun):
    """Only early checkpoints show it."""

    def load(self, saved: Any) -> None:
        self.state = replace(saved, step=saved.step + 1)


@behaviour(
    "load-in-float32",
    "m and v are rounded to float32",
    "facebookresearch/fairscale#50, pytorch/pytorch#43706",
    exposes=by.resumed,
)
class LoadInFloat32(FaultyRun):
    """1e-8 of the update: the bits show it."""

    def load(self, saved: Any) -> None:
        self.state = saved.map(lambda x: through(x, "float32"))


@behaviour(
    "load-in-float16",
    "m and v are rounded to float16",
    "pytorch/pytorch#75224, pytorch/pytorch#173901",
    exposes=by.resumed,
)
class LoadInFloat16(FaultyRun):
    """1e-4 of the update; small squares are lost."""

    def load(self, saved: Any) -> None:
        self.state = saved.map(lambda x: through(x, "float16"))


@behaviour(
    "load-swaps-moments",
    "v for m and m for v",
    f"{NO_REPORT}: a tuple read in the wrong order",
    exposes=by.resumed,
)
class LoadSwapsMoments(FaultyRun):
    """A negative m gives NaN."""

    def load(self, saved: Any) -> None:
        self.state = replace(saved, m=saved.v, v=saved.m)


@behaviour(
    "load-forgets-peak",
    "AMSGrad's maximum starts at 0 again",
    f"{NO_REPORT}: a key of the state left out",
    exposes=by.resumed_spike,
    of="amsgrad",
)
class LoadForgetsPeak(FaultyRun):
    """A spike before the checkpoint shows it."""

    def load(self, saved: Any) -> None:
        self.state = replace(saved, peak=self.state.peak)


@behaviour(
    "load-by-position",
    "tensors of one shape, loaded in another order, swap states",
    "tensorflow/tensorflow#34182, piergiaj/pytorch-i3d#38, tfjs adam_optimizer.ts",
    exposes=by.resumed,
)
class LoadByPosition(TwoTensors):
    """Two show it (here: halves of the array)."""

    def load(self, saved: Any) -> None:
        swapped = list(reversed(saved))
        fits = all(new.m.shape == old.m.shape for new, old in zip(swapped, self.states, strict=True))
        self.states = swapped if fits else list(saved)


@behaviour(
    "saved-by-reference",
    "a saved state changes with the run",
    "PyTorch's state_dict refers to the state; copy it to keep it",
    by.saved_earlier,
)
class SavedByReference(FaultyRun):
    """Loading it after further steps shows it."""

    def save(self) -> Any:
        return self

    def load(self, saved: Any) -> None:
        self.state = saved.state


@behaviour(
    "lr-fixed-by-load",
    "a change of lr has no effect once a state was loaded",
    f"{NO_REPORT}: a schedule holds the groups that PyTorch's load_state_dict replaces",
    exposes=by.resumed_at_another_lr,
)
class RateFixedByLoad(FaultyRun):
    """Only a change after a load shows it."""

    loaded = False

    def load(self, saved: Any) -> None:
        super().load(saved)
        self.loaded = True

    def change_lr(self, lr: float) -> None:
        if not self.loaded:
            super().change_lr(lr)


@behaviour(
    "load-takes-zero-for-missing",
    "a first step after loading does not count if all gradients are 0",
    f"{NO_REPORT}: the dummy step that makes a state to load into is waited for",
    exposes=by.resumed_zero,
)
class LoadTakesZeroForMissing(FaultyRun):
    """Only such a step shows it."""

    loaded = False

    def load(self, saved: Any) -> None:
        super().load(saved)
        self.loaded = True

    def step(self, gradient: np.ndarray) -> Any:
        skipped, self.loaded = self.loaded and not np.any(gradient), False
        return self.parameters if skipped else super().step(gradient)
