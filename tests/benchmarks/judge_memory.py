"""Memory and speed of judging a large run: `python tests/benchmarks/judge_memory.py [N] [T] [ENDING]`.

A float32 Adam in plain numpy takes T (100) steps on N (a million) coordinates; the judge sees each step
as it is made, so that nothing grows with T. With an ENDING (.npz, .safetensors) another process writes the
run to a file first, from which the judge reads it step by step. What the system maps of a file counts apart:
it takes that back when it needs it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil

from adamcheck.adam import Hyperparameters
from adamcheck.judge import Judge
from adamcheck.traces.trace import Trace, load, save


def steps(hyper: Hyperparameters, coordinates: int, count: int) -> Iterator[tuple[Any, Any]]:
    """Gradient and parameters after each step of a float32 Adam that starts from zero."""
    rng = np.random.default_rng(0)
    theta, m, v = (np.zeros(coordinates, np.float32) for _ in range(3))
    for t in range(1, count + 1):
        g = rng.standard_normal(coordinates, np.float32)
        m += (1 - hyper.beta1) * (g - m)
        v = hyper.beta2 * v + (1 - hyper.beta2) * (g * g)
        denominator = np.sqrt(v / (1 - hyper.beta2**t)) + hyper.eps
        theta = theta - hyper.lr / (1 - hyper.beta1**t) * m / denominator
        yield g, theta


def write(path: Path, hyper: Hyperparameters, coordinates: int, count: int) -> None:
    """Save the run, all of it in memory."""
    gradients, after = zip(*steps(hyper, coordinates, count), strict=True)
    rows = np.stack([np.zeros(coordinates, np.float32), *after])
    save(path, {"run": Trace(hyper, np.stack(gradients), rows)})


def recorded(path: Path) -> Iterator[tuple[Any, Any]]:
    """The run in a file."""
    trace = load(path)["run"]
    parameters = iter(trace.parameters)
    next(parameters)
    yield from zip(trace.gradients, parameters, strict=True)


def memory() -> tuple[float, float]:
    """MiB that this process has of its own, and of files that are mapped."""
    info = psutil.Process().memory_info()
    return (info.rss - info.shared) / 2**20, info.shared / 2**20


def main(coordinates: int = 10**6, count: int = 100, ending: str = "") -> None:
    hyper = Hyperparameters()
    with TemporaryDirectory() as folder:
        run = steps(hyper, coordinates, count)
        if ending:
            path = Path(folder) / f"run{ending}"
            with ProcessPoolExecutor(1, get_context("spawn")) as other:
                other.submit(write, path, hyper, coordinates, count).result()
            run = recorded(path)
        follow(hyper, coordinates, count, run)


def follow(hyper: Hyperparameters, coordinates: int, count: int, run: Iterator[tuple[Any, Any]]) -> None:
    """Judge a run step by step and say what it took."""
    judge = Judge(hyper, np.zeros(coordinates, np.float32))
    started, own, mapped = time.perf_counter(), 0.0, 0.0
    for gradient, parameters in run:
        judge.step(gradient, parameters)
        own, mapped = map(max, (own, mapped), memory())
    seconds = time.perf_counter() - started
    verdict = judge.judgement()
    print(
        f"{coordinates} coordinates x {count} steps: {verdict.outcome}, worst {verdict.grade.worst:.2f} radii"
    )
    print(f"{seconds:.0f} s, {coordinates * count / seconds / 1e6:.2f} million coordinate-steps a second")
    print(f"after a step at most {own:.0f} MiB, and {mapped:.0f} MiB of mapped files")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]), *sys.argv[3:4])
