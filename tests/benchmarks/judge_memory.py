"""Memory and speed of judging a large run step by step: `python tests/benchmarks/judge_memory.py [N] [T]`.

A float32 Adam in plain numpy takes T (100) steps on N (a million) coordinates; the judge sees each step
as it is made, so that nothing grows with T.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.judge import Judge


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


def main(coordinates: int = 10**6, count: int = 100) -> None:
    hyper = Hyperparameters()
    judge = Judge(hyper, np.zeros(coordinates, np.float32))
    started = time.perf_counter()
    for gradient, parameters in steps(hyper, coordinates, count):
        judge.step(gradient, parameters)
    seconds = time.perf_counter() - started
    verdict = judge.judgement()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{coordinates} coordinates x {count} steps: {verdict.outcome}, worst {verdict.grade.worst:.2f} radii"
    )
    print(f"{seconds:.0f} s, {coordinates * count / seconds / 1e6:.2f} million coordinate-steps a second")
    print(f"peak memory {peak:.0f} MiB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
