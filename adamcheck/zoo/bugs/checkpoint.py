"""Bugs of saving and loading: what is lost, rounded, swapped or changed afterwards."""

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
    "deepspeedai/DeepSpeed#4396, deeplearning4j/deeplearning4j#3584, #4898",
    exposes=by.resumed,
)
class LoadForgetsStep(FaultyRun):
    """t = 0 with m and v kept. Hardly visible when saved after about 100 steps, where two errors cancel."""

    def load(self, saved: Any) -> None:
        self.state = replace(saved, step=0)


@behaviour(
    "load-forgets-moments", "OpenNMT/OpenNMT-py#617, KempnerInstitute/KempnerForge#115", exposes=by.resumed
)
class LoadForgetsMoments(FaultyRun):
    """m = v = 0 with t kept. Hardly visible when saved after about 100 steps."""

    def load(self, saved: Any) -> None:
        self.state = replace(self.state, step=saved.step)


@behaviour(
    "load-does-nothing",
    "thinking-machines-lab/tinker-feedback#127, EvolvingLMMs-Lab/OneVision-Encoder#65",
    exposes=by.resumed,
)
class LoadDoesNothing(FaultyRun):
    """m, v and t start anew. Only a comparison with the unbroken run shows it."""

    def load(self, saved: Any) -> None:
        pass


@behaviour(
    "load-counts-one-more",
    "pytorch/torchtitan#4382, NVIDIA/Megatron-LM#5976: a dummy step",
    exposes=by.resumed,
)
class LoadCountsOneMore(FaultyRun):
    """t + 1 after loading. Only early checkpoints show it."""

    def load(self, saved: Any) -> None:
        self.state = replace(saved, step=saved.step + 1)


@behaviour("load-in-float32", "facebookresearch/fairscale#50, pytorch/pytorch#43706", exposes=by.resumed)
class LoadInFloat32(FaultyRun):
    """m and v are rounded to float32. 1e-8 of the update: the bits show it."""

    def load(self, saved: Any) -> None:
        self.state = saved.map(lambda x: through(x, "float32"))


@behaviour("load-in-float16", "pytorch/pytorch#75224, pytorch/pytorch#173901", exposes=by.resumed)
class LoadInFloat16(FaultyRun):
    """m and v are rounded to float16. 1e-4 of the update; small squares are lost."""

    def load(self, saved: Any) -> None:
        self.state = saved.map(lambda x: through(x, "float16"))


@behaviour("load-swaps-moments", f"{NO_REPORT}: a tuple read in the wrong order", exposes=by.resumed)
class LoadSwapsMoments(FaultyRun):
    """v for m and m for v. A negative m gives NaN."""

    def load(self, saved: Any) -> None:
        self.state = replace(saved, m=saved.v, v=saved.m)


@behaviour(
    "load-forgets-peak", f"{NO_REPORT}: a key of the state left out", exposes=by.resumed_spike, of="amsgrad"
)
class LoadForgetsPeak(FaultyRun):
    """AMSGrad's maximum starts at 0 again. A spike before the checkpoint shows it."""

    def load(self, saved: Any) -> None:
        self.state = replace(saved, peak=self.state.peak)


@behaviour(
    "load-by-position",
    "tensorflow/tensorflow#34182, piergiaj/pytorch-i3d#38, tfjs adam_optimizer.ts",
    exposes=by.resumed,
)
class LoadByPosition(TwoTensors):
    """Tensors of one shape, loaded in another order, swap states. Two show it (here: halves of the array)."""

    def load(self, saved: Any) -> None:
        swapped = list(reversed(saved))
        fits = all(new.m.shape == old.m.shape for new, old in zip(swapped, self.states, strict=True))
        self.states = swapped if fits else list(saved)


@behaviour(
    "saved-by-reference", "PyTorch's state_dict refers to the state; copy it to keep it", by.saved_earlier
)
class SavedByReference(FaultyRun):
    """What was saved goes on with the run. Loading it after further steps shows it."""

    def save(self) -> Any:
        return self

    def load(self, saved: Any) -> None:
        self.state = saved.state


@behaviour(
    "lr-fixed-by-load",
    f"{NO_REPORT}: a schedule holds the groups that PyTorch's load_state_dict replaces",
    exposes=by.resumed_at_another_lr,
)
class RateFixedByLoad(FaultyRun):
    """A change of lr has no effect once a state was loaded. Only a change after a load shows it."""

    loaded = False

    def load(self, saved: Any) -> None:
        super().load(saved)
        self.loaded = True

    def change_lr(self, lr: float) -> None:
        if not self.loaded:
            super().change_lr(lr)


@behaviour(
    "load-takes-zero-for-missing",
    f"{NO_REPORT}: the dummy step that makes a state to load into is waited for",
    exposes=by.resumed_zero,
)
class LoadTakesZeroForMissing(FaultyRun):
    """A first step after loading does not count if all gradients are 0. Only such a step shows it."""

    loaded = False

    def load(self, saved: Any) -> None:
        super().load(saved)
        self.loaded = True

    def step(self, gradient: np.ndarray) -> Any:
        skipped, self.loaded = self.loaded and not np.any(gradient), False
        return self.parameters if skipped else super().step(gradient)
