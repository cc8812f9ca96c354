"""The README's recorders: a training run is recorded as it says, and judged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_readme import block

from adamcheck.judge import Ruling, judge
from adamcheck.traces.trace import load


def judged(path: Path) -> str:
    (trace,) = load(path).values()
    assert len(trace.gradients) == 5
    return judge(trace).outcome


def test_the_recorder_for_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    import safetensors.torch

    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters())
    names = {"torch": torch, "safetensors": safetensors, "model": model, "optimizer": optimizer}
    exec(block("recorder: torch"), names)
    for _ in range(5):
        optimizer.zero_grad()
        model(torch.randn(4, 3)).square().sum().backward()
        optimizer.step()
    exec(block("save: torch"), names)
    assert judged(tmp_path / "run.safetensors") == Ruling.ENCLOSED


@pytest.mark.slow
def test_the_recorder_for_jax(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("jax")
    optax = pytest.importorskip("optax")
    import jax.flatten_util

    monkeypatch.chdir(tmp_path)
    parameters = {"w": jax.numpy.ones((3, 2)), "b": jax.numpy.zeros(2)}
    names = {"jax": jax, "np": np, "parameters": parameters}
    exec(block("recorder: jax"), names)
    adam = optax.adam(1e-3)
    state = adam.init(parameters)
    for seed in range(5):
        x = jax.random.normal(jax.random.key(seed), (4, 3))
        gradients = jax.grad(lambda p, x=x: ((x @ p["w"] + p["b"]) ** 2).sum())(parameters)
        updates, state = adam.update(gradients, state)
        parameters = optax.apply_updates(parameters, updates)
        names["record_step"](gradients, parameters)
    exec(block("save: jax"), names)
    assert judged(tmp_path / "run.npz") == Ruling.ENCLOSED


def test_the_recorder_for_numpy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from adamcheck.adam import Hyperparameters
    from adamcheck.targets.reference import DefinitionTarget

    monkeypatch.chdir(tmp_path)
    theta = np.zeros(3)
    step = DefinitionTarget().start(theta.copy(), Hyperparameters()).step
    gradients = np.random.default_rng(0).normal(size=(5, 3))
    exec(block("recorder: numpy"), {"np": np, "theta": theta, "step": step, "gradients": gradients})
    assert judged(tmp_path / "run.npz") == Ruling.ENCLOSED
